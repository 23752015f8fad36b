"""What the driver suite cannot ask of SFTP: whom it trusts, what it says when the line fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import asyncssh
import pytest

from preserva.core.values.limitations import Limitation
from preserva.core.values.model import Entry, Kind
from preserva.errors import Locked, LockLost, NotAFile, StorageError, Unreachable, UsageError
from preserva.storage.base import CHUNK, chunks_of, read_all
from preserva.storage.open import open_storage
from preserva.storage.sftp.connection import SSH_CONFIG
from preserva.storage.sftp.driver import SftpStorage
from preserva.storage.sftp.requests import SMALL
from tests.conftest import ROOT
from tests.support.requests import counted_sftp
from tests.support.servers import Sshd, sshd


@pytest.fixture
def storage(
    sftp_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SftpStorage]:
    """A storage in a folder of this test."""
    monkeypatch.setenv(SSH_CONFIG, str(sftp_server.ssh_config))
    made = SftpStorage(sftp_server.url(tmp_path))
    yield made
    made.close()


def _content(size: int) -> bytes:
    return bytes(range(251)) * (size // 251 + 1)


def test_long_files_go_both_ways_in_pieces(storage: SftpStorage, tmp_path: Path) -> None:
    """Pieces of any size, several on their way at once, in their order."""
    content = _content(9 * CHUNK)[: 9 * CHUNK + 17]
    pieces = [content[at : at + 700_001] for at in range(0, len(content), 700_001)]
    storage.create("staging/long", pieces)
    assert (tmp_path / "staging/long").read_bytes() == content
    with storage.open("staging/long") as reader:
        assert reader.read(5) == content[:5]
        assert reader.read(3 * CHUNK) == content[5 : 5 + 3 * CHUNK]
        assert b"".join(chunks_of(reader)) == content[5 + 3 * CHUNK :]
        assert reader.read(1) == b""


def test_files_around_the_size_of_one_request_go_both_ways(
    storage: SftpStorage,
) -> None:
    """Those that are written, synced and closed in one flight, and those that just are not."""
    for size in (0, 1, SMALL - 1, SMALL, SMALL + 1, CHUNK, CHUNK + 1):
        content = _content(size)[:size]
        path = f"staging/size/{size}"
        storage.create(path, [content])
        assert read_all(storage, path, size) == content
        assert storage.stat(path) == Entry(path, Kind.FILE, size)


def test_a_folder_that_many_threads_need_is_made_once(storage: SftpStorage) -> None:
    """And asked for once: each request is a wait."""
    storage.create("staging/first", [b"1"])
    with counted_sftp() as requests, ThreadPoolExecutor(16) as pool:
        paths = [f"staging/deep/er/still/{number}" for number in range(16)]
        list(pool.map(lambda path: storage.create(path, [b"1"]), paths))
    assert requests.counts["mkdir"] == 3
    assert sorted(entry.path for entry in storage.walk("staging/deep/er")) == sorted(
        ["staging/deep/er/still", *paths]
    )


def test_a_folder_that_one_thread_failed_to_make_is_made_by_those_who_waited(
    storage: SftpStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first one was told is not what the others may conclude."""
    storage.create("staging/first", [b"1"])
    folders = storage._folders
    claim, make_all = folders._claim, folders._make_all
    begun, waiting = threading.Event(), threading.Event()

    def claiming(chain: list[str], done: Future[None], *, staging: bool) -> object:
        claimed = claim(chain, done, staging=staging)
        if isinstance(claimed, Future):
            waiting.set()
        return claimed

    def failing_once(chain: list[str]) -> list[str]:
        if begun.is_set():
            return make_all(chain)
        begun.set()
        assert waiting.wait(60)
        raise Unreachable("the line was cut")

    monkeypatch.setattr(folders, "_claim", claiming)
    monkeypatch.setattr(folders, "_make_all", failing_once)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(storage.create, "staging/deep/er/1", [b"1"])
        assert begun.wait(60)
        second = pool.submit(storage.create, "staging/deep/er/2", [b"2"])
        with pytest.raises(Unreachable):
            first.result()
        assert second.result() is None
    assert read_all(storage, "staging/deep/er/2", 10) == b"2"


def test_many_threads_share_the_connection(storage: SftpStorage, tmp_path: Path) -> None:
    """Each in folders that others make too."""
    names = [f"staging/{n % 7}/{n % 3}/{n}" for n in range(300)]
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda name: storage.create(name, [name.encode()]), names))
        found = list(pool.map(lambda name: read_all(storage, name, 100), names))
    assert found == [name.encode() for name in names]
    assert sum(one.is_file() for one in (tmp_path / "staging").rglob("*")) == 300


def test_the_first_calls_of_a_process_may_come_at_once(storage: SftpStorage) -> None:
    """They find one event loop and one connection."""
    code = (
        "import sys; from concurrent.futures import ThreadPoolExecutor;"
        "from preserva.storage.sftp.driver import SftpStorage; storage = SftpStorage(sys.argv[1]);"
        "pool = ThreadPoolExecutor(32); begin = __import__('threading').Barrier(32);"
        "print(set(pool.map(lambda n: begin.wait() is None or storage.stat(''), range(32))))"
    )
    command = [sys.executable, "-c", code, storage.url]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, timeout=60)
    assert done.stdout.count(b"Kind.FOLDER") == 1


def test_an_unknown_server_is_never_trusted(
    sftp_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither without a key, nor with another one, nor where the check is turned off."""
    line = (sftp_server.folder / "known_hosts").read_text().split()
    other = (sftp_server.folder / "client.pub").read_text().split()
    known = tmp_path / "known"
    config = tmp_path / "config"
    key = f"Host *\n  IdentityFile {sftp_server.folder}/client\n"
    monkeypatch.setenv(SSH_CONFIG, str(config))
    monkeypatch.setenv("HOME", str(tmp_path))
    for said, rule, message in (
        ("", str(known), r"host key of 127\.0\.0\.1 is not known: ssh-ed25519 SHA256:"),
        (
            f"{line[0]} {other[0]} {other[1]}\n",
            str(known),
            r"a different host key than before: ssh-ed25519 SHA256:\S+; known is ssh-\S+ SHA256:",
        ),
        ("", "none", "could not be verified"),
    ):
        known.write_text(said)
        config.write_text(f"{key}  UserKnownHostsFile {rule}\n")
        with pytest.raises(StorageError, match=message) as caught:
            SftpStorage(sftp_server.url(tmp_path)).stat("")
        assert "known_hosts" in (caught.value.advice() or "")
        assert not isinstance(caught.value, Unreachable)


def test_a_key_that_is_not_let_in_is_said_to_be(
    sftp_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do; no password is asked for."""
    config = tmp_path / "config"
    config.write_text(
        f"Host *\n  IdentityFile {sftp_server.folder}/host\n"
        f"  UserKnownHostsFile {sftp_server.folder}/known_hosts\n"
    )
    monkeypatch.setenv(SSH_CONFIG, str(config))
    with pytest.raises(StorageError, match="denied access") as caught:
        SftpStorage(sftp_server.url(tmp_path)).stat("")
    assert "authorized_keys" in (caught.value.advice() or "")


def test_a_key_that_cannot_be_used_is_said_to_be(
    sftp_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a passphrase, or no key at all, or not there: what it is, and what to do."""
    config = tmp_path / "config"
    monkeypatch.setenv(SSH_CONFIG, str(config))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "locked", "pkcs8-pem", passphrase="words")
    (tmp_path / "rubbish").write_text("this is no key")
    for name, message, advice in (
        ("locked", "private SSH key cannot be used", "ssh-add"),
        ("rubbish", "private SSH key cannot be used", "ssh-add"),
        ("missing", "SSH configuration cannot be used", "ssh/config"),
    ):
        config.write_text(
            f"Host *\n  IdentityFile {tmp_path / name}\n"
            f"  UserKnownHostsFile {sftp_server.folder}/known_hosts\n"
        )
        with pytest.raises(StorageError, match=message) as caught:
            SftpStorage(sftp_server.url(tmp_path)).stat("")
        assert advice in (caught.value.advice() or "")
        assert not isinstance(caught.value, Unreachable)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    """It would stand in logs."""
    with pytest.raises(UsageError) as caught:
        open_storage("sftp://user:secret@host/folder")
    assert "secret" not in str(caught.value)
    with pytest.raises(UsageError):
        open_storage("sftp:///folder")


def test_links_are_never_followed(storage: SftpStorage, tmp_path: Path) -> None:
    """A FIFO makes nobody wait."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    (tmp_path / "link").symlink_to(outside / "secret")
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo"):
        with pytest.raises(NotAFile):
            storage.open(name)
    storage.create("staging/x/a", [b"1"])
    (tmp_path / "kept").symlink_to(outside)
    (tmp_path / "staging/away").symlink_to(outside)
    for act, arguments in (
        (storage.publish, ("staging/x", "kept/x")),
        (storage.replace, ("kept/secret", b"1")),
        (storage.create, ("staging/away/new", [b"1"])),
        (storage.extend, ("staging/away/secret", [b"1"])),
        (storage.discard, ("staging/away/secret",)),
    ):
        with pytest.raises(NotAFile):
            act(*arguments)
    storage.discard("staging/away")
    assert [one.name for one in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "s"


def test_a_killed_server_is_unreachable_and_then_reached_again(
    sftp_server: Sshd, storage: SftpStorage
) -> None:
    """In the middle of a file that is written, and of one that is read."""

    def cut() -> Iterator[bytes]:
        for _ in range(3):
            yield bytes(CHUNK)
        for session in sftp_server.sessions():
            os.kill(session, signal.SIGKILL)
        for _ in range(60):
            yield bytes(CHUNK)

    with pytest.raises(Unreachable) as caught:
        storage.create("staging/cut", cut())
    assert caught.value.path == "staging/cut"
    entry = storage.stat("staging/cut")
    assert entry is not None
    assert entry.size < 63 * CHUNK
    storage.extend("staging/cut", [bytes(63 * CHUNK - entry.size)])
    with storage.open("staging/cut") as reader:
        reader.read(CHUNK)
        for session in sftp_server.sessions():
            os.kill(session, signal.SIGKILL)
        with pytest.raises(Unreachable):
            reader.read(62 * CHUNK)
    assert (storage.stat("staging/cut") or entry).size == 63 * CHUNK


def test_a_stalled_server_is_not_waited_for(
    sftp_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call ends."""
    monkeypatch.setenv(SSH_CONFIG, str(sftp_server.ssh_config))
    storage = SftpStorage(sftp_server.url(tmp_path), timeout=1.0)
    storage.create("file", [b"1"])
    stopped = sftp_server.sessions()
    for session in stopped:
        os.kill(session, signal.SIGSTOP)
    try:
        with pytest.raises(Unreachable, match="no answer in 1 s"):
            storage.stat("file")
    finally:
        for session in stopped:
            os.kill(session, signal.SIGCONT)
    assert read_all(storage, "file", 10) == b"1"
    storage.close()


def test_nobody_at_the_port_is_unreachable(tmp_path: Path) -> None:
    """Said with the URL."""
    with pytest.raises(Unreachable, match=r"sftp://127\.0\.0\.1:9/"):
        SftpStorage("sftp://127.0.0.1:9/x").stat("")


def test_what_a_server_cannot_do_is_found_out(
    storage: SftpStorage,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An OpenSSH that was told to do neither; then nothing that is there is overwritten."""
    always = (Limitation.CACHED_READS, Limitation.LINKS_LOOKED_AT_FIRST)
    assert storage.limitations() == always
    forbid = "-P posix-rename,fsync"
    with sshd(tmp_path_factory.mktemp("old") / "sshd", forbid) as server:
        monkeypatch.setenv(SSH_CONFIG, str(server.ssh_config))
        poor = SftpStorage(server.url(tmp_path))
        assert poor.limitations() == (
            *always,
            Limitation.NO_POSIX_RENAME,
            Limitation.NO_FSYNC,
        )
        poor.create("staging/a", [b"1"])
        with pytest.raises(StorageError):
            poor.replace("file", b"2")
        assert poor.stat("file") is None
        poor.close()


def test_a_writer_that_was_cut_off_too_long_writes_no_more(
    storage: SftpStorage, sftp_server: Sshd, tmp_path: Path
) -> None:
    """Another took the lock over; so what it wrote is not touched."""
    late = SftpStorage(sftp_server.url(tmp_path))  # its lease is renewed in 20 s, not before
    with late.lock("late"):
        late.create("staging/late", [b"1"])
        leases = tmp_path / "staging/leases"
        (mine,) = leases.iterdir()
        os.utime(mine, (1, 1))  # as if it had not been renewed
        other = SftpStorage(sftp_server.url(tmp_path), lease=1.0)
        with other.lock("other"):
            assert read_all(other, "staging/late", 10) == b"1"  # it goes on with what was left
            writes: list[Callable[[], None]] = [
                lambda: late.create("staging/more", [b"1"]),
                lambda: late.extend("staging/late", [b"1"]),
                lambda: late.publish("staging/late", "kept"),
                lambda: late.replace("file", b"1"),
                lambda: late.quarantine("file", "quarantine/file"),
                lambda: late.discard("staging/late"),
            ]
            for write in writes:
                with pytest.raises(LockLost, match="lost its lock to another one"):
                    write()
            assert [entry.path for entry in other.children("staging")] == ["staging/late"]
        other.close()
    late.close()
    assert (tmp_path / "kept").exists() is False


def test_what_a_former_holder_sends_after_all_finds_nothing(
    storage: SftpStorage, sftp_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that were under way when it was suspended, after its last look at the lock."""
    late = SftpStorage(sftp_server.url(tmp_path))
    with late.lock("late"):
        late.create("staging/x/late", [b"1"])
        (mine,) = (tmp_path / "staging/leases").iterdir()
        os.utime(mine, (1, 1))
        other = SftpStorage(sftp_server.url(tmp_path), lease=1.0)
        with other.lock("other"):
            monkeypatch.setattr(late._lease, "check", lambda **_named: None)
            writes: list[Callable[[], None]] = [
                lambda: late.publish("staging/x", "kept"),
                lambda: late.create("staging/x/more", [b"1"]),
                lambda: late.create("staging/new", [b"1"]),
                lambda: late.extend("staging/x/late", [b"1"]),
                lambda: late.replace("file", b"1"),
            ]
            for write in writes:
                with pytest.raises(StorageError):
                    write()
            late.discard("staging/x")
            assert read_all(other, "staging/x/late", 10) == b"1"
            other.publish("staging/x", "kept")
        other.close()
    late.close()
    assert (tmp_path / "kept/late").read_bytes() == b"1"
    assert not (tmp_path / "file").exists()


def test_of_many_who_want_the_lock_one_gets_it(
    storage: SftpStorage, sftp_server: Sshd, tmp_path: Path
) -> None:
    """Also where a dead one's lock is to be followed."""
    (tmp_path / "staging/leases").mkdir(parents=True)
    dead = tmp_path / "staging/leases/00000007"
    dead.write_text("dead")
    os.utime(dead, (1, 1))
    others = [SftpStorage(sftp_server.url(tmp_path), lease=8.0) for _ in range(6)]
    begin, end = (threading.Barrier(6, timeout=60) for _ in range(2))

    def contend(one: SftpStorage) -> int:
        begin.wait()
        try:
            with one.lock("one of six"):
                end.wait()
                return 1
        except Locked:
            end.wait()
            return 0

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(contend, others)) == 1
    for one in others:
        one.close()
