"""What each storage around a storage changes; that it changes no more, the suite asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from preserva import config
from preserva.archive.archive import create_archive
from preserva.core.values.model import Entry
from preserva.core.values.report import Outcome
from preserva.errors import NotFound, Refused, StorageError, StorageFull, Unreachable
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.storage import open as opening
from preserva.storage.base import CHUNK, Reader, Storage, chunks_of, read_all
from preserva.storage.local import LocalStorage
from preserva.storage.open import open_storage
from preserva.storage.wrappers import retry as retrying
from preserva.storage.wrappers.forward import Forwarding
from preserva.storage.wrappers.rate_limit import RateLimit
from preserva.storage.wrappers.read_only import ReadOnly
from preserva.storage.wrappers.remember import Remembering
from preserva.storage.wrappers.retry import Retry
from tests.support.books import an_archive, make_book
from tests.support.failing_storage import Failing

T = TypeVar("T")


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
    return {entry.path: entry.size for entry in storage.walk("")}


WRITES: dict[str, Callable[[Storage], object]] = {
    "create": lambda storage: storage.create("staging/new", [b"12", b"3"]),
    "extend": lambda storage: storage.extend("staging/y", [b"1234"]),
    "flush": lambda storage: storage.flush("staging/y"),
    "publish": lambda storage: storage.publish("staging/y", "other"),
    "replace": lambda storage: storage.replace("kept", b"12345"),
    "quarantine": lambda storage: storage.quarantine("kept", "quarantine/kept"),
    "discard": lambda storage: storage.discard("staging/y"),
}


def test_a_read_only_storage_changes_nothing(inner: LocalStorage) -> None:
    """Not even by its lock."""
    storage = ReadOnly(inner)
    before = content(inner)
    for act in WRITES.values():
        with pytest.raises(Refused, match="for reading only"):
            act(storage)
    with pytest.raises(Refused, match="for reading only"):
        storage.lock("me")
    assert content(storage) == content(inner) == before
    assert read_all(storage, "kept", 10) == b"kept"


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


Cutting = Callable[[str, str], bool]
"""Whether a call fails, by its name and path."""


def every(number: int) -> Cutting:
    """The calls whose number is a multiple fail."""
    calls = count(1)
    return lambda _verb, _path: next(calls) % number == 0


def each_once() -> Cutting:
    """Each kind of call for each path fails the first time, but for the very first call of all."""
    seen: set[tuple[str, str]] = set()

    def failing(verb: str, path: str) -> bool:
        known = not seen or (verb, path) in seen
        seen.add((verb, path))
        return not known

    return failing


class _Cut(Forwarding):
    """A connection that fails at some calls, before or after they took effect."""

    def __init__(
        self, inner: Storage, cutting: Cutting, *, after: bool = False, piece: int = CHUNK
    ) -> None:
        super().__init__(inner)
        self.failures: list[str] = []
        self._cutting = cutting
        self._after = after
        self._piece = piece

    def _do(self, verb: str, path: str, act: Callable[[], T]) -> T:
        failing = self._cutting(verb, path)
        if failing:
            self.failures.append(verb)
        if failing and not self._after:
            raise Unreachable("cut")
        result = act()
        if failing:
            raise Unreachable("cut")
        return result

    def stat(self, path: str) -> Entry | None:
        return self._do("stat", path, lambda: self.inner.stat(path))

    def children(self, path: str) -> list[Entry]:
        return self._do("children", path, lambda: self.inner.children(path))

    def walk(self, path: str, likely: Iterable[str] = ()) -> Iterator[Entry]:
        entries = list(self.inner.walk(path))
        yield from entries[:1]
        self._do("walk", path, lambda: None)
        yield from entries[1:]

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        reader = self._do("open", path, lambda: self.inner.open(path, bypass_cache=bypass_cache))
        return _CutReader(reader, lambda read: self._do("read", path, read), self._piece)

    def create(self, path: str, chunks: Iterable[bytes]) -> None:
        self._do("create", path, lambda: self.inner.create(path, chunks))

    def extend(self, path: str, chunks: Iterable[bytes]) -> None:
        self._do("extend", path, lambda: self.inner.extend(path, chunks))

    def flush(self, path: str) -> None:
        self._do("flush", path, lambda: self.inner.flush(path))

    def publish(self, staged: str, final: str) -> None:
        self._do("publish", staged, lambda: self.inner.publish(staged, final))

    def quarantine(self, path: str, target: str) -> None:
        self._do("quarantine", path, lambda: self.inner.quarantine(path, target))

    def replace(self, path: str, data: bytes) -> None:
        self._do("replace", path, lambda: self.inner.replace(path, data))

    def discard(self, path: str) -> None:
        self._do("discard", path, lambda: self.inner.discard(path))


class _CutReader:
    def __init__(
        self, inner: Reader, do: Callable[[Callable[[], bytes]], bytes], piece: int
    ) -> None:
        self._inner = inner
        self._do = do
        self._piece = piece

    def read(self, size: int) -> bytes:
        return self._do(lambda: self._inner.read(min(size, self._piece)))

    def __enter__(self) -> _CutReader:
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(*error)


def retried(cut: Storage, slept: list[float] | None = None) -> Retry:
    """A storage that has answered once."""
    waits: list[float] = [] if slept is None else slept
    storage = Retry(cut, sleep=waits.append, attempts=9)
    storage.stat("")
    return storage


def test_what_may_be_repeated_is(inner: LocalStorage) -> None:
    """Each kind of read, and each write that does no harm when it arrives twice."""
    cut = _Cut(inner, every(7), piece=2)
    slept: list[float] = []
    storage = retried(cut, slept)
    for _ in range(5):
        assert storage.stat("kept") == inner.stat("kept")
        assert content(storage) == content(inner)
        assert storage.children("staging") == inner.children("staging")
        with storage.open("kept") as reader:
            assert b"".join(chunks_of(reader)) == read_all(inner, "kept", 10)
        storage.flush("staging/y")
        storage.replace("kept", b"new")
    storage.discard("staging/y")
    assert content(inner) == {"kept": 3, "staging": 0}
    assert len(slept) == len(cut.failures) >= 5


@pytest.mark.parametrize("after", [False, True])
def test_a_small_file_is_created_again(inner: LocalStorage, after: bool) -> None:
    """Also where the first attempt wrote it, and only the answer was lost."""
    cut = _Cut(inner, each_once(), after=after)
    retried(cut).create("staging/new", iter([b"12", b"3"]))
    assert cut.failures == ["create", "discard"]
    assert read_all(inner, "staging/new", 10) == b"123"
    with pytest.raises(StorageError):
        retried(inner).create("staging/new", [b"other"])
    assert read_all(inner, "staging/new", 10) == b"123"


def test_a_move_is_repeated_only_if_it_did_not_take_place(inner: LocalStorage) -> None:
    """What was moved before the answer was lost may not be durable: that is no success."""
    retried(_Cut(inner, each_once())).publish("staging/y", "other")
    assert read_all(inner, "other", 10) == b"staged"
    cut = _Cut(inner, each_once(), after=True)
    with pytest.raises(Unreachable):
        retried(cut).quarantine("other", "quarantine/other")
    assert cut.failures == ["quarantine", "stat"]
    assert content(inner) == {"kept": 4, "staging": 0, "quarantine": 0, "quarantine/other": 6}


def test_what_has_no_source_any_more_is_not_repeated(inner: LocalStorage) -> None:
    """A long file, the rest of one, and a file outside staging."""
    cut = _Cut(inner, each_once())
    storage = retried(cut)
    with pytest.raises(Unreachable):
        storage.create("staging/long", [bytes(CHUNK), b"1"])
    with pytest.raises(Unreachable):
        storage.extend("staging/y", [b"1"])
    with pytest.raises(Unreachable):
        storage.create("elsewhere", [b"1"])
    assert cut.failures == ["create", "extend", "create"]


def test_waits_grow_and_end_and_are_not_made_for_a_storage_that_is_gone(
    inner: LocalStorage,
) -> None:
    """Nor for one that was never there, nor for a file that is not there."""
    slept: list[float] = []
    now = [0.0]
    storage = Retry(inner, sleep=slept.append, clock=lambda: now[0], attempts=4, delay=0.5)

    def down() -> None:
        raise Unreachable("down")

    def fail() -> list[float]:
        slept.clear()
        with pytest.raises(Unreachable):
            storage.again(down)
        return [*slept]

    assert fail() == []  # it has not answered yet
    storage.stat("kept")
    assert fail() == [0.5, 1.0, 2.0]
    assert fail() == []  # known to be gone
    with pytest.raises(NotFound):
        storage.open("nothing")
    assert slept == []

    def slowly_down() -> None:
        now[0] += 59  # the minute begins with the first failure
        raise Unreachable("down")

    storage.stat("kept")
    with pytest.raises(Unreachable):
        storage.again(slowly_down)
    assert slept == [0.5, 1.0]


def test_a_whole_replication_survives_a_failure_of_each_of_its_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed as the product does it; with files that are too long to be kept for repeating."""
    record = make_book(tmp_path / "book", pages=2, size=1_500_000)
    place = tmp_path / "archive"
    place.mkdir()
    text = config.TEMPLATE.replace('"storages/nlb-copy"', '"sftp://there/x"')
    (place / config.NAME).write_text(text, encoding="utf-8")
    cut = _Cut(LocalStorage(tmp_path / "there"), lambda _verb, _path: False)
    monkeypatch.setattr(opening, "_load", lambda _driver, _scheme: lambda _url: cut)
    monkeypatch.setattr(retrying, "_DELAY", 0.0)
    create_archive(config.load(place / config.NAME))
    cut = _Cut(LocalStorage(tmp_path / "there"), each_once())
    with an_archive(place) as archive:
        done = package(tmp_path / "book", record, archive)
        copied, *ledger = replicate(archive)
        assert (copied.report.findings, copied.acknowledged, ledger) == ([], ["v1"], [])
        for report in validate_stored(archive, done.package):
            assert (report.outcome, report.findings) == (Outcome.PASS, [])
    assert {"stat", "children", "open", "read", "create", "publish", "flush", "discard"} <= {
        *cut.failures
    }


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

        def opened(
            url: str, *, read_only: bool = False, at: int = at, made: list[Failing] = failing
        ) -> Storage:
            if not url.endswith("nlb-copy"):
                return open_storage(url, read_only=read_only)
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


def test_a_small_file_is_read_once_for_a_whole_check() -> None:
    """One that is missing, larger than is kept, or not read to its end is asked for again."""
    inner = open_storage("memory://remembered")
    opened: list[str] = []

    class Counting(Forwarding):
        def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
            opened.append(path)
            return super().open(path, bypass_cache=bypass_cache)

    large = b"x" * ((1 << 20) + 1)
    inner.create("staging/small", [b"12345"])
    inner.create("staging/large", [large])
    storage = Remembering(Counting(inner))
    with storage.open("staging/small") as reader:
        assert reader.read(2) == b"12"
    storage.fetch(["staging/small", "staging/large", "staging/missing"])
    assert read_all(storage, "staging/small", 100) == b"12345"
    assert read_all(storage, "staging/large", len(large)) == large
    with pytest.raises(NotFound):
        storage.open("staging/missing")
    assert opened == [
        "staging/small",
        "staging/small",
        "staging/large",
        "staging/missing",
        "staging/large",
        "staging/missing",
    ]
