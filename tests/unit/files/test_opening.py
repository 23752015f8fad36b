"""Opening files with care: only regular ones, from a folder downwards, no link followed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from preserva.errors import NotAFile, NotFound, StorageError
from preserva.files.opening import CHUNK, Folder, open_nofollow, open_regular, read_pieces
from tests.support.contents import content, left_over, plant

WAYS = {
    "by name": lambda folder, path: open_regular(str(folder / path)),
    "in a folder": lambda folder, path: Folder(folder).open_regular(path),
}


@pytest.mark.parametrize("opened", WAYS.values(), ids=WAYS)
def test_only_regular_files_are_opened(opened: Callable[[Path, str], int], tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    plant(tmp_path, {"file": 5})
    for path, error in {
        "link": NotAFile,
        "fifo": NotAFile,
        "folder": NotAFile,
        "nothing": NotFound,
        "nothing/below": NotFound,
        "file/below": NotAFile,
    }.items():
        with pytest.raises(error):
            opened(tmp_path, path)
    assert b"".join(read_pieces(opened(tmp_path, "file"), "file")) == content(5)


def test_no_link_on_the_way_is_followed(tmp_path: Path) -> None:
    plant(tmp_path, {"away/file": 5, "bag/a/b/file": 6})
    folder = Folder(tmp_path / "bag")
    assert b"".join(read_pieces(folder.open("a/b/file"), "file")) == content(6)
    (tmp_path / "bag/way").symlink_to(tmp_path / "away")
    with pytest.raises(NotAFile) as caught:
        folder.open("way/file")
    assert caught.value.path == "way/file"
    with pytest.raises(OSError, match=os.strerror(errno.ENOTDIR)):
        folder.scan("way")


def test_a_folder_stays_the_one_that_was_opened(tmp_path: Path) -> None:
    plant(tmp_path, {"bag/file": 5})
    folder = Folder(tmp_path / "bag")
    folder.open_top()
    (tmp_path / "bag").rename(tmp_path / "moved")
    plant(tmp_path, {"bag/file": 6})
    assert b"".join(read_pieces(folder.open("file"), "file")) == content(5)
    folder.close()
    assert b"".join(read_pieces(folder.open("file"), "file")) == content(6)
    folder.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "gone")
    assert not folder.is_there()
    with pytest.raises(NotFound):
        folder.open("file")
    folder.close()


def test_what_is_closed_holds_nothing_open(tmp_path: Path) -> None:
    plant(tmp_path, {"a/b/file": 5, "c/file": 5})
    before = left_over()
    folder = Folder(tmp_path)
    for path in ("a/b/file", "c/file", "a/b/file"):
        os.close(folder.open(path))
    with folder.scan("a/b") as names:
        assert [name.name for name in names] == ["file"]
    folder.close()
    assert left_over() == before


def test_pieces_end_with_the_file_and_close_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, {"file": 2 * CHUNK + 1})
    before = left_over()
    sizes = [len(piece) for piece in read_pieces(open_nofollow(str(tmp_path / "file")), "file")]
    assert sizes == [CHUNK, CHUNK, 1]

    def broken(_fd: int, _size: int) -> bytes:
        raise OSError(5, "Input/output error")

    fd = open_nofollow(str(tmp_path / "file"))
    monkeypatch.setattr(os, "read", broken)
    with pytest.raises(StorageError, match="could not read file: Input/output error"):
        list(read_pieces(fd, "file"))
    monkeypatch.undo()
    assert left_over() == before
