"""What looking into a file establishes: technical metadata, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.core.book.image import Image
from preserva.core.values.codes import Code


class BrokenError(Exception):
    """A part of the file violates its format: which code, and what was seen."""

    def __init__(self, code: Code, seen: str | None = None) -> None:
        super().__init__(seen)
        self.code = code
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Characterization:
    """What a file is and whether it is whole: no `code` means that it decodes to its end.

    `image` is None if it could not be determined; even a broken image may have it. `seen` says what
    is wrong, in the words of the decoder where it is one that refused. `by` names the check.
    `frames` counts the images of the file, without previews; `likeness` is that of the first.
    """

    by: str
    image: Image | None = None
    code: Code | None = None
    seen: str | None = None
    frames: int = 1
    likeness: int | None = None
