"""The layout of a storage: OCFL storage layout 0003, and the names around it.

A storage is a folder (or bucket) of its own:

    preserva-storage.json   which it is; its absence means that the right disk is not mounted
    preserva-ledger.json    the ledger that writes here, and its newest entry when it last did
    README.txt, books.csv … what explains all of it to a reader (archive/guide.py); never read back
    ocfl/                   the OCFL 1.1 storage root: what is kept
    staging/                what is being written; nothing here counts
    quarantine/             what was damaged and has been replaced; nothing here is deleted but
                            with the package it belongs to, by two persons' decision
    tombstones/             what stays of packages whose bytes were removed by two persons' decision
    ledgers/                copies of the ledgers of those whose packages are here
"""

from __future__ import annotations

import json

from preserva.core.formats import layouts

IDENTITY = "preserva-storage.json"
FIRST_IDENTITY = "preserva-storage.format-1.json"
"""What `IDENTITY` was before it had an id, kept as it was."""

LEDGER_MARK = "preserva-ledger.json"
ROOT = "ocfl"
STAGING = "staging"
LOCK = f"{STAGING}/lock"
LEASES = f"{STAGING}/leases"
PUBLISHING = f"{STAGING}/publishing"
OF_DRIVERS = frozenset({LOCK, LEASES, PUBLISHING})
"""What drivers keep in staging for themselves; only they remove it."""

REMOVED = f"{STAGING}/removed"
"""Where what two persons decided to remove is moved first; the next run goes on from there."""

QUARANTINE = "quarantine"
TOMBSTONES = "tombstones"
LEDGERS = "ledgers"

ROOT_DECLARATION = ("0=ocfl_1.1", b"ocfl_1.1\n")
ROOT_DECLARATIONS = ("0=ocfl_1.0", "0=ocfl_1.1")
"""Those of the roots that can be judged; ours are of the newest kind."""

OBJECT_DECLARATION = ("0=ocfl_object_1.1", b"ocfl_object_1.1\n")

LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
_TUPLE_SIZE = 3
_TUPLES = 3


def object_path(identifier: str) -> str:
    """The folder of an object below the storage root (OCFL extension 0003, its defaults)."""
    return layouts.object_path(LAYOUT, {}, identifier)


def root_files() -> dict[str, bytes]:
    """The files that make an empty folder an OCFL storage root (OCFL 1.1 section 4.1)."""
    layout = {
        "extension": LAYOUT,
        "description": "Hash n-tuples, then the percent-encoded id: a book is found by its id",
    }
    config = {
        "extensionName": LAYOUT,
        "digestAlgorithm": "sha256",
        "tupleSize": _TUPLE_SIZE,
        "numberOfTuples": _TUPLES,
    }
    name, declaration = ROOT_DECLARATION
    return {
        f"extensions/{LAYOUT}/config.json": _json(config),
        "ocfl_layout.json": _json(layout),
        name: declaration,  # last: it makes the folder a storage root
    }


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"
