"""Words and their positions on a page, for the text layer of a PDF."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A word or a line. The box is in parts of the page, 0 to 1 from its left and upper edges."""

    text: str
    left: float
    top: float
    width: float
    height: float
