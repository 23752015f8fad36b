"""What is wrong with a set of scans, though each of them is sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

_NEARLY = 200
"""Bits of 1,024 by which likenesses of one page may differ.

Measured on pages of old books: another brightness, and JPEG, 7 to 43; turned by half a degree, 41
to 154; moved by a hundredth of the page, 156 to 328. Different pages, of the same book too, differ
by 386 and more.
"""

_COMPARED = 3_000
"""Pages of which each pair is compared: more would take minutes. Others are by their neighbours."""


@dataclass(frozen=True, slots=True)
class SeenScan:
    """What the read of a page's file established: SHA-512, and how it looks, if it was decoded."""

    path: str
    representation: str
    sha512: str
    likeness: int | None = None


def repeated(scans: Sequence[SeenScan], kept: Iterable[SeenScan] = ()) -> list[Finding]:
    """Pages with the bytes of another, and pages that nearly look like another.

    Each page is named once, with the first that it repeats; nothing is said about pages `kept` from
    an earlier version. Representations are not compared with each other: an access copy looks like
    its master.
    """
    findings = []
    first = {(scan.representation, scan.sha512): scan.path for scan in reversed([*kept])}
    different: dict[str, list[SeenScan]] = {}
    for scan in scans:
        key = (scan.representation, scan.sha512)
        if key in first:
            findings.append(Finding(Code.SCAN_SAME_BYTES, scan.path, seen=first[key]))
        else:
            first[key] = scan.path
            different.setdefault(scan.representation, []).append(scan)
    for images in different.values():
        findings += _alike(
            [(scan.path, scan.likeness) for scan in images if scan.likeness is not None]
        )
    return findings


def _alike(looks: Sequence[tuple[str, int]]) -> list[Finding]:
    """The pages, by path and likeness, that nearly look like an earlier one."""
    reach = 1 if len(looks) > _COMPARED else len(looks)
    alike: dict[str, str] = {}
    for number, (path, look) in enumerate(looks, 1):
        for later, other in looks[number : number + reach]:
            if (look ^ other).bit_count() <= _NEARLY:
                alike.setdefault(later, path)
    return [Finding(Code.SCAN_SIMILAR, path, seen=like) for path, like in alike.items()]


def stored_elsewhere(packages: Mapping[str, int | None], scans: int) -> list[Finding]:
    """The packages that have some of these scans, by the number of them; None is not known."""
    return [
        Finding(Code.SCAN_NOT_COMPARED, package)
        if count is None
        else Finding(Code.SCAN_STORED, package, seen=f"{count} / {scans}")
        for package, count in sorted(packages.items(), key=lambda item: (-(item[1] or 0), item[0]))
    ]
