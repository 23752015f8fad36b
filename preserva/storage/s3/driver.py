"""A storage in an S3-compatible object store, which has neither folders nor a rename.

How publishing is durable and atomic nevertheless: docs/adr/0010-object-storage.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError

from preserva.core.formats.layout import STAGING
from preserva.core.values.digest import MultiHash
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind, StorageTraits
from preserva.errors import NotAFile, NotFound, Refused, StorageError
from preserva.i18n import _
from preserva.storage.base import chunks_of
from preserva.storage.lease import LEASE, Lease
from preserva.storage.paths import contained, parent, refuse_not_aside, refuse_outside
from preserva.storage.publication_marks import Mark, below_any, marks_last
from preserva.storage.published import not_in_place
from preserva.storage.s3.bucket import (
    children_of,
    errors,
    is_there,
    listed,
    open_bucket,
    replace_seen,
)
from preserva.storage.s3.deletion import delete
from preserva.storage.s3.lease import S3Leases
from preserva.storage.s3.questions import questions_for
from preserva.storage.s3.reader import S3Reader
from preserva.storage.s3.reservations import S3Reservations

if TYPE_CHECKING:
    from obstore import ObjectMeta

_PART = 32 << 20
"""The largest size of a file sent in one request, and the size of each part of a longer one."""

_OURS = "preserva-write"  # metadata by which an object is known as the one that a call wrote
_STAGED = frozenset([STAGING])
_PARTS_AT_ONCE = 2
_COPIES_AT_ONCE = 16
_COPY_LIMIT = 5 << 30  # what one CopyObject takes


class S3Storage:
    """The objects below a prefix of a bucket, `s3://bucket/prefix`.

    See `preserva.storage.base.Storage` for what it promises.
    """

    max_concurrency = _COPIES_AT_ONCE  # each waits for the line
    max_looks = 64

    def __init__(self, url: str, *, lease: float = LEASE) -> None:
        self.store = open_bucket(url)
        self._unrepeated = open_bucket(url, repeats=0)
        self.url = url.partition("?")[0].rstrip("/")
        self._questions = questions_for(url)
        self._lease = Lease(S3Leases(self.store, self.url), lease)
        self._reservations = S3Reservations(self.store, self.url, self._empty)

    def close(self) -> None:
        """Nothing is held open."""

    def limitations(self) -> tuple[Limitation, ...]:
        """What an object store cannot promise, and what its bucket does with deleted objects."""
        return (
            Limitation.CACHED_READS,
            Limitation.NO_RESUME,
            Limitation.MERGED_NAMES,
            Limitation.LATE_DELETES,
            *self._questions.limitations(),
        )

    def inspect(self, path: str) -> StorageTraits:
        """When an object was written, and whether the store accepts a wrong checksum."""
        written = self._head(self._reservations.key(path))["last_modified"]
        unchecked = self._questions.takes_wrong_checksum(f"{path}.wrong")
        if unchecked:
            self._remove([f"{path}.wrong"])
        return StorageTraits(written.timestamp(), unchecked=unchecked)

    def _errors(self, path: str) -> AbstractContextManager[None]:
        return errors(contained(path), self.url)

    def stat(self, path: str) -> Entry | None:
        """What is at a path; None if there is nothing. A folder is what has files in it."""
        key = self._reservations.key(path)
        if path:
            try:
                size = self._head(key)["size"]
            except NotFound:
                pass
            else:
                hidden = not below_any(path, _STAGED) and below_any(path, self._hidden())
                return None if hidden else Entry(path, Kind.FILE, size)
        there = (
            self._shows(key)
            if key == path
            else path in self._reservations.known() or self._any(key)
        )
        return Entry(path, Kind.FOLDER) if there or self._reserved_in(path) else None

    def _shows(self, key: str) -> bool:
        """Whether anything that is not hidden is below a key."""
        keys = (meta["path"] for meta in self._list(key))
        first = next(keys, None)
        if first is None:
            return False
        hidden = self._hidden()  # after listing: what has been shown since then is whole
        return any(not below_any(below, hidden) for below in chain([first], keys))

    def _any(self, key: str) -> bool:
        return next(self._list(key), None) is not None

    def _reserved_in(self, path: str) -> set[str]:
        """The folders in a folder of staging that are reserved, or lead to one that is."""
        if not below_any(path, _STAGED):
            return set()
        prefix = f"{path}/"
        reserved = self._reservations.known()
        below = (staged.removeprefix(prefix) for staged in reserved if staged.startswith(prefix))
        return {prefix + name.partition("/")[0] for name in below}

    def _head(self, key: str) -> ObjectMeta:
        with self._errors(key):
            return obstore.head(self.store, key)

    def children(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name. Raises NotFound if there is no such folder."""
        key = self._reservations.key(path)
        hidden = self._hidden() if key == path else frozenset()
        gone = NotFound(_("{path} is not there").format(path=path), path=path)
        if below_any(path, hidden):
            raise gone
        with self._errors(path):
            listing = children_of(self.store, key or None)
        entries = {
            Entry(path + meta["path"].removeprefix(key), Kind.FILE, meta["size"])
            for meta in listing["objects"]
        }
        for prefix in listing["common_prefixes"]:
            hides = any(below_any(final, frozenset([prefix])) for final in hidden)
            if not hides or self._shows(prefix):
                entries.add(Entry(path + prefix.removeprefix(key), Kind.FOLDER))
        entries |= {Entry(folder, Kind.FOLDER) for folder in self._reserved_in(path)}
        if path and not entries and self.stat(path) is None:
            raise gone
        shown = (entry for entry in entries if not below_any(entry.path, hidden))
        return sorted(shown, key=lambda entry: entry.path)

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        """Everything below a folder, folders included, in no particular order."""
        key = self._reservations.key(path)
        hidden = self._hidden() if key == path else frozenset()
        if path and (below_any(path, hidden) or not self._any(key)):
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        seen = {path, ""}
        for meta in self._list(key):
            if below_any(meta["path"], hidden):
                continue
            here = path + meta["path"].removeprefix(key)
            folder = parent(here)
            while folder not in seen:
                seen.add(folder)
                yield Entry(folder, Kind.FOLDER)
                folder = parent(folder)
            yield Entry(here, Kind.FILE, meta["size"])

    def _list(self, key: str) -> Iterator[ObjectMeta]:
        with self._errors(key):
            yield from listed(self.store, key or None)

    def open(self, path: str, *, bypass_cache: bool = False) -> S3Reader:
        """Open an object. `bypass_cache` has no effect: see `limitations`."""
        with self._errors(path):
            if not path:
                raise NotAFile(_("{path} is not a regular file").format(path=self.url), path=path)
            return S3Reader(obstore.get(self.store, self._reservations.key(path)), path, self.url)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a new file, all or nothing. Refuses a path that exists."""
        self._lease.check()
        key = self._reservations.key(contained(path))
        source = iter(chunks)
        start = bytearray()
        for chunk in source:
            start += chunk
            if len(start) > _PART:
                break
        with self._errors(path):
            if len(start) <= _PART:
                self._put_new(key, bytes(start))
                return
        self._create_long(path, chain([bytes(start)], source))

    def _put_new(self, key: str, data: bytes) -> None:
        """Write an object that must not exist, and recognise our own if the answer was an error.

        An error after the write makes the client ask once more; then the object is there already.
        """
        token = secrets.token_hex(8)
        try:
            obstore.put(
                self.store, key, data, mode="create", use_multipart=False, attributes={_OURS: token}
            )
        except (AlreadyExistsError, PreconditionError):
            if obstore.get(self.store, key).attributes.get(_OURS) != token:
                raise

    def _create_long(self, path: str, chunks: Iterable[bytes]) -> None:
        """In parts; S3 has no create-only for these, so only the lock prevents two writers."""
        if self.stat(path) is not None:
            message = _("{path} exists already; it was not touched")
            raise StorageError(message.format(path=path), path=path)
        self._put_parts(self._reservations.key(path), chunks)

    def _put_parts(self, path: str, chunks: Iterable[bytes]) -> None:
        with self._errors(path):
            obstore.put(
                self.store,
                path,
                chunks,
                use_multipart=True,
                chunk_size=_PART,
                max_concurrency=_PARTS_AT_ONCE,
            )

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        """Refused: `create` leaves all of a file or nothing."""
        refuse_outside(path, STAGING)
        if self.stat(path) is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        raise Refused(_("{path} is complete: it cannot be extended").format(path=path))

    def flush(self, path: str) -> None:
        """Nothing is left to do: whatever an object store has accepted is durable."""
        if self.stat(path) is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)

    def reserve(self, staged: str, final: str) -> None:
        """From now on, files created below `staged` go to their final place, hidden by a mark."""
        refuse_outside(contained(staged), STAGING)
        self._refuse_existing(final)
        self._lease.check(ask=True)
        self._reservations.reserve(staged, final)

    def publish(self, staged: str, final: str) -> None:
        """Move a file or folder out of staging, durably and at once. Refuses a path that exists."""
        refuse_outside(staged, STAGING)
        mark = self._reservations.known().get(staged)
        if mark is None or mark.final != contained(final):
            self._move(staged, contained(final))
            return
        if not self._any(final):
            raise NotFound(_("{path} is not there").format(path=staged), path=staged)
        self._lease.check(ask=True)
        self._reservations.show(mark)

    def quarantine(self, path: str, target: str) -> None:
        """Move what is at a path aside: below `quarantine/` or `staging/removed/`."""
        refuse_not_aside(target)
        self._move(contained(path), target)

    def _move(self, path: str, final: str) -> None:
        """Copy, compare, show, and only then remove. An interrupted move can be repeated."""
        self._lease.check(ask=True)
        self._refuse_existing(final)
        start = self._reservations.key(path)
        sources = self._objects(start)
        if not sources:
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        targets = {key: final + key.removeprefix(start) for key in sources}
        mark = Mark(final).path
        with self._errors(mark):
            obstore.put(self.store, mark, b"", use_multipart=False)
        self._remove(list(self._objects(final).keys() - set(targets.values())))
        for group in marks_last(sources):
            self._each(lambda key: self._copy(sources[key], targets[key]), group)
        copies = self._objects(final)
        self._each(lambda key: self._prove(sources[key], copies.get(targets[key])), list(sources))
        self._lease.check(ask=True)
        self._remove([mark])  # with this it is there
        with self._errors(mark):
            if is_there(self.store, mark):
                raise not_in_place(final)
        self._remove(list(sources))

    def _refuse_existing(self, final: str) -> None:
        there = self.stat(contained(final)) is not None
        if there or (self._any(final) and not self._reservations.hides(final)):
            raise Refused(_("{path} exists already; it was not touched").format(path=final))

    def _objects(self, path: str) -> dict[str, ObjectMeta]:
        """The objects at and below a path."""
        below = {meta["path"]: meta for meta in self._list(path)}
        if below:
            return below
        try:
            return {path: self._head(path)}
        except NotFound:
            return {}

    def _copy(self, source: ObjectMeta, target: str) -> None:
        if source["size"] > _COPY_LIMIT:
            with self.open(source["path"]) as reader:
                self._put_parts(target, chunks_of(reader))
        else:
            with self._errors(target):
                obstore.copy(self.store, source["path"], target)

    def _prove(self, source: ObjectMeta, copy: ObjectMeta | None) -> None:
        """Raise StorageError for a copy that differs from its source."""
        if copy is not None:
            if source["e_tag"] is not None and source["e_tag"] == copy["e_tag"]:
                return
            if self._digest(source["path"]) == self._digest(copy["path"]):
                return
        message = _("the copy of {path} differs from its source; it was not published")
        raise StorageError(message.format(path=source["path"]), path=source["path"])

    def _digest(self, path: str) -> str:
        hashes = MultiHash(["sha256"])
        with self.open(path) as reader:
            for chunk in chunks_of(reader):
                hashes.update(chunk)
        return hashes.digests()["sha256"]

    def _each(self, act: Callable[[str], None], keys: list[str]) -> None:
        with ThreadPoolExecutor(_COPIES_AT_ONCE) as pool:
            for _done in pool.map(act, keys):
                pass

    def _empty(self, key: str) -> None:
        self._remove(list(self._objects(key)))

    def _remove(self, keys: list[str]) -> None:
        delete(self._unrepeated, keys, self.url, self._lease)

    def replace(self, path: str, data: bytes) -> None:
        """Put new content in the place of a small file, durably and at once.

        Only what is there now is replaced: the store refuses a late request of a former lock
        holder.
        """
        self._lease.check(ask=True)
        try:
            with self._errors(path):
                replace_seen(self.store, path, data)
        except StorageError:
            self._lease.check(ask=True)
            raise

    def discard(self, path: str) -> None:
        """Remove a file or folder below `staging/`, if it is there. Refuses any other path."""
        refuse_outside(contained(path), STAGING)
        self._lease.check(ask=True)
        self._reservations.forget()  # another process may have published some meanwhile
        for staged, mark in list(self._reservations.known().items()):
            if below_any(staged, frozenset([path])):
                self._reservations.undo(mark)
        self._empty(self._reservations.key(path))

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Be the only writer. After a kill the lock is free when its lease has run out."""
        with self._lease.held(holder):
            self._reservations.forget()
            yield

    def _hidden(self) -> frozenset[str]:
        """The paths that are being published, or were when their writer died."""
        return frozenset(mark.final for mark in self._reservations.marks())
