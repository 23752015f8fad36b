"""The hashing engine: what it promises of files that change, links, interrupts and resuming."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from preserva.bag.checkpoint import Checkpoint
from preserva.bag.folder import FolderSource
from preserva.bag.open import open_bag
from preserva.bag.validate import Verdict, validate_source
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Progress
from preserva.errors import NotAFile, NotFound, StorageError
from preserva.files import hashing
from preserva.files.hashing import SMALL, digest_stream, observe_files, open_nofollow, open_regular
from preserva.files.lanes import Lanes
from tests.support.strategies import Bag, write_folder

SIZES = (0, 1, SMALL, SMALL + 1, 3 * SMALL, hashing.CHUNK + 1)
BOTH = frozenset({"sha512", "sha256"})


def digests(data: bytes) -> dict[str, str]:
    """Both digests of some bytes."""
    return {name: hashlib.new(name, data).hexdigest() for name in sorted(BOTH)}


def content(size: int) -> bytes:
    """Bytes that differ from each other."""
    return bytes(n % 251 for n in range(251)) * (size // 251) + b"z" * (size % 251)


@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("medium", [False, True])
def test_files_of_every_size(jobs: int, medium: bool, tmp_path: Path) -> None:
    for size in SIZES:
        (tmp_path / str(size)).write_bytes(content(size))
    source = FolderSource(tmp_path, jobs=jobs, medium=medium)
    files = [entry for entry in source.entries() if isinstance(entry, Entry)]
    heard: list[Progress] = []
    seen = list(source.observe(files, BOTH, heard.append))
    expected = [Observed(str(size), size, digests(content(size))) for size in SIZES]
    assert sorted(seen, key=str) == sorted(expected, key=str)
    assert sum(one.size for one in heard if isinstance(one, Advanced)) == sum(SIZES)


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_is_digested_and_copied_in_one_read(size: int) -> None:
    data, copy = content(size), bytearray()
    found = digest_stream(io.BytesIO(data), BOTH, sink=copy.extend, chunk=10_000)
    assert (found, bytes(copy)) == ((size, digests(data)), data)


@pytest.mark.parametrize("jobs", [1, 3])
def test_lanes_digest_one_file_after_the_other(jobs: int) -> None:
    files = {str(size): content(size) for size in SIZES}
    with Lanes(jobs) as lanes:
        for path, data in files.items():
            pieces = [data[start : start + SMALL + 1] for start in range(0, len(data), SMALL + 1)]
            lanes.digest(path, pieces, BOTH)
    seen = {
        path: (size, {name: one.hex() for name, one in found.items()})
        for path, size, found in lanes.done()
    }
    assert seen == {path: (len(data), digests(data)) for path, data in files.items()}


@pytest.mark.parametrize("size", [10, 2 * SMALL])
def test_a_file_that_changes_while_it_is_read_is_unknown(size: int, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(content(size))

    class Meddler:
        """Stands for another process: it appends after the file was opened."""

        def recall(self, _path: str, _now: os.stat_result) -> None:
            with path.open("ab") as stream:
                stream.write(b"more")

        def remember(self, _observed: Observed, _now: os.stat_result) -> None:
            raise AssertionError("a changed file was taken for whole")

    entries = [Entry("x", Kind.FILE, size)]
    opened = open_nofollow(str(path))
    seen = list(observe_files(entries, lambda _path: opened, BOTH, jobs=1, memory=Meddler()))
    assert seen == [Finding(Code.CHANGED_WHILE_READ, "x")]


def test_what_is_put_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    (folder / "data" / "sub").mkdir(parents=True)
    for name in ("link", "fifo", "gone", "sub/in"):
        (folder / "data" / name).write_bytes(b"")
    source = FolderSource(folder)
    files = [one for one in source.entries() if isinstance(one, Entry) and one.kind is Kind.FILE]
    for path in files:
        (folder / path.path).unlink()
    (folder / "data" / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "data" / "fifo")
    (folder / "data" / "sub").rename(tmp_path / "away")
    (tmp_path / "away" / "in").write_bytes(b"")
    (folder / "data" / "sub").symlink_to(tmp_path / "away")
    found = {
        one.path: one.code
        for one in source.observe(files, BOTH, lambda _one: None)
        if isinstance(one, Finding)
    }
    assert found == {
        "data/link": Code.NOT_REGULAR,
        "data/fifo": Code.NOT_REGULAR,
        "data/gone": Code.UNREADABLE,
        "data/sub/in": Code.NOT_REGULAR,
    }


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    for name, error in [("link", NotAFile), ("nothing", NotFound), (".", NotAFile)]:
        with pytest.raises(error):
            open_regular(str(tmp_path / name))


def test_an_interrupt_ends_all_threads_and_closes_all_files(tmp_path: Path) -> None:
    for name in range(6):
        (tmp_path / str(name)).write_bytes(b"x" * (4 << 20))
    source = FolderSource(tmp_path, jobs=2)
    files = [one for one in source.entries() if isinstance(one, Entry)]

    def interrupt(_progress: Progress) -> None:
        raise KeyboardInterrupt

    opened = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(KeyboardInterrupt):
        list(source.observe(files, BOTH, interrupt))
    assert [one.name for one in threading.enumerate() if one.name.startswith("read")] == []
    assert len(list(Path("/proc/self/fd").iterdir())) == opened


def bag_of(count: int, folder: Path) -> Path:
    """A bag with so many files of some size."""
    return write_folder(Bag({f"data/{n}": b"%d" % n * 100 for n in range(count)}).files(), folder)


class Interrupted(FolderSource):
    """Is interrupted after some files."""

    def observe(self, files: Iterable[Entry], *rest: object) -> Iterator[Observed | Finding]:
        """Three files, and no more."""
        for number, one in enumerate(super().observe(files, *rest)):  # type: ignore[arg-type]
            if number == 3:
                raise KeyboardInterrupt
            yield one


def test_an_interrupted_validation_goes_on_where_it_was(tmp_path: Path) -> None:
    folder, place = bag_of(8, tmp_path / "bag"), tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt), Checkpoint(place) as checkpoint:
        validate_source(Interrupted(folder, memory=checkpoint))
    (folder / "data" / "1").write_bytes(b"changed since")
    with place.open("ab") as stream:
        stream.write(b'["data/4", "torn')
    with Checkpoint(place) as checkpoint:
        report = validate_source(open_bag(folder, memory=checkpoint))
        assert checkpoint.recalled == 3  # four were read, one of them changed since
        checkpoint.finished()
    assert report.verdict is Verdict.INVALID
    assert [finding.code for finding in report.findings] == [
        Code.OXUM_MISMATCH,
        Code.DIGEST_MISMATCH,
    ]
    assert not place.exists()


def test_a_checkpoint_serves_a_whole_bag(tmp_path: Path) -> None:
    folder, place = bag_of(5, tmp_path / "bag"), tmp_path / "checkpoint"
    for recalled in (0, 9):  # five files, their three tag files and the tag manifest
        with Checkpoint(place) as checkpoint:
            report = validate_source(open_bag(folder, memory=checkpoint))
            assert (report.verdict, checkpoint.recalled) == (Verdict.VALID, recalled)


def test_a_checkpoint_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError), Checkpoint(tmp_path):
        pass


def test_a_pipe_is_digested_like_a_file() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    os.close(writing)
    with os.fdopen(reading, "rb", 0) as stream:
        size, digests = digest_stream(stream, ["md5"])
    assert (size, digests) == (3, {"md5": "900150983cd24fb0d6963f7d28e17f72"})
