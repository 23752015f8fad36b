"""What the driver suite cannot ask of an object store: half of a publication, lines that fail."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store

from preserva.core.values.model import Entry, Kind
from preserva.errors import NotFound, Refused, StorageError, Unreachable, UsageError
from preserva.storage.base import CHUNK, chunks_of, read_all
from preserva.storage.open import open_storage
from preserva.storage.s3 import driver as s3
from preserva.storage.s3.driver import S3Storage
from tests.conftest import require
from tests.support.servers import Weed, find_weed, weed


@pytest.fixture
def storage(
    s3_server: Weed, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> S3Storage:
    """A storage below a prefix of this test."""
    for name, key in s3_server.keys.items():
        monkeypatch.setenv(name, key)
    return S3Storage(s3_server.url(request.node.name))


_FILES = ("0=declared", "inventory.json", "inventory.json.sha512", "v1/content/a", "v1/z")


@pytest.mark.parametrize("dies_at", range(len(_FILES)))
def test_half_of_a_publication_is_not_there_and_the_next_run_finishes_it(
    dies_at: int, storage: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the copy was at which its writer died, and though the next publishes less."""
    copied: list[str] = []
    copy = obstore.copy

    def dying(store: S3Store, one: str, other: str) -> None:
        if len(copied) == dies_at:
            raise InterruptedError
        copied.append(other)
        copy(store, one, other)

    _stage(storage)
    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(s3, "_COPIES_AT_ONCE", 1)
        patch.setattr(obstore, "copy", dying)
        storage.publish("staging/x", "kept/x")
    assert storage.stat("kept/x") is None
    assert "kept/x" not in {one.path for one in storage.walk("")}
    for look in (storage.children, lambda path: list(storage.walk(path))):
        with pytest.raises(NotFound):
            look("kept/x")
    storage.discard("staging/x/v1/z")
    storage.publish("staging/x", "kept/x")
    files = {one.path for one in storage.walk("kept/x") if one.kind is Kind.FILE}
    assert files == {f"kept/x/{name}" for name in _FILES if name != "v1/z"}
    assert storage.stat("kept/x") == Entry("kept/x", Kind.FOLDER)
    assert storage.stat("staging/x") is None
    _stage(storage)
    with pytest.raises(Refused, match="exists already"):
        storage.publish("staging/x", "kept/x")


def test_half_of_the_publication_of_one_file_is_not_there_either(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its writer died when it was copied and still hidden."""
    storage.create("staging/one", [b"1"])
    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(S3Storage, "_prove", interrupted)
        storage.publish("staging/one", "kept/one")
    assert storage.stat("kept/one") is None
    assert storage.stat("kept") is None
    storage.publish("staging/one", "kept/one")
    assert storage.stat("kept/one") == Entry("kept/one", Kind.FILE, 1)


def interrupted(*_arguments: object) -> None:
    """The end of a process."""
    raise InterruptedError


def test_what_says_that_all_is_there_is_copied_last(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For readers of the bucket that know nothing of us."""
    copied: list[str] = []
    copy = obstore.copy

    def noting(store: S3Store, one: str, other: str) -> None:
        copied.append(other.removeprefix("kept/"))
        copy(store, one, other)

    monkeypatch.setattr(obstore, "copy", noting)
    _stage(storage)
    storage.publish("staging/x", "kept")
    assert sorted(copied[:2]) == ["v1/content/a", "v1/z"]
    assert sorted(copied[2:4]) == ["inventory.json", "inventory.json.sha512"]
    assert copied[4:] == ["0=declared"]


def test_what_has_an_aim_is_never_copied_and_only_its_mark_hides_it(
    storage: S3Storage,
    s3_server: Weed,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another process sees nothing of it, nor of the folders that hold nothing else."""
    monkeypatch.delattr(obstore, "copy")
    storage.reserve("staging/x", "kept/deep/x")
    storage.create("staging/x/a", [b"1"])
    other = S3Storage(s3_server.url(request.node.name))
    assert other.stat("kept") is None
    assert [one.path for one in other.children("")] == ["staging"]
    with pytest.raises(NotFound):
        other.children("kept")
    with pytest.raises(NotFound):
        list(other.walk("kept/deep/x"))
    storage.publish("staging/x", "kept/deep/x")
    assert read_all(other, "kept/deep/x/a", 10) == b"1"
    with pytest.raises(Refused, match="exists already"):
        storage.reserve("staging/y", "kept/deep/x")


@pytest.mark.parametrize("follows", ["goes on", "discards"])
def test_what_a_dead_process_asked_for_shows_nothing_when_it_comes_late(
    follows: str, storage: S3Storage
) -> None:
    """Its mark was replaced before anything else was done; if it came early, that is respected."""
    storage.reserve("staging/x", "kept/x")
    storage.create("staging/x/a", [b"1"])
    (dead,) = storage._reservations.marks()
    if follows == "goes on":
        storage.reserve("staging/x", "kept/x")
        obstore.delete(storage.store, dead.path)
        assert storage.stat("kept/x") is None
        storage.publish("staging/x", "kept/x")
        assert storage.stat("kept/x") is not None
    else:
        empty = storage._reservations._empty

        def late(key: str) -> None:
            obstore.delete(storage.store, dead.path)
            assert storage.stat("kept/x") is None
            empty(key)

        storage._reservations._empty = late
        storage.discard("staging/x")
        assert storage._reservations.marks() == []
        assert not storage._any("kept")


def test_what_was_shown_before_its_mark_could_be_replaced_stays(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion of a dead process comes between the look at its mark and the new one."""
    storage.reserve("staging/x", "kept/x")
    storage.create("staging/x/a", [b"1"])
    (dead,) = storage._reservations.marks()
    put = obstore.put

    def overtaken(store: S3Store, path: str, *rest: object, **named: object) -> object:
        obstore.delete(store, dead.path)
        return put(store, path, *rest, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(obstore, "put", overtaken)
        with pytest.raises(Refused, match="exists already"):
            storage.reserve("staging/x", "kept/x")
    storage.discard("staging/x")
    assert storage._reservations.marks() == []
    assert read_all(storage, "kept/x/a", 10) == b"1"


def _stage(storage: S3Storage) -> None:
    for name in _FILES:
        storage.create(f"staging/x/{name}", [name.encode()])


def test_long_files_go_in_parts_and_come_back_whole(storage: S3Storage) -> None:
    """And one whose source fails leaves nothing."""
    content = bytes(range(251)) * ((70 << 20) // 251)
    pieces = (content[at : at + 3_000_001] for at in range(0, len(content), 3_000_001))
    storage.create("staging/long", pieces)
    storage.publish("staging/long", "long")
    with storage.open("long") as reader:
        assert reader.read(5) == content[:5]
        assert b"".join(chunks_of(reader)) == content[5:]
    with pytest.raises(StorageError, match="exists already"):
        storage._create_long("long", [b"1"])

    def failing() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(CHUNK)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        storage.create("staging/failing", failing())
    assert storage.stat("staging/failing") is None


def test_a_copy_that_is_not_the_same_is_never_shown(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that changes a byte while it copies is caught."""

    def lying(store: S3Store, one: str, other: str) -> None:
        obstore.put(store, other, b"x" * obstore.head(store, one)["size"])

    storage.create("staging/x/a", [b"good"])
    with monkeypatch.context() as patch:
        patch.setattr(obstore, "copy", lying)
        with pytest.raises(StorageError, match="differs from its source"):
            storage.publish("staging/x", "kept")
    assert storage.stat("kept") is None
    storage.publish("staging/x", "kept")
    assert read_all(storage, "kept/a", 10) == b"good"


def test_no_secret_stands_in_a_url_or_an_error(
    storage: S3Storage, s3_server: Weed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing leaves this machine unencrypted."""
    for url in (
        "s3://key:secret@bucket/x",
        "s3://bucket/x?secret_access_key=secret",
        "s3://bucket/x?endpoint=http://example.org",
        "s3:///x",
    ):
        with pytest.raises(UsageError) as caught:
            open_storage(url)
        assert "secret" not in str(caught.value).replace(url, "")
        assert "key:secret" not in str(caught.value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    with pytest.raises(StorageError) as refused:
        S3Storage(s3_server.url("x")).stat("a")
    assert "another-secret" not in str(refused.value)


def test_a_bucket_that_is_not_there_is_said_to_be(storage: S3Storage, s3_server: Weed) -> None:
    """It is no empty storage."""
    with pytest.raises(StorageError, match="no bucket"):
        S3Storage(s3_server.url("x").replace("books", "nothing")).stat("")


def test_a_stopped_server_is_unreachable_and_then_reached_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle of reading a file, and before writing another."""
    require(find_weed() is not None, "SeaweedFS (weed) is not installed")
    with weed(tmp_path / "weed") as server:
        for name, key in server.keys.items():
            monkeypatch.setenv(name, key)
        storage = S3Storage(server.url("x"))
        storage.create("long", (bytes(CHUNK) for _ in range(40)))
        with storage.open("long") as reader:
            reader.read(10)
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            with pytest.raises(Unreachable):
                reader.read(40 * CHUNK)
        with pytest.raises(Unreachable):
            storage.create("new", [b"1"])
