"""The structure of a book as a TOML file, as a person would have written it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from preserva.core.book.labels import following
from preserva.core.book.page_sequence import ascending
from preserva.core.book.structure import PageFacts, PageType
from preserva.core.eark.mets import Division


@dataclass(frozen=True, slots=True)
class PageNaming:
    """How a file calls the pages: by number, or, `by_name`, by the names of their files.

    `order` gives the number of each page by the one that it has by the names of the files; pages
    that this moves are always called by name. `names` are those of the files, by page number.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    by_name: bool = False
    order: Mapping[int, int] = field(default_factory=dict)

    def moved(self) -> dict[int, int]:
        """The former number of each page whose place has to be stated, by its number."""
        former = {new: old for old, new in self.order.items()}
        staying = ascending([former[new] for new in sorted(former)])
        return {new: old for new, old in former.items() if old not in staying}


BY_NUMBER = PageNaming()


def structure_toml(
    pages: Mapping[int, PageFacts], root: Division | None, naming: PageNaming = BY_NUMBER
) -> bytes:
    """The file: labels and types of pages by number, and the parts of the book.

    Pages that are called by the names of their files need not be in `pages`. Reading the file for
    the same pages gives the same structure (docs/reference/structure.md), except that a part whose
    pages do not follow each other becomes several.
    """
    writing = _Writing(naming, naming.moved())
    lines = []
    if root is not None:
        lines.append(f"type = {_text(root.type)}")
        if root.label is not None:
            lines.append(f"title = {_text(root.label)}")
    described = {**{number: PageFacts() for number in writing.moved}, **pages}
    for first, last in writing.runs(described):
        lines += writing.range(first, last, described[first])
    for part in () if root is None else root.parts:
        lines += writing.part(part, "parts")
    return "\n".join([*lines, ""]).lstrip("\n").encode()


@dataclass(frozen=True, slots=True)
class _Writing:
    naming: PageNaming
    moved: Mapping[int, int]

    def runs(self, pages: Mapping[int, PageFacts]) -> Iterator[tuple[int, int]]:
        """First and last of the pages that are described together."""
        numbers = sorted(pages)
        if not numbers:
            return
        first = numbers[0]
        for number, after in pairwise(numbers):
            if after != number + 1 or not self._goes_on(number, pages[number], pages[after]):
                yield first, number
                first = after
        yield first, numbers[-1]

    def _goes_on(self, number: int, here: PageFacts, there: PageFacts) -> bool:
        """Whether the label and the place of the next page continue those of this one."""
        label = None if here.label is None else following(here.label) or here.label
        old, after = self.moved.get(number), self.moved.get(number + 1)
        together = after is None if old is None else after == old + 1
        return together and (there.label, there.type) == (label, here.type)

    def range(self, first: int, last: int, facts: PageFacts) -> Iterator[str]:
        named = first in self.moved
        yield from ("", "[[pages]]", f"first = {self._called(first, named)}")
        if last != first:
            yield f"last = {self._called(last, named)}"
        if facts.label is not None:
            yield f"label = {_text(facts.label)}"
        if facts.type != PageType.PAGE:
            yield f"type = {_text(facts.type)}"
        if named:
            yield f"order = {first}"

    def part(self, part: Division, key: str) -> Iterator[str]:
        inner = list(part.parts)
        for place, (first, last) in enumerate(_stretches(part.pages) or [(0, 0)]):
            yield from ("", f"[[{key}]]", f"type = {_text(part.type)}")
            if part.label is not None:
                yield f"title = {_text(part.label)}"
            if first:
                yield from (f"first = {self._called(first)}", f"last = {self._called(last)}")
            for division in inner if place == 0 else ():
                yield from self.part(division, f"{key}.parts")

    def _called(self, number: int, named: bool = False) -> str:
        name = self.naming.names.get(number) if named or self.naming.by_name else None
        return str(number) if name is None else _text(name)


def _stretches(pages: Iterable[int]) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for page in sorted(pages):
        if stretches and stretches[-1][1] == page - 1:
            stretches[-1] = (stretches[-1][0], page)
        else:
            stretches.append((page, page))
    return stretches


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
