"""Pages in the order that people stated, not in that of the names of their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from preserva.core.book.submission import Arrangement, SourceFile


def in_stated_order(arrangement: Arrangement, order: Mapping[int, int]) -> Arrangement:
    """The arrangement with other numbers of pages, and the names in the package that follow."""
    if not order:
        return arrangement
    width = max(4, len(str(len(order))))
    return replace(
        arrangement,
        representations={
            name: tuple(
                sorted(
                    (_moved(file, order, width) for file in files),
                    key=lambda file: (file.page is None, file.page or 0, file.target),
                )
            )
            for name, files in arrangement.representations.items()
        },
    )


def _moved(file: SourceFile, order: Mapping[int, int], width: int) -> SourceFile:
    if file.page is None:
        return file
    number = order[file.page]
    _old, dot, extension = file.target.partition(".")
    return replace(file, page=number, target=f"{number:0{width}}{dot}{extension}")
