"""The extent that a record states (`XII, 345 с., 12 л. ил.`) beside the number of images."""

from __future__ import annotations

import re

from preserva.core.book.labels import numeral_value
from preserva.core.book.page_order import LOOK_ALIKE
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

_UNIT = re.compile(
    r"(?:стр\.?|старонак|страниц\w*|с\.?|pages?|pp?\.|s\.|seiten|л\.?|лист\w*|арк\w*\.?|leaves|ff?\."
    r"|bl\.)(?![^\W\d_])",
    re.IGNORECASE,
)
_UNNUMBERED = ("ненум.", "ненум", "нен.", "нен", "unnumbered")
_COUNT = frozenset("0123456789ivxlcdmіхсм[],;+ ")
_LEAVES = ("л", "арк", "leaves", "f", "bl")
_OTHER_WORK = re.compile(r"[Сс]\. *[0-9]+ *[-–—]|[:(]")
_PLATES = re.compile(r"\.?\]?\s*(?:ил|іл|табл|портр|карт|факс|нот|черт|of plates|plates|pl)", re.I)
_BESIDES = 24
"""Images of no counted page: binding, endpapers, targets, inserts."""


def pages_stated(extent: str) -> tuple[int, int] | None:
    """The fewest and the most pages that an extent counts; None if it counts none.

    A leaf has two pages, but one of plates may be blank on its back. What stands after a colon
    (illustrations, size) or in brackets does not count, nor the place of an article (`С. 45-67`).
    """
    fewest = most = 0
    limit = _OTHER_WORK.search(extent)
    end = 0
    for match in _UNIT.finditer(extent[: limit.start()] if limit else extent):
        counts = _counts(extent[end : match.start()].lower())
        if not counts:
            continue
        end = match.end()
        values = [
            int(count) if count.isdigit() else numeral_value(count.translate(LOOK_ALIKE))
            for count in counts
        ]
        if None in values:
            continue
        total = sum(value for value in values if value is not None)
        leaves = match[0].lower().startswith(_LEAVES)
        most += total * 2 if leaves else total
        fewest += total * 2 if leaves and not _PLATES.match(extent, match.end()) else total
    return (fewest, most) if most else None


def _counts(before: str) -> list[str]:
    """The numbers, Arabic or Roman, that stand at the end of what comes before a unit."""
    text = before.rstrip()
    for word in _UNNUMBERED:
        text = text.removesuffix(word).rstrip()
    start = len(text)
    while start and text[start - 1] in _COUNT:
        start -= 1
    if start and text[start - 1].isalpha():  # the end of a word is no number: "ил. с."
        start = len(text) if " " not in text[start:] else start + text[start:].index(" ")
    return re.findall(r"[0-9]+|[^\W\d_]+", text[start:])


def check_extent(extent: str, images: int) -> Finding | None:
    """The finding if so many images can be neither the pages nor the spreads of the book."""
    stated = pages_stated(extent)
    if stated is None:
        return None
    fewest, most = stated
    besides = max(_BESIDES, most // 5)
    spreads = (fewest + 1) // 2, (most + 1) // 2 + besides // 2
    if fewest <= images <= most + besides or spreads[0] <= images <= spreads[1]:
        return None
    return Finding(Code.SCAN_EXTENT, None, extent, str(images))
