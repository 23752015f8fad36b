"""The line to a storage fails in the middle of a replication; the next run finishes it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from obstore.store import S3Store

from preserva import config
from preserva.archive.archive import create_archive
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.errors import Locked, StorageError, Unreachable
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.storage.s3 import bucket as s3_link
from preserva.storage.sftp import connection as sftp_link
from preserva.storage.sftp.driver import SftpStorage
from preserva.storage.wrappers import retry as retrying
from tests.campaigns.test_remote_every_write import check_after_fault, finish
from tests.faults.damage import PACKAGE
from tests.support.books import an_archive, make_book
from tests.support.leases import LEASE, short_lease
from tests.support.servers import Broken, Line, Sshd, line

LONG = os.environ.get("PRESERVA_LONG") == "1"
_WRITES = ("create", "flush", "publish", "replace", "discard")


@pytest.mark.parametrize("verb", _WRITES)
@pytest.mark.parametrize("at", [1, 2, 5])
def test_a_server_that_is_killed_leaves_nothing_wrong(
    verb: str, at: int, sftp_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the n-th call of each kind that writes: the run goes on with a new connection.

    Only if it was taking or giving up its lock, it is for the next run.
    """
    monkeypatch.setenv("PRESERVA_SSH_CONFIG", str(sftp_server.ssh_config))
    place = tmp_path / "archive"
    place.mkdir()
    url = sftp_server.url(tmp_path / "minsk")
    text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{url}"')
    (place / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(place / config.NAME))
    record = make_book(tmp_path / "book", pages=1)
    with an_archive(place) as archive:
        done = package(tmp_path / "book", record, archive)
    calls = 0
    plain = getattr(SftpStorage, verb)

    def cut(self: SftpStorage, path: str, *rest: Iterable[bytes]) -> object:
        nonlocal calls
        calls += 1
        if calls == at:
            for session in sftp_server.sessions():
                os.kill(session, signal.SIGKILL)
        return plain(self, path, *rest)

    with monkeypatch.context() as patch, an_archive(place) as archive:
        patch.setattr(SftpStorage, verb, cut)
        try:
            first, *ledger = replicate(archive)
            if (verb, at) == ("create", 1):  # while the lock was taken: nothing had begun
                assert [finding.code for finding in first.report.findings] == [
                    Code.STORAGE_UNREACHABLE
                ]
                assert (first.package, first.acknowledged, ledger) == ("", [], [])
            else:
                assert (first.report.findings, first.acknowledged, ledger) == ([], ["v1"], [])
        except Unreachable:  # while the lock was taken: nothing had begun
            assert archive.ledger.last(storage="nlb-copy", types=("replication",)) is None
        archive.store("nlb-copy").storage.close()
    with an_archive(place) as archive:
        replicate(archive)
        reports = validate_stored(archive, done.package)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
        archive.store("nlb-copy").storage.close()


def _tries_twice(*arguments: Any, **named: Any) -> S3Store:
    """A bucket whose client does not repeat a request more often than it takes to see that."""
    named["retry_config"] = {**named["retry_config"], "max_retries": 1}
    return S3Store(*arguments, **named)


@pytest.fixture
def between(
    driver: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Line]:
    """A line to a server, which is known by it too. Silence is noticed after a second or two."""
    server: Any = request.getfixturevalue(f"{driver}_server")
    with line(server.port) as between:
        if driver == "sftp":
            monkeypatch.setenv("PRESERVA_SSH_CONFIG", str(server.ssh_config))
            with (server.folder / "known_hosts").open("a") as known:
                key = (server.folder / "host.pub").read_text()
                known.write(f"[127.0.0.1]:{between.port} {key}")
        for name, value in server.keys.items() if driver == "s3" else ():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(retrying, "_DELAY", LEASE / 10)
        monkeypatch.setattr(sftp_link, "_KEEPALIVE", LEASE / 2)
        monkeypatch.setattr(sftp_link, "_CONNECT", 4 * LEASE)
        monkeypatch.setattr(s3_link, "_SILENCE", f"{LEASE}s")
        monkeypatch.setattr(s3_link, "S3Store", _tries_twice)
        short_lease(monkeypatch.setitem)
        yield between


def made(place: Path, url: str) -> None:
    """An archive with one package, and a replica of it to be made at the URL."""
    (place / "archive").mkdir(parents=True)
    text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{url}"')
    (place / "archive" / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(place / "archive" / config.NAME))
    record = make_book(place / "book", pages=1, size=1_000_000)
    with an_archive(place / "archive") as archive:
        package(place / "book", record, archive)


@pytest.mark.parametrize("how", list(Broken))
@pytest.mark.parametrize("driver", ["sftp", "s3"])
def test_a_line_that_fails_in_the_middle(
    driver: str, how: Broken, between: Line, tmp_path: Path
) -> None:
    """After any part of the bytes, in the middle of a file: unfinished, then finished."""

    def trial(name: str) -> Path:
        there = f"127.0.0.1:{between.port}{tmp_path}/there-{name}"
        bucket = f"{tmp_path.name}/{name}?endpoint=http://127.0.0.1:{between.port}&region=us-east-1"
        made(tmp_path / name, f"sftp://{there}" if driver == "sftp" else f"s3://books/{bucket}")
        return tmp_path / name

    sound, before = trial("sound"), between.passed
    finish("replicate", sound)
    total = between.passed - before
    points = random.Random(f"{driver} {how}").sample(range(total * 9 // 10), 40 if LONG else 1)
    for at in points:
        place = trial(str(at))
        between.fail(at, how)
        with an_archive(place / "archive") as archive:
            try:
                replicate(archive)
            except StorageError as error:
                assert error.exit_status == 3
            archive.store("nlb-copy").storage.close()
        assert between.broken is how
        between.mend()
        check_after_fault(place, "replicate")
        finish("replicate", place)
        with an_archive(place / "archive") as archive:
            reports = validate_stored(archive, PACKAGE)
            assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
            archive.store("nlb-copy").storage.close()
        shutil.rmtree(place)
    print(f"{driver}, line {how.value}: after {len(points)} of {total} bytes")


@pytest.mark.parametrize("driver", ["sftp"])
def test_a_line_that_is_gone_is_not_tried_for_each_package(
    driver: str, between: Line, tmp_path: Path
) -> None:
    """The run ends with the package that was under way; the next run brings both."""
    made(tmp_path / driver, f"sftp://127.0.0.1:{between.port}{tmp_path}/there")
    second = make_book(tmp_path / "second", pages=1, seed=1)
    with an_archive(tmp_path / driver / "archive") as archive:
        package(tmp_path / "second", second, archive, local="kp-2")
        between.fail(300_000, Broken.RESET)
        (done,) = replicate(archive)
        assert [one.code for one in done.report.findings] == [Code.UNREADABLE]
        archive.store("nlb-copy").storage.close()
    between.mend()
    for _try in range(20):
        with an_archive(tmp_path / driver / "archive") as archive, suppress(Locked):
            assert [one.acknowledged for one in replicate(archive)] == [["v1"], ["v1"]]
            archive.store("nlb-copy").storage.close()
            return
        time.sleep(LEASE / 4)
    raise AssertionError("the lock of the broken run never became free")
