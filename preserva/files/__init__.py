"""Files on a disk and their digests; it knows of no bag."""
