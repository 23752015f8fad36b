"""ISO 2709 taken apart as bytes, with as much tolerance as real exports need.

The directory is trusted only where every one of its addresses lands between two field separators;
otherwise the fields are read one after another. Nothing here decodes: it gives tags and bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

RECORD_END = b"\x1d"
FIELD_END = b"\x1e"
DELIMITER = b"\x1f"

_LEADER = 24
_ENTRY = 12
_PADDING = b"\r\n\t \x00\x1a"


@dataclass(frozen=True, slots=True)
class RawRecord:
    """Leader and fields as bytes, without separators; `notes` say what did not fit together."""

    leader: bytes
    fields: tuple[tuple[str, bytes], ...]
    notes: tuple[Finding, ...]


def split(data: bytes) -> Iterator[bytes]:
    """Exactly the bytes of each record, with its end mark. Line ends between records are left out.

    The last piece may lack its end mark. Every byte that is not padding is in some piece.
    """
    start = 0
    while start < len(data):
        while start < len(data) and data[start] in _PADDING:
            start += 1
        end = data.find(RECORD_END, start)
        stop = len(data) if end < 0 else end + 1
        if start < stop:
            yield data[start:stop]
        start = stop


def looks_like(head: bytes) -> bool:
    """True where a leader and a directory of at least one field begin the bytes."""
    head = head.lstrip(_PADDING)
    directory = head[_LEADER : head.find(FIELD_END)]
    return (
        len(head) > _LEADER
        and FIELD_END in head
        and head[:5].isdigit()
        and head[10:12].isdigit()
        and len(directory) >= _ENTRY
        and sum(byte in b"0123456789" for byte in directory) * 10 >= len(directory) * 8
    )


def take_apart(record: bytes, where: str) -> RawRecord | None:
    """Leader and fields of one record; None where there is no directory or no field."""
    notes = []
    body = record
    if body.endswith(RECORD_END):
        body = body[:-1]
    else:
        notes.append(Finding(Code.RECORD_NOT_ENDED, where))
    end = body.find(FIELD_END, _LEADER)
    if end < 0:
        return None
    leader, directory, data = body[:_LEADER], body[_LEADER:end], body[end + 1 :]
    if leader[:5] != b"%05d" % len(record):
        notes.append(
            Finding(Code.RECORD_LEADER, where, f"{len(record):05}", _printable(leader[:5]))
        )
    fields = _by_directory(leader, directory, body)
    if fields is None:
        fields, counts = _one_after_another(directory, data)
        notes.append(Finding(Code.RECORD_DIRECTORY, where, *counts))
    if not fields:
        return None
    return RawRecord(leader, tuple(fields), tuple(notes))


def _by_directory(leader: bytes, directory: bytes, body: bytes) -> list[tuple[str, bytes]] | None:
    """The fields where all addresses are exact and no byte of the data is left over."""
    base = _number(leader[12:17])
    if base != _LEADER + len(directory) + 1 or len(directory) % _ENTRY or leader[20:22] != b"45":
        return None
    fields, covered = [], 0
    for tag, length, start in _entries(directory):
        if length is None or start is None or length < 1:
            return None
        first, last = base + start, base + start + length - 1
        if last >= len(body) or body[last] != 0x1E or body[first - 1] != 0x1E:
            return None
        if FIELD_END in body[first:last]:
            return None
        fields.append((tag, body[first:last]))
        covered += length
    return fields if covered == len(body) - base else None


def _one_after_another(
    directory: bytes, data: bytes
) -> tuple[list[tuple[str, bytes]], tuple[str, str]]:
    """The fields in the order of their addresses, and how many were expected and seen."""
    pieces = data.split(FIELD_END)
    if not pieces[-1].strip(_PADDING):
        pieces.pop()
    entries = list(_entries(directory))
    starts = [start for _tag, _length, start in entries]
    order = list(range(len(entries)))
    known = [start for start in starts if start is not None]
    if len(known) == len(entries) and len(set(known)) == len(known):
        order.sort(key=lambda index: known[index])
    by_entry = {index: pieces[place] for place, index in enumerate(order) if place < len(pieces)}
    fields = [(entries[index][0], piece) for index, piece in sorted(by_entry.items())]
    fields += [("???", piece) for piece in pieces[len(entries) :]]
    return fields, (str(len(entries)), str(len(pieces)))


def _entries(directory: bytes) -> Iterator[tuple[str, int | None, int | None]]:
    for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        entry = directory[at : at + _ENTRY]
        yield _printable(entry[:3]), _number(entry[3:7]), _number(entry[7:12])


def _number(digits: bytes) -> int | None:
    return int(digits) if digits.isdigit() else None


def _printable(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in data)
