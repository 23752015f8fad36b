"""A bag in a .tar or .tar.gz: read once from beginning to end, in whatever order its members lie.

Nothing is unpacked. Files are digested as they pass; of those that are read as text the content is
kept. Where the payload comes before its manifests, a plain tar is first asked for its names, and a
compressed one is digested with the four algorithms that bags use; only should a manifest then want
another one is the container read a second time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import IO, cast

from preserva.bag.container.compression import (
    Packing,
    PackingTooLargeError,
    damage,
    unpacked,
)
from preserva.bag.container.members import Container, Members, is_package_metadata, is_read_as_text
from preserva.bag.container.spool import Shelf
from preserva.bag.container.tar_format import (
    Member,
    TarDamagedError,
    TarReader,
    TarUnsupportedError,
)
from preserva.bag.source import LIMITS, Limits, Taker
from preserva.core.formats.bagit import manifest_algorithm
from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Observer, ignore
from preserva.errors import NotFound
from preserva.files.opening import CHUNK, storage_error
from preserva.files.streams import StreamDigester
from preserva.i18n import _

_USUAL = frozenset({"sha512", "sha256", "sha1", "md5"})
_SHARED = 1 << 28  # larger files get a thread for each algorithm, smaller ones one for each file
_SPOOL = 1 << 22  # bytes of a tag file above which it is kept in an unnamed temporary file


class TarSource:
    """A `Source` over a tar. It is read when its entries are asked for.

    `stream` gives the files at the top of the bag that validation reads as text, and the metadata
    of a package in it, kept from the same pass; no others. A hard link to an earlier member is a
    file with its content.
    """

    usual_encoding = "utf-8"

    def __init__(
        self,
        container: Container,
        packing: Packing,
        *,
        jobs: int | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.name = container.name
        self._container = container
        self.media_type = packing.media_type
        self._packing = packing
        self._jobs = jobs or os.cpu_count() or 1
        self._limits = limits
        self._observer: Observer = ignore
        self._size = 0
        self._plain: tuple[int, int] | None = None  # descriptor and size while a plain tar is read
        self._kept: dict[str, IO[bytes]] = {}
        self._kept_size = 0
        self._shelf = Shelf()
        self._digests: dict[str, tuple[int, tuple[str, ...], bytes]] = {}
        self._orders: dict[tuple[str, ...], tuple[str, ...]] = {}  # one tuple for all, for memory
        self._known: frozenset[str] = frozenset()
        self._taker: Taker | None = None
        self.in_doubt: set[str] = set()
        self._names: dict[str, str] = {}  # of paths whose names were in doubt
        self._links: dict[str, str] = {}  # hard links: what they are called, by path
        self._files: dict[str, tuple[int, int]] | None = None  # number of the member, size

    def __del__(self) -> None:
        for kept in self._kept.values():
            kept.close()
        self._shelf.close()

    def listen(self, observer: Observer) -> None:
        """Set the observer of the progress while the entries are read."""
        self._observer = observer

    def hand_on(self, taker: Taker) -> Iterator[Entry | Finding]:
        """The entries, and to `taker` the bytes of each file as it passes; nothing is digested."""
        self._taker = taker
        yield from self._read(frozenset())
        yield from self._hand_on_links(taker)

    def respell(self, names: Mapping[str, str]) -> None:
        """Use these names for files whose names were in doubt, now and when they pass again."""
        self._names |= names
        self._links = {
            names.get(path, path): names.get(target, target) for path, target in self._links.items()
        }
        digests = {
            name: self._digests.pop(path) for path, name in names.items() if path in self._digests
        }
        self._digests |= digests
        self._shelf.respell(names)

    def entries(self) -> Iterator[Entry | Finding]:
        """Everything in the container below its one folder; anything beside it is a Finding."""
        yield from self._read(frozenset())

    def _read(self, again: frozenset[str]) -> Iterator[Entry | Finding]:
        """One pass; with `again`, only to digest with these algorithms."""
        try:
            with self._container.open() as stream:
                before = self._container.state(stream)
                self._size, fd = before[0], self._container.descriptor(stream)
                if self._packing is Packing.NONE and fd is not None:
                    self._plain = fd, self._size
                with (
                    unpacked(stream, self._packing) as content,
                    StreamDigester(self._jobs) as digester,
                ):
                    yield from self._members(TarReader(content), digester, again)
                    now = self._container.state(stream)
                if now != before:
                    yield Finding(Code.CHANGED_WHILE_READ)
            self._collect(digester)
        except OSError as error:
            raise storage_error(self._container.path, error) from error

    def _members(
        self, reader: TarReader, digester: StreamDigester, again: frozenset[str]
    ) -> Iterator[Entry | Finding]:
        members = Members(self._limits)
        broken: tuple[type[Exception], ...] = (TarDamagedError, *damage(self._packing))
        packed = None if self._packing is Packing.NONE else self._size
        try:
            for number, member in enumerate(reader.members()):
                if bomb := members.bomb(member.size, packed):
                    yield bomb
                    return
                place = members.place(member.name, member.kind)
                if isinstance(place, str) and member.target is not None:
                    yield from self._link(place, member.target, number, members)
                elif isinstance(place, str):
                    if member.kind is Kind.FILE and not (member.declared or place.isascii()):
                        self.in_doubt.add(place)
                    place = self._names.get(place, place)
                    yield from self._take(place, member, reader, digester, again)
                elif place is not None:
                    yield place
                if number % 64 == 0:
                    self._collect(digester)
            if not reader.ended:
                yield Finding(Code.NO_END_MARK)
        except broken as error:
            yield Finding(Code.CONTAINER_DAMAGED, seen=str(error))
        except TarUnsupportedError as error:
            yield Finding(Code.CONTAINER_UNSUPPORTED, seen=str(error))
        except PackingTooLargeError:
            yield Finding(Code.LIMIT_REACHED, seen=_("unpacking it takes too much memory"))

    def _take(
        self,
        path: str,
        member: Member,
        reader: TarReader,
        digester: StreamDigester,
        again: frozenset[str],
    ) -> Iterator[Entry | Finding]:
        if member.kind is not Kind.FILE:
            yield Entry(path, member.kind, member.size)
            return
        pieces = self._announced(reader, path)
        if self._taker is not None:
            self._taker(path, member.size, pieces)
            yield Entry(path, member.kind, member.size)
            return
        is_metadata = is_package_metadata(path) and not again
        if is_metadata:
            pieces = self._shelf.keep(path, pieces, self._limits.manifest)
        if is_read_as_text(path) and not again:
            self._kept_size += member.size
            if self._kept_size > self._limits.manifest:
                yield Finding(Code.LIMIT_REACHED, path, seen=_("the file is too large"))
                return
            pieces = self._keep(path, pieces)
        wanted = self._wanted() if path.startswith("data/") else self._known | _USUAL
        is_late = path.startswith("data/") and member.size < _SHARED and not is_metadata
        if self._plain is not None and is_late:
            fd, end = self._plain
            digester.digest_range(path, fd, reader.leap(end), member.size, again or wanted)
            self._observer(Advanced(member.size, path))
        else:
            digester.digest(path, pieces, again or wanted)
        yield Entry(path, member.kind, member.size)

    def _link(
        self, path: str, target_name: str, number: int, members: Members
    ) -> Iterator[Entry | Finding]:
        """The earlier file that a hard link names, if there is one."""
        if self._files is None:
            self._files = self._ask_for_files()
        target = members.inside(target_name) or ""
        target = self._links.get(target, target)
        earlier, size = self._files.get(target, (number, 0))
        if earlier >= number:
            yield Entry(path, Kind.LINK)
        elif bomb := members.bomb(size, self._size):
            yield bomb
        else:
            self._links[path] = target
            self._note_manifest(path)
            yield Entry(path, Kind.FILE, size)

    def _ask_for_files(self) -> dict[str, tuple[int, int]]:
        """Where and how large the files of the bag are, for its hard links."""
        files = dict[str, tuple[int, int]]()
        for path, number, member, _reader in self._again():
            files.setdefault(path, (number, member.size))
        return files

    def _again(self) -> Iterator[tuple[str, int, Member, TarReader]]:
        """Each file of the bag once more, up to where the container is damaged."""
        members = Members(self._limits)
        broken: tuple[type[Exception], ...] = (
            *(TarDamagedError, TarUnsupportedError, PackingTooLargeError),
            *damage(self._packing),
        )
        with self._container.open() as stream, unpacked(stream, self._packing) as content:
            reader = TarReader(content)
            try:
                for number, member in enumerate(reader.members()):
                    place = members.place(member.name, member.kind)
                    if isinstance(place, str) and member.kind is Kind.FILE:
                        yield self._names.get(place, place), number, member, reader
                    if self._plain is not None:
                        reader.leap(self._size)
            except broken:
                return  # the reading proper comes to the same place and reports it

    def _hand_on_links(self, taker: Taker) -> Iterator[Entry | Finding]:
        """The content of hard links, in one more pass for all of them."""
        links = dict[str, list[str]]()
        for path, target in self._links.items():
            links.setdefault(target, []).append(path)
        for target, _number, member, reader in self._again() if links else ():
            if target in links:
                with tempfile.SpooledTemporaryFile(_SPOOL) as kept:
                    for piece in reader.pieces():
                        kept.write(piece)
                    for path in links.pop(target):
                        kept.seek(0)
                        taker(path, member.size, iter(partial(kept.read, CHUNK), b""))
        for paths in links.values():
            for path in paths:
                yield Finding(Code.CHANGED_WHILE_READ, path)

    def _announced(self, reader: TarReader, path: str) -> Iterator[bytes]:
        for piece in reader.pieces():
            self._observer(Advanced(len(piece), path))
            yield piece

    def _keep(self, path: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        self._note_manifest(path)
        kept = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - lives as long as this source
        if path in self._kept:
            self._kept[path].close()
        self._kept[path] = cast("IO[bytes]", kept)
        for piece in pieces:
            kept.write(piece)
            yield piece

    def _note_manifest(self, path: str) -> None:
        manifest = manifest_algorithm(path)
        if manifest is not None and manifest[0] == "manifest" and manifest[1] in ALGORITHMS:
            self._known |= {manifest[1]}

    def _wanted(self) -> frozenset[str]:
        """The algorithms for a payload file that passes now."""
        if not self._known and self._plain is not None:
            self._ask_for_names()
        return self._known or _USUAL

    def _ask_for_names(self) -> None:
        """Find the manifests of a plain tar without reading the content between the headers."""
        for path, _number, _member, _reader in self._again():
            self._note_manifest(path)

    def _collect(self, digester: StreamDigester) -> None:
        for path, size, digests in digester.done():
            order = tuple(digests)
            order = self._orders.setdefault(order, order)
            self._digests[path] = size, order, bytes.fromhex("".join(digests.values()))

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of one file that was kept, in pieces. Raises NotFound."""
        target = self._links.get(path, path)
        kept = self._kept.get(target)
        if kept is None and target in self._shelf:
            yield from self._shelf.pieces(target)
            return
        if kept is None and target != path:
            again = (reader for name, _n, _member, reader in self._again() if name == target)
            yield from (piece for reader in islice(again, 1) for piece in reader.pieces())
            return
        if kept is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        kept.seek(0)
        while piece := kept.read(CHUNK):
            yield piece

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """The digests of the files as they passed; reads again only for an unusual algorithm."""
        late: list[str] = []
        for entry in files:
            observed = self._observed(entry.path)
            if observed is not None and algorithms <= observed.digests.keys():
                yield observed
            else:
                late.append(entry.path)
        if late:
            for path in late:
                self._digests.pop(self._links.get(path, path), None)
            for _again in self._read(algorithms):
                pass
        for path in late:
            if observed := self._observed(path):
                yield observed

    def _observed(self, path: str) -> Observed | None:
        target = self._links.get(path, path)
        if target not in self._digests:
            return None
        size, order, rest = self._digests[target]
        digests = dict[str, str]()
        for name in order:
            width = ALGORITHMS[name].size
            digests[name], rest = rest[:width].hex(), rest[width:]
        return Observed(path, size, digests)
