"""A bag in a .zip, read in place by its central directory; nothing is unpacked."""

from __future__ import annotations

import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from preserva.bag.container.members import Members
from preserva.bag.source import LIMITS, Limits
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Observer
from preserva.errors import NotFound, StorageError
from preserva.files.opening import CHUNK, open_regular, storage_error
from preserva.files.streams import StreamDigester
from preserva.i18n import _

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    IndexError,
    OverflowError,
)
_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_LOCAL_HEADER = 30
_UNIX = 3
_UTF8_FLAG = 1 << 11
_UNICODE_PATH = 0x7075


class ZipSource:
    """A `Source` over a zip."""

    media_type = "application/zip"
    usual_encoding = None

    def __init__(self, path: Path, *, jobs: int | None = None, limits: Limits = LIMITS) -> None:
        self.path = path
        self.name = path.name
        self._jobs = jobs or os.cpu_count() or 1
        self._limits = limits
        self.in_doubt: set[str] = set()
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._zip: zipfile.ZipFile | None = None
        self._state: os.stat_result | None = None

    def __del__(self) -> None:
        if self._zip is not None:
            self._zip.close()

    def entries(self) -> Iterator[Entry | Finding]:
        """Everything in the container below its one folder; anything beside it is a Finding."""
        stream = os.fdopen(open_regular(str(self.path)), "rb")
        self._state = os.fstat(stream.fileno())
        try:
            self._zip = zipfile.ZipFile(stream)
        except (*_DAMAGE, NotImplementedError) as error:
            stream.close()
            yield Finding(Code.CONTAINER_DAMAGED, seen=str(error))
            return
        except OSError as error:
            stream.close()
            raise storage_error(str(self.path), error) from error
        # ZipFile leaves a stream that it was given open; from here it is its own.
        self._zip._filePassed = 0  # type: ignore[attr-defined]
        infos = self._zip.infolist()
        members = Members(self._limits, _top([_name(info)[0] for info in infos]))
        yield from self._overlaps(infos)
        for info in infos:
            if bomb := members.bomb(info.file_size, self.path.stat().st_size):
                yield bomb
                return
            yield from self._take(info, members)

    def respell(self, names: Mapping[str, str]) -> None:
        """Use these names for members whose names were in doubt."""
        infos = {name: self._members.pop(path) for path, name in names.items()}
        self._members |= infos

    def _overlaps(self, infos: list[zipfile.ZipInfo]) -> Iterator[Finding]:
        """Members that share bytes, or bytes before the first: nobody makes these in good faith."""
        end = 0
        for n, info in enumerate(sorted(infos, key=lambda one: one.header_offset)):
            if info.header_offset < end or (n == 0 and info.header_offset):
                yield Finding(Code.CONTAINER_DAMAGED, info.filename, seen=_("its bytes overlap"))
            end = info.header_offset + _LOCAL_HEADER + info.compress_size

    def _take(self, info: zipfile.ZipInfo, members: Members) -> Iterator[Entry | Finding]:
        kind = _kind(info)
        name, declared = _name(info)
        place = members.place(name.rstrip("/"), kind)
        if not isinstance(place, str):
            if place is not None:
                yield place
            return
        if kind is Kind.FILE and (info.flag_bits & 1 or info.compress_type not in _READABLE):
            yield Finding(Code.CONTAINER_UNSUPPORTED, place)
            return
        self._members[place] = info
        if kind is Kind.FILE and not declared and not place.isascii():
            self.in_doubt.add(place)
        yield Entry(place, kind, info.file_size if kind is Kind.FILE else 0)

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of one file in pieces. Raises NotFound, or StorageError if it is damaged."""
        if self._zip is None or path not in self._members:
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        try:
            with self._zip.open(self._members[path]) as member:
                while piece := member.read(CHUNK):
                    yield piece
        except (*_DAMAGE, NotImplementedError, RuntimeError) as error:
            message = _("{path} cannot be unpacked: {reason}").format(path=path, reason=error)
            raise StorageError(message, path=path) from error
        except OSError as error:
            raise storage_error(path, error) from error

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """What the files are when unpacked to their end; damage in the container is a Finding."""
        with StreamDigester(self._jobs) as digester:
            for entry in files:
                try:
                    digester.digest(entry.path, self.stream(entry.path), algorithms)
                except StorageError as error:
                    damaged = isinstance(error.__cause__, _DAMAGE)
                    code = Code.CONTAINER_DAMAGED if damaged else Code.UNREADABLE
                    yield Finding(code, entry.path, seen=str(error.__cause__ or error))
                observer(Advanced(entry.size, entry.path))
                yield from digester.done()
        yield from digester.done()
        now = self.path.stat()
        if self._state is not None and _state(self._state) != _state(now):
            self._state = None  # reported once
            yield Finding(Code.CHANGED_WHILE_READ)


def _state(state: os.stat_result) -> tuple[int, int]:
    return state.st_size, state.st_mtime_ns


def _name(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """The name of a member, and whether its encoding is declared (APPNOTE 4.4.4, 4.6.9).

    With neither, bytes that are not UTF-8 are kept as surrogate escapes.
    """
    if info.flag_bits & _UTF8_FLAG:
        return info.orig_filename, True
    raw = info.orig_filename.encode("cp437")  # so Python read it
    declared = _unicode_path(info.extra, raw)
    if declared is not None:
        return declared, True
    return raw.decode("utf-8", "surrogateescape"), False


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The Info-ZIP Unicode Path of a member; one made for another name is stale and ignored."""
    while len(extra) >= 4:
        field, size = struct.unpack_from("<HH", extra)
        data, extra = extra[4 : 4 + size], extra[4 + size :]
        if field == _UNICODE_PATH and len(data) == size > 5 and data[0] == 1:
            (crc,) = struct.unpack_from("<I", data, 1)
            try:
                return data[5:].decode("utf-8") if crc == zlib.crc32(raw) else None
            except UnicodeDecodeError:
                return None
    return None


def _top(names: list[str]) -> str | None:
    """The only folder that a bag or an E-ARK package begins in, if there is one."""
    tops = {
        top
        for top, _slash, path in (name.removeprefix("./").partition("/") for name in names)
        if path in {"bagit.txt", "METS.xml"}
    }
    return tops.pop() if len(tops) == 1 else None


def _kind(info: zipfile.ZipInfo) -> Kind:
    mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
    if info.orig_filename.endswith("/") or stat.S_ISDIR(mode):
        return Kind.FOLDER
    if stat.S_ISLNK(mode):
        return Kind.LINK
    return Kind.FILE if stat.S_IFMT(mode) in {0, stat.S_IFREG} else Kind.OTHER
