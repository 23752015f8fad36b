"""A book's structure as someone wrote it: TOML, CSV, or the METS of another system.

docs/reference/structure.md describes the three with every key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from preserva.core.book.structure import (
    DEEPEST,
    Outline,
    PageFacts,
    PageRange,
    Pages,
    PageType,
    Part,
    PartType,
    Structure,
    renumbered,
    resolve,
)
from preserva.core.book.words import page_types, page_word, part_types, part_word
from preserva.core.eark.mets import Division
from preserva.core.eark.structure_read import MetsPage, read_structure
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.core.xml.safe import UnsafeXMLError
from preserva.describe import xml_record
from preserva.describe.mods.xml_text import plain
from preserva.describe.supplied.tables import SuppliedTable, is_csv, read_csv, read_toml

_PAGE_TYPES = {type_.value for type_ in PageType}


def structure_of(data: bytes, name: str, pages: Pages, title: str) -> Structure:
    """The structure in a file called `name`, for these pages of a book with this title.

    If any finding is an error, do not use it. Nothing raises because of the content.
    """
    if xml_record.looks_like(data):
        return _from_mets(data, name, pages)
    problems: list[Finding] = []
    if is_csv(name):
        outline = _outline_of_rows(read_csv(data, name, problems), problems)
    else:
        outline = _outline(read_toml(data, name, problems))
    resolved = resolve(outline, pages, title)
    return replace(resolved, findings=(*problems, *resolved.findings))


def _outline(table: SuppliedTable) -> Outline:
    title = table.text("title")
    type_ = table.choice("type", PartType, part_types(), part_word) or PartType.MONOGRAPH
    ranges = [_range(pages_table) for pages_table in table.tables("pages")]
    parts = _parts(table, 1)
    table.end()
    return Outline(
        tuple(page_range for page_range in ranges if page_range is not None), parts, type_, title
    )


def _range(table: SuppliedTable) -> PageRange | None:
    first = table.page("first", needed=True)
    last = table.page("last")
    label = table.text("label")
    type_ = table.choice("type", PageType, page_types(), page_word) or PageType.PAGE
    order = table.number("order")
    table.end()
    return None if first is None else PageRange(table.where, first, last, label, type_, order)


def _parts(table: SuppliedTable, depth: int) -> tuple[Part, ...]:
    tables = table.tables("parts")
    if tables and depth > DEEPEST:
        table.problems.append(Finding(Code.DETAILS_VALUE, table.at("parts"), f"<= {DEEPEST}"))
        return ()
    return tuple(part for part_table in tables if (part := _part(part_table, depth)) is not None)


def _part(table: SuppliedTable, depth: int) -> Part | None:
    type_ = table.choice("type", PartType, part_types(), part_word, needed=True)
    title = table.text("title")
    first, last = table.page("first"), table.page("last")
    parts = _parts(table, depth + 1)
    table.end()
    if last is not None and first is None:
        table.problems.append(Finding(Code.DETAILS_MISSING, table.at("first")))
    return None if type_ is None else Part(table.where, type_, title, first, last, parts)


def _outline_of_rows(rows: Iterable[SuppliedTable], problems: list[Finding]) -> Outline:
    """Each row describes pages (label, type), or opens a part (part, title, level), or both."""
    ranges: list[PageRange] = []
    listed: list[tuple[int, Part]] = []
    for row in rows:
        first, last = row.page("first", needed=True), row.page("last")
        label, type_ = row.text("label"), row.choice("type", PageType, page_types(), page_word)
        part, title = row.choice("part", PartType, part_types(), part_word), row.text("title")
        level, order = row.level("level"), row.number("order")
        row.end()
        if first is None:
            continue
        if label is not None or type_ is not None or order is not None:
            ranges.append(PageRange(row.where, first, last, label, type_ or PageType.PAGE, order))
        if part is not None:
            deepest = listed[-1][0] + 1 if listed else 1
            if level > min(deepest, DEEPEST):
                problems.append(
                    Finding(Code.DETAILS_VALUE, row.at("level"), f"<= {deepest}", str(level))
                )
            listed.append((level, Part(row.where, part, title, first, last)))
        elif title is not None:
            problems.append(Finding(Code.DETAILS_MISSING, row.at("part")))
    return Outline(tuple(ranges), () if problems else _nested(listed, 1))


def _nested(listed: Sequence[tuple[int, Part]], level: int) -> tuple[Part, ...]:
    """The parts of this level, each with those of deeper levels that follow it."""
    starts = [place for place, (own, _part) in enumerate(listed) if own == level]
    ends = [*starts[1:], len(listed)]
    return tuple(
        Part(
            part.where,
            part.type,
            part.title,
            part.first,
            part.last,
            _nested(listed[start + 1 : end], level + 1),
        )
        for start, end in zip(starts, ends, strict=False)
        for part in (listed[start][1],)
    )


def _from_mets(data: bytes, name: str, pages: Pages) -> Structure:
    try:
        parsed = read_structure(data)
    except UnsafeXMLError as error:
        return Structure({}, None, (Finding(Code.DETAILS_UNREADABLE, name, seen=str(error)),))
    if not parsed.pages:
        return Structure({}, None, (Finding(Code.DETAILS_UNREADABLE, name, "physSequence"),))
    named = any(pages.alike(file) for page in parsed.pages for file in page.files)
    if not named and len(parsed.pages) != pages.count:
        finding = Finding(Code.METS_OF_ANOTHER, name, str(pages.count), str(len(parsed.pages)))
        return Structure({}, None, (finding,))
    numbers: dict[int, int] = {}
    taken: set[int] = set()
    findings = []
    for place, page in enumerate(parsed.pages, 1):
        number = _number(page, place, pages, named=named)
        where = f"{name}: line {page.line}"
        if number is None:
            findings.append(Finding(Code.PAGE_UNKNOWN, where, seen=" ".join(page.files)))
        elif number in taken:
            findings.append(Finding(Code.PAGE_TWICE, where, seen=str(number)))
        else:
            numbers[place] = number
            taken.add(number)
    facts = {
        number: _facts(parsed.pages[place - 1])
        for place, number in sorted(numbers.items(), key=lambda item: item[1])
    }
    root = None if parsed.root is None else renumbered(_cleaned(parsed.root), numbers)
    return Structure(facts, root, tuple(findings))


def _number(page: MetsPage, place: int, pages: Pages, *, named: bool) -> int | None:
    """By the names of its files; by position if the document names none of our files."""
    if not named:
        return pages.number(place)
    return next((number for file in page.files if (number := pages.alike(file))), None)


def _facts(page: MetsPage) -> PageFacts:
    type_ = page.type if page.type in _PAGE_TYPES else PageType.PAGE
    return PageFacts(plain(page.label or "") or None, type_)


def _cleaned(division: Division) -> Division:
    return Division(
        plain(division.type) or PartType.PART.value,
        plain(division.label or "") or None,
        division.pages,
        tuple(map(_cleaned, division.parts)),
    )
