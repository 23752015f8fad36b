"""The material for a package (OAIS: SIP): a folder of scans and a catalogue record."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from preserva.config import Institution
from preserva.core.book import submission as sip
from preserva.core.book.structure import with_facts
from preserva.core.book.submission import Arrangement
from preserva.core.values.codes import Code, Severity
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.describe.record import Record, read_records
from preserva.errors import PackageError, Refused, UsageError
from preserva.files.opening import Folder
from preserva.i18n import _
from preserva.ingest.source_folder import list_source, refuse
from preserva.ingest.supplied import (
    NO_DETAILS,
    Details,
    Written,
    own_paths,
    read_details,
    read_supplied,
)


@dataclass(frozen=True, slots=True)
class Submission:
    """An inspected source: its folder, its files in order, its record, its identifier.

    `title` is the book's, in one line. `written` is what people wrote about this book.
    """

    folder: Folder
    arrangement: Arrangement
    record: Record
    package: PackageId
    title: str
    written: Written

    @property
    def notes(self) -> tuple[Finding, ...]:
        """Warnings; none of them prevents a package."""
        return (*self.arrangement.warnings, *self.record.notes, *self.written.notes)


def submit(
    folder: Path,
    record: Path | Record,
    institution: Institution,
    local: str | None = None,
    position: int | None = None,
    charset: str | None = None,
    details: Details = NO_DETAILS,
) -> Submission:
    """Inspect a source without reading its pages. Raises PackageError with every problem.

    `record` is the file that holds the record, or the record itself, chosen before.
    """
    if not folder.is_dir():
        raise UsageError(_("{path} is not a folder").format(path=folder))
    folder = folder.resolve()
    if (folder / "bagit.txt").is_file():
        raise Refused(
            _("{path} is a bag already, not a folder of scans").format(path=folder),
            hint=_("Store it with `preserva store` or, if others made it, `preserva import`."),
        )
    files = [record] if isinstance(record, Path) else []
    data = b"".join(map(read_supplied, files))
    own = own_paths(folder, [*files, *details.paths().values()])
    opened = Folder(folder)
    entries = [entry for entry in list_source(opened) if entry.path not in own]
    arrangement = sip.arrange(entries)
    refuse(folder, list(arrangement.problems))
    described = described_by(record, data, position, charset)
    title = one_line(described.title)
    written = read_details(details, arrangement, described, title, institution.country)
    try:
        package = PackageId(institution.id, local or local_id(described.identifier or folder.name))
    except ValueError as error:
        message = _("{name} cannot be the local part of an identifier")
        raise UsageError(
            message.format(name=local or folder.name),
            hint=_("Give one with --id: small Latin letters, digits, dots and hyphens."),
        ) from error
    labelled = with_facts(arrangement, written.structure.pages)
    return Submission(opened, labelled, described, package, title, written)


def one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def choose_record(data: bytes, path: Path, position: int | None, charset: str | None) -> Record:
    """The book's record. If a file contains several, the position must be given.

    A record that could not be decoded is not packaged until its character set is given.
    """
    records = read_records(data, name=path.name, charset=charset)
    if position is None and len(records) > 1:
        raise UsageError(
            _("{path} contains {count} records").format(path=path, count=len(records)),
            hint=_("Select the one for this book with --position, counted from 1."),
        )
    chosen = position or 1
    if not 1 <= chosen <= len(records):
        message = _("{path} has no record {position}; there are {count}")
        raise UsageError(message.format(path=path, position=chosen, count=len(records)))
    described = records[chosen - 1]
    if isinstance(described, Finding):
        message = _("{path} cannot become a package:").format(path=path)
        raise PackageError(message, [described.message()])
    refuse_doubtful(described, path, charset)
    return described


def described_by(
    record: Path | Record, data: bytes, position: int | None, charset: str | None
) -> Record:
    """The book's record, chosen from the data of its file, or chosen before. Raises as those do."""
    if isinstance(record, Record):
        path, chosen = Path(record.name), record
        refuse_doubtful(record, path, charset)
    else:
        path, chosen = record, choose_record(data, record, position, charset)
    refuse_untitled(chosen, path)
    return chosen


def refuse_doubtful(record: Record, path: Path, charset: str | None) -> None:
    """Raise PackageError for a record that was not understood whole, unless a person named how."""
    doubtful = [note for note in record.notes if note.code.severity is not Severity.WARNING]
    if doubtful and charset is None:
        message = _(
            "{path} was not understood whole, so nothing was packaged; if it is right, name its"
            " character set with --charset:"
        )
        raise PackageError(message.format(path=path), [note.message() for note in doubtful])


def refuse_untitled(record: Record, path: Path) -> None:
    """Raise PackageError for a record without a title: it describes no book."""
    if not record.title:
        untitled = Finding(Code.RECORD_WITHOUT_TITLE, f"{record.name}#{record.position}")
        message = _("{path} cannot become a package:").format(path=path)
        raise PackageError(message, [untitled.message()])


def local_id(name: str) -> str:
    """A control number or folder name as the local part of an identifier, deterministic."""
    plain = unicodedata.normalize("NFKD", name.translate(_LATIN)).casefold().translate(_LATIN)
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")[:100]


_LATIN = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфхцыьъэ", "abvgdeziiklmnoprstufhcy''e", strict=True)),
        "ж": "zh",
        "ч": "ch",
        "ш": "sh",
        "щ": "shch",
        "ю": "iu",
        "я": "ia",
        "ё": "e",
        "і": "i",
        "ў": "u",
        "ґ": "g",
        "ѣ": "e",
        "ѳ": "f",
        "ѵ": "i",
        "\\": "-",
        "/": "-",
    }
)
"""Only to make an identifier that can be typed; the names themselves are kept as they are."""
