"""The parts of a book and the labels of its pages: from what people write to METS.

People refer to pages by position among the images, from 1, or by file name. Here references are
resolved, ranges become pages, labels are continued, and every impossibility is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from preserva.core.book.file_names import natural_key
from preserva.core.book.labels import following
from preserva.core.book.submission import Arrangement
from preserva.core.eark.mets import Division
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

_LONGEST_NAME = 255  # of any file system that scans lie on
MOST_LINKS = 1_000_000
"""Links from parts to pages; a book of a thousand pages has some thousands."""

DEEPEST = 16
"""Levels of parts inside parts; a book has five at most."""


class PageType(StrEnum):
    """What a page is: TYPE of its division in the page map."""

    PAGE = "page"
    BLANK = "blank"
    COVER = "cover"
    SPINE = "spine"
    ENDPAPER = "endpaper"
    TITLE_PAGE = "title_page"
    FRONTISPIECE = "frontispiece"
    PLATE = "plate"
    MAP = "map"
    FOLDOUT = "foldout"
    INSERT = "insert"
    FRAGMENT = "fragment"
    TARGET = "target"


class PartType(StrEnum):
    """What a part of the book is: TYPE of its division in the logical map."""

    MONOGRAPH = "monograph"
    MANUSCRIPT = "manuscript"
    CONVOLUTE = "convolute"
    WORK = "work"
    VOLUME = "volume"
    ISSUE = "issue"
    PART = "part"
    SECTION = "section"
    CHAPTER = "chapter"
    ARTICLE = "article"
    BINDING = "binding"
    COVER = "cover"
    ENDPAPER = "endpaper"
    TITLE_PAGE = "title_page"
    HALF_TITLE = "half_title"
    FRONTISPIECE = "frontispiece"
    IMPRIMATUR = "imprimatur"
    DEDICATION = "dedication"
    PREFACE = "preface"
    CONTENTS = "contents"
    TEXT = "text"
    NOTES = "notes"
    APPENDIX = "appendix"
    INDEX = "index"
    SUBSCRIBERS = "subscribers"
    ERRATA = "errata"
    COLOPHON = "colophon"
    ADVERTISEMENT = "advertisement"
    PLATE = "plate"
    PLATES = "plates"
    ILLUSTRATION = "illustration"
    MAP = "map"
    TABLE = "table"
    MUSIC = "music"
    BOOKPLATE = "bookplate"
    STAMP = "stamp"
    INSCRIPTION = "inscription"
    INSERT = "insert"


PageName = int | str
"""A page as people name it: its place among the images, from 1, or the name of its file."""


@dataclass(frozen=True, slots=True)
class PageRange:
    """Pages that are described together. `label` is that of the first; it is continued.

    `order` is the place that the first of them is to have in the book, counted from 1.
    """

    where: str
    first: PageName
    last: PageName | None = None
    label: str | None = None
    type: PageType = PageType.PAGE
    order: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the book. Without `last` it extends to the next part.

    Without `first` it has only the pages of its subordinate parts.
    """

    where: str
    type: PartType
    title: str | None = None
    first: PageName | None = None
    last: PageName | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """The structure as people wrote it. `where` of each piece is its place in the file."""

    pages: tuple[PageRange, ...] = ()
    parts: tuple[Part, ...] = ()
    type: PartType = PartType.MONOGRAPH
    title: str | None = None


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The description of one page."""

    label: str | None = None
    type: str = PageType.PAGE


@dataclass(frozen=True, slots=True)
class Structure:
    """A book's structure: facts by page number, the whole as a division, and the findings.

    `order` gives the number of a page by the number that it had by the names of the files; it is
    empty where that order stays.
    """

    pages: Mapping[int, PageFacts]
    root: Division | None
    findings: tuple[Finding, ...] = ()
    order: Mapping[int, int] = field(default_factory=dict)


NO_STRUCTURE = Structure({}, None)


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a source by number, from 1 to `count`, or by file name.

    A name that files of several chapters have is that of none: with its folder it is.
    """

    count: int
    _names: Mapping[str, int]
    _stems: Mapping[object, int]

    @classmethod
    def of(cls, arrangement: Arrangement) -> Pages:
        """Those of all representations."""
        names: dict[str, set[int]] = {}
        stems: dict[object, set[int]] = {}
        count = 0
        for _name, file in arrangement.files():
            if file.page is not None:
                count = max(count, file.page)
                name = file.source.rpartition("/")[2]
                for known in {name, file.original or name}:
                    names.setdefault(known, set()).add(file.page)
                stems.setdefault(_stem(name), set()).add(file.page)
        return cls(count, _of_one_page(names), _of_one_page(stems))

    def number(self, name: PageName) -> int | None:
        """The number of the page with this number or file name; None if there is none."""
        if isinstance(name, int):
            return name if 1 <= name <= self.count else None
        return self._names.get(name)

    def moved(self, order: Mapping[int, int]) -> Pages:
        """The same pages in another order: the new number of each by its old one."""
        if not order:
            return self
        names = {name: order[number] for name, number in self._names.items()}
        stems = {stem: order[number] for stem, number in self._stems.items()}
        return Pages(self.count, names, stems)

    def alike(self, name: str) -> int | None:
        """The page whose file has this name, or one that differs only in its extension."""
        if len(name) > _LONGEST_NAME:
            return None
        return self._names.get(name) or self._stems.get(_stem(name))


_Name = TypeVar("_Name")


def _of_one_page(names: Mapping[_Name, set[int]]) -> dict[_Name, int]:
    return {name: next(iter(pages)) for name, pages in names.items() if len(pages) == 1}


def _stem(name: str) -> object:
    return natural_key(name.rpartition(".")[0] or name)


def resolve(outline: Outline, pages: Pages, title: str) -> Structure:
    """The structure that an outline means for these pages; `title` is the book's.

    Numbers of pages are those that they have in the order that the outline states.
    """
    order, misplaced = outline_order(outline, pages)
    work = _Resolving(pages.moved(order), findings=misplaced)
    for described in outline.pages:
        work.describe(described)
    spans = [work.span(part) for part in outline.parts]
    divisions = work.divisions(spans, pages.count)
    root = Division(outline.type.value, outline.title or title, parts=divisions)
    return Structure(work.facts, root if divisions else None, tuple(work.findings), order)


def outline_order(outline: Outline, pages: Pages) -> tuple[dict[int, int], list[Finding]]:
    """The new number of each page by its old one, empty if no order is stated; the mistakes."""
    stated: dict[int, int] = {}
    findings = []
    for described in outline.pages:
        if described.order is None:
            continue
        first = pages.number(described.first)
        last = first if described.last is None else pages.number(described.last)
        if isinstance(described.first, int) or isinstance(described.last, int):
            # which order would the number count in?
            finding = Finding(Code.STATED_ORDER, described.where, seen=str(described.first))
            findings.append(finding)
        elif first is not None and last is not None:
            for place, page in enumerate(range(first, last + 1), described.order):
                if not 1 <= place <= pages.count or page in stated or place in stated.values():
                    finding = Finding(
                        Code.STATED_ORDER, described.where, f"1-{pages.count}", str(place)
                    )
                    findings.append(finding)
                stated[page] = place
    if not stated or findings:
        return {}, findings
    free = iter(sorted(set(range(1, pages.count + 1)) - set(stated.values())))
    order = {page: stated.get(page) or next(free) for page in range(1, pages.count + 1)}
    return order, findings


def with_facts(arrangement: Arrangement, facts: Mapping[int, PageFacts]) -> Arrangement:
    """The arrangement with these labels and types of pages; the same in each representation."""
    return replace(
        arrangement,
        representations={
            name: tuple(
                file
                if file.page is None or (stated := facts.get(file.page)) is None
                else replace(file, label=stated.label or file.label, type=stated.type)
                for file in files
            )
            for name, files in arrangement.representations.items()
        },
    )


def renumbered(division: Division, numbers: Mapping[int, int]) -> Division:
    """The division with other page numbers; pages that have none there are left out."""
    return Division(
        division.type,
        division.label,
        tuple(numbers[page] for page in division.pages if page in numbers),
        tuple(renumbered(part, numbers) for part in division.parts),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """A part whose pages were looked up."""

    part: Part
    first: int | None
    last: int | None
    inner: tuple[_Span, ...]

    def begin(self) -> int | None:
        """The first page of the part or of what is in it."""
        if self.first is not None:
            return self.first
        return min((begin for span in self.inner if (begin := span.begin())), default=None)


@dataclass(slots=True)
class _Resolving:
    pages: Pages
    facts: dict[int, PageFacts] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    links: int = 0

    def describe(self, described: PageRange) -> None:
        """Record the label and type of each page of the range."""
        label = described.label
        for number in self._range(described):
            if number in self.facts:
                self.findings.append(Finding(Code.PAGE_TWICE, described.where, seen=str(number)))
            self.facts[number] = PageFacts(label, described.type.value)
            label = None if label is None else following(label) or label

    def _range(self, described: PageRange) -> Iterable[int]:
        first = self._page(described.where, described.first)
        last = first if described.last is None else self._page(described.where, described.last)
        if first is None or last is None:
            return ()
        self._forward(described.where, first, last)
        return range(first, last + 1)

    def _page(self, where: str, name: PageName) -> int | None:
        number = self.pages.number(name)
        if number is None:
            known = f"1-{self.pages.count}" if isinstance(name, int) else None
            self.findings.append(Finding(Code.PAGE_UNKNOWN, where, known, str(name)))
        return number

    def _forward(self, where: str, first: int, last: int) -> None:
        if last < first:
            self.findings.append(Finding(Code.RANGE_REVERSED, where, seen=f"{first}-{last}"))

    def span(self, part: Part) -> _Span:
        """The part with its pages looked up."""
        first = None if part.first is None else self._page(part.where, part.first)
        last = None if part.last is None else self._page(part.where, part.last)
        if first is not None and last is not None:
            self._forward(part.where, first, last)
        return _Span(part, first, last, tuple(self.span(inner) for inner in part.parts))

    def divisions(self, spans: Sequence[_Span], end: int) -> tuple[Division, ...]:
        """Divisions of the parts of one level; by default the last one ends at `end`."""
        made = []
        begins = [span.begin() for span in spans]
        for number, span in enumerate(spans):
            after = next((begin for begin in begins[number + 1 :] if begin is not None), None)
            last = span.last or max(end if after is None else after - 1, span.first or 0)
            made.append(self._division(span, last))
        self._overlaps(spans, made)
        return tuple(made)

    def _division(self, span: _Span, last: int) -> Division:
        parts = self.divisions(span.inner, last)
        pages = () if span.first is None else self._linked(span, range(span.first, last + 1))
        for inner, part in zip(span.inner, parts, strict=True):
            if not (pages and part.pages):
                continue
            if part.pages[0] < pages[0] or part.pages[-1] > pages[-1]:
                around = f"{pages[0]}-{pages[-1]}"
                seen = f"{part.pages[0]}-{part.pages[-1]}"
                self.findings.append(Finding(Code.PART_OUTSIDE, inner.part.where, around, seen))
        return Division(span.part.type.value, span.part.title, pages, parts)

    def _linked(self, span: _Span, pages: range) -> tuple[int, ...]:
        """The pages, unless all parts together have too many."""
        self.links += len(pages)
        if self.links <= MOST_LINKS:
            return tuple(pages)
        if self.links - len(pages) <= MOST_LINKS:
            where = span.part.where
            self.findings.append(Finding(Code.TOO_MANY_LINKS, where, f"<= {MOST_LINKS}"))
        return ()

    def _overlaps(self, spans: Sequence[_Span], made: Sequence[Division]) -> None:
        """A part may begin on the page on which the one before it ends, but no earlier."""
        ordered = sorted(
            (division.pages[0], division.pages[-1], number)
            for number, division in enumerate(made)
            if division.pages
        )
        reached = 0
        for first, last, number in ordered:
            if first < reached:
                where = spans[number].part.where
                seen = f"{first}-{min(last, reached)}"
                self.findings.append(Finding(Code.PARTS_OVERLAP, where, seen=seen))
            reached = max(reached, last)
