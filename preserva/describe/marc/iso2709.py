"""ISO 2709 split into bytes, with as much tolerance as real exports need.

Nothing here decodes text: the result is tags and bytes. `iso2709_directory` decides which bytes
have which tag.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.marc import iso2709_directory

RECORD_END = b"\x1d"
FIELD_END = b"\x1e"
DELIMITER = b"\x1f"

_LEADER = 24
_ENTRY = 12
_PADDING = b"\r\n\t \x00\x1a"


@dataclass(frozen=True, slots=True)
class RawRecord:
    """Leader and fields as bytes, without separators; `notes` report inconsistencies."""

    leader: bytes
    fields: tuple[tuple[str, bytes], ...]
    notes: tuple[Finding, ...]


def split(data: bytes) -> Iterator[bytes]:
    """Exactly the bytes of each record, with its end mark. Line ends between records are left out.

    The last piece may lack its end mark. Every byte except padding is in some piece.
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
    """Whether the bytes begin with a leader and a directory of at least one field."""
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


def take_apart(record: bytes, where: str) -> RawRecord | Finding:
    """Leader and fields of one record; a finding if it is none, cut off or inconsistent."""
    notes = []
    body = record.removesuffix(RECORD_END)
    end = body.find(FIELD_END, _LEADER)
    if end < 0:
        return Finding(Code.RECORD_UNREADABLE, where, seen=f"{record[:40]!r}"[2:-1])
    if body == record:
        return Finding(Code.RECORD_NOT_ENDED, where)
    leader, directory, data = body[:_LEADER], body[_LEADER:end], body[end + 1 :]
    if not _is_length(leader[:5], len(record)):
        seen = iso2709_directory.printable(leader[:5])
        notes.append(Finding(Code.RECORD_LEADER, where, f"{len(record):05}", seen))
    fields = iso2709_directory.by_address(leader, directory, body)
    if fields is None:
        pieces = iso2709_directory.pieces_of(data)
        entries = iso2709_directory.count(directory, leader)
        numbers = str(entries), str(len(pieces))
        fields = iso2709_directory.by_order(leader, directory, pieces)
        if fields is None and (entries or len(pieces) > 1):
            return Finding(Code.RECORD_TORN, where, *numbers)
        notes.append(Finding(Code.RECORD_DIRECTORY, where, *numbers))
    if not fields:
        return Finding(Code.RECORD_UNREADABLE, where, seen=f"{record[:40]!r}"[2:-1])
    return RawRecord(leader, tuple(fields), tuple(notes))


def _is_length(digits: bytes, length: int) -> bool:
    """Records too long for five digits have the greatest number there."""
    return digits == b"%05d" % length or (length > 99_999 and digits == b"99999")
