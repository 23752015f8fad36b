"""The files supplied with scans and record: what people wrote about this book."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from preserva.core.book.folder_parts import outline_of_folders
from preserva.core.book.rights import Rights
from preserva.core.book.structure import NO_STRUCTURE, Pages, Structure, resolve
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
    """The paths of the supplied files; each is optional."""

    structure: Path | None = None
    events: Path | None = None
    rights: Path | None = None

    def paths(self) -> dict[str, Path]:
        """The supplied files by subject."""
        supplied = {"structure": self.structure, "events": self.events, "rights": self.rights}
        return {name: path for name, path in supplied.items() if path is not None}


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True)
class DetailFile:
    """A supplied file, to be kept in the package: its name there, its media type, its bytes."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """The content of the files, and the files themselves. `notes` are not errors."""

    structure: Structure
    history: History
    rights: tuple[Rights, ...] = ()
    files: tuple[DetailFile, ...] = ()
    notes: tuple[Finding, ...] = ()


def read_details(
    details: Details, arrangement: Arrangement, record: Record, title: str, country: str
) -> Written:
    """The content of the files for this arrangement, and the history in the book's record.

    Rights are governed by the law of `country` unless stated otherwise. Raises PackageError with
    every problem.
    """
    rights: tuple[Rights, ...] = ()
    unclear: tuple[Finding, ...] = ()
    structure = NO_STRUCTURE
    if details.structure is None and arrangement.chapters:
        chapters = outline_of_folders(arrangement.chapters)
        structure = resolve(chapters, Pages.of(arrangement), title)
    history = History(tuple(arrangement.representations))
    history.record(actions(record))
    files = []
    for name, path in details.paths().items():
        data = read_supplied(path)
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
    """Raise PackageError if anything in the supplied files cannot be used."""
    refuse_supplied(each for each in findings if each.code.severity is not Severity.WARNING)


def refuse_supplied(problems: Iterable[Finding]) -> None:
    """Raise PackageError with all problems of the supplied files, if there are any."""
    messages = [problem.message() for problem in problems]
    if messages:
        raise PackageError(_("the files that describe the book cannot be used:"), messages)


def read_supplied(path: Path) -> bytes:
    """The content of a supplied file. Raises UsageError if it is not a file or too large."""
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


def own_paths(folder: Path, supplied: Iterable[Path]) -> set[str]:
    """The supplied files that are inside the folder of scans: they are not scans."""
    resolved = [path.resolve() for path in supplied]
    return {path.relative_to(folder).as_posix() for path in resolved if path.is_relative_to(folder)}


def kept_file(name: str, path: Path, data: bytes) -> DetailFile:
    """A supplied file as it is kept, named after its subject."""
    if looks_like(data):
        return DetailFile(f"{name}.xml", "text/xml", data)
    if is_csv(path.name):
        return DetailFile(f"{name}.csv", "text/csv", data)
    return DetailFile(f"{name}.toml", "text/plain", data)
