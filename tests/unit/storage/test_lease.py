"""The lease of a storage without locks, seen between any two of its holder's writes."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from preserva.core.formats.layout import LOCK
from preserva.errors import Locked
from preserva.storage import lease
from preserva.storage.lease import Lease
from preserva.storage.local import LocalStorage


@dataclass
class Files:
    """Lease files in memory; `reads` is called before each reading of who holds one."""

    reads: Callable[[Files], object] = lambda files: None
    words: dict[int, bytes] = field(default_factory=dict)
    unseen: set[int] = field(default_factory=set)  # made since the numbers were asked for
    years: float = 0.0
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

    def age(self, number: int) -> float:
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
    with Lease(files).held("me"):
        assert files.words == {8: b"me"}


def test_a_lock_that_was_given_up_while_we_waited_is_taken() -> None:
    """Seen empty, because it was being given up just then."""
    files = Files(lambda files: files.words.update({7: next(turns)}), {7: b""})
    turns = iter([b"", b"given up", b"given up"])
    with Lease(files).held("me"):
        assert files.words == {8: b"me"}


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
        assert files.words == {1: b"me"}
    assert files.words == {1: b"given up"}


def test_whoever_was_faster_and_has_ended_is_followed() -> None:
    """Its file was made after we had looked, and given up before we looked again."""
    files = Files(words={6: b"given up", 7: b"given up"}, unseen={7})
    with Lease(files).held("me"):
        assert files.words == {8: b"me"}


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
