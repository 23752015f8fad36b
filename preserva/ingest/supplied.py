"""What is handed over beside scans and record: files that people wrote about this very book."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from preserva.core.book.rights import Rights
from preserva.core.book.structure import NO_STRUCTURE, Pages, Structure
from preserva.core.book.submission import Arrangement
from preserva.core.values.codes import Severity
from preserva.core.values.report import Finding
from preserva.describe.record import Record, actions
from preserva.describe.supplied.history import History
from preserva.describe.supplied.rights import read_rights
from preserva.describe.supplied.structure import structure_of
from preserva.describe.supplied.tables import is_csv
from preserva.describe.xml_record import looks_like
from preserva.errors import PackageError, StorageError, UsageError
from preserva.files.opening import open_regular
from preserva.i18n import _

_LARGEST = 16 << 20


@dataclass(frozen=True, slots=True)
class Details:
    """Where the files lie; each may be missing."""

    structure: Path | None = None
    events: Path | None = None
    rights: Path | None = None

    def paths(self) -> dict[str, Path]:
        """The files that are given, by what they are about."""
        paths = {"structure": self.structure, "events": self.events, "rights": self.rights}
        return {name: path for name, path in paths.items() if path is not None}


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True)
class DetailFile:
    """A file as it came, to be kept in the package: its name there, its media type, its bytes."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What the files say, and the files themselves. `notes` are no errors."""

    structure: Structure
    history: History
    rights: tuple[Rights, ...] = ()
    files: tuple[DetailFile, ...] = ()
    notes: tuple[Finding, ...] = ()


def read_details(
    details: Details, arrangement: Arrangement, record: Record, title: str, country: str
) -> Written:
    """What the files say of a source arranged like this, and the record of the book's history.

    Rights are judged by the law of `country` where nothing else is said. Raises PackageError with
    every problem.
    """
    rights: tuple[Rights, ...] = ()
    unclear: tuple[Finding, ...] = ()
    structure = NO_STRUCTURE
    history = History(tuple(arrangement.representations))
    history.record(actions(record))
    files = []
    for name, path in details.paths().items():
        data = read_given(path)
        files.append(kept_file(name, path, data))
        if name == "structure":
            structure = structure_of(data, path.name, Pages.of(arrangement), title)
        elif name == "events":
            history.read(data, path.name)
        else:
            rights, unclear = read_rights(data, path.name, country)
    findings = (*structure.findings, *history.findings, *unclear)
    refuse_unclear(findings)
    return Written(structure, history, rights, tuple(files), findings)


def refuse_unclear(findings: Iterable[Finding]) -> None:
    """Raise PackageError if anything that was written about the book cannot be used."""
    problems = [
        finding.message() for finding in findings if finding.code.severity is not Severity.WARNING
    ]
    if problems:
        raise PackageError(_("what was written about the book cannot be used:"), problems)


def read_given(path: Path) -> bytes:
    """The content of a file that the user named. Raises UsageError if it is none or too large."""
    try:
        descriptor = open_regular(str(path.resolve()), path=str(path))
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(_LARGEST + 1)
    except (OSError, StorageError) as error:
        message = _("{path} cannot be read: {reason}")
        raise UsageError(message.format(path=path, reason=error)) from error
    if len(data) > _LARGEST:
        raise UsageError(_("{path} is too large").format(path=path))
    return data


def own_paths(folder: Path, paths: Iterable[Path]) -> set[str]:
    """Those of the given files that lie in the folder of scans: they are no scans."""
    resolved = [path.resolve() for path in paths]
    return {path.relative_to(folder).as_posix() for path in resolved if path.is_relative_to(folder)}


def kept_file(name: str, path: Path, data: bytes) -> DetailFile:
    """A file about the book as it is kept, under a name that says what it is about."""
    if looks_like(data):
        return DetailFile(f"{name}.xml", "text/xml", data)
    if is_csv(path.name):
        return DetailFile(f"{name}.csv", "text/csv", data)
    return DetailFile(f"{name}.toml", "text/plain", data)
