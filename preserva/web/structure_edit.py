"""Changes to the structure of a book: labels of pages, parts. All of it is pure.

A structure is what its text file says; each change gives another one, which is written as a file
again. A part is called by its places on each level, from 1: `2.1` is the first part of the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from preserva.core.book.labels import following
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
from preserva.describe.supplied.structure_toml import structure_toml
from preserva.errors import UsageError
from preserva.i18n import _

NAME = "structure.toml"


@dataclass(frozen=True, slots=True)
class BookStructure:
    """Labels and types of pages by number, and the book as a division with its parts."""

    pages: Mapping[int, PageFacts]
    root: Division

    def text(self) -> str:
        """The file."""
        return structure_toml(self.pages, self.root).decode()

    def part(self, path: str) -> Division | None:
        """A part by its places; None if there is none."""
        return dict(parts_of(self.root)).get(path)


def read_text(text: str, pages: Pages, title: str) -> tuple[BookStructure, tuple[Finding, ...]]:
    """The structure that a file means, and what in it cannot be used."""
    read = structure_of(text.encode(), NAME, pages, title)
    root = read.root or Division(PartType.MONOGRAPH.value, title)
    return BookStructure(read.pages, root), read.findings


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
        label = None if label is None else following(label) or label
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


def realigned(structure: BookStructure, numbers: Mapping[int, int]) -> BookStructure:
    """The structure after pages got other numbers; what is said of pages that are gone is gone."""
    pages = {numbers[old]: facts for old, facts in structure.pages.items() if old in numbers}
    return BookStructure(pages, renumbered(structure.root, numbers))


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
