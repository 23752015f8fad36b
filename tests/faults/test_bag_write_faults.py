"""A kill at every step of writing a bag: what was acknowledged is whole, all else is as before."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from preserva.bag.create.create import create_bag
from preserva.bag.folder import FolderSource
from preserva.bag.update import changed_fields, update_bag
from preserva.bag.validate import BagVerdict, validate_source

Tree = dict[str, bytes]
SOUND = {BagVerdict.VALID, BagVerdict.VALID_WITH_WARNINGS}
TREE: Tree = {"a": b"one", "sub/ё": b"two", "sub/deep/b": b"", "data/c": b"three"}


class Killed(BaseException):
    """The process is gone: nothing that it would still do to the disk is done."""


class Fault:
    """Lets the first n changes of the file system happen, and no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, allowed: int) -> None:
        self.left = allowed
        for name in ("mkdir", "rename", "unlink", "rmdir", "fsync", "utime"):
            self._wrap(monkeypatch, name)
        write, opened = os.write, os.open

        def torn_write(descriptor: int, data: Any) -> int:
            if self.left == 0:
                write(descriptor, data[: len(data) // 2])
            self.step()
            return write(descriptor, data)

        def counted_open(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if flags & os.O_CREAT:
                self.step()
            return opened(path, flags, *rest, **more)

        monkeypatch.setattr(os, "write", torn_write)
        monkeypatch.setattr(os, "open", counted_open)

    def _wrap(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        original = getattr(os, name)

        def counted(*arguments: Any, **more: Any) -> Any:
            self.step()
            return original(*arguments, **more)

        monkeypatch.setattr(os, name, counted)

    def step(self) -> None:
        """One more change; the kill when there were enough."""
        if self.left <= 0:
            self.left = -1
            raise Killed
        self.left -= 1


def plant(folder: Path) -> Path:
    for path, content in TREE.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def tree_of(folder: Path) -> Tree:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def is_bag(folder: Path) -> bool:
    return validate_source(FolderSource(folder)).verdict in SOUND


def kill_everywhere(work: Callable[[], object], check: Callable[[int], None], limit: int) -> int:
    """Run the work with a kill after 0, 1, 2 ... changes until it is not reached; how many."""
    for allowed in range(limit):
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault = Fault(monkeypatch, allowed)
            with suppress(Killed):
                work()
            if fault.left >= 0:
                return allowed
        check(allowed)
    raise AssertionError("the work never ended")


@pytest.fixture
def place(tmp_path: Path) -> Callable[[], Path]:
    """A fresh folder each time."""
    made: list[Path] = []

    def fresh() -> Path:
        made.append(tmp_path / str(len(made)))
        made[-1].mkdir()
        return made[-1]

    return fresh


def test_create_leaves_the_whole_bag_or_none(place: Callable[[], Path]) -> None:
    current = plant(place() / "source").parent

    def work() -> None:
        create_bag(current / "source", current / "bag")

    def check(allowed: int) -> None:
        nonlocal current
        assert tree_of(current / "source") == TREE
        if not (current / "bag").exists():
            create_bag(current / "source", current / "bag")  # the next run is not hindered
        assert is_bag(current / "bag"), allowed
        assert sorted(path.name for path in current.iterdir()) == ["bag", "source"], allowed
        current = plant(place() / "source").parent

    assert kill_everywhere(work, check, 200) > 40


def test_in_place_can_always_be_undone(place: Callable[[], Path]) -> None:
    current = plant(place() / "book").parent

    def work() -> None:
        create_bag(current / "book", in_place=True)

    def check(allowed: int) -> None:
        nonlocal current
        book = current / "book"
        if (book / "bagit.txt").exists():
            assert is_bag(book), allowed
        else:
            survivors = book if book.exists() else current / ".book.preserva-in-place/data"
            assert tree_of(survivors) == TREE, allowed
            create_bag(book, in_place=True)
            assert is_bag(book), allowed
        payload = {path[5:]: data for path, data in tree_of(book).items() if path[:5] == "data/"}
        assert payload == TREE, allowed
        assert [path.name for path in current.iterdir()] == ["book"], allowed
        current = plant(place() / "book").parent

    assert kill_everywhere(work, check, 200) > 25


def test_after_a_killed_update_the_bag_is_valid_and_the_next_one_finishes(
    place: Callable[[], Path],
) -> None:
    def prepare() -> Path:
        here = place()
        plant(here / "source")
        create_bag(here / "source", here / "bag", algorithms=["sha512"], bag_info=[("A", "1")])
        return here

    current = prepare()
    before = tree_of(current / "bag")
    edit = changed_fields(put=[("A", "2")])
    update_bag(current / "bag", algorithms=["sha256"], edit=edit)
    after = tree_of(current / "bag")
    states: set[str] = set()
    current = prepare()

    def work() -> None:
        update_bag(current / "bag", algorithms=["sha256"], edit=edit)

    def check(allowed: int) -> None:
        nonlocal current
        bag = current / "bag"
        left = tree_of(bag)
        assert is_bag(bag), allowed
        assert all(content in (before.get(path), after[path]) for path, content in left.items())
        states.add("old" if left == before else "new" if left == after else "between")
        update_bag(bag, algorithms=["sha256"], edit=edit)
        assert tree_of(bag) == after, allowed
        assert sorted(path.name for path in current.iterdir()) == ["bag", "source"], allowed
        current = prepare()

    assert kill_everywhere(work, check, 200) > 25
    assert states == {"old", "between", "new"}


@pytest.mark.parametrize("more", [0, 1500])
def test_content_is_durable_before_the_bag_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    plant(tmp_path / "source")
    for n in range(more):
        (tmp_path / "source" / f"{n}.txt").touch()
    flushed: set[int] = set()
    fsync, rename = os.fsync, os.rename

    def noting(descriptor: int) -> None:
        fsync(descriptor)
        flushed.add(os.fstat(descriptor).st_ino)

    def checking(source: Path, target: Path) -> None:
        everything = {path.stat().st_ino for path in (source, *source.rglob("*"))}
        assert everything <= flushed
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noting)
    monkeypatch.setattr(os, "rename", checking)
    create_bag(tmp_path / "source", tmp_path / "bag")
    assert tmp_path.stat().st_ino in flushed
    flushed.clear()
    monkeypatch.setattr(os, "rename", rename)
    create_bag(tmp_path / "source", tmp_path / "quick", durable=False)
    payload = {path.stat().st_ino for path in (tmp_path / "quick/data").rglob("*")}
    assert not payload & flushed
