"""The lease of a storage without locks, seen between any two of its holder's writes."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from preserva.core.formats.layout import LOCK
from preserva.errors import Locked, LockLost, NotFound, StorageError, Unreachable
from preserva.exit_status import ExitStatus
from preserva.storage import lease
from preserva.storage.lease import Lease
from preserva.storage.lease_files import FolderLeases
from preserva.storage.local import LocalReader, LocalStorage
from preserva.storage.process_mark import process_mark


def words_of(files: Files) -> dict[int, bytes]:
    """What the lease files say, without what makes each writing of them another one."""
    return {number: words.partition(b"\n")[0] for number, words in files.words.items()}


@dataclass
class Files:
    """Lease files in memory; `reads` is called before each reading of who holds one."""

    reads: Callable[[Files], object] = lambda files: None
    words: dict[int, bytes] = field(default_factory=dict)
    unseen: set[int] = field(default_factory=set)  # made since the numbers were asked for
    years: float | None = 0.0
    url: str = "somewhere"

    def numbers(self) -> list[int]:
        return sorted(set(self.words) - self.unseen)

    def take(self, number: int, holder: bytes) -> bool:
        self.unseen.clear()
        return self.words.setdefault(number, holder) is holder

    def put(self, number: int, holder: bytes) -> None:
        self.words[number] = holder

    def holder(self, number: int) -> bytes:
        self.reads(self)
        return self.words[number]

    def age(self, number: int) -> float | None:
        return self.years

    def remove(self, number: int) -> None:
        self.words.pop(number, None)


def test_a_lock_that_is_just_being_written_names_its_holder() -> None:
    """The file is there before its words: whoever meets it then waits for them."""
    seen: list[bytes] = []

    def write_at_the_third(files: Files) -> None:
        seen.append(files.words[7])
        if len(seen) == 3:
            files.words[7] = b"the first"

    files = Files(write_at_the_third, {7: b""})
    with pytest.raises(Locked, match="the first"):
        Lease(files).held("me").__enter__()
    assert seen == [b"", b"", b""]


def test_a_lock_that_nobody_signs_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its lease has run out: then it is nobody's."""
    monkeypatch.setattr(lease, "_PATIENCE", 0.1)
    files = Files(words={7: b""})
    with pytest.raises(Locked, match="it gave no name"):
        Lease(files).held("me").__enter__()
    files.years = 61.0
    with Lease(files, 1.0).held("me"):
        assert words_of(files) == {8: b"me"}


def test_a_lock_that_was_given_up_while_we_waited_is_taken() -> None:
    """Seen empty, because it was being given up just then."""
    files = Files(lambda files: files.words.update({7: next(turns)}), {7: b""})
    turns = iter([b"", b"given up", b"given up"])
    with Lease(files).held("me"):
        assert words_of(files) == {8: b"me"}


def test_a_lock_is_renewed_as_long_as_its_holder_lives() -> None:
    """Again and again, and never after its end."""
    renewed = threading.Semaphore(0)

    class Noting(Files):
        def put(self, number: int, holder: bytes) -> None:
            super().put(number, holder)
            renewed.release()

    files = Noting()
    with Lease(files, 0.04).held("me"):
        for _time in range(3):
            assert renewed.acquire(timeout=300)
        assert words_of(files) == {1: b"me"}
    assert files.words == {1: b"given up"}


def test_whoever_was_faster_and_has_ended_is_followed() -> None:
    """Its file was made after we had looked, and given up before we looked again."""
    files = Files(words={6: b"given up", 7: b"given up"}, unseen={7})
    with Lease(files).held("me"):
        assert words_of(files) == {8: b"me"}


def test_the_first_lock_of_a_folder_is_signed_a_moment_later(tmp_path: Path) -> None:
    """The system's lock comes before the holder's name."""
    path = tmp_path / LOCK
    path.parent.mkdir()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    signing = threading.Timer(0.2, os.pwrite, (descriptor, b"the first\n", 0))
    signing.start()
    with pytest.raises(Locked, match="the first"):
        LocalStorage(tmp_path).lock("me").__enter__()
    signing.join()
    os.close(descriptor)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_lock_that_is_lost_ends_the_run_and_stays_lost() -> None:
    """Not a package: nothing that is caught for one. The follower's file is not written over."""
    files, clock = Files(), Clock()
    lock = Lease(files, 60.0, clock=clock)
    with lock.held("me"):
        lock.check(ask=True)
        files.words = {2: b"another"}
        lock.check()  # nobody can have followed yet
        clock.now += 31.0
        for _time in range(2):
            with pytest.raises(LockLost) as caught:
                lock.check()
            assert caught.value.exit_status is ExitStatus.LOCKED
            assert not isinstance(caught.value, StorageError)
    assert files.words == {2: b"another"}


def test_a_suspended_holder_whose_lease_is_gone_has_lost_it() -> None:
    """Its follower removed the file, which cannot be renewed any more."""

    class Strict(Files):
        def put(self, number: int, holder: bytes) -> None:
            if number not in self.words:
                raise NotFound("it is not there")
            super().put(number, holder)

    files, clock = Strict(), Clock()
    lock = Lease(files, 60.0, clock=clock)
    with lock.held("me"):
        files.words = {2: b"another"}
        clock.now += 3600.0
        with pytest.raises(LockLost):
            lock.check()
    assert files.words == {2: b"another"}


def test_a_suspended_holder_whom_nobody_followed_renews_before_it_goes_on() -> None:
    """Whoever watches the lease at that moment sees the renewal."""
    files, clock = Files(), Clock()
    lock = Lease(files, 60.0, clock=clock)
    with lock.held("me"):
        before = files.words[1]
        clock.now += 3600.0
        lock.check()
        assert files.words[1] == before + b" again"
        files.words[2] = b"another"
        lock.check()  # confirmed a moment ago
        with pytest.raises(LockLost):
            lock.check(ask=True)
    assert files.words[2] == b"another"


@pytest.mark.parametrize("age", [None, 1e9])
def test_a_living_holder_is_not_followed_whatever_the_times_say(age: float | None) -> None:
    """It renews its lease while that is watched."""
    files = Files(lambda files: files.words.update({7: b"she\nx %d" % next(turns)}), {7: b"she"})
    turns = count()
    files.years = age
    with pytest.raises(Locked, match="she"):
        Lease(files, 0.2).held("me").__enter__()
    assert words_of(files) == {7: b"she"}


def test_a_dead_holder_is_followed_without_times() -> None:
    """After its lease was watched for as long as it lasts."""
    files = Files(words={7: b"she\nx 3"}, years=None)
    with Lease(files, 0.2).held("me") as number:
        assert (number, words_of(files)) == (8, {8: b"me"})


@pytest.mark.parametrize("lost", [False, True])
def test_a_lock_that_was_taken_in_spite_of_the_answer_is_ours(lost: bool) -> None:
    """The answer says that the file was there before, or none comes at all."""

    class Ambiguous(Files):
        def take(self, number: int, holder: bytes) -> bool:
            super().take(number, holder)
            if lost:
                raise Unreachable("gone")
            return False

    files = Ambiguous()
    with Lease(files).held("me") as number:
        assert (number, words_of(files)) == (1, {1: b"me"})


def test_a_lease_that_is_renewed_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    """Its size is another one than a moment before; a lease that can never be read is told."""

    class Busy(LocalStorage):
        failures = 3

        def open(self, path: str, *, bypass_cache: bool = False) -> LocalReader:
            self.failures -= 1
            if self.failures >= 0:
                raise StorageError("another number of bytes")
            return super().open(path, bypass_cache=bypass_cache)

    storage = Busy(tmp_path)
    storage.create("staging/leases/00000001", [b"she"])
    files = FolderLeases(storage)  # type: ignore[arg-type]  # only what it reads is asked for
    assert files.holder(1) == b"she"
    storage.failures = 1000
    with pytest.raises(StorageError, match="another number"):
        files.holder(1)
    with pytest.raises(StorageError):
        files.holder(2)


@pytest.mark.parametrize("mark", ["", "\nelsewhere/pid:[1]/boot/7/7"])
def test_a_lock_that_cannot_be_fenced_is_taken_only_from_a_process_that_ended(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ran out, and nobody renews it; but its holder could go on, and nothing would stop it."""
    files = Files(words={7: f"they{mark}\nx".encode()}, years=61.0)
    with pytest.raises(Locked, match="they") as refused:
        Lease(files, 0.2, fenced=False).held("me").__enter__()
    assert "on its computer" in str(refused.value.hint)
    assert words_of(files) == {7: b"they"}
    with Lease(files, 0.2).held("me"):
        assert words_of(files) == {8: b"me"}
    files.words = {9: f"they\n{process_mark()}\nx".encode()}
    with pytest.raises(Locked, match="they"):  # it is this very process
        Lease(files, 0.2, fenced=False).held("me").__enter__()
    monkeypatch.setattr(lease, "has_ended", lambda found: found == process_mark())
    with Lease(files, 0.2, fenced=False).held("me"):
        assert words_of(files) == {10: b"me"}


def test_a_lock_that_cannot_be_fenced_and_was_given_up_is_free() -> None:
    files = Files()
    with Lease(files, 0.2, fenced=False).held("they"):
        pass
    with Lease(files, 0.2, fenced=False).held("me"):
        assert words_of(files) == {2: b"me"}
