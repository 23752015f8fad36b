"""Changes to the structure of a book: labels, order of pages, parts. All of it is pure.

A structure is what its text file says; each change gives another one, which is written as a file
again. A part is called by its places on each level, from 1: `2.1` is the first part of the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from preserva.core.book.labels import following as next_label
from preserva.core.book.page_sequence import PageOrder, ascending, following
from preserva.core.book.structure import (
    DEEPEST,
    PageFacts,
    Pages,
    PageType,
    PartType,
    renumbered,
)
from preserva.core.eark.mets import Division
from preserva.core.values.report import Finding
from preserva.describe.supplied.structure import structure_of
from preserva.describe.supplied.structure_toml import PageNaming, structure_toml
from preserva.errors import UsageError
from preserva.i18n import _

NAME = "structure.toml"
NO_NAMES: Mapping[int, str] = {}


@dataclass(frozen=True, slots=True)
class BookStructure:
    """Labels and types of pages by number, and the book as a division with its parts.

    `order` gives the number of each page by the one that it has without this structure; it is empty
    where that stays. All other numbers are the new ones.
    """

    pages: Mapping[int, PageFacts]
    root: Division
    order: Mapping[int, int] = field(default_factory=dict)

    def text(self, names: Mapping[int, str] = NO_NAMES, *, by_name: bool = False) -> str:
        """The file; `names` are those of the files of pages, by which it may call all of them."""
        naming = PageNaming(names, by_name, self.order)
        return structure_toml(self.pages, self.root, naming).decode()

    def part(self, path: str) -> Division | None:
        """A part by its places; None if there is none."""
        return dict(parts_of(self.root)).get(path)

    def sequence(self, count: int) -> tuple[int, ...]:
        """The numbers that the pages have without this structure, in the order that it states."""
        return tuple(sorted(range(1, count + 1), key=lambda page: self.order.get(page, page)))


def read_text(text: str, pages: Pages, title: str) -> tuple[BookStructure, tuple[Finding, ...]]:
    """The structure that a file means, and what in it cannot be used.

    `title` is the book's; with "" it has only that of the file, if any.
    """
    read = structure_of(text.encode(), NAME, pages, title)
    root = read.root or Division(PartType.MONOGRAPH.value, title)
    named = replace(root, label=root.label or None)
    return BookStructure(read.pages, named, read.order), read.findings


def parts_of(root: Division, prefix: str = "") -> Iterator[tuple[str, Division]]:
    """All parts, each with its places, as they stand in a table of contents."""
    for number, part in enumerate(root.parts, 1):
        path = f"{prefix}{number}"
        yield path, part
        yield from parts_of(part, f"{path}.")


def labelled(
    structure: BookStructure, first: int, last: int, label: str | None, type_: PageType
) -> BookStructure:
    """With these pages labelled, counted on from `label`; without one they are not counted."""
    pages = dict(structure.pages)
    for number in range(first, last + 1):
        pages[number] = PageFacts(label, type_.value)
        label = None if label is None else next_label(label) or label
    return replace(structure, pages=pages)


def with_part(structure: BookStructure, under: str, part: Division) -> BookStructure:
    """With a further part, on the top level or in another one, in the order of the pages.

    Raises UsageError if there is no such part, or if it would lie too deep.
    """
    if under and structure.part(under) is None:
        raise UsageError(_("This part of the book is not there any more."))
    if under.count(".") + 2 > DEEPEST:
        raise UsageError(_("Parts cannot lie so deep in each other."))

    def add(division: Division) -> Division:
        begin = part.pages[0] if part.pages else 0
        place = sum(1 for other in division.parts if _begin(other) <= begin)
        return replace(division, parts=(*division.parts[:place], part, *division.parts[place:]))

    return replace(structure, root=_changed(structure.root, under, add))


def with_changed_part(structure: BookStructure, path: str, part: Division) -> BookStructure:
    """With another part in the place of one, which keeps what is in it. Raises UsageError."""
    _above, known = _known(structure, path)
    changed = replace(part, parts=known.parts)
    return with_part(without_part(structure, path), path.rpartition(".")[0], changed)


def without_part(structure: BookStructure, path: str) -> BookStructure:
    """Without a part and what is in it. Raises UsageError if there is none."""
    above, _part = _known(structure, path)
    place = int(path.rpartition(".")[2])

    def remove(division: Division) -> Division:
        return replace(division, parts=(*division.parts[: place - 1], *division.parts[place:]))

    return replace(structure, root=_changed(structure.root, above, remove))


def moved(structure: BookStructure, first: int, last: int, to: int, count: int) -> BookStructure:
    """With these pages of `count` in another place, where the first of them is number `to`.

    They take their labels along; parts follow as in the engine. Raises UsageError for a place that
    there is not.
    """
    length = last - first + 1
    if not 1 <= to <= count - length + 1:
        message = _("These pages can begin at a place from 1 to {count}.")
        raise UsageError(message.format(count=count - length + 1))
    rest = [page for page in range(1, count + 1) if not first <= page <= last]
    chosen = range(first, last + 1)
    order = PageOrder((*rest[: to - 1], *chosen, *rest[to - 1 :]), frozenset(chosen))
    numbers = order.numbers()
    return BookStructure(
        {numbers[page]: facts for page, facts in structure.pages.items()},
        following(structure.root, order),
        _order(numbers[page] for page in _in_order(structure, count)),
    )


def _in_order(structure: BookStructure, count: int) -> Iterator[int]:
    """The number of each page, by the order without this structure."""
    return (structure.order.get(page, page) for page in range(1, count + 1))


def _order(numbers: Iterable[int]) -> dict[int, int]:
    """The new number of each page by its old one; empty if all stay."""
    order = dict(enumerate(numbers, 1))
    return {} if all(old == new for old, new in order.items()) else order


def realigned(
    structure: BookStructure, numbers: Mapping[int, int], before: int, count: int
) -> BookStructure:
    """The structure of a book of `before` pages for a version that has `count`.

    `numbers` are those that its pages have there, without this structure. What is said of pages
    that are gone is gone; a page that was moved comes behind the one that it was moved to.
    """
    sequence = [page for page in structure.sequence(before) if page in numbers]
    staying = ascending(sequence)
    gone = {numbers[page] for page in sequence if page not in staying}
    now = [number for number in range(1, count + 1) if number not in gone]
    for place, page in enumerate(sequence):
        if page not in staying:
            at = now.index(numbers[sequence[place - 1]]) + 1 if place else 0
            now.insert(at, numbers[page])
    places = {number: place for place, number in enumerate(now, 1)}
    own = structure.sequence(before)
    new = {n: places[numbers[page]] for n, page in enumerate(own, 1) if page in numbers}
    pages = {new[old]: facts for old, facts in structure.pages.items() if old in new}
    order = _order(places[number] for number in range(1, count + 1))
    return BookStructure(pages, renumbered(structure.root, new), order)


def pages_changed(before: BookStructure, after: BookStructure) -> set[int]:
    """The pages whose label or type differs."""
    numbers = before.pages.keys() | after.pages.keys()
    return {page for page in numbers if before.pages.get(page) != after.pages.get(page)}


def _known(structure: BookStructure, path: str) -> tuple[str, Division]:
    part = structure.part(path)
    if part is None:
        raise UsageError(_("This part of the book is not there any more."))
    return path.rpartition(".")[0], part


def _changed(root: Division, path: str, change: Callable[[Division], Division]) -> Division:
    """The division with the part at this path changed; "" is the division itself."""
    if not path:
        return change(root)
    first, _dot, rest = path.partition(".")
    place = int(first) - 1
    parts = list(root.parts)
    parts[place] = _changed(parts[place], rest, change)
    return replace(root, parts=tuple(parts))


def _begin(part: Division) -> int:
    begins = [*part.pages[:1], *(begin for inner in part.parts if (begin := _begin(inner)))]
    return min(begins, default=0)
