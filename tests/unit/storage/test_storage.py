"""The promises of a storage, tested once for every driver."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from preserva.core.values.model import Entry, Kind
from preserva.errors import Locked, NotAFile, NotFound, Refused, StorageError
from preserva.storage.base import Storage, chunks_of, read_all
from preserva.storage.local import LocalStorage
from preserva.storage.open import open_storage
from preserva.storage.wrappers.rate_limit import RateLimit
from preserva.storage.wrappers.retry import Retry
from tests.conftest import ROOT
from tests.support.servers import Sshd, Weed

_NUMBERS = count()
_LEASE = 3600.0  # seconds: however slow the machine is, none runs out in a test
_IMPATIENT = 0.4  # seconds after which the lock of a process that is known to be dead is taken


@dataclass
class Place:
    """An empty place for one storage, at which several processes can open it."""

    url: str
    leased: bool = False  # a dead writer's lock is free after a while, and not at once

    def open(self, lease: float = _LEASE) -> Storage:
        """The storage, as another process would open it."""
        return open_place(self.url, lease)


def open_place(url: str, lease: float = _LEASE) -> Storage:
    """Also called in a process of its own, which is then killed."""
    around, separator, folder = url.partition(":")
    if separator and around == "limited":
        return RateLimit(LocalStorage(Path(folder)), 1e12, clock=time.monotonic, sleep=time.sleep)
    if separator and around == "retried":
        return Retry(LocalStorage(Path(folder)), sleep=time.sleep)
    if url.startswith("sftp://"):
        from preserva.storage.sftp.driver import SftpStorage

        return SftpStorage(url, lease=lease)
    if url.startswith("s3://"):
        from preserva.storage.s3.driver import S3Storage

        return S3Storage(url, lease=lease)
    if url.startswith("fs+"):
        from preserva.storage.pyfilesystem import PyFilesystemStorage

        return PyFilesystemStorage(url, lease=lease)
    return open_storage(url)


_SERVED = ["s3", "sftp"]


@pytest.fixture(params=["limited", "local", "memory", "pyfs", "retried", *_SERVED])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place of each kind."""
    if request.param == "sftp":
        server: Sshd = request.getfixturevalue("sftp_server")
        monkeypatch.setenv("PRESERVA_SSH_CONFIG", str(server.ssh_config))
        return Place(server.url(tmp_path / "storage"), leased=True)
    if request.param == "memory":
        return Place(f"memory://{next(_NUMBERS)}")
    if request.param in {"limited", "retried"}:
        return Place(f"{request.param}:{tmp_path}/storage")
    if request.param == "pyfs":
        return Place(f"fs+osfs://{tmp_path}/storage", leased=True)
    if request.param == "s3":
        store: Weed = request.getfixturevalue("s3_server")
        for name, key in store.keys.items():
            monkeypatch.setenv(name, key)
        return Place(store.url(f"storage-{next(_NUMBERS)}"), leased=True)
    return Place(str(tmp_path / "storage"))


@pytest.fixture
def storage(place: Place) -> Iterator[Storage]:
    """A new, empty storage of each kind."""
    made = place.open()
    with made.lock("test"):
        pass
    yield made
    made.close()


def test_what_is_created_is_read_back(storage: Storage) -> None:
    """In pieces, from the cache and from the medium."""
    storage.create("staging/a/b", [b"one", b"", b"two"])
    storage.flush("staging/a")
    for bypass_cache in (False, True):
        with storage.open("staging/a/b", bypass_cache=bypass_cache) as reader:
            assert b"".join(chunks_of(reader)) == b"onetwo"
    assert storage.stat("staging/a/b") == Entry("staging/a/b", Kind.FILE, 6)


def test_creating_never_overwrites(storage: Storage) -> None:
    """The first content stays."""
    storage.create("staging/a", [b"1"])
    with pytest.raises(StorageError):
        storage.create("staging/a", [b"2"])
    assert read_all(storage, "staging/a", 10) == b"1"


def test_publishing_makes_a_whole_folder_visible(storage: Storage) -> None:
    """And takes it out of staging."""
    storage.create("staging/x/deep/file", [b"1"])
    storage.create("staging/x/other", [b"2"])
    storage.publish("staging/x", "kept/here/x")
    assert sorted(entry.path for entry in storage.walk("kept")) == [
        "kept/here",
        "kept/here/x",
        "kept/here/x/deep",
        "kept/here/x/deep/file",
        "kept/here/x/other",
    ]
    assert storage.stat("staging/x") is None


def test_publishing_never_overwrites(storage: Storage) -> None:
    """Neither a file nor a folder."""
    storage.create("staging/x", [b"1"])
    storage.publish("staging/x", "kept")
    storage.create("staging/x", [b"2"])
    with pytest.raises(Refused):
        storage.publish("staging/x", "kept")
    assert read_all(storage, "kept", 10) == b"1"


def test_a_folder_with_an_aim_is_in_staging_until_it_is_published(
    storage: Storage, place: Place
) -> None:
    """Wherever its bytes lie: the same paths show it, an interrupted run goes on with it."""
    with storage.lock("first"):
        storage.reserve("staging/x/v2", "kept/x/v2")
        storage.create("staging/x/v2/content/a", [b"1"])
        storage.create("staging/x/v2/wrong", [b"2"])
    later = place.open() if place.leased else storage
    with later.lock("second"):
        assert later.stat("kept") is None
        assert "staging/x" in {one.path for one in later.children("staging")}
        assert later.children("staging/x") == [Entry("staging/x/v2", Kind.FOLDER)]
        later.reserve("staging/x/v2", "kept/x/v2")
        assert {one.path for one in later.walk("staging/x/v2")} == {
            "staging/x/v2/content",
            "staging/x/v2/content/a",
            "staging/x/v2/wrong",
        }
        later.discard("staging/x/v2/wrong")
        later.create("staging/x/v2/content/b", [b"3"])
        assert later.stat("staging/x/v2/content") == Entry("staging/x/v2/content", Kind.FOLDER)
        later.flush("staging/x/v2")
        assert later.children("staging/x/v2/content") == [
            Entry("staging/x/v2/content/a", Kind.FILE, 1),
            Entry("staging/x/v2/content/b", Kind.FILE, 1),
        ]
        assert read_all(later, "staging/x/v2/content/a", 10) == b"1"
        assert later.stat("kept") is None
        later.publish("staging/x/v2", "kept/x/v2")
    assert later.stat("staging/x/v2") is None
    assert [one.path for one in later.children("kept/x/v2")] == ["kept/x/v2/content"]
    assert read_all(later, "kept/x/v2/content/b", 10) == b"3"
    later.close()


def test_a_folder_with_an_aim_can_be_discarded(storage: Storage) -> None:
    """And then nothing of it is left anywhere, and its path is free for another."""
    with storage.lock("test"):
        storage.reserve("staging/x", "kept/x")
        storage.create("staging/x/a", [b"1"])
        storage.create("staging/x/b/c", [b"2"])
        storage.discard("staging/x")
        assert storage.stat("staging/x") is None
        assert [one.path for one in storage.walk("") if "kept" in one.path] == []
        storage.reserve("staging/y", "kept/x")
        storage.create("staging/y/d", [b"3"])
        storage.publish("staging/y", "kept/x")
        storage.discard("staging/y")
        found = [one.path for one in storage.walk("kept/x") if one.kind is Kind.FILE]
        assert found == ["kept/x/d"]


def test_replacing_puts_new_content_in_place(storage: Storage) -> None:
    """Whole, and as often as needed."""
    storage.replace("file", b"1")
    storage.replace("file", b"22")
    assert read_all(storage, "file", 10) == b"22"


def test_only_staging_can_be_discarded(storage: Storage) -> None:
    """What is kept is kept for good."""
    storage.create("staging/x/y", [b"1"])
    storage.publish("staging/x", "kept")
    for path in ("kept", "kept/y", "staging", "", "staging/../kept"):
        with pytest.raises((Refused, StorageError)):
            storage.discard(path)
    assert read_all(storage, "kept/y", 10) == b"1"
    storage.create("staging/z/y", [b"1"])
    storage.discard("staging/z")
    storage.discard("staging/z")
    assert storage.stat("staging/z") is None


def test_what_was_damaged_is_quarantined_whole(storage: Storage) -> None:
    """A file or a folder, to quarantine alone, and never over what lies there."""
    for name in ("a", "b"):
        storage.create(f"staging/{name}/file", [name.encode()])
        storage.publish(f"staging/{name}", f"kept/{name}")
    storage.quarantine("kept/a/file", "quarantine/1/file")
    storage.quarantine("kept/b", "quarantine/1/b")
    assert storage.stat("kept/a/file") is storage.stat("kept/b") is None
    assert read_all(storage, "quarantine/1/file", 10) == b"a"
    assert read_all(storage, "quarantine/1/b/file", 10) == b"b"
    storage.create("staging/c", [b"c"])
    storage.publish("staging/c", "kept/c")
    for taken in ("quarantine/1/file", "elsewhere/c", "quarantine", "staging/c"):
        with pytest.raises(Refused):
            storage.quarantine("kept/c", taken)
    with pytest.raises(NotFound):
        storage.quarantine("kept/nothing", "quarantine/nothing")
    assert read_all(storage, "kept/c", 10) == b"c"


def test_what_is_to_be_removed_goes_to_staging_first(storage: Storage) -> None:
    """A whole folder, and only to the place from which it is discarded."""
    storage.create("staging/a/deep/file", [b"a"])
    storage.publish("staging/a", "kept/a")
    for elsewhere in ("staging/other/a", "staging/removed", "removed/a"):
        with pytest.raises(Refused):
            storage.quarantine("kept/a", elsewhere)
    storage.quarantine("kept/a", "staging/removed/one/a-1")
    assert storage.stat("kept/a") is None
    storage.publish("staging/removed/one/a-1/deep/file", "tombstones/one/file")
    storage.discard("staging/removed/one")
    assert storage.stat("staging/removed/one") is None
    assert read_all(storage, "tombstones/one/file", 10) == b"a"
    with pytest.raises(Refused):
        storage.discard("tombstones/one")


def test_a_file_that_was_cut_short_is_gone_on_with(storage: Storage) -> None:
    """In staging alone."""

    def broken() -> Iterator[bytes]:
        yield b"one"
        raise InterruptedError

    with pytest.raises(InterruptedError):
        storage.create("staging/a", broken())
    entry = storage.stat("staging/a")
    if entry is None:  # this driver leaves all or nothing
        with pytest.raises(StorageError):
            storage.extend("staging/a", [b"two"])
        return
    storage.extend("staging/a", [b"onetwo"[entry.size :]])
    storage.publish("staging/a", "kept")
    assert read_all(storage, "kept", 10) == b"onetwo"
    with pytest.raises(Refused):
        storage.extend("kept", [b"three"])
    assert read_all(storage, "kept", 10) == b"onetwo"


def test_what_is_not_there_is_said_to_be_missing(storage: Storage) -> None:
    """With its path."""
    assert storage.stat("nothing") is None
    for act in (storage.open, storage.children, storage.flush):
        with pytest.raises(NotFound) as caught:
            act("nothing")
        assert caught.value.path == "nothing"


@pytest.mark.parametrize("path", ["../x", "/x", "a/../b", "a//b", "a/./b", "a\0b"])
def test_no_path_leads_outside(storage: Storage, path: str) -> None:
    """Whatever stands in an inventory."""
    for act in (storage.open, storage.stat, lambda one: storage.create(one, [])):
        with pytest.raises(StorageError):
            act(path)


def test_reading_is_bounded(storage: Storage) -> None:
    """A small file that is not small is refused."""
    storage.create("staging/x", [b"12345"])
    with pytest.raises(StorageError, match="larger"):
        read_all(storage, "staging/x", 4)


def test_names_are_kept_as_bytes(storage: Storage) -> None:
    """й in its two forms is two files."""
    for name in ("й", "и\u0306", "ў", "ё"):
        storage.create(f"staging/n/{name}", [name.encode()])
    assert {one.path for one in storage.children("staging/n")} == {
        "staging/n/й",
        "staging/n/и\u0306",
        "staging/n/ў",
        "staging/n/ё",
    }


_DYING = """
import sys, time
from tests.unit.storage.test_storage import open_place
with open_place(sys.argv[1]).lock("a process that dies"):
    print("locked", flush=True)
    time.sleep(600)
"""


def test_one_writer_at_a_time(storage: Storage, place: Place) -> None:
    """The second is told who the first is; after a kill the lock becomes free."""
    other = place.open()
    with storage.lock("the first"), pytest.raises(Locked, match="the first"):
        other.lock("the second").__enter__()
    with other.lock("the second"):
        pass
    if place.url.startswith("memory://"):
        return  # no other process can get at it
    command = [sys.executable, "-c", _DYING, place.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as dying:
        assert dying.stdout is not None and dying.stdout.readline() == b"locked\n"
        with pytest.raises(Locked, match="a process that dies"), storage.lock("me"):
            pass
        dying.kill()
    if place.leased:
        with pytest.raises(Locked, match="a process that dies"), storage.lock("me"):
            pass
        other.close()
        other = place.open(_IMPATIENT)
    _lock_at_last(other)
    other.close()


def _lock_at_last(storage: Storage) -> None:
    """Take the lock of a dead process when its lease has run out; some clocks know only seconds."""
    for _try in range(100):
        try:
            with storage.lock("me"):
                return
        except Locked:
            time.sleep(0.1)
    raise AssertionError("the lock of the killed process never became free")


def test_links_and_devices_are_never_opened(tmp_path: Path) -> None:
    """A FIFO makes nobody wait, a link leads nowhere."""
    storage = LocalStorage(tmp_path)
    (tmp_path / "secret").write_text("s")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo"):
        with pytest.raises(NotAFile):
            storage.open(name)
    kinds = {entry.path: entry.kind for entry in storage.children("")}
    assert (kinds["link"], kinds["fifo"]) == (Kind.LINK, Kind.OTHER)


@pytest.fixture(params=["local", "pyfs", "sftp"])
def on_disk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Storage]:
    """A storage of each kind that has links; its files are below tmp_path / "storage"."""
    place = str(tmp_path / "storage")
    if request.param == "pyfs":
        place = f"fs+osfs://{place}"
    if request.param == "sftp":
        server: Sshd = request.getfixturevalue("sftp_server")
        monkeypatch.setenv("PRESERVA_SSH_CONFIG", str(server.ssh_config))
        place = server.url(tmp_path / "storage")
    storage = open_place(place)
    for name in ("a", "b"):
        storage.create(f"staging/{name}/deep/file", [b"1"])
    storage.create("staging/c/deep/file", [b"1"])
    storage.publish("staging/c", "kept/c")
    yield storage
    storage.close()


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that is in a folder."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


Call = Callable[[Storage, str], object]
_CALLS: dict[str, Call] = {
    "stat": lambda storage, folder: storage.stat(f"{folder}/file"),
    "children": lambda storage, folder: storage.children(folder),
    "walk": lambda storage, folder: list(storage.walk(folder)),
    "open": lambda storage, folder: storage.open(f"{folder}/file"),
    "create": lambda storage, folder: storage.create(f"{folder}/new", [b"2"]),
    "create deeper": lambda storage, folder: storage.create(f"{folder}/new/er", [b"2"]),
    "extend": lambda storage, folder: storage.extend(f"{folder}/file", [b"2"]),
    "flush": lambda storage, folder: storage.flush(f"{folder}/file"),
    "publish": lambda storage, folder: storage.publish(f"{folder}/file", "kept/new"),
    "publish there": lambda storage, folder: storage.publish("staging/b", f"{folder}/b"),
    "replace": lambda storage, folder: storage.replace(f"{folder}/file", b"2"),
    "quarantine": lambda storage, folder: storage.quarantine(f"{folder}/file", "quarantine/x"),
    "discard": lambda storage, folder: storage.discard(f"{folder}/file"),
}


@pytest.mark.parametrize("linked", ["staging/a", "staging/a/deep"])
@pytest.mark.parametrize("call", _CALLS)
def test_no_folder_above_is_ever_a_link(
    call: str, linked: str, on_disk: Storage, tmp_path: Path
) -> None:
    """Whatever is asked for: a storage of someone else could hold one that leads to our files."""
    outside = tmp_path / "outside"
    (tmp_path / "storage" / linked).rename(outside)
    (tmp_path / "storage" / linked).symlink_to(outside)
    before = contents(outside)
    on_disk.close()  # another process comes and finds the link
    on_disk.discard("staging/nothing")  # SFTP and PyFilesystem look at folders anew after this
    storage = open_place(on_disk.url)
    with pytest.raises(NotAFile):
        _CALLS[call](storage, "staging/a/deep")
    assert contents(outside) == before
    assert not (tmp_path / "storage" / "kept" / "new").exists()
    assert (tmp_path / "storage" / "staging" / "b" / "deep" / "file").is_file()
    storage.close()


def test_a_link_in_staging_is_removed_and_not_what_it_leads_to(
    on_disk: Storage, tmp_path: Path
) -> None:
    """Nor is it published, nor anything that holds it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("precious")
    for link in ("staging/a", "staging/b/deep"):
        shutil.rmtree(tmp_path / "storage" / link)
        (tmp_path / "storage" / link).symlink_to(outside)
    for staged in ("staging/a", "staging/b"):
        with pytest.raises(NotAFile):
            on_disk.publish(staged, "kept/new")
        on_disk.discard(staged)
    assert [entry.path for entry in on_disk.children("kept")] == ["kept/c"]
    assert (outside / "file").read_text() == "precious"
    assert not list(tmp_path.glob("storage/staging/[ab]"))


def test_the_lock_and_what_is_extended_have_no_second_name(tmp_path: Path) -> None:
    """A hard link would have the holder's name, or our bytes, written into another file."""
    storage = LocalStorage(tmp_path / "storage")
    storage.create("staging/x", [b"1"])
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "storage" / "staging" / "x").unlink()
    for name in ("x", "lock"):
        (tmp_path / "storage" / "staging" / name).hardlink_to(victim)
    with pytest.raises(NotAFile):
        storage.extend("staging/x", [b"2"])
    with pytest.raises(NotAFile):
        storage.lock("me").__enter__()
    assert victim.read_text() == "precious"


def test_a_folder_that_becomes_a_link_between_two_calls_is_not_followed(tmp_path: Path) -> None:
    """Though it was open already."""
    storage = LocalStorage(tmp_path / "storage")
    storage.create("staging/x/a", [b"1"])
    (tmp_path / "outside").mkdir()
    (tmp_path / "storage" / "staging" / "x").rename(tmp_path / "storage" / "staging" / "y")
    (tmp_path / "storage" / "staging" / "x").symlink_to(tmp_path / "outside")
    with pytest.raises(NotAFile, match="staging/x is not a folder"):
        storage.create("staging/x/b", [b"2"])
    assert list((tmp_path / "outside").iterdir()) == []
    assert storage.children("staging/y") == [Entry("staging/y/a", Kind.FILE, 1)]


def test_urls_choose_the_driver(tmp_path: Path) -> None:
    """A folder, or a file URL."""
    assert open_storage(str(tmp_path)).url == str(tmp_path)
    assert open_storage(f"file://{tmp_path}").url == str(tmp_path)
