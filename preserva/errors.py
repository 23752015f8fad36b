"""Every exception that preserva raises on purpose.

A failed check is a result, not an exception: an exception means that no check took place.

    PreservaError                 exit status, hint
    ├── UsageError            2   a wrong argument
    ├── ConfigError           2   the configuration file: which key, which rule
    ├── Damaged               1   what the command needs is damaged; the findings say where
    ├── PackageError          4   the source cannot become a package; every problem, with its file
    ├── Refused               4   a safety stop: nothing was changed
    ├── AwaitsConfirmation    3   a second person must confirm it first
    ├── LedgerError           5   the record of what was done does not verify
    │   └── WrongLedger           older than what a storage has seen of it, or another one
    ├── ArchiveNotFound      10   no configuration here
    ├── Locked               11   another process is writing; who, since when
    │   └── LockLost              it has taken over from us: the whole run ends
    └── StorageError          3   could not read, write or reach
        ├── NotFound              it is not there
        ├── NotAFile              a link, a device, a folder where a file was expected
        ├── TooLarge              more bytes than any such file can have
        ├── WrongStorage      4   another storage in the place of the one that is meant
        ├── Unfit         4   the server lacks what every storage needs; nothing was written
        ├── NotInPlace            the storage said it was moved, and it is not there
        ├── Unreachable           the connection or the server failed; a retry may succeed
        └── StorageFull           no space left: stop the whole run
"""

from __future__ import annotations

from collections.abc import Sequence

from preserva.exit_status import ExitStatus
from preserva.i18n import N_, _, joined

NEWER_FORMAT = N_(
    "Install the version of preserva that wrote it, or a later one, on this computer too. Nothing "
    "was changed."
)
"""What to do about a file in a format that is newer than this program."""


SYSTEM_REASONS = (
    N_("Broken pipe"),
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Connection timed out"),
    N_("Device or resource busy"),
    N_("Directory not empty"),
    N_("Disk quota exceeded"),
    N_("File exists"),
    N_("File name too long"),
    N_("File too large"),
    N_("Input/output error"),
    N_("Invalid argument"),
    N_("Invalid cross-device link"),
    N_("Is a directory"),
    N_("Name or service not known"),
    N_("Network is unreachable"),
    N_("No route to host"),
    N_("No space left on device"),
    N_("No such device"),
    N_("No such file or directory"),
    N_("Not a directory"),
    N_("Operation not permitted"),
    N_("Permission denied"),
    N_("Read-only file system"),
    N_("Stale file handle"),
    N_("Temporary failure in name resolution"),
    N_("Too many levels of symbolic links"),
    N_("Too many open files"),
    N_("Transport endpoint is not connected"),
)
"""What systems say when they refuse something: `preserva.i18n.system_reason` translates it."""


class PreservaError(Exception):
    """The root. `exit_status` is that of a failing command; `hint` says what to do next."""

    exit_status: ExitStatus = ExitStatus.UNEXPECTED
    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint

    def advice(self) -> str | None:
        """What to do next, in the reader's language."""
        return _(self.hint) if self.hint else None


class UsageError(PreservaError):
    """A wrong argument."""

    exit_status = ExitStatus.USAGE


class ConfigError(PreservaError):
    """The configuration file is not usable: `problems` holds every one, with its key path."""

    exit_status = ExitStatus.USAGE
    hint = N_("Correct the file and run the command again; nothing was changed.")

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(joined("\n  ", [message, *problems]))
        self.problems = tuple(problems)


class Damaged(PreservaError):
    """What the command needs is damaged; `problems` says where. Nothing was changed."""

    exit_status = ExitStatus.DAMAGE
    hint = N_("`preserva validate` names every damaged file.")

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(joined("\n  ", [message, *problems]))
        self.problems = tuple(problems)


class PackageError(PreservaError):
    """The source cannot become a package: `problems` holds every one, with its file.

    `findings` are those of them that a check found, as data (`preserva.Finding`).
    """

    exit_status = ExitStatus.REFUSED
    hint = N_(
        "Nothing was stored and the source was not changed. Correct it and run the command again."
    )

    def __init__(
        self,
        message: str,
        problems: Sequence[str] = (),
        *,
        findings: Sequence[object] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(joined("\n  ", [message, *problems]), hint=hint)
        self.problems = tuple(problems)
        self.findings = tuple(findings)


class Refused(PreservaError):
    """A safety stop: what was asked could lose or hide something. Nothing was changed."""

    exit_status = ExitStatus.REFUSED


class AwaitsConfirmation(PreservaError):
    """A second person must confirm it first. Nothing was changed; `decision` is its number."""

    exit_status = ExitStatus.UNFINISHED
    hint = N_("Another person confirms or refuses it: `preserva decisions`. Then run this again.")

    def __init__(self, message: str, *, decision: int) -> None:
        super().__init__(message)
        self.decision = decision


class LedgerError(PreservaError):
    """The ledger does not verify, or cannot be used."""

    exit_status = ExitStatus.LEDGER


class WrongLedger(LedgerError):
    """A storage has seen entries that this ledger lacks, or belongs to another. Nothing changed."""


class ArchiveNotFound(PreservaError):
    """There is no archive here."""

    exit_status = ExitStatus.NO_ARCHIVE
    hint = N_("Run `preserva init` to write a configuration, or name one with --config.")


class Locked(PreservaError):
    """Another process is writing to the same storage."""

    exit_status = ExitStatus.LOCKED
    hint = N_(
        "Wait until it ends, or let --wait do so. The lock ends with its process, even if that is"
        " killed."
    )


class LockLost(Locked):
    """Another process has taken the lock over from us: whatever is under way ends here."""

    hint = N_("Nothing more was changed. Run the command again when the other process has ended.")


class StorageError(PreservaError):
    """A storage could not be read, written or reached. `path` is the file, where there is one.

    `writing` is set where it is known that the storage was being written.
    """

    writing = False

    exit_status = ExitStatus.UNFINISHED

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.path = path


class NotFound(StorageError):
    """It is not there."""


class NotAFile(StorageError):
    """A link, a device or a folder where a regular file was expected."""


class TooLarge(StorageError):
    """More bytes than a file of its kind can have; they were not read."""


class WrongStorage(StorageError):
    """Another storage lies where one was expected, or one of a newer preserva. Nothing changed."""

    exit_status = ExitStatus.REFUSED


class Unfit(StorageError):
    """The server lacks what every storage needs. Nothing was written."""

    exit_status = ExitStatus.REFUSED
    hint = N_("`preserva config check --storages` says what this server can do.")


class NotInPlace(StorageError):
    """The storage acknowledged a move, but what was moved is not in its place, or not whole."""

    hint = N_(
        "Nothing was acknowledged. Run the command again: what has arrived meanwhile is proved, "
        "the rest is sent again. If this happens every time, this storage cannot be used."
    )


class Unreachable(StorageError):
    """The connection or the server failed, not the file: the same call may succeed later."""

    hint = N_("What is stored is safe. Run the command again: it resumes.")


class StorageFull(StorageError):
    """No space is left."""

    hint = N_("Free space or enlarge the storage, then run the command again: it resumes.")
