"""The structure of a book as a TOML file, as a person would have written it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from preserva.core.book.labels import following
from preserva.core.book.structure import PageFacts, PageType
from preserva.core.eark.mets import Division


def structure_toml(pages: Mapping[int, PageFacts], root: Division | None) -> bytes:
    """The file: labels and types of pages by number, and the parts of the book.

    Pages that are called by the names of their files need not be in `pages`. Reading the file for
    the same pages gives the same structure (docs/reference/structure.md), except that a part whose
    pages do not follow each other becomes several.
    """
    lines = []
    if root is not None:
        lines.append(f"type = {_text(root.type)}")
        if root.label is not None:
            lines.append(f"title = {_text(root.label)}")
    for first, last in _runs(pages):
        facts = pages[first]
        lines += ["", "[[pages]]", f"first = {first}"]
        lines += [f"last = {last}"] if last != first else []
        lines += [f"label = {_text(facts.label)}"] if facts.label is not None else []
        lines += [f"type = {_text(facts.type)}"] if facts.type != PageType.PAGE else []
    for part in () if root is None else root.parts:
        lines += _part(part, "parts")
    return "\n".join([*lines, ""]).lstrip("\n").encode()


def _runs(pages: Mapping[int, PageFacts]) -> Iterator[tuple[int, int]]:
    """First and last of the pages whose labels continue each other."""
    numbers = sorted(pages)
    if not numbers:
        return
    first = numbers[0]
    for number, after in pairwise(numbers):
        here, there = pages[number], pages[after]
        goes_on = here.label is not None and there.label == (following(here.label) or here.label)
        if after != number + 1 or here.type != there.type or not goes_on:
            yield first, number
            first = after
    yield first, numbers[-1]


def _part(part: Division, key: str) -> Iterator[str]:
    inner = list(part.parts)
    for place, (first, last) in enumerate(_stretches(part.pages) or [(0, 0)]):
        yield from ("", f"[[{key}]]", f"type = {_text(part.type)}")
        if part.label is not None:
            yield f"title = {_text(part.label)}"
        if first:
            yield from (f"first = {first}", f"last = {last}")
        for division in inner if place == 0 else ():
            yield from _part(division, f"{key}.parts")


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
