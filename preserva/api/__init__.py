"""The public API: what an archive and a union catalogue can do, as methods of two classes.

A thin layer: it takes paths and identifiers in any form, logs what begins and ends, and calls the
rooms that do the work, each of them imported when it is first needed.
"""
