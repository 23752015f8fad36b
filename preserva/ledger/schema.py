"""The tables of the ledger.

`entry` is the ledger. `copy` and `newest` are a summary of it, so that what is due is found without
reading every entry. They are written in the same transaction and can be rebuilt from the entries at
any time; `Ledger.verify_copies` compares them with the entries.
"""

from __future__ import annotations

VERSION = 3

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
        version INTEGER,
        trouble TEXT,
        problem INTEGER,
        seen    INTEGER NOT NULL DEFAULT 0,
        decided INTEGER,
        UNIQUE (package, storage)
    ) STRICT""",
    "CREATE TABLE {where}.newest (type TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT",
)
"""`arrival` and `attempt` are numbers of entries: the newest that acknowledged a version there, and
the newest check; `version` is the number of the newest version acknowledged. `checked` (seconds
since 1970) and `size` (bytes) are those of the newest reading that came to its end, `outcome` that
of the newest check that did; `unread`: a later one did not. `trouble` is what is wrong, since entry
`problem`, seen so many times; entry `decided` says what a person decided about it. The row of the
package "" is about the storage itself."""

INDEXES = (
    """CREATE INDEX due ON copy (storage, unread, checked, package, size)
        WHERE arrival IS NOT NULL""",
    "CREATE INDEX damaged ON copy (storage, package) WHERE outcome = 'fail'",
    "CREATE INDEX open ON copy (problem) WHERE problem IS NOT NULL",
)

TABLES = {"copy": "storage, package", "newest": "type"}
"""The tables of the summary, each with what a row of it is about."""
