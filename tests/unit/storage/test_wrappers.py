"""What each storage around a storage changes; that it changes no more, the suite asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from preserva.core.values.model import Entry, Kind
from preserva.core.values.report import Outcome
from preserva.errors import Refused, StorageError, StorageFull, Unreachable
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.storage.base import Reader, Storage, read_all
from preserva.storage.local import LocalStorage
from preserva.storage.open import open_storage
from preserva.storage.wrappers.dry_run import DryRun, Planned
from preserva.storage.wrappers.failing import Failing
from preserva.storage.wrappers.forward import Forwarding
from preserva.storage.wrappers.rate_limit import RateLimit
from preserva.storage.wrappers.read_only import ReadOnly
from preserva.storage.wrappers.retry import Retry
from tests.support.books import an_archive, make_book


@pytest.fixture
def inner(tmp_path: Path) -> LocalStorage:
    """A storage with one file that is kept and one in staging."""
    storage = LocalStorage(tmp_path / "storage")
    storage.create("staging/x", [b"kept"])
    storage.publish("staging/x", "kept")
    storage.create("staging/y", [b"staged"])
    return storage


def content(storage: Storage) -> dict[str, int]:
    """Every path with its size."""
    return {one.path: one.size for one in storage.walk("")}


WRITES: dict[str, Callable[[Storage], object]] = {
    "create": lambda one: one.create("staging/new", [b"12", b"3"]),
    "extend": lambda one: one.extend("staging/y", [b"1234"]),
    "flush": lambda one: one.flush("staging/y"),
    "publish": lambda one: one.publish("staging/y", "other"),
    "replace": lambda one: one.replace("kept", b"12345"),
    "set_aside": lambda one: one.set_aside("kept", "quarantine/kept"),
    "discard": lambda one: one.discard("staging/y"),
}


def test_a_read_only_storage_changes_nothing(inner: LocalStorage) -> None:
    """Not even by its lock."""
    storage = ReadOnly(inner)
    before = content(inner)
    for act in WRITES.values():
        with pytest.raises(Refused, match="only read"):
            act(storage)
    with pytest.raises(Refused, match="only read"):
        storage.lock("me")
    assert content(storage) == content(inner) == before
    assert read_all(storage, "kept", 10) == b"kept"


def test_a_dry_run_says_what_it_would_do(inner: LocalStorage) -> None:
    """And does nothing of it."""
    storage = DryRun(inner)
    before = content(inner)
    with storage.lock("me"):
        for act in WRITES.values():
            act(storage)
    assert storage.planned == [
        Planned("create", "staging/new", 3),
        Planned("extend", "staging/y", 4),
        Planned("publish", "other"),
        Planned("replace", "kept", 5),
        Planned("set_aside", "kept"),
        Planned("discard", "staging/y"),
    ]
    assert content(inner) == before


def test_a_limited_storage_keeps_to_its_rate(inner: LocalStorage) -> None:
    """Written and read bytes together; the first is free, for nothing was moved before it."""
    time = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time[0] += seconds

    storage = RateLimit(inner, 10.0, clock=lambda: time[0], sleep=sleep)
    storage.create("staging/new", [bytes(20), bytes(5), bytes(5)])
    assert slept == [2.0, 0.5]
    assert len(read_all(storage, "staging/new", 100)) == 30
    storage.replace("kept", bytes(10))
    assert time[0] == 100.0 + (30 + 30) / 10
    time[0] += 1000
    storage.replace("kept", bytes(10))
    assert time[0] == 106.0 + 1000


class _Cut(Forwarding):
    """A line that fails at every seventh call."""

    def __init__(self, inner: Storage) -> None:
        super().__init__(inner)
        self.asked: list[str] = []

    def _fail(self, verb: str) -> None:
        self.asked.append(verb)
        if len(self.asked) % 7 == 0:
            raise Unreachable("cut")

    def stat(self, path: str) -> Entry | None:
        self._fail("stat")
        return super().stat(path)

    def children(self, path: str) -> list[Entry]:
        self._fail("children")
        return super().children(path)

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        self._fail("open")
        return _CutReader(super().open(path, bypass_cache=bypass_cache), self._fail)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        self._fail("create")
        super().create(path, chunks)

    def publish(self, staged: str, final: str) -> None:
        self._fail("publish")
        super().publish(staged, final)

    def replace(self, path: str, data: bytes) -> None:
        self._fail("replace")
        super().replace(path, data)

    def discard(self, path: str) -> None:
        self._fail("discard")
        super().discard(path)


class _CutReader:
    def __init__(self, inner: Reader, fail: Callable[[str], None]) -> None:
        self._inner = inner
        self._fail = fail

    def read(self, size: int) -> bytes:
        self._fail("read")
        return self._inner.read(min(size, 2))

    def __enter__(self) -> _CutReader:
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(*error)


def test_what_may_be_asked_twice_is(inner: LocalStorage) -> None:
    """And nothing else is: what was moved may not be moved again."""
    cut = _Cut(inner)
    slept: list[float] = []
    storage = Retry(cut, sleep=slept.append, attempts=9)
    assert storage.stat("kept") == Entry("kept", Kind.FILE, 4)
    assert content(storage) == content(inner)
    for _ in range(5):
        assert read_all(storage, "staging/y", 10) == b"staged"
        storage.replace("kept", b"new")
    assert len(slept) > 3
    storage.discard("staging/y")
    assert read_all(inner, "kept", 10) == b"new"
    assert inner.stat("staging/y") is None
    for verb in ("create", "publish"):
        cut.asked[:] = [""] * 6
        with pytest.raises(Unreachable):
            WRITES[verb](storage)
        assert cut.asked[6:] == [verb]


def test_who_asks_again_waits_longer_each_time_and_gives_up(inner: LocalStorage) -> None:
    """Only for the line: a file that is not there is not asked for again."""
    slept: list[float] = []
    storage = Retry(inner, sleep=slept.append, attempts=4, delay=0.5)

    def down() -> None:
        raise Unreachable("down")

    with pytest.raises(Unreachable):
        storage.again(down)
    assert slept == [0.5, 1.0, 2.0]
    with pytest.raises(StorageError):
        storage.open("nothing")
    assert len(slept) == 3


def test_each_write_of_a_replication_can_fail_and_the_next_run_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call it is: the original stays as it is, and the copy becomes whole."""
    record = make_book(tmp_path / "book", pages=1)
    with an_archive(tmp_path / "archive") as archive:
        done = package(tmp_path / "book", record, archive)
    points = 0
    for at in range(1, 1000):
        failing: list[Failing] = []

        def opened(url: str, at: int = at, made: list[Failing] = failing) -> Storage:
            if not url.endswith("nlb-copy"):
                return open_storage(url)
            made.append(Failing(open_storage(url), at, StorageFull("no room")))
            return made[0]

        with monkeypatch.context() as patch, an_archive(tmp_path / "archive") as archive:
            patch.setattr("preserva.archive.archive.open_storage", opened)
            try:
                replicate(archive)
            except StorageFull:
                points += 1
        if len(failing[0].calls) < at:
            break
    with an_archive(tmp_path / "archive") as archive:
        replicate(archive)
        for report in validate_stored(archive, done.package):
            assert (report.outcome, report.findings) == (Outcome.PASS, [])
    assert points > 5
