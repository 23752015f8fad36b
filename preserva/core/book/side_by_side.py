"""Masters and access copies in one folder: distinguished by format or by the last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from preserva.core.book.file_names import LOSSLESS, ending
from preserva.core.book.folder_roles import ACCESS, MASTER
from preserva.core.book.page_names import Placed, pair_pages
from preserva.core.book.pairing import by_suffix, share_numbers
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

_MASTERS = "m master masters мастер мастэр orig original оригинал арыгінал"
_COPIES = "a access acc доступ даступ web"
_SUFFIXES = dict.fromkeys(_MASTERS.split(), MASTER) | dict.fromkeys(_COPIES.split(), ACCESS)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The images of one folder by purpose; `note` says how they were distinguished."""

    masters: Sequence[Placed]
    access: Sequence[Placed] = ()
    note: Finding | None = None
    problem: Finding | None = None


def told_apart(images: Sequence[Placed]) -> SideBySide:
    """Masters and access copies among the images of a folder; most often all are masters.

    Where some pages seem to be there in both formats and others not, that is a problem: a page must
    not become two.
    """
    if purposes := by_suffix([image.stem for image in images], _SUFFIXES):
        masters = [image for image in images if purposes[image.stem] == MASTER]
        access = [image for image in images if purposes[image.stem] == ACCESS]
        return SideBySide(masters, access, _note(masters, access))
    masters = [image for image in images if ending(image.entry.path) in LOSSLESS]
    access = [image for image in images if ending(image.entry.path) not in LOSSLESS]
    pages = {image.key for image in masters}
    common = [image for image in access if image.key in pages]
    if not masters or not access:
        return SideBySide(images)
    if len(common) == len(access) or (not common and pair_pages(masters, access)):
        return SideBySide(masters, access, _note(masters, access))
    if common or share_numbers([i.stem for i in masters], [i.stem for i in access]):
        alone = next(image for image in access if image.key not in pages)
        return SideBySide(images, problem=Finding(Code.SOURCE_AMBIGUOUS, alone.entry.path))
    return SideBySide(images)


def _note(masters: Sequence[Placed], access: Sequence[Placed]) -> Finding:
    example, copy = masters[0].entry.path, access[0].entry.path
    return Finding(Code.SOURCE_SIDE_BY_SIDE, copy, seen=example)
