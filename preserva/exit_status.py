"""The table of exit statuses: what a command ends with, and what that means.

Errors carry their status (`preserva.errors`), results carry an outcome, which
`preserva.cli.finish.finish` turns into a status. The table in README.md is this one.
"""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """An exit status, with a word for `preserva --help` and a sentence for the manual."""

    label: str
    meaning: str

    def __new__(cls, number: int, label: str, meaning: str) -> ExitStatus:
        """The status with its words."""
        status = int.__new__(cls, number)
        status._value_ = number
        status.label = label
        status.meaning = meaning
        return status

    SOUND = 0, "sound", "everything requested was done or checked, and is sound"
    DAMAGE = 1, "damage", "damage, or an invalid or incomplete package"
    USAGE = 2, "usage", "wrong usage or configuration"
    UNFINISHED = (
        3,
        "unfinished",
        "unfinished: something could not be read or reached, or work remains",
    )
    REFUSED = 4, "refused", "refused; nothing was changed"
    LEDGER = 5, "ledger", "the ledger does not verify"
    NO_ARCHIVE = 10, "no archive", "no archive here"
    LOCKED = 11, "locked", "another process is writing to the same storage"
    UNEXPECTED = 70, "unexpected error", "unexpected error: a bug in preserva"
    INTERRUPTED = 130, "interrupted", "interrupted (SIGINT, Ctrl-C)"
    OUTPUT_CLOSED = 141, "output pipe closed", "output pipe closed (SIGPIPE)"
    TERMINATED = 143, "terminated", "terminated (SIGTERM)"
