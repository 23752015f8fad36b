"""The tables of the ledger.

`entry` is the ledger. `copy` and `newest` are a summary of it, so that what is due is found without
reading every entry. They are written in the same transaction and can be rebuilt from the entries at
any time; `Ledger.verify_copies` compares them with the entries.
"""

from __future__ import annotations

VERSION = 2

ENTRIES = (
    """CREATE TABLE entry (
        number  INTEGER PRIMARY KEY,
        type    TEXT NOT NULL,
        package TEXT,
        storage TEXT,
        body    BLOB NOT NULL,
        digest  TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX by_package ON entry (package, type, number)",
    "CREATE INDEX by_storage ON entry (storage, type, number)",
    """CREATE TRIGGER never_changed BEFORE UPDATE ON entry
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER never_deleted BEFORE DELETE ON entry
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
)

SUMMARY = (
    """CREATE TABLE {where}.copy (
        id      INTEGER PRIMARY KEY,
        storage TEXT NOT NULL,
        package TEXT NOT NULL,
        arrival INTEGER,
        attempt INTEGER,
        checked INTEGER,
        outcome TEXT,
        size    INTEGER,
        unread  INTEGER NOT NULL DEFAULT 0,
        UNIQUE (storage, package)
    ) STRICT""",
    "CREATE TABLE {where}.newest (type TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT",
)
"""`arrival` and `attempt` are numbers of entries: the newest that acknowledged a version there, and
the newest check. `checked` (seconds since 1970), `outcome` and `size` (bytes read) are those of the
newest completed check; `unread`: a later one was not completed."""

INDEXES = (
    """CREATE INDEX due ON copy (storage, unread, checked, package, size)
        WHERE arrival IS NOT NULL""",
    "CREATE INDEX damaged ON copy (storage, package) WHERE outcome = 'fail'",
)

TABLES = {"copy": "storage, package", "newest": "type"}
"""The tables of the summary, each with what a row of it is about."""
