"""The directory of an ISO 2709 record compared with its fields (ISO 2709 4.4).

Nothing is guessed. Addresses that are exact are followed. Where they are not, the fields are read
one after another if it is certain which entry is whose: there are as many entries as fields, and
either their order or most of their lengths agree. Otherwise nobody knows which tag a field has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

LEADER = 24
_USUAL = (4, 5, 0)
_WIDER = ((5, 5, 0), (4, 6, 0), (5, 6, 0))
"""Digits of length, start and own data; some systems write more, past 9,999 and 99,999."""
_LONGEST = 100_000

_FIELD_END = b"\x1e"
_PADDING = b"\r\n\t \x00\x1a"


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An entry of the directory; None for a number that is not valid."""

    tag: str
    length: int | None
    start: int | None


DirectoryFields = list[tuple[str, bytes]]


def layout(leader: bytes) -> tuple[int, int, int]:
    """How many digits the parts of an entry have: leader/20-22, if plausible."""
    digits = leader[20:23]
    if digits[:2].isdigit() and digits[2:].isdigit() and 0 not in (digits[0] - 48, digits[1] - 48):
        return digits[0] - 48, digits[1] - 48, digits[2] - 48
    return _USUAL


def by_address(leader: bytes, directory: bytes, body: bytes) -> DirectoryFields | None:
    """The fields, if all addresses are exact and no byte of the data is left over."""
    parts = layout(leader)
    base = _number(leader[12:17])
    width = 3 + sum(parts)
    if base != LEADER + len(directory) + 1 or len(directory) % width:
        return None
    fields, covered = [], 0
    entries = _entries(directory, parts)
    if len({entry.start for entry in entries}) < len(entries):
        return None
    for entry in entries:
        if entry.length is None or entry.start is None or entry.length < 1:
            return None
        first, last = base + entry.start, base + entry.start + entry.length - 1
        if last >= len(body) or body[last] != 0x1E or body[first - 1] != 0x1E:
            return None
        if _FIELD_END in body[first:last]:
            return None
        fields.append((entry.tag, body[first:last]))
        covered += entry.length
    return fields if covered == len(body) - base else None


def pieces_of(data: bytes) -> list[bytes]:
    """The fields as their end marks separate them, whatever the directory says."""
    pieces = data.split(_FIELD_END)
    if not pieces[-1].strip(_PADDING):
        pieces.pop()
    return pieces


def by_order(leader: bytes, directory: bytes, pieces: Sequence[bytes]) -> DirectoryFields | None:
    """The fields one after another; None where it is not certain which entry is whose."""
    sizes = [len(piece) + 1 for piece in pieces]
    wide = _wide_entries(directory, sizes)
    for parts in dict.fromkeys((layout(leader), _USUAL)):
        entries = _entries(directory, parts)
        regular = len(directory) % (3 + sum(parts)) == 0
        if entries and len(entries) == len(pieces) and (regular or wide is None):
            order = _order(entries, sizes, regular=regular)
            return None if order is None else _assigned(entries, pieces, order)
    return None if wide is None else _assigned(wide, pieces, range(len(pieces)))


def count(directory: bytes, leader: bytes) -> int:
    """How many entries the directory has."""
    return len(_entries(directory, layout(leader)))


def _assigned(
    entries: Sequence[DirectoryEntry], pieces: Sequence[bytes], order: Sequence[int]
) -> DirectoryFields:
    """Tags and contents in directory order; `order` lists entries in the order of their data."""
    content = dict(zip(order, pieces, strict=True))
    return [(entry.tag, content[index]) for index, entry in enumerate(entries)]


def _order(
    entries: Sequence[DirectoryEntry], sizes: Sequence[int], *, regular: bool
) -> list[int] | None:
    """The entries in the order of their data; None if neither order nor lengths show it."""
    listed = list(range(len(entries)))
    starts = [entry.start for entry in entries if entry.start is not None]
    complete = regular and len(starts) == len(entries)
    if complete and all(a < b for a, b in pairwise(starts)):
        return listed
    orders = [listed]
    if complete and sum(sizes) < _LONGEST and len(set(starts)) == len(starts):
        orders.append(sorted(listed, key=lambda index: starts[index]))
    misfits = [_misfits([entries[index] for index in order], sizes) for order in orders]
    least = min(misfits)
    if misfits.count(least) > 1 or least > max(1, len(entries) // 2):
        return None
    return orders[misfits.index(least)]


def _misfits(entries: Sequence[DirectoryEntry], sizes: Sequence[int]) -> int:
    """How many entries agree with their field in neither length nor position."""
    offsets = [0, *accumulate(sizes)]
    return sum(
        entry.length != size and entry.start != offset
        for entry, size, offset in zip(entries, sizes, offsets, strict=False)
    )


def _wide_entries(directory: bytes, sizes: Sequence[int]) -> list[DirectoryEntry] | None:
    """Entries of which some have one more digit than others, as in long fields and records.

    Each of these must be exact; a usual one may differ, as it does where a length is cut to 9999.
    """
    entries = []
    at, offset, misfits = 0, 0, 0
    for size in sizes:
        width, entry = _fitting(directory[at:], size, offset)
        if entry is None:
            width, entry = 12, _entry(directory[at : at + 12], _USUAL)
            misfits += 1
        entries.append(entry)
        at += width
        offset += size
    return entries if at == len(directory) and misfits * 10 <= len(sizes) else None


def _fitting(rest: bytes, size: int, offset: int) -> tuple[int, DirectoryEntry | None]:
    for parts in (_USUAL, *_WIDER):
        width = 3 + sum(parts)
        entry = _entry(rest[:width], parts)
        if entry.length == size and entry.start in (offset, offset % _LONGEST):
            return width, entry
    return 0, None


def _entries(directory: bytes, parts: tuple[int, int, int]) -> list[DirectoryEntry]:
    width = 3 + sum(parts)
    return [
        _entry(directory[at : at + width], parts)
        for at in range(0, len(directory) - width + 1, width)
    ]


def _entry(digits: bytes, parts: tuple[int, int, int]) -> DirectoryEntry:
    length = 3 + parts[0]
    return DirectoryEntry(
        printable(digits[:3]),
        _number(digits[3:length]),
        _number(digits[length : length + parts[1]]),
    )


def _number(digits: bytes) -> int | None:
    return int(digits) if digits.isdigit() else None


def printable(data: bytes) -> str:
    """The bytes as ASCII, with a question mark for each that is not printable."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in data)
