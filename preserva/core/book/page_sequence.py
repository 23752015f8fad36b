"""Pages in a new order: removed, inserted, moved; and the parts of the book, which follow them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from preserva.core.eark.mets import Division


@dataclass(frozen=True, slots=True)
class PageOrder:
    """The pages of a corrected book: the number that each had before, or None for a new page.

    `moved` are the former numbers of the pages that changed places with intent.
    """

    before: tuple[int | None, ...]
    moved: frozenset[int] = frozenset()

    @classmethod
    def of(cls, count: int) -> PageOrder:
        """The pages 1 to `count` as they are."""
        return cls(tuple(range(1, count + 1)))

    def without(self, numbers: Collection[int]) -> PageOrder:
        """Without the pages that had these numbers."""
        return replace(self, before=tuple(old for old in self.before if old not in numbers))

    def inserted(self, count: int, after: int) -> PageOrder:
        """With `count` new pages behind the place of the former page `after`; 0 is the beginning.

        Nothing may have been moved before.
        """
        place = sum(old is not None and old <= after for old in self.before)
        new = (None,) * count
        return replace(self, before=self.before[:place] + new + self.before[place:])

    def with_move(self, page: int, to: int) -> PageOrder:
        """With the page that is now number `page` as number `to`."""
        order = list(self.before)
        old = order.pop(page - 1)
        order.insert(to - 1, old)
        moved = self.moved if old is None else self.moved | {old}
        return PageOrder(tuple(order), moved)

    def numbers(self) -> dict[int, int]:
        """The new number of each former page that is still there."""
        return {old: new for new, old in enumerate(self.before, 1) if old is not None}


def ascending(numbers: Sequence[int]) -> frozenset[int]:
    """As many of these different numbers as possible that ascend: what can stay in its place."""
    ends: list[int] = []  # the smallest last number of the series of each length
    before: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        before[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    kept = []
    last = ends[-1] if ends else None
    while last is not None:
        kept.append(last)
        last = before[last]
    return frozenset(kept)


def moves(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """The fewest moves that bring the pages 1 to n into this order, each as `with_move` takes it.

    `numbers` are those that the pages have now, each once.
    """
    staying = ascending(numbers)
    now = sorted(numbers)
    made = []
    for place, number in enumerate(numbers):
        if number not in staying:
            page = now.index(number)
            del now[page]
            to = now.index(numbers[place - 1]) + 1 if place else 0
            now.insert(to, number)
            made.append((page + 1, to + 1))
    return made


def following(root: Division, order: PageOrder) -> Division:
    """The parts of the book with the pages in their new order.

    A new or a moved page joins the parts around it: of parts beside each other, the one that has
    both of its neighbours, or else the one that has the page before it. A part of which all pages
    are moved goes with them; a part of which all are removed is no more.
    """
    stable = [old if old not in order.moved else None for old in order.before]
    neighbours = {
        new: (_nearest(reversed(stable[: new - 1])), _nearest(stable[new:]))
        for new, old in enumerate(stable, 1)
        if old is None
    }
    followed = _followed((root,), order, neighbours)
    return followed[0] if followed else replace(root, pages=(), parts=())


def _nearest(pages: Iterable[int | None]) -> int | None:
    return next((old for old in pages if old is not None), None)


def _followed(
    parts: Sequence[Division],
    order: PageOrder,
    neighbours: Mapping[int, tuple[int | None, int | None]],
) -> tuple[Division, ...]:
    """The parts of one level."""
    numbers = order.numbers()
    held = [set(part.pages) for part in parts]
    pages = [
        {numbers[old] for old in old_pages if old in numbers and old not in order.moved}
        if not old_pages <= order.moved
        else {numbers[old] for old in old_pages if old in numbers}
        for old_pages in held
    ]
    for new, (before, after) in neighbours.items():
        around = [i for i, old in enumerate(held) if before in old and after in old]
        nearest = before if before is not None else after
        for place in around or [i for i, old in enumerate(held) if nearest in old]:
            pages[place].add(new)
    made = [
        replace(
            part, pages=tuple(sorted(new_pages)), parts=_followed(part.parts, order, neighbours)
        )
        for part, new_pages in zip(parts, pages, strict=True)
    ]
    return tuple(
        new
        for part, new in zip(parts, made, strict=True)
        if new.pages or new.parts or not _any(part)
    )


def _any(part: Division) -> bool:
    return bool(part.pages) or any(map(_any, part.parts))
