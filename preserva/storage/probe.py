"""A storage is tested before anything is kept in it: on a small scale, in staging.

Each thing that it cannot do is a finding with a code of its own; docs/reference/storages.md says
what to do about each. Nothing is left behind. See docs/adr/0037-a-storage-is-tried.md.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Kind, PackageId, StorageTraits
from preserva.core.values.report import Finding
from preserva.errors import Locked, StorageError, StorageFull, Unfit, Unreachable
from preserva.storage import published
from preserva.storage.base import Storage, read_all

_CONTENT = b"what preserva wrote to try this storage\n" * 1000
_OTHER = b"what it put in its place\n" * 1000
_COMPOSED = unicodedata.normalize("NFC", "й.txt")
_DECOMPOSED = unicodedata.normalize("NFD", "й.txt")

_LONG_ID, _USUAL_ID = 100, 20
"""Lengths of the local identifiers with which paths are tested: the longest permitted, and more
than most have."""

_DEEPEST = "v99/content/data/{id}/representations/facsimile/metadata/preservation/premis.xml"
"""The longest path of our own packages, in their object."""

_LARGEST = 1 << 20
_CLOCK = 60.0
_SPACE = 1 << 30

_OPEN_TO_OTHERS = 0o022
_READ_BY_OTHERS = 0o044


class _EnoughError(Exception):
    """Nothing further can be tried."""


@dataclass(slots=True)
class Trial:
    """What was seen: the findings, the free space in bytes, and how far the storage's clock is
    ahead of ours in seconds, where it says."""

    findings: list[Finding] = field(default_factory=list)
    free: int | None = None
    ahead: float | None = None


def probe(storage: Storage, institution: str, holder: str, now: float) -> Trial:
    """Test a storage, as its only writer; `now` is the time in seconds.

    Raises nothing: a test that could not be made is a finding.
    """
    trial = Trial()
    trying = _Trying(storage, institution, now, trial)
    try:
        with storage.lock(holder):
            trying.all()
    except Locked as error:
        trial.findings.append(Finding(Code.NOT_TRIED_LOCKED, seen=str(error)))
    except Unfit as error:
        trial.findings.append(Finding(_unfit(storage), seen=str(error)))
    except (StorageFull, Unreachable) as error:
        trial.findings.append(Finding(Code.NOT_TRIED, seen=str(error)))
    except StorageError as error:
        trial.findings.append(Finding(Code.TRIED_NOT_WRITABLE, seen=str(error)))
    except _EnoughError:
        pass
    return trial


def _unfit(storage: Storage) -> Code:
    """Why a storage grants no lock at all: object stores may ignore the condition."""
    lacks = storage.limitations()
    if Limitation.READ_ONLY in lacks:
        return Code.TRIED_NOT_WRITABLE
    if Limitation.NO_POSIX_RENAME in lacks:
        return Code.TRIED_NOT_REPLACED
    return Code.TRIED_OVERWRITES


class _Trying:
    """One trial, in a folder of staging."""

    def __init__(self, storage: Storage, institution: str, now: float, trial: Trial) -> None:
        self.storage = storage
        self.institution = institution
        self.now = now
        self.trial = trial
        self.folder = f"{layout.STAGING}/probe-{secrets.token_hex(8)}"

    def all(self) -> None:
        """All tests, in the order in which a package needs the functions."""
        try:
            self._write()
            for step in (self._replace, self._move, self._names, self._long_paths):
                step()
        finally:
            self._remove()

    def _found(self, code: Code, seen: object = None, expected: str | None = None) -> None:
        text = None if seen is None else str(seen)
        self.trial.findings.append(Finding(code, expected=expected, seen=text))

    @contextmanager
    def _as(self, code: Code) -> Iterator[None]:
        """A failure inside becomes a finding with this code, unless the storage is away or full."""
        try:
            yield
        except (StorageFull, Unreachable):
            raise
        except StorageError as error:
            self._found(code, error)

    def _write(self) -> None:
        """A file is created, cannot be created again, is durable, is read, is listed."""
        path = f"{self.folder}/file"
        try:
            self.storage.create(path, [_CONTENT])
        except (StorageFull, Unreachable):
            raise
        except StorageError as error:
            self._found(Code.TRIED_NOT_WRITABLE, error)
            raise _EnoughError from error
        with self._as(Code.TRIED_READ_OTHERWISE):
            self.storage.flush(path)
            self._must_hold(path, _CONTENT)
            self._must_list(self.folder, {"file": len(_CONTENT)})
        try:
            self.storage.create(path, [_OTHER])
        except Unreachable:
            raise
        except StorageError:
            self._must_hold(path, _CONTENT, Code.TRIED_OVERWRITES)
        else:
            self._found(Code.TRIED_OVERWRITES)
        self._inspect(path)

    def _must_hold(self, path: str, data: bytes, code: Code = Code.TRIED_READ_OTHERWISE) -> None:
        if read_all(self.storage, path, _LARGEST) != data:
            self._found(code)

    def _must_list(self, folder: str, files: dict[str, int]) -> None:
        children = self.storage.children(folder)
        seen = {entry.path.rpartition("/")[2]: entry.size for entry in children}
        walked = {
            entry.path.removeprefix(f"{folder}/"): entry.size
            for entry in self.storage.walk(folder)
            if entry.kind is Kind.FILE
        }
        for names in (seen, walked):
            if names != files:
                self._found(Code.TRIED_READ_OTHERWISE, sorted(names), ", ".join(files))
                return

    def _inspect(self, path: str) -> None:
        """Clock, space, rights and checksums, as far as the storage reports them."""
        with self._as(Code.NOT_TRIED):
            self._judge(self.storage.inspect(path))

    def _judge(self, inspection: StorageTraits) -> None:
        self.trial.free = inspection.free
        if inspection.free is not None and inspection.free < _SPACE:
            self._found(Code.TRIED_LITTLE_SPACE, inspection.free)
        if inspection.modified:
            self.trial.ahead = inspection.modified - self.now
            if abs(self.trial.ahead) > _CLOCK:
                self._found(Code.TRIED_CLOCK, f"{self.trial.ahead:+.0f} s")
        if inspection.permissions is not None:
            rights = f"{inspection.permissions:04o}"
            if inspection.permissions & _OPEN_TO_OTHERS:
                self._found(Code.TRIED_OPEN_TO_OTHERS, rights)
            if not inspection.permissions & _READ_BY_OTHERS:
                self._found(Code.TRIED_CLOSED_TO_OTHERS, rights)
        if inspection.unchecked:
            self._found(Code.TRIED_UNCHECKED)

    def _replace(self) -> None:
        path = f"{self.folder}/file"
        with self._as(Code.TRIED_NOT_REPLACED):
            self.storage.replace(path, _OTHER)
            self._must_hold(path, _OTHER, Code.TRIED_NOT_REPLACED)

    def _move(self) -> None:
        """A folder of two levels goes to its final place, as a package does."""
        staged, final = f"{self.folder}/new", f"{self.folder}/object"
        with self._as(Code.TRIED_NOT_MOVED):
            self.storage.reserve(staged, final)
            for name in ("v1/content/page", "inventory.json"):
                self.storage.create(f"{staged}/{name}", [_CONTENT])
            published.publish(self.storage, staged, final, ["v1/content/page", "inventory.json"])
            self._must_hold(f"{final}/v1/content/page", _CONTENT, Code.TRIED_NOT_MOVED)
            if self.storage.stat(staged) is not None:
                self._found(Code.TRIED_NOT_MOVED)

    def _names(self) -> None:
        """Whether й stays й and is a different name from и with a breve; likewise a and A."""
        folder = f"{self.folder}/names"
        try:
            self.storage.create(f"{folder}/{_COMPOSED}", [_CONTENT])
        except (StorageFull, Unreachable):
            raise
        except StorageError as error:
            self._found(Code.TRIED_NAMES_REFUSED, error)
            return
        if self._listed(folder) != {_COMPOSED}:
            self._found(Code.TRIED_NAMES_CHANGED, ascii("".join(sorted(self._listed(folder)))))
            return
        for first, second in ((_COMPOSED, _DECOMPOSED), ("a", "A")):
            if not self._told_apart(folder, first, second):
                self._found(Code.TRIED_NAMES_MERGED, ascii(f"{first}, {second}"))

    def _listed(self, folder: str) -> set[str]:
        return {entry.path.rpartition("/")[2] for entry in self.storage.children(folder)}

    def _told_apart(self, folder: str, first: str, second: str) -> bool:
        """Whether both names can be there, each with its own content."""
        contents = {first: _CONTENT, second: _OTHER}
        try:
            for name, data in contents.items():
                if name != _COMPOSED:
                    self.storage.create(f"{folder}/{name}", [data])
            read = {name: read_all(self.storage, f"{folder}/{name}", _LARGEST) for name in contents}
        except Unreachable:
            raise
        except StorageError:
            return False
        return read == contents and contents.keys() <= self._listed(folder)

    def _long_paths(self) -> None:
        """Paths as long as the final paths of packages with long and with usual identifiers."""
        try:
            self._long_path(_LONG_ID)
        except (StorageFull, Unreachable):
            raise
        except StorageError as long:
            try:
                self._long_path(_USUAL_ID)
            except (StorageFull, Unreachable):
                raise
            except StorageError as error:
                self._found(Code.TRIED_PATH_TOO_LONG, error, str(self._length(_USUAL_ID)))
            else:
                self._found(Code.TRIED_LONG_ID_REFUSED, long, str(self._length(_LONG_ID)))

    def _final(self, characters: int) -> str:
        package = PackageId(self.institution, "k" * characters)
        folder = f"{layout.ROOT}/{layout.object_path(package.uri)}"
        return f"{folder}/{_DEEPEST.format(id=package.portable)}"

    def _length(self, characters: int) -> int:
        return len(self._final(characters))

    def _long_path(self, characters: int) -> None:
        """Create and read a file whose path has the length, and the names, of a final one."""
        final = self._final(characters)
        spare = len(final) - len(self.folder) - 1
        path = f"{self.folder}/{final[-spare:].lstrip('/')}"
        self.storage.create(path, [_CONTENT])
        published.see_content(self.storage, path, _CONTENT)

    def _remove(self) -> None:
        try:
            self.storage.discard(self.folder)
            left = self.storage.stat(self.folder)
        except Unreachable:
            raise
        except StorageError as error:
            self._found(Code.TRIED_NOT_REMOVED, error)
            return
        if left is not None:
            self._found(Code.TRIED_NOT_REMOVED, self.folder)
