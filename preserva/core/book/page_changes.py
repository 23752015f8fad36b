"""What a correction does to pages, as values; their words for the history of the package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby


class PageDeed(StrEnum):
    """What happens to a page, or to a file of it in one representation."""

    REPLACED = "replaced"
    ADDED = "added"
    INSERTED = "inserted"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class PageChange:
    """One change. `page` is the number that the page has now, of a removed one the former.

    `page` is None for a file of the whole book; `representation` is None where the page as a whole
    is meant. `name` is the original name of the new file, `before` the number before a move.
    """

    deed: PageDeed
    page: int | None
    representation: str | None = None
    name: str | None = None
    before: int | None = None


def in_words(changes: Iterable[PageChange]) -> Iterator[str]:
    """The changes for PREMIS, in English; adjacent pages with the same change together."""
    for (deed, representation), group in groupby(
        changes, key=lambda change: (change.deed, change.representation)
    ):
        of_these = list(group)
        if deed is PageDeed.MOVED:
            yield from (f"page {change.before} moved to {change.page}" for change in of_these)
            continue
        pages = [change.page for change in of_these if change.page is not None]
        files = [change.name for change in of_these if change.page is None and change.name]
        where = "" if representation is None else f" in {representation}"
        if pages:
            noun = "page" if len(pages) == 1 else "pages"
            names = _names([change.name for change in of_these if change.page is not None])
            yield f"{noun} {ranges(pages)} {deed.value}{where}{names}"
        for name in files:
            yield f"file {name} of the whole book {deed.value}{where}"


def ranges(pages: Iterable[int]) -> str:
    """Page numbers as people write them: `1-3, 7`."""
    stretches: list[tuple[int, int]] = []
    for page in sorted(set(pages)):
        if stretches and stretches[-1][1] == page - 1:
            stretches[-1] = (stretches[-1][0], page)
        else:
            stretches.append((page, page))
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in stretches)


def _names(names: list[str | None]) -> str:
    known = [name for name in names if name]
    if not known:
        return ""
    if len(known) <= 2:
        return f" ({', '.join(known)})"
    return f" ({known[0]} … {known[-1]})"
