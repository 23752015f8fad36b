"""Files on a disk of this machine: read for their digests, and written so that they last.

Which reader serves whom is in docs/adr/0023-one-reading-engine.md. Nothing here knows of bags.
"""
