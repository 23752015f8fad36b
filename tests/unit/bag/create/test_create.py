"""Making bags: what is written, what is refused, and that the source never changes."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bagit
import pytest

from preserva.bag.container.tar_write import folder_members, write_tar
from preserva.bag.create.create import Made, create_bag
from preserva.bag.create.in_place import journal_for, roll_back
from preserva.core.values.codes import Code
from preserva.core.values.report import Advanced, Finding, Progress
from preserva.errors import (
    Locked,
    NotAFile,
    NotFound,
    PackageError,
    PreservaError,
    Refused,
    StorageError,
    StorageFull,
    UsageError,
)
from preserva.files import disk as write_disk
from preserva.files.disk import staging_for
from preserva.files.opening import Folder

Tree = dict[str, bytes]


def plant(folder: Path, tree: Tree) -> Path:
    """The folder, with these files in it."""
    folder.mkdir(exist_ok=True)
    for path, content in tree.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def tree_of(folder: Path) -> Tree:
    """Every file below a folder, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def states_of(folder: Path) -> dict[str, tuple[int, ...]]:
    """What reading must not change, of everything below a folder."""
    found = [folder, *folder.rglob("*")]
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_size,
            path.lstat().st_mtime_ns,
            path.lstat().st_ctime_ns,
            path.lstat().st_ino,
        )
        for path in found
    }


def sha(name: str, data: bytes) -> str:
    return hashlib.new(name, data).hexdigest()


def problems(caught: pytest.ExceptionInfo[PackageError]) -> list[str]:
    """The code and path of each problem."""
    return [text.partition(": ")[0] for text in caught.value.problems]


def only(folder: Path, *names: str) -> None:
    """Assert that a folder holds nothing but these."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


TREE: Tree = {"a.txt": b"one", "sub/ё й ў.txt": b"", "sub/.hidden": b"x" * 300_000}


def test_a_bag_holds_what_the_source_holds_and_nothing_else_changed(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", TREE)
    os.utime(source / "a.txt", ns=(1, 10**18 + 7))
    before = states_of(source)
    made = create_bag(
        source, tmp_path / "bag", bag_info=[("B", "2"), ("A", "1"), ("B", "line\nnext")]
    )
    lines = {
        name: "".join(
            f"{sha(name, content)}  data/{path}\n" for path, content in sorted(TREE.items())
        ).encode()
        for name in ("sha512", "sha256")
    }
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": b"B: 2\nA: 1\nB: line\n  next\nPayload-Oxum: 300003.3\n",
        "manifest-sha512.txt": lines["sha512"],
        "manifest-sha256.txt": lines["sha256"],
    }
    tagmanifests = {
        f"tagmanifest-{name}.txt": "".join(
            f"{sha(name, content)}  {path}\n" for path, content in sorted(tags.items())
        ).encode()
        for name in ("sha512", "sha256")
    }
    payload = {f"data/{path}": content for path, content in TREE.items()}
    assert tree_of(tmp_path / "bag") == payload | tags | tagmanifests
    assert made == Made(
        tmp_path / "bag",
        3,
        300003,
        (),
        {name: sha("sha512", content) for name, content in tagmanifests.items()},
    )
    assert states_of(source) == before
    assert (tmp_path / "bag/data/a.txt").stat().st_mtime_ns == 10**18 + 7
    only(tmp_path, "source", "bag")
    bagit.Bag(str(tmp_path / "bag")).validate()
    check = ["sha512sum", "--strict", "--quiet", "-c", "manifest-sha512.txt"]
    assert subprocess.run(check, cwd=tmp_path / "bag", check=False).returncode == 0


def test_a_dry_run_looks_at_names_and_writes_nothing(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", TREE)
    (source / "empty").mkdir()
    before = states_of(tmp_path)
    found = (Finding(Code.FOLDER_LEFT_OUT, "empty"),)
    planned = create_bag(source, tmp_path / "bag", dry_run=True)
    assert planned == Made(tmp_path / "bag", 3, 300003, found, {})
    planned = create_bag(source, in_place=True, dry_run=True)
    assert planned == Made(source, 3, 300003, found, {})
    assert states_of(tmp_path) == before


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("sizes", [[3_000_000], [1_000_000, 700_001, 5, 262_144, 262_145]])
def test_large_files_come_out_the_same_however_the_work_is_shared(
    tmp_path: Path, sizes: list[int], jobs: int
) -> None:
    tree = {f"{n}.bin": bytes([n + 1]) * size for n, size in enumerate(sizes)}
    source = plant(tmp_path / "source", tree)
    seen: list[Progress] = []
    create_bag(source, tmp_path / "bag", jobs=jobs, read_back=True, observer=seen.append)
    assert tree_of(tmp_path / "bag/data") == tree
    expected = "".join(
        f"{sha('sha256', content)}  data/{path}\n" for path, content in sorted(tree.items())
    )
    assert (tmp_path / "bag/manifest-sha256.txt").read_text() == expected
    moved = sum(one.size for one in seen if isinstance(one, Advanced))
    assert moved == 2 * sum(sizes)  # once to copy, once to read back


def test_in_place_the_folder_itself_becomes_the_bag(tmp_path: Path) -> None:
    copied = plant(tmp_path / "source", TREE)
    folder = plant(tmp_path / "folder", TREE | {"data/b": b"b"})
    inode = (folder / "sub/.hidden").stat().st_ino
    plant(copied, {"data/b": b"b"})
    create_bag(copied, tmp_path / "bag")
    made = create_bag(folder, in_place=True)
    assert made.path == folder
    assert tree_of(folder) == tree_of(tmp_path / "bag")
    assert (folder / "data/sub/.hidden").stat().st_ino == inode
    only(tmp_path, "source", "bag", "folder")


def test_other_algorithms_and_no_payload(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {})
    create_bag(source, tmp_path / "bag", algorithms=["sha3256", "sha3256"])
    assert sorted(tree_of(tmp_path / "bag")) == [
        "bag-info.txt",
        "bagit.txt",
        "manifest-sha3256.txt",
        "tagmanifest-sha3256.txt",
    ]
    assert (tmp_path / "bag/data").is_dir()
    assert (tmp_path / "bag/bag-info.txt").read_text() == "Payload-Oxum: 0.0\n"


def test_empty_folders_are_left_out_and_named(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {"a/b/c": b""})
    (source / "a/empty/inner").mkdir(parents=True)
    made = create_bag(source, tmp_path / "bag")
    assert made.findings == (Finding(Code.FOLDER_LEFT_OUT, "a/empty/inner"),)
    assert sorted(path.name for path in (tmp_path / "bag/data").rglob("*")) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([b"\xff\xfe"], ["E170 \\udcff\\udcfe"]),
        (["\u0439", "\u0438\u0306"], ["E171 \u0439"]),
        (["\u0451/a", "\u0435\u0308/b"], ["E171 \u0451"]),
        (["a\tb"], ["E172 a\\tb"]),
        (["a "], ["E172 a "]),
        (["a\u2028b"], ["E172 a\\u2028b"]),
        (["a\u00a0"], ["E172 a\\xa0"]),
        (["100%"], ["E173 100%"]),
        (["Icon\r"], ["E173 Icon\\r"]),
        (["a\\b"], ["E123 a\\b"]),
        (["... /b"], ["E123 ... /b"]),
    ],
)
def test_names_that_cannot_travel_are_refused(
    tmp_path: Path, names: list[str | bytes], expected: list[str]
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in names:
        path = os.path.join(os.fsencode(source), os.fsencode(name))  # noqa: PTH118
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb"):  # noqa: PTH123
            pass
    with pytest.raises(PackageError) as caught:
        create_bag(source, tmp_path / "bag")
    assert problems(caught) == expected
    only(tmp_path, "source")


def test_names_that_are_only_awkward_are_warnings(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {"A": b"", "a": b"", "con.txt": b"", "x?": b""})
    made = create_bag(source, tmp_path / "bag")
    assert made.findings == (
        Finding(Code.CASE_TWINS, "a", seen="A"),
        Finding(Code.WINDOWS_NAME, "con.txt"),
        Finding(Code.WINDOWS_NAME, "x?"),
    )


def test_names_are_percent_encoded_on_request(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {"100%25\r\nx\r": b"y"})
    made = create_bag(source, tmp_path / "bag", encode_names=True)
    assert made.findings == (Finding(Code.NAME_ENCODED, "100%25\r\nx\r"),)
    line = f"{sha('sha256', b'y')}  data/100%2525%0D%0Ax%0D\n"
    assert (tmp_path / "bag/manifest-sha256.txt").read_text() == line


def test_links_and_devices_are_refused_all_at_once(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {"a": b"", "d/x": b""})
    (source / "link").symlink_to("a")
    (source / "folder").symlink_to("d")
    os.mkfifo(source / "d/fifo")
    with pytest.raises(PackageError) as caught:
        create_bag(source, tmp_path / "bag")
    assert problems(caught) == ["E122 d/fifo", "E122 folder", "E122 link"]
    only(tmp_path, "source")


def test_a_bag_is_not_bagged_by_accident(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {"a": b""})
    create_bag(source, tmp_path / "bag")
    before = tree_of(tmp_path)
    for arguments in ({"destination": tmp_path / "other"}, {"in_place": True}):
        with pytest.raises(Refused):
            create_bag(tmp_path / "bag", **arguments)
    assert tree_of(tmp_path) == before
    nested = plant(tmp_path / "nested", {"inner/bagit.txt": b"payload"})
    create_bag(nested, tmp_path / "outer")  # a bag deeper in the payload is payload
    only(tmp_path, "source", "bag", "nested", "outer")


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("x")])
def test_what_exists_is_never_replaced(tmp_path: Path, make: Any) -> None:
    source = plant(tmp_path / "source", {"a": b""})
    make(tmp_path / "bag")
    before = (tmp_path / "bag").lstat()
    with pytest.raises(Refused):
        create_bag(source, tmp_path / "bag")
    assert (tmp_path / "bag").lstat() == before
    only(tmp_path, "source", "bag")


def test_what_appears_meanwhile_is_not_replaced_either(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {"a": b""})

    def intrude(progress: Progress) -> None:
        if isinstance(progress, Advanced):
            plant(tmp_path / "bag", {"mine": b"!"})

    with pytest.raises(Refused):
        create_bag(source, tmp_path / "bag", observer=intrude)
    assert tree_of(tmp_path) == {"source/a": b"", "bag/mine": b"!"}
    only(tmp_path, "source", "bag")


def test_one_inside_the_other_is_refused(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {"sub/a": b""})
    (tmp_path / "link").symlink_to("source/sub")
    for destination in (source / "bag", tmp_path / "link" / "bag", source / ".." / "source" / "b"):
        with pytest.raises(Refused):
            create_bag(source, destination)
    assert tree_of(source) == {"sub/a": b""}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"algorithms": ["md5"]}, UsageError),
        ({"algorithms": ["sha-512"]}, UsageError),
        ({"algorithms": []}, UsageError),
        ({"bag_info": [("Payload-OXUM", "1.1")]}, UsageError),
        ({"bag_info": [("A:B", "1")]}, UsageError),
        ({"bag_info": [("A", "1 ")]}, UsageError),
        ({"destination": None}, UsageError),
        ({"in_place": True}, UsageError),
        ({"source_folder": "missing"}, NotFound),
        ({"source_folder": "source/a"}, NotAFile),
        ({"source_folder": "link"}, NotAFile),
        ({"destination": "nowhere/bag"}, Refused),
    ],
)
def test_wrong_arguments_change_nothing(
    tmp_path: Path, arguments: dict[str, Any], error: type[PreservaError]
) -> None:
    plant(tmp_path / "source", {"a": b""})
    (tmp_path / "link").symlink_to("source")
    asked: dict[str, Any] = {"source_folder": "source", "destination": "bag"} | arguments
    for key in ("source_folder", "destination"):
        asked[key] = asked[key] and tmp_path / asked[key]
    with pytest.raises(error):
        create_bag(**asked)
    only(tmp_path, "source", "link")


def change_when_opened(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    opened = Folder.open

    def changing(folder: Folder, name: str) -> int:
        descriptor = opened(folder, name)
        if folder.path / name == path:
            path.write_bytes(b"another length")
        return descriptor

    monkeypatch.setattr(Folder, "open", changing)


def test_a_file_that_changes_while_it_is_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = plant(tmp_path / "source", {"a": b"1", "b": b"2"})
    change_when_opened(monkeypatch, source / "b")
    with pytest.raises(PackageError) as caught:
        create_bag(source, tmp_path / "bag")
    assert problems(caught) == ["U105 b"]
    only(tmp_path, "source")


def test_in_place_notices_what_changed_after_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = plant(tmp_path / "source", {"a": b"1", "b": b"2"})
    change_when_opened(monkeypatch, source / "b")
    with pytest.raises(PackageError):
        create_bag(source, in_place=True)
    assert tree_of(tmp_path) == {"source/a": b"1", "source/b": b"another length"}
    only(tmp_path, "source")


def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = plant(tmp_path / "source", {"a": b"1", "b": b"2", "c": b"3" * 300_000})

    def broken(descriptor: int, buffers: Any) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "readv", broken)
    with pytest.raises(PackageError) as caught:
        plant(source, {"d": b"4" * 300_000})
        create_bag(source, tmp_path / "bag")
    assert problems(caught) == ["U101 c", "U101 d"]
    only(tmp_path, "source")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = plant(tmp_path / "source", {"a": b"1"})

    def full(descriptor: int, data: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageFull):
        create_bag(source, tmp_path / "bag")
    with pytest.raises(StorageFull):
        create_bag(source, in_place=True)
    monkeypatch.undo()
    assert tree_of(tmp_path) == {"source/a": b"1"}
    only(tmp_path, "source")


def test_a_medium_that_lies_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = plant(tmp_path / "source", {"a": b"1234"})
    synchronise_all = write_disk.synchronise_all

    def lying(root: Path, files: Iterable[str], folders: Iterable[str]) -> None:
        synchronise_all(root, files, folders)
        (root / "a").write_bytes(b"1235")

    monkeypatch.setattr("preserva.bag.create.create.synchronise_all", lying)
    with pytest.raises(StorageError):
        create_bag(source, tmp_path / "bag", read_back=True)
    only(tmp_path, "source")


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    source = plant(tmp_path / "source", {"a": b"1"})
    with write_disk.staging(staging_for(tmp_path / "bag")), pytest.raises(Locked):
        create_bag(source, tmp_path / "bag")
    with write_disk.locked_folder(journal_for(source)), pytest.raises(Locked):
        create_bag(source, in_place=True)
    only(tmp_path, "source", journal_for(source).name)


def test_roll_back_never_covers_what_stands_there_now(tmp_path: Path) -> None:
    journal = plant(tmp_path / ".source.preserva-in-place", {"data/a": b"old", "bagit.txt": b""})
    plant(tmp_path / "source", {"b": b"new"})
    with pytest.raises(Refused):
        roll_back(tmp_path / "source")
    with pytest.raises(Refused):
        create_bag(tmp_path / "source", in_place=True)
    assert tree_of(journal) == {"data/a": b"old", "bagit.txt": b""}
    (tmp_path / "source").rename(tmp_path / "elsewhere")
    assert roll_back(tmp_path / "source")
    assert tree_of(tmp_path) == {"source/a": b"old", "elsewhere/b": b"new"}
    assert not roll_back(tmp_path / "source")


def tar_of(folder: Path) -> bytes:
    stream = io.BytesIO()
    write_tar(folder_members(folder), stream, top="bag", mtime=86400)
    return stream.getvalue()


def test_the_tar_of_a_bag_is_the_same_to_the_byte(tmp_path: Path) -> None:
    tree = {**TREE, "deep/" * 30 + "ў" * 80: b"long"}
    for name, content in (("one", tree), ("two", dict(reversed(tree.items())))):
        source = plant(tmp_path / name, content)
        create_bag(source, tmp_path / f"{name}-bag")
    os.chmod(tmp_path / "two-bag/bagit.txt", 0o600)  # noqa: PTH101
    first = tar_of(tmp_path / "one-bag")
    assert first == tar_of(tmp_path / "two-bag")
    assert len(first) % tarfile.RECORDSIZE == 0
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        members = tar.getmembers()
        tar.extractall(tmp_path / "out", filter="data")
    assert [one.name for one in members] == sorted(one.name for one in members)
    assert {(one.uid, one.gid, one.mode, one.mtime, one.uname) for one in members} == {
        (0, 0, 0o644, 86400, "")
    }
    assert tree_of(tmp_path / "out/bag") == tree_of(tmp_path / "one-bag")


def test_a_tar_keeps_empty_folders_and_says_how_large_it_is(tmp_path: Path) -> None:
    create_bag(plant(tmp_path / "source", {}), tmp_path / "bag")
    stream = io.BytesIO()
    told = write_tar(folder_members(tmp_path / "bag"), stream, top="bag", mtime=0)
    assert told == (7, len(stream.getvalue()))
    with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as tar:
        assert tar.getmember("bag/data").isdir()


@pytest.mark.parametrize("content", [[b"12"], [b"12", b"34"]])
def test_a_member_of_another_size_ends_the_tar(content: list[bytes]) -> None:
    with pytest.raises(StorageError):
        write_tar([("a", 3, content)], io.BytesIO(), top="bag", mtime=0)


def test_a_tar_takes_no_links(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("x")
    with pytest.raises(NotAFile):
        tar_of(tmp_path)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("size", [10, 2_000_000])
def test_an_interrupt_leaves_all_as_it_was(tmp_path: Path, in_place: bool, size: int) -> None:
    source = plant(tmp_path / "source", {"a": b"1" * size, "b": b"2" * size})
    before = states_of(source)

    def interrupt(progress: Progress) -> None:
        if isinstance(progress, Advanced):
            raise KeyboardInterrupt

    destination = None if in_place else tmp_path / "bag"
    with pytest.raises(KeyboardInterrupt):
        create_bag(source, destination, in_place=in_place, observer=interrupt)
    assert states_of(source) == before
    only(tmp_path, "source")
