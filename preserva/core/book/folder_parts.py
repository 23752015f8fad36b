"""The parts of a book whose pages are in a folder for each chapter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from preserva.core.book.structure import DEEPEST, Outline, Part, PartType
from preserva.core.book.submission import FolderPages


def outline_of_folders(chapters: Iterable[FolderPages]) -> Outline:
    """A chapter for each folder with pages; folders in folders are parts of them."""
    return Outline(parts=_parts_of_folders(list(chapters), 0))


def _parts_of_folders(chapters: Sequence[FolderPages], depth: int) -> tuple[Part, ...]:
    parts = []
    for name, group in groupby(chapters, lambda folder: folder.path[depth]):
        inside = list(group)
        first = min(folder.first for folder in inside)
        last = max(folder.last for folder in inside)
        deeper = [folder for folder in inside if len(folder.path) > depth + 1]
        where = "/".join(inside[0].path[: depth + 1])
        below = _parts_of_folders(deeper, depth + 1) if depth + 1 < DEEPEST else ()
        parts.append(Part(where, PartType.CHAPTER, name, first, last, below))
    return tuple(parts)
