"""Records as a table (CSV, RFC 4180): a line for each item, one for a record without items.

The first line names the columns (`COLUMNS`), in any order; `identifier` and `title` must be there.
Lines of one record follow each other and differ only in what they say of the item. Several values
in a cell are separated by semicolons; a semicolon that belongs to a value is doubled. A record
becomes MODS, so that all that is done with records is done with these.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast
from urllib.parse import unquote

from lxml import etree

from preserva.catalogue.entry import CatalogueEntry, library_of
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.marc.charset import Charset, named
from preserva.describe.mods.crosswalk import crosswalk
from preserva.describe.mods.xml_text import has_forbidden, plain
from preserva.describe.xml_record import MODS
from preserva.i18n import _

_OF_RECORD = (
    "identifier", "title", "titles", "agents", "place", "publisher", "date", "year", "languages",
    "form", "kind", "extent", "subjects", "numbers",
)  # fmt: skip
_OF_ITEM = ("holder", "shelfmark", "inventory", "registers", "provenance", "package")
COLUMNS = (*_OF_RECORD, *_OF_ITEM)
ENDINGS = (".csv", ".tsv")

MADE_OF_A_TABLE = "Converted from a table (CSV) by preserva"
"""The origin stated in a record that was made from a row (MODS recordOrigin)."""

_WHOLE = "collection"
_LONGEST = 1 << 20
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_PARTS = re.compile(r";;|;|[^;]+")
_LANGUAGE = re.compile(r"[a-z]{3}")
_YEAR = re.compile(r"(1[0-9]{3}|20[0-9]{2})(?:/(1[0-9]{3}|20[0-9]{2}))?")
_TYPED = re.compile(r"([^:]*):(.+)", re.DOTALL)
_NAMESPACES = cast("dict[str, str]", {None: MODS})

_Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Line:
    """A row, and the line of the file on which it begins."""

    number: int
    row: _Row


class _BadRowError(Exception):
    """What is wrong with a row."""


def lines_of(uri: str, entry: CatalogueEntry, packages: Sequence[str]) -> Iterator[bytes]:
    """The lines of a record."""
    yield from map(line, _cells(uri, entry, packages))


def _cells(uri: str, entry: CatalogueEntry, packages: Sequence[str]) -> Iterator[tuple[str, ...]]:
    about = (
        uri, entry.title, _joined(entry.titles), _joined(agent.name for agent in entry.agents),
        entry.place, entry.publisher, entry.date, _years(entry), _joined(entry.languages),
        entry.form, _WHOLE if entry.collection else "", entry.extent, _joined(entry.subjects),
        _joined(f"{number.type}:{number.value}" for number in entry.identifiers),
    )  # fmt: skip
    for item in entry.items:
        numbers = _joined(f"{number.type}:{number.value}" for number in item.registers)
        cells = (item.holder, item.shelfmark, _joined(item.inventory), numbers,
                _joined(item.provenance))  # fmt: skip
        yield (*about, *cells, _joined(packages))
    if not entry.items:
        yield (*about, "", "", "", "", "", _joined(packages))


def columns_that_differ(entry: CatalogueEntry, other: CatalogueEntry) -> list[str]:
    """The columns in which the lines of two records are not the same."""
    lines = [list(_cells("", entry, ())), list(_cells("", other, ()))]
    width = len(COLUMNS)
    mine, theirs = ([list(column) for column in zip(*rows, strict=True)] for rows in lines)
    return [COLUMNS[at] for at in range(width) if mine[at] != theirs[at]]


def _years(entry: CatalogueEntry) -> str:
    """The year, or the first and the last one as EDTF has them: `1700/1799`."""
    return "/".join(str(year) for year in (entry.year, entry.last_year) if year is not None)


def line(values: Sequence[str]) -> bytes:
    """A line of CSV. A text that a spreadsheet would take for a formula begins with `'`."""
    cells: list[str] = []
    writer = csv.writer(_Sink(cells))
    writer.writerow([f"'{value}" if _FORMULA.match(value) else value for value in values])
    return cells[0].encode()


def documents(
    stream: BinaryIO, name: str, library: str, charset: str | None = None
) -> Iterator[bytes | Finding]:
    """Each record as a MODS document, a finding with its line for each row that cannot be one.

    A record with such a row is left out. Raises UsageError for an unknown character set.
    """
    group: list[_Line] = []
    for line in _rows(stream, name, charset):
        if isinstance(line, Finding):
            yield line
            continue
        if group and group[0].row["identifier"] != line.row["identifier"]:
            yield from _record(group, name, library)
            group = []
        group.append(line)
    if group:
        yield from _record(group, name, library)


def _rows(stream: BinaryIO, name: str, charset: str | None) -> Iterator[_Line | Finding]:
    lines = _Lines(_decoded(stream, charset or "utf-8"))
    text = iter(lines)
    head = next(text, "").removeprefix("\ufeff")
    separator = max(",;\t", key=head.count)
    columns = next(csv.reader([head], delimiter=separator), [])
    columns = [column.strip().lower() for column in columns]
    missing = [name for name in ("identifier", "title") if columns.count(name) != 1]
    if missing:
        seen = _("no column {names}").format(names=", ".join(missing))
        yield Finding(Code.CSV_ROW, f"{name}:1", ", ".join(COLUMNS), seen)
        return
    for unknown in sorted({column for column in columns if column not in COLUMNS}):
        yield Finding(Code.CSV_COLUMN, f"{name}:1", ", ".join(COLUMNS), unknown)
    if head and not lines.whole():
        yield Finding(Code.CSV_ROW, f"{name}:1", seen=_unfinished())
        return
    reader = csv.reader(text, delimiter=separator)
    while True:
        number = reader.line_num + 2
        lines.of_row.clear()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Finding(Code.CSV_ROW, f"{name}:{number}", seen=str(error))
            continue
        if cells is None:
            return
        if not lines.whole():
            yield Finding(Code.CSV_ROW, f"{name}:{number}", seen=_unfinished())
        elif len(cells) > len(columns):
            seen = _("{seen} cells, but {known} columns").format(seen=len(cells),
                                                                 known=len(columns))  # fmt: skip
            yield Finding(Code.CSV_ROW, f"{name}:{number}", seen=seen)
        elif any(cell.strip() for cell in cells):
            filled = zip(columns, map(_plain, cells), strict=False)
            yield _Line(number, {**dict.fromkeys(columns, ""), **dict(filled)})


def _unfinished() -> str:
    return _("the table ends here without a line break, so it may have been cut off")


def _decoded(stream: BinaryIO, charset: str) -> Iterator[str]:
    """The lines; U+FFFD replaces bytes that are not in the character set."""
    known = Charset(named(charset))
    for data in iter(lambda: stream.readline(_LONGEST), b""):
        yield known.decode(data)


def _record(group: Sequence[_Line], name: str, library: str) -> Iterator[bytes | Finding]:
    """One record as a document, or a finding for each row that is wrong."""
    first = group[0]
    findings = []
    for line in group:
        try:
            _check(line.row, library)
            other = [key for key in _OF_RECORD if line.row.get(key) != first.row.get(key)]
            if other:
                text = _("{names}: not the same as in line {number} of the same record")
                raise _BadRowError(text.format(names=", ".join(other), number=first.number))
        except _BadRowError as error:
            findings.append(Finding(Code.CSV_ROW, f"{name}:{line.number}", seen=str(error)))
    if findings:
        yield from findings
    else:
        yield etree.tostring(_mods([line.row for line in group], library), encoding="UTF-8")


def _check(row: _Row, library: str) -> None:
    for name, text in row.items():
        if has_forbidden(text) or "\ufffd" in text:
            raise _BadRowError(_("{name}: characters that cannot be read").format(name=name))
    for name in ("identifier", "title"):
        if not row.get(name, ""):
            raise _BadRowError(_("no {name}").format(name=name))
    _number(row["identifier"], library)
    for code in _split(row.get("languages", "")):
        if not _LANGUAGE.fullmatch(code):
            text = _("{code} is not a language code such as rus or bel")
            raise _BadRowError(text.format(code=code))
    if row.get("year", "") and not _YEAR.fullmatch(row["year"]):
        raise _BadRowError(_("{text} is not a year").format(text=row["year"]))
    if row.get("kind", "") not in ("", "single", "collection"):
        raise _BadRowError(_("{text} is neither single nor collection").format(text=row["kind"]))
    for name, known in (("numbers", ("isbn",)), ("registers", tuple(crosswalk().registers))):
        for value in _split(row.get(name, "")):
            typed = _TYPED.fullmatch(value)
            if typed is None or (name == "registers" and typed[1] not in known):
                text = _("{name}: {text} does not begin with its type, such as {types}")
                types = ", ".join(f"{type_}:" for type_ in known)
                raise _BadRowError(text.format(name=name, text=value, types=types))


def _number(identifier: str, library: str) -> str:
    """The record's own number, of the URI as well."""
    of = library_of(identifier)
    if of is None:
        return identifier
    if of != library:
        text = _("{uri} is not a record of {library}")
        raise _BadRowError(text.format(uri=identifier, library=library))
    return unquote(identifier.rpartition(":")[2])


def _mods(rows: Sequence[_Row], library: str) -> etree._Element:
    """The record of these rows, which were checked."""
    about = {name: rows[0].get(name, "") for name in _OF_RECORD}
    root = etree.Element(f"{{{MODS}}}mods", nsmap=_NAMESPACES, version="3.8")
    for title in (about["title"], *_split(about["titles"])):
        _put(root, "titleInfo/title", title)
    for agent in _split(about["agents"]):
        _put(root, "name/namePart", agent)
    form = {"manuscript": "text"}.get(about["form"], about["form"])
    marks = {"manuscript": about["form"] == "manuscript", "collection": about["kind"] == _WHOLE}
    attributes = {name: "yes" for name, so in marks.items() if so}
    _put(root, "typeOfResource", form or ("mixed material" if attributes else ""), **attributes)
    if any(about[name] for name in ("place", "publisher", "date", "year")):
        origin = etree.SubElement(root, f"{{{MODS}}}originInfo")
        _put(origin, "place/placeTerm", about["place"])
        _put(origin, "publisher", about["publisher"])
        first, _slash, last = about["year"].partition("/")
        point = {"point": "start"} if last else {}
        _put(origin, "dateIssued", first, encoding="w3cdtf", keyDate="yes", **point)
        _put(origin, "dateIssued", last, encoding="w3cdtf", point="end")
        _put(origin, "dateIssued", about["date"])
    for code in _split(about["languages"]):
        _put(root, "language/languageTerm", code, type="code", authority="iso639-2b")
    _put(root, "physicalDescription/extent", about["extent"])
    for subject in _split(about["subjects"]):
        _put(root, "subject/topic", subject)
    for type_, value in map(_typed, _split(about["numbers"])):
        _put(root, "identifier", value, type=type_)
    for row in rows:
        _item(root, row)
    _put(root, "recordInfo/recordIdentifier", _number(about["identifier"], library))
    _put(root[-1], "recordOrigin", MADE_OF_A_TABLE)
    return root


def _item(root: etree._Element, row: _Row) -> None:
    cells = {name: row.get(name, "") for name in _OF_ITEM if name != "package"}
    if not any(cells.values()):
        return
    location = etree.SubElement(root, f"{{{MODS}}}location")
    _put(location, "physicalLocation", cells.pop("holder"))
    if not any(cells.values()):
        return
    simple = etree.SubElement(location, f"{{{MODS}}}holdingSimple")
    item = etree.SubElement(simple, f"{{{MODS}}}copyInformation")
    _put(item, "shelfLocator", cells["shelfmark"])
    for text in _split(cells["provenance"]):
        _put(item, "note", text, type="ownership")
    for text in _split(cells["inventory"]):
        _put(item, "itemIdentifier", text, type="inventory")
    for type_, value in map(_typed, _split(cells["registers"])):
        _put(item, "itemIdentifier", value, type=type_)


def _put(node: etree._Element, path: str, text: str, **attributes: str) -> None:
    """A new element of that path with the text, unless there is none."""
    if not text:
        return
    for step in path.split("/"):
        node = etree.SubElement(node, f"{{{MODS}}}{step}")
    for name, value in attributes.items():
        if value:
            node.set(name, value)
    node.text = plain(text)


def _typed(text: str) -> tuple[str, str]:
    type_, _colon, value = text.partition(":")
    return type_, value


def _plain(cell: str) -> str:
    """The cell without the `'` before what looks like a formula."""
    text = cell.strip(" ")
    return (text[1:] if text[:1] == "'" and _FORMULA.match(text) else text).strip()


def _joined(values: Iterable[str]) -> str:
    return "; ".join(value.replace(";", ";;") for value in values if value)


def _split(cell: str) -> list[str]:
    values = [""]
    for part in _PARTS.findall(cell):
        if part == ";":
            values.append("")
        else:
            values[-1] += ";" if part == ";;" else part
    return [value.strip() for value in values if value.strip()]


class _Lines:
    """The lines of a table; `of_row` are those that the last row was read from."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self.of_row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.of_row.append(line)
            yield line

    def whole(self) -> bool:
        """Whether the row has its line break, outside of a quoted cell."""
        row = "".join(self.of_row)
        return row.endswith("\n") and row.count('"') % 2 == 0


class _Sink:
    """What csv.writer writes to."""

    def __init__(self, cells: list[str]) -> None:
        self._cells = cells

    def write(self, text: str) -> None:
        """Keep the line."""
        self._cells.append(text)
