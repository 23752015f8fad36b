"""The members of a tar, read strictly from a stream: POSIX ustar and pax, GNU long names.

Python's tarfile mistakes a damaged header in the middle of an archive for its end, and so hides
what follows. Here every header must carry its checksum, and after the end there may only be zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from preserva.core.values.model import Kind
from preserva.i18n import _

BLOCK = 512
_ZEROS = bytes(BLOCK)
_META = 1 << 20  # bytes of a long name or of pax records
_KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"5": Kind.FOLDER,
    b"1": Kind.LINK,
    b"2": Kind.LINK,
    b"3": Kind.OTHER,
    b"4": Kind.OTHER,
    b"6": Kind.OTHER,
}


class TarDamagedError(Exception):
    """The tar breaks its format here; what follows cannot be trusted."""


_MOST_ZEROS = 64 << 20
"""Bytes after the end mark; tapes have blocks of some hundred KiB."""


class TarUnsupportedError(Exception):
    """A member of a kind that we do not read (sparse, multi-volume)."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a tar: its name as written, without a slash at its end.

    `declared` says that the encoding of the name is (pax). `target` is the name of the earlier
    member that a hard link has the content of.
    """

    name: str
    kind: Kind
    size: int
    declared: bool = False
    target: str | None = None


class TarReader:
    """Goes through a tar once: `members`, and for each before the next is asked for, `pieces`.

    A stream that stops where a header could stand is no damage: then `ended` stays False.
    """

    def __init__(self, stream: IO[bytes], chunk: int = 1 << 20) -> None:
        self._stream = stream
        self._chunk = chunk
        self._left = 0  # content of the member that was not read yet
        self._padding = 0
        self.ended = False  # by its end mark

    def members(self) -> Iterator[Member]:
        """The members. Raises TarDamagedError and TarUnsupportedError; both end the reading."""
        extra: dict[str, str] = {}
        is_first = True
        while (block := self._block(may_end=not (extra or is_first))) != _ZEROS:
            if block is None:
                return
            kind, size = block[156:157], _number(block[124:136])
            if kind in {b"L", b"K", b"x", b"g"}:
                self._enter(size)
                more = _meta(kind, self._whole(size))
                if kind == b"g" and more.keys() & {"path", "size"}:
                    raise TarDamagedError(_("a global header names a file"))
                extra |= more if kind != b"g" else {}
                continue
            if kind not in _KINDS or any(key.startswith("GNU.sparse") for key in extra):
                raise TarUnsupportedError(
                    _("a member of type {kind!r}").format(kind=kind.decode("latin-1"))
                )
            member = _member(block, _KINDS[kind], size, extra)
            extra, is_first = {}, False
            self._enter(member.size)
            yield member
            for _piece in self.pieces():
                pass
        if extra:
            raise TarDamagedError(_("it ends after a header without its file"))
        self._check_end()

    def pieces(self) -> Iterator[bytes]:
        """The rest of the content of the current member."""
        while self._left:
            piece = self._exactly(min(self._left, self._chunk))
            self._left -= len(piece)
            yield piece
        if self._padding:
            self._exactly(self._padding)
            self._padding = 0

    def leap(self, end: int) -> int:
        """Skip the content of the current member without reading it; returns where it begins.

        For a stream that can seek and has `end` bytes.
        """
        start = self._stream.tell()
        after = start + self._left + self._padding
        if after > end:
            raise TarDamagedError(_("it ends too early"))
        self._stream.seek(after)
        self._left = self._padding = 0
        return start

    def _enter(self, size: int) -> None:
        self._left, self._padding = size, -size % BLOCK

    def _whole(self, size: int) -> bytes:
        if size > _META:
            raise TarDamagedError(_("a header is too long"))
        return b"".join(self.pieces())

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) != size:
            raise TarDamagedError(_("it ends too early"))
        return data

    def _block(self, *, may_end: bool) -> bytes | None:
        """The next header; None at the end of the stream, where that may be."""
        block = self._stream.read(BLOCK)
        if not block and may_end:
            return None
        if len(block) != BLOCK:
            raise TarDamagedError(_("it ends too early"))
        if block != _ZEROS:
            stated = _number(block[148:156])
            if sum(block) - sum(block[148:156]) + 8 * 32 != stated:
                raise TarDamagedError(_("a header does not match its checksum"))
        return block

    def _check_end(self) -> None:
        self.ended = True
        length = BLOCK
        while data := self._stream.read(self._chunk):
            length += len(data)
            if data.strip(b"\0"):
                raise TarDamagedError(_("there is something after its end"))
            if length > _MOST_ZEROS:  # compressed they are nothing, and unpacked any number
                raise TarDamagedError(_("there are too many zeros after its end"))
        if length % BLOCK:
            raise TarDamagedError(_("its last block is incomplete"))


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        if value >> 62 or field[0] & 0x40:
            raise TarDamagedError(_("a number in a header is out of range"))
        return value
    digits = field.strip(b" \0")
    if digits.strip(b"01234567"):
        raise TarDamagedError(_("a number in a header is not octal"))
    return int(digits or b"0", 8)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _member(block: bytes, kind: Kind, size: int, extra: dict[str, str]) -> Member:
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345:500].strip(b"\0"):
        name = f"{_text(block[345:500])}/{name}"
    name = extra.get("path", name)
    if "size" in extra:
        if not re.fullmatch(r"[0-9]{1,18}", extra["size"]):
            raise TarDamagedError(_("a size in a header is not a number"))
        size = int(extra["size"])
    if kind is Kind.FILE and name.endswith("/"):
        kind = Kind.FOLDER
    return Member(
        name.rstrip("/") if kind is Kind.FOLDER else name,
        kind,
        size if kind is Kind.FILE else 0,
        declared="path" in extra and extra.get("hdrcharset") != "BINARY",
        target=extra.get("linkpath", _text(block[157:257])) if block[156:157] == b"1" else None,
    )


def _meta(kind: bytes, data: bytes) -> dict[str, str]:
    """What an extended header says about the next member."""
    if kind in {b"L", b"K"}:
        return {"path" if kind == b"L" else "linkpath": _text(data), "hdrcharset": "BINARY"}
    records: dict[str, str] = {}
    while data:
        length, _space, _rest = data.partition(b" ")
        if not re.fullmatch(rb"[0-9]{1,8}", length):
            raise TarDamagedError(_("an extended header is not well-formed"))
        record, data = data[: int(length)], data[int(length) :]
        key, equals, value = record[len(length) + 1 :].partition(b"=")
        if len(record) != int(length) or not equals or not value.endswith(b"\n"):
            raise TarDamagedError(_("an extended header is not well-formed"))
        text = value[:-1].decode("utf-8", "surrogateescape")
        records[key.decode("utf-8", "surrogateescape")] = text
    return records
