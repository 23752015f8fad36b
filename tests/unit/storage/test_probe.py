"""A storage is tried: each thing that it cannot do has a finding of its own, and nothing stays."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, StorageTraits
from preserva.errors import Refused, StorageError, StorageFull, Unreachable
from preserva.storage.base import Reader, Storage
from preserva.storage.local import LocalStorage
from preserva.storage.open import open_storage
from preserva.storage.probe import Trial, probe
from preserva.storage.wrappers.forward import Forwarding

NOW = 1_800_000_000.0


def tried(storage: Storage, now: float = NOW) -> Trial:
    """A trial at a time that the storages of these tests agree with."""
    return probe(storage, "aonb", "somebody", now)


def codes(storage: Storage) -> list[Code]:
    """What a trial finds."""
    return [finding.code for finding in tried(storage).findings]


class Twisted(Forwarding):
    """A storage in memory that does one thing wrong."""

    def __init__(self, url: str) -> None:
        super().__init__(open_storage(url))

    def inspect(self, path: str) -> StorageTraits:
        """What a good server says."""
        return StorageTraits(NOW, 0o644, 1 << 40, unchecked=False)


class ReadOnlyServer(Twisted):
    """Refuses every file, but not the lock."""

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Refused."""
        raise StorageError("no rights", path=path)


class Full(Twisted):
    """Has no space left."""

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Refused."""
        raise StorageFull("no space left", path=path)


class Cut(Twisted):
    """Loses the connection."""

    def replace(self, path: str, data: bytes) -> None:
        """Lost."""
        raise Unreachable("the connection failed", path=path)


class Overwriting(Twisted):
    """Ignores that a file is there."""

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Written over."""
        if self.stat(path) is None:
            self.inner.create(path, chunks)
        else:
            self.inner.replace(path, b"".join(chunks))


class Losing(Twisted):
    """Stores nothing of what it is sent."""

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """An empty file."""
        self.inner.create(path, [b"" for _chunk in chunks])


class NotReplacing(Twisted):
    """Says that it replaced."""

    def replace(self, path: str, data: bytes) -> None:
        """Nothing."""


class NotMoving(Twisted):
    """Says that it moved."""

    def publish(self, staged: str, final: str) -> None:
        """Nothing."""


class NotRemoving(Twisted):
    """Says that it removed."""

    def discard(self, path: str) -> None:
        """Nothing."""


class Renaming(Twisted):
    """Changes names before it stores them."""

    change: Callable[[str], str]

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Under another name."""
        self.inner.create(type(self).change(path), chunks)

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        """Under another name."""
        return self.inner.open(type(self).change(path))

    def stat(self, path: str) -> Entry | None:
        """Under another name."""
        return self.inner.stat(type(self).change(path))


class Decomposing(Renaming):
    """As old Macintoshes do."""

    change = staticmethod(lambda path: unicodedata.normalize("NFD", path))


class Merging(Renaming):
    """Unicode forms are one: rclone's file system."""

    change = staticmethod(lambda path: unicodedata.normalize("NFC", path))


class AsciiOnly(Twisted):
    """Refuses other letters."""

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Only ASCII."""
        if not path.isascii():
            raise StorageError("illegal name", path=path)
        self.inner.create(path, chunks)


class Short(Twisted):
    """Refuses long paths."""

    limit = 260

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        """Up to a limit."""
        if len(path) > self.limit:
            raise StorageError("too long", path=path)
        self.inner.create(path, chunks)


class VeryShort(Short):
    """Refuses even the paths of most packages."""

    limit = 150


TWISTED = {
    ReadOnlyServer: [Code.TRIED_NOT_WRITABLE],
    Full: [Code.NOT_TRIED],
    Cut: [Code.NOT_TRIED],
    Overwriting: [Code.TRIED_OVERWRITES],
    NotReplacing: [Code.TRIED_NOT_REPLACED],
    NotMoving: [Code.TRIED_NOT_MOVED],
    NotRemoving: [Code.TRIED_NOT_REMOVED],
    Decomposing: [Code.TRIED_NAMES_CHANGED],
    Merging: [Code.TRIED_NAMES_MERGED],
    AsciiOnly: [Code.TRIED_NAMES_REFUSED],
    Short: [Code.TRIED_LONG_ID_REFUSED],
    VeryShort: [Code.TRIED_PATH_TOO_LONG],
}


@pytest.mark.parametrize("kind", TWISTED)
def test_what_a_storage_cannot_do_is_found(kind: type[Twisted]) -> None:
    """That alone, and nothing is left of the trial but what the storage does not remove."""
    storage = kind(f"memory://probe-{kind.__name__}")
    assert codes(storage) == TWISTED[kind]
    assert bool(list(storage.walk(""))) is (kind is NotRemoving)


def test_bytes_that_are_lost_are_found() -> None:
    """By reading them, by listing their sizes, and where they should have been moved."""
    assert set(codes(Losing("memory://probe-losing"))) == {
        Code.TRIED_READ_OTHERWISE,
        Code.TRIED_OVERWRITES,
        Code.TRIED_NOT_MOVED,
        Code.TRIED_NAMES_MERGED,
        Code.TRIED_PATH_TOO_LONG,
    }


SAID = {
    StorageTraits(NOW - 1, 0o640, 1 << 40): [],
    StorageTraits(): [],
    StorageTraits(NOW - 3600): [Code.TRIED_CLOCK],
    StorageTraits(NOW + 61): [Code.TRIED_CLOCK],
    StorageTraits(free=1 << 20): [Code.TRIED_LITTLE_SPACE],
    StorageTraits(permissions=0o666): [Code.TRIED_OPEN_TO_OTHERS],
    StorageTraits(permissions=0o600): [Code.TRIED_CLOSED_TO_OTHERS],
    StorageTraits(unchecked=True): [Code.TRIED_UNCHECKED],
}


@pytest.mark.parametrize("inspection", SAID)
def test_what_a_storage_says_of_itself_is_judged(
    inspection: StorageTraits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clock, space, rights, checksums; what it does not say is not held against it."""
    monkeypatch.setattr(Twisted, "inspect", lambda _self, _path: inspection)
    trial = tried(Twisted("memory://probe-says"))
    assert [finding.code for finding in trial.findings] == SAID[inspection]
    assert trial.free == inspection.free
    assert trial.ahead == (None if inspection.modified is None else inspection.modified - NOW)


def test_a_storage_that_somebody_writes_to_is_not_tried() -> None:
    """It is said so; the writer is not disturbed."""
    storage = open_storage("memory://probe-locked")
    with storage.lock("another"):
        storage.create("staging/work", [b"work"])
        assert codes(storage) == [Code.NOT_TRIED_LOCKED]
        assert [entry.path for entry in storage.walk("staging")] == ["staging/work"]


def test_a_folder_that_may_not_be_written_is_found(tmp_path: Path) -> None:
    """The lock is a file too."""
    (tmp_path / "staging").write_text("a file in the way")
    assert codes(LocalStorage(tmp_path)) == [Code.TRIED_NOT_WRITABLE]


def test_umasks_are_found(tmp_path: Path) -> None:
    """A umask of 077 closes what is written to an auditor's account."""
    before = os.umask(0o077)
    try:
        seen = [finding.code for finding in tried(LocalStorage(tmp_path), _time(tmp_path)).findings]
    finally:
        os.umask(before)
    assert seen == [Code.TRIED_CLOSED_TO_OTHERS]


def _time(folder: Path) -> float:
    return folder.stat().st_mtime


def test_what_is_only_read_is_not_inspected(tmp_path: Path) -> None:
    """A storage that is held for others is not written to."""
    from preserva.storage.wrappers.read_only import ReadOnly

    with pytest.raises(Refused):
        ReadOnly(LocalStorage(tmp_path)).inspect("staging/file")
