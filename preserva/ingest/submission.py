"""The material for a package (OAIS: SIP): a folder of scans and a catalogue record."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from preserva.config import Institution
from preserva.core.book.extent import check_extent
from preserva.core.book.scans import USUAL_RULES, ImageRules
from preserva.core.book.stated_order import in_stated_order
from preserva.core.book.structure import with_facts
from preserva.core.book.submission import Arrangement
from preserva.core.values.codes import Code, Severity
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.describe.record import Record, mods_of, read_records
from preserva.describe.supplied.rights import undecided
from preserva.describe.xml_record import MODS
from preserva.errors import PackageError, UsageError
from preserva.files.opening import Folder
from preserva.i18n import _
from preserva.ingest.scans import Scans, open_scans
from preserva.ingest.source_folder import refuse
from preserva.ingest.supplied import (
    NO_DETAILS,
    Details,
    Written,
    read_details,
    read_supplied,
)


@dataclass(frozen=True, slots=True)
class Submission:
    """An inspected source: its scans, its files in order, its record, its identifier.

    `arrangement` has the labels and the order that people wrote. `title` is the book's, in one
    line. `written` is what people wrote about this book, `doubts` are warnings about record and
    scans together.
    """

    scans: Scans
    arrangement: Arrangement
    record: Record
    package: PackageId
    title: str
    written: Written
    doubts: tuple[Finding, ...] = ()

    @property
    def folder(self) -> Folder:
        """The folder of the scans."""
        return self.scans.folder

    @property
    def notes(self) -> tuple[Finding, ...]:
        """Warnings; none of them prevents a package."""
        about_record = (*self.record.notes, *self.written.notes, *self.doubts)
        return (*self.arrangement.warnings, *about_record)


def submit(
    folder: Path,
    record: Path | Record,
    institution: Institution,
    local: str | None = None,
    position: int | None = None,
    charset: str | None = None,
    details: Details = NO_DETAILS,
    rules: ImageRules = USUAL_RULES,
) -> Submission:
    """Inspect a source without reading its pages. Raises PackageError with every problem.

    `record` is the file that holds the record, or the record itself, chosen before.
    """
    files = [record] if isinstance(record, Path) else []
    scans = open_scans(folder, [*files, *details.paths().values()], rules)
    refuse(scans.folder.path, list(scans.problems))
    return described(scans, record, institution, local, position, charset, details, rules)


def described(
    scans: Scans,
    record: Path | Record,
    institution: Institution,
    local: str | None = None,
    position: int | None = None,
    charset: str | None = None,
    details: Details = NO_DETAILS,
    rules: ImageRules = USUAL_RULES,
) -> Submission:
    """Scans with their record and what people wrote about the book.

    Raises PackageError with every problem of these, UsageError.
    """
    folder = scans.folder.path
    data = read_supplied(record) if isinstance(record, Path) else b""
    chosen = described_by(record, data, position, charset)
    title = one_line(chosen.title)
    written = read_details(details, scans.arrangement, chosen, title, institution.country)
    unsaid = [*written.history.unsaid(), *undecided(written.rights, "rights")]
    refused, doubts = rules.policy.divide([*_extent(chosen, scans.arrangement), *unsaid])
    refuse(folder, refused)
    try:
        package = PackageId(institution.id, local or local_id(chosen.identifier or folder.name))
    except ValueError as error:
        message = _("{name} cannot be the local part of an identifier")
        raise UsageError(
            message.format(name=local or folder.name),
            hint=_(
                "Give one with --id, in a table in its column: small Latin letters, digits, dots"
                " and hyphens."
            ),
        ) from error
    ordered = in_stated_order(scans.arrangement, written.structure.order)
    labelled = with_facts(ordered, written.structure.pages)
    return Submission(scans, labelled, chosen, package, title, written, tuple(doubts))


def _extent(record: Record, arrangement: Arrangement) -> list[Finding]:
    """What the record's extent says about the number of page images."""
    representations = arrangement.representations
    files = representations.get("master") or representations.get("access") or ()
    images = sum(file.page is not None and file.type == "page" for file in files)
    if not images:
        return []
    extent = mods_of(record).findtext("m:physicalDescription/m:extent", namespaces={"m": MODS})
    finding = check_extent(extent, images) if extent else None
    return [] if finding is None else [finding]


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
            "{path} was understood only in part, so nothing was packaged; if it is right, name its"
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
