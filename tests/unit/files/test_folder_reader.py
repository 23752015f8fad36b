"""Reading a folder: what is promised of files that change, links, interrupts and resuming."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from preserva.bag.checkpoint import Checkpoint
from preserva.bag.folder import FolderSource
from preserva.bag.open import open_bag
from preserva.bag.validate import BagVerdict, validate_source
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Progress
from preserva.errors import StorageError
from preserva.files.folder_reader import FolderReader
from preserva.files.opening import SMALL, Folder
from tests.support.contents import BOTH, SIZES, content, left_over, observed, plant
from tests.support.strategies import Bag, write_folder

LONG_AGO = 1_000_000_000


@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("bypass_cache", [False, True])
def test_files_of_every_size(jobs: int, bypass_cache: bool, tmp_path: Path) -> None:
    plant(tmp_path, {str(size): size for size in SIZES})
    source = FolderSource(tmp_path, jobs=jobs, bypass_cache=bypass_cache)
    files = [entry for entry in source.entries() if isinstance(entry, Entry)]
    heard: list[Progress] = []
    seen = list(source.observe(files, BOTH, heard.append))
    expected = [observed(str(size), content(size)) for size in SIZES]
    assert sorted(seen, key=str) == sorted(expected, key=str)
    assert sum(event.size for event in heard if isinstance(event, Advanced)) == sum(SIZES)


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


def settled(folder: Path, sizes: dict[str, int]) -> list[Entry]:
    """Files that nobody has written to for long, so that other processes answer for them."""
    plant(folder, sizes)
    for path in sizes:
        os.utime(folder / path, (LONG_AGO, LONG_AGO))
    return [Entry(path, Kind.FILE, size) for path, size in sizes.items()]


MANY = {f"{n // 500}/{n}": n % 40 for n in range(2000)}
LARGE = {f"large {n}": SMALL + 1 + n for n in range(3)}


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("bypass_cache", [False, True])
def test_small_and_large_files_in_one_folder(
    early: bool, bypass_cache: bool, tmp_path: Path
) -> None:
    files = settled(tmp_path, MANY | LARGE)
    before = left_over()
    folder, heard = Folder(tmp_path), list[Progress]()
    reader = FolderReader(folder, BOTH, jobs=2, bypass_cache=bypass_cache)
    for _again in range(2):
        if early:
            reader.read_early(files)
        results = {result.path: result for result in reader.read(files, heard.append)}
        assert results == {
            path: observed(path, content(size)) for path, size in (MANY | LARGE).items()
        }
    total = sum(event.size for event in heard if isinstance(event, Advanced))
    assert total == 2 * sum((MANY | LARGE).values())
    folder.close()
    assert left_over() == before


@pytest.mark.parametrize("bypass_cache", [False, True])
def test_beyond_doubt_are_small_files_that_are_as_listed(
    bypass_cache: bool, tmp_path: Path
) -> None:
    files = settled(tmp_path, MANY | LARGE)
    (tmp_path / "0/1").unlink()
    (tmp_path / "0/2").write_bytes(b"just now, and another size")
    folder = Folder(tmp_path)
    reader = FolderReader(folder, BOTH, jobs=2, bypass_cache=bypass_cache)
    results = {result.path: result for result in reader.read_beyond_doubt(files)}
    reader.close()
    folder.close()
    doubtful = {"0/1", "0/2", *LARGE}
    assert results == {entry.path: entry for entry in files if entry.path in doubtful} | {
        path: observed(path, content(size)) for path, size in MANY.items() if path not in doubtful
    }


@pytest.mark.parametrize("sizes", [MANY, {f"{n}": 4 << 20 for n in range(6)}])
def test_an_interrupt_ends_everything_and_closes_all_files(
    sizes: dict[str, int], tmp_path: Path
) -> None:
    settled(tmp_path, sizes)
    source = FolderSource(tmp_path, jobs=2)
    files = [entry for entry in source.entries() if isinstance(entry, Entry)]
    files = [entry for entry in files if entry.kind is Kind.FILE]

    def interrupt(_progress: Progress) -> None:
        raise KeyboardInterrupt

    del source
    before = left_over()
    source = FolderSource(tmp_path, jobs=2)
    with pytest.raises(KeyboardInterrupt):
        list(source.observe(files, BOTH, interrupt))
    del source
    assert left_over() == before


def test_a_folder_that_is_not_there_is_unreadable_file_by_file(tmp_path: Path) -> None:
    reader = FolderReader(Folder(tmp_path / "gone"), BOTH)
    results = list(reader.read([Entry("a", Kind.FILE, 1), Entry("b", Kind.FILE, SMALL + 1)]))
    assert sorted((type(result), result.path) for result in results) == [
        (Finding, "a"),
        (Finding, "b"),
    ]
    assert {result.code for result in results if isinstance(result, Finding)} == {Code.UNREADABLE}


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
    assert report.verdict is BagVerdict.INVALID
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
            assert (report.verdict, checkpoint.recalled) == (BagVerdict.VALID, recalled)


def test_a_checkpoint_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError), Checkpoint(tmp_path):
        pass
