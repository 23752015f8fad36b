"""Reading with care: the same promises for small files, for large ones, and for a single large one.

Each with and without copying in the same read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from preserva.core.values.codes import Code
from preserva.core.values.digest import Digests
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Progress
from preserva.errors import StorageError
from preserva.files.careful_reader import CarefulReader
from preserva.files.opening import CHUNK, SMALL, Folder
from tests.support.contents import BOTH, SIZES, content, digests, left_over, observed, plant

STRATEGIES = {
    "small": {"a": 10, "b": SMALL},
    "large, in threads": {f"{n}": SMALL + 1 + n for n in range(30)},
    "a single large one": {"a": 3 * CHUNK},
    "both": {"a": 10, "b": CHUNK, "c": 11, "d": 2 * CHUNK},
}
strategies = pytest.mark.parametrize("sizes", STRATEGIES.values(), ids=STRATEGIES)
copying = pytest.mark.parametrize("copies", [False, True])


class Copies:
    """A `Copier` into memory."""

    def __init__(self) -> None:
        self.whole: dict[str, bytes] = {}
        self.open = 0
        self.refused = ""
        self.fails = False

    def begin(self, file: Entry, now: os.stat_result) -> Copy | None:
        if file.path == self.refused or now.st_size != file.size:
            return None
        self.open += 1
        return Copy(self, file.path)


class Copy:
    """One file in memory."""

    def __init__(self, copies: Copies, path: str) -> None:
        self._copies = copies
        self._path = path
        self._data = bytearray()

    def write(self, piece: bytes | memoryview) -> None:
        if self._copies.fails:
            raise StorageError("the copy is full", path=self._path)
        self._data += piece

    def finish(self) -> None:
        self._copies.whole[self._path] = bytes(self._data)

    def close(self) -> None:
        self._copies.open -= 1


class Notes:
    """A `Memory` that knows some files, and does something each time it is asked."""

    def __init__(
        self, known: dict[str, Digests], then: Callable[[str], object] = lambda _path: None
    ) -> None:
        self.known = known
        self.remembered: list[Observed] = []
        self._then = then

    def recall(self, path: str, now: os.stat_result) -> Digests | None:
        self._then(path)
        return self.known.get(path)

    def remember(self, observed: Observed, now: os.stat_result) -> None:
        self.remembered.append(observed)


def entries(sizes: dict[str, int]) -> list[Entry]:
    return [Entry(path, Kind.FILE, size) for path, size in sizes.items()]


def by_path(results: list[Observed | Finding]) -> dict[str | None, Observed | Finding]:
    assert len({result.path for result in results}) == len(results)
    return {result.path: result for result in results}


def everything(sizes: dict[str, int]) -> dict[str | None, Observed | Finding]:
    return {path: observed(path, content(size)) for path, size in sizes.items()}


@copying
@pytest.mark.parametrize("bypass_cache", [False, True])
@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("sizes", [*STRATEGIES.values(), {str(size): size for size in SIZES}])
def test_every_file_is_read_once(
    sizes: dict[str, int], jobs: int, bypass_cache: bool, copies: bool, tmp_path: Path
) -> None:
    plant(tmp_path, sizes)
    copier, folder, heard = Copies(), Folder(tmp_path), list[Progress]()
    reader = CarefulReader[Entry](
        folder.open,
        BOTH,
        jobs=jobs,
        bypass_cache=bypass_cache,
        copier=copier if copies else None,
    )
    assert by_path(list(reader.read(entries(sizes), heard.append))) == everything(sizes)
    assert sum(event.size for event in heard if isinstance(event, Advanced)) == sum(sizes.values())
    if copies:
        assert copier.whole == {path: content(size) for path, size in sizes.items()}
    assert copier.open == 0
    folder.close()


@strategies
@copying
def test_a_file_that_changes_while_it_is_read_is_unknown(
    sizes: dict[str, int], copies: bool, tmp_path: Path
) -> None:
    plant(tmp_path, sizes)
    changed = list(sizes)[-1]

    def append(path: str) -> None:
        if path == changed:
            with (tmp_path / path).open("ab") as stream:
                stream.write(b"more")

    notes, copier, folder = Notes({}, append), Copies(), Folder(tmp_path)
    reader = CarefulReader[Entry](
        folder.open, BOTH, memory=notes, copier=copier if copies else None
    )
    results = by_path(list(reader.read(entries(sizes))))
    sound = {path: one for path, one in everything(sizes).items() if path != changed}
    assert results == sound | {changed: Finding(Code.CHANGED_WHILE_READ, changed)}
    assert {one.path: one for one in notes.remembered} == sound
    assert set(copier.whole) == ({path for path in sizes if path != changed} if copies else set())
    assert copier.open == 0


@strategies
def test_what_cannot_be_copied_any_more_is_not_copied(
    sizes: dict[str, int], tmp_path: Path
) -> None:
    plant(tmp_path, sizes)
    copier = Copies()
    copier.refused = list(sizes)[-1]
    results = by_path(
        list(CarefulReader(Folder(tmp_path).open, BOTH, copier=copier).read(entries(sizes)))
    )
    assert results[copier.refused] == Finding(Code.CHANGED_WHILE_READ, copier.refused)
    assert set(copier.whole) == set(sizes) - {copier.refused}


@pytest.mark.parametrize("size", [10, 2 * CHUNK])
@pytest.mark.parametrize("count", [1, 3])
@copying
def test_what_is_no_file_is_named_and_the_others_are_read(
    size: int, count: int, copies: bool, tmp_path: Path
) -> None:
    sizes = {f"sound {n}": size for n in range(count)}
    plant(tmp_path, sizes)
    (tmp_path / "link").symlink_to("sound 0")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "way").symlink_to(tmp_path)
    listed = sizes | dict.fromkeys(["link", "fifo", "folder", "way/sound 0", "gone"], size)
    copier = Copies()
    reader = CarefulReader[Entry](
        Folder(tmp_path).open, BOTH, jobs=2, copier=copier if copies else None
    )
    results = by_path(list(reader.read(entries(listed))))
    gone = results.pop("gone")
    assert isinstance(gone, Finding)
    assert gone.code is Code.UNREADABLE
    assert results == everything(sizes) | {
        path: Finding(Code.NOT_REGULAR, path) for path in ("link", "fifo", "folder", "way/sound 0")
    }
    assert set(copier.whole) == (set(sizes) if copies else set())


@strategies
@copying
def test_a_medium_that_cannot_be_read_is_a_finding(
    sizes: dict[str, int], copies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, sizes)

    def broken(*_arguments: object) -> int:
        raise OSError(5, "Input/output error")

    before = left_over()
    copier, folder = Copies(), Folder(tmp_path)
    with monkeypatch.context() as patched:
        for name in ("read", "readv"):
            patched.setattr(os, name, broken)
        reader = CarefulReader[Entry](folder.open, BOTH, jobs=2, copier=copier if copies else None)
        results = list(reader.read(entries(sizes)))
    folder.close()
    assert by_path(results) == {
        path: Finding(Code.UNREADABLE, path, seen=f"could not read {path}: Input/output error")
        for path in sizes
    }
    assert (copier.whole, copier.open) == ({}, 0)
    assert left_over() == before


@strategies
def test_a_copy_that_cannot_be_written_ends_everything(
    sizes: dict[str, int], tmp_path: Path
) -> None:
    plant(tmp_path, sizes)
    before = left_over()
    copier, folder = Copies(), Folder(tmp_path)
    copier.fails = True
    with pytest.raises(StorageError, match="the copy is full"):
        list(CarefulReader(folder.open, BOTH, jobs=2, copier=copier).read(entries(sizes)))
    folder.close()
    assert (copier.whole, copier.open) == ({}, 0)
    assert left_over() == before


@strategies
@copying
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_ends_all_threads_and_closes_all_files(
    sizes: dict[str, int], copies: bool, jobs: int, tmp_path: Path
) -> None:
    plant(tmp_path, sizes)
    before = left_over()
    copier, folder = Copies(), Folder(tmp_path)

    def interrupt(_progress: Progress) -> None:
        raise KeyboardInterrupt

    reader = CarefulReader[Entry](folder.open, BOTH, jobs=jobs, copier=copier if copies else None)
    with pytest.raises(KeyboardInterrupt):
        list(reader.read(entries(sizes), interrupt))
    folder.close()
    assert copier.open == 0
    assert left_over() == before


@strategies
def test_who_stops_listening_ends_all_threads(sizes: dict[str, int], tmp_path: Path) -> None:
    plant(tmp_path, sizes)
    before = left_over()
    folder = Folder(tmp_path)
    results = CarefulReader[Entry](folder.open, BOTH, jobs=2).read(entries(sizes))
    next(results)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    folder.close()
    assert left_over() == before


@strategies
def test_what_is_remembered_is_not_read_again(sizes: dict[str, int], tmp_path: Path) -> None:
    plant(tmp_path, sizes)
    first, *rest = sizes
    kept = dict.fromkeys(BOTH, "00")
    notes = Notes({first: kept})
    results = by_path(
        list(CarefulReader[Entry](Folder(tmp_path).open, BOTH, memory=notes).read(entries(sizes)))
    )
    assert results == everything(sizes) | {first: Observed(first, sizes[first], kept)}
    assert sorted(one.path for one in notes.remembered) == sorted(rest)


@strategies
def test_a_memory_without_one_of_the_digests_does_not_do(
    sizes: dict[str, int], tmp_path: Path
) -> None:
    plant(tmp_path, sizes)
    notes = Notes({path: {"sha256": "00"} for path in sizes})
    results = by_path(
        list(CarefulReader[Entry](Folder(tmp_path).open, BOTH, memory=notes).read(entries(sizes)))
    )
    assert results == everything(sizes)
    assert {one.path: one.digests for one in notes.remembered} == {
        path: digests(content(size)) for path, size in sizes.items()
    }


def test_a_file_that_is_not_as_large_as_it_was_listed_is_told_as_it_is(tmp_path: Path) -> None:
    plant(tmp_path, {"grown": 2 * CHUNK, "shrunk": 10})
    listed = entries({"grown": 10, "shrunk": 2 * CHUNK})
    results = by_path(list(CarefulReader[Entry](Folder(tmp_path).open, BOTH).read(listed)))
    assert results == everything({"grown": 2 * CHUNK, "shrunk": 10})
