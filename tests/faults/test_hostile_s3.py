"""Object stores that misbehave: what is said, that nothing acknowledged goes, how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import obstore
import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import Locked, StorageError
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.repair import repair
from preserva.replication.replicate import Replication, replicate
from preserva.storage.s3.driver import S3Storage
from tests.conftest import ROOT
from tests.support.books import an_archive, make_book
from tests.support.hostile_s3 import HostileS3, hostile_s3
from tests.support.leases import short_lease
from tests.support.servers import Weed

PACKAGE = PackageId("aonb", "kp-7")


@dataclass
class Lab:
    """An archive whose replica is below a prefix of the bucket."""

    proxy: HostileS3
    prefix: str
    archive: ArchivalStorage

    def run(self) -> Replication:
        """Replicate the package."""
        return next(result for result in replicate(self.archive) if result.package)

    def acknowledged(self) -> set[str]:
        """The versions that the ledger acknowledges there."""
        return StoredCopy(self.archive, self.archive.store("nlb-copy"), PACKAGE).acknowledged()

    def keys(self) -> set[str]:
        """What is in the bucket below `ocfl/`, past the proxy."""
        below = f"{self.prefix}/ocfl/"
        return {meta["path"] for meta in obstore.list(self.proxy.behind.store(), below).collect()}

    def outcome(self) -> Outcome:
        """That of a check of the copy."""
        (report,) = validate_stored(self.archive, PACKAGE, storage="nlb-copy")
        return report.outcome


@pytest.fixture
def lab(tmp_path: Path, s3_server: Weed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """An honest store, a replica made there, and one package of our own."""
    short_lease(monkeypatch.setitem)
    for name, value in s3_server.keys.items():
        monkeypatch.setenv(name, value)
    place = tmp_path / "archive"
    place.mkdir()
    with hostile_s3(s3_server) as proxy:
        text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{proxy.url(tmp_path.name)}"')
        (place / config.NAME).write_text(text, encoding="utf-8")
        create_archive(config.load(place / config.NAME))
        record = make_book(tmp_path / "book", pages=1)
        with an_archive(place) as archive:
            package(tmp_path / "book", record, archive)
            yield Lab(proxy, tmp_path.name, archive)


def test_a_list_that_lags_removes_nothing_that_was_acknowledged(lab: Lab) -> None:
    """It goes on showing the marks that were deleted."""
    lab.proxy.behave("deleted stay listed", only="publishing")
    lab.run()
    before = lab.keys()
    lab.run()
    assert lab.keys() >= before
    assert any("/v1/content/" in key for key in before)
    lab.proxy.behave()
    lab.run()
    assert lab.acknowledged() == {"v1"}
    assert lab.outcome() is Outcome.PASS


def test_a_mark_that_is_not_deleted_in_spite_of_the_answer(lab: Lab) -> None:
    """The package stays hidden, so nothing is acknowledged."""
    lab.proxy.behave("delete does nothing", only="publishing")
    done = lab.run()
    assert {finding.code for finding in done.report.findings} == {Code.NOT_IN_PLACE}
    assert lab.acknowledged() == set()
    lab.proxy.behave()
    assert lab.run().acknowledged == ["v1"]
    assert lab.outcome() is Outcome.PASS


def test_a_late_mark_of_a_dead_writer_takes_nothing_away(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hides what was acknowledged; whoever clears it away shows it again."""
    lab.run()
    before = lab.keys()
    storage = S3Storage(lab.proxy.url(lab.prefix))
    final = StoredCopy(lab.archive, lab.archive.store("nlb-copy"), PACKAGE).path
    mark = f"{lab.prefix}/staging/publishing/{final.replace('/', '%2F')}@staging%2Freplicate-x@0"
    obstore.put(lab.proxy.behind.store(), mark.replace("%3a", "%253a"), b"")
    assert storage.stat(final) is None
    with storage.lock("another"):
        storage.discard("staging/replicate-x")
    assert storage.stat(final) is not None
    assert lab.keys() == before
    assert lab.outcome() is Outcome.PASS


@pytest.mark.parametrize("only", ["staging/leases", "publishing", "content", "inventory.json"])
def test_an_error_after_the_write_is_known_as_our_own_work(lab: Lab, only: str) -> None:
    """The lock is ours, the file is there, the package is acknowledged in the same run."""
    lab.proxy.behave("error after the write", only=only, times=1)
    done = lab.run()
    assert (done.acknowledged, done.report.findings) == (["v1"], [])
    assert lab.outcome() is Outcome.PASS


def test_an_answer_that_is_shorter_than_the_list_says_is_no_damage(lab: Lab) -> None:
    """With a length of its own."""
    lab.run()
    lab.proxy.behave("short answers", only="content")
    assert lab.outcome() is Outcome.UNKNOWN
    (planned,) = repair(lab.archive, [PACKAGE], storage="nlb-copy")
    assert (planned.aside, planned.put) == ((), ())
    lab.proxy.behave()
    assert lab.outcome() is Outcome.PASS


def test_a_list_without_end_ends(lab: Lab) -> None:
    """The same page comes again and again."""
    lab.run()
    lab.proxy.behave("lists without end", only="ocfl")
    assert lab.outcome() is Outcome.UNKNOWN


def test_a_list_of_a_folder_without_end_ends(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that a whole list may take."""
    lab.run()
    monkeypatch.setattr("preserva.storage.s3.bucket.LISTING", 1.0)
    lab.proxy.behave("lists without end")
    storage = S3Storage(lab.proxy.url(lab.prefix))
    with pytest.raises(StorageError, match="does not end"):
        storage.children("")


def until_free(act: Callable[[], Replication]) -> Replication:
    """What `act` gives as soon as nobody holds the lock."""
    for _attempt in range(600):
        try:
            return act()
        except Locked:
            time.sleep(0.1)
    raise AssertionError("the lock was not free within a minute")


@contextmanager
def suspended(lab: Lab, place: Path, only: str) -> Iterator[None]:
    """Another process replicates, and is suspended while its PUT to such a path is on its way.

    At the end of the block that request arrives, and then the process goes on and ends.
    """
    lab.proxy.behave("put held", only=only, times=1)
    settings = str(place / "archive" / config.NAME)
    command = [sys.executable, "-m", "tests.support.leases", "--config", settings, "replicate"]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        assert lab.proxy.held.wait(300), (place / "log").read_text()
        process.send_signal(signal.SIGSTOP)
        yield
        lab.proxy.release.set()
        time.sleep(1)  # it is executed, and nobody hears the answer
    finally:
        lab.proxy.release.set()
        process.send_signal(signal.SIGCONT)
        status = process.wait(300)
    assert (status, "lost its lock" in (place / "log").read_text()) == (11, True)


def is_whole(lab: Lab) -> bool:
    """Whether the copy is sound, and has the files of the original and no other."""
    own = Path(lab.archive.primary.storage.url)
    path = StoredCopy(lab.archive, lab.archive.primary, PACKAGE).path
    files = {str(p.relative_to(own)) for p in (own / path).rglob("*") if p.is_file()}
    keys = sorted(lab.keys())
    there = {key.removeprefix(f"{lab.prefix}/") for key in keys if PACKAGE.local in key}
    assert {name for name in files ^ there if "/logs/" not in name} == set()
    return lab.outcome() is Outcome.PASS


@pytest.mark.parametrize("only", ["/content/", "publishing", "0=ocfl_object", "v1/inventory.json"])
def test_a_late_put_of_a_suspended_writer_changes_nothing(
    lab: Lab, tmp_path: Path, only: str
) -> None:
    """It arrives when the next writer has published and acknowledged the same package."""
    with suspended(lab, tmp_path, only):
        assert until_free(lab.run).acknowledged == ["v1"]
        assert is_whole(lab)
    lab.proxy.behave()
    lab.run()  # what hides the package again is cleared away by whoever writes next
    assert is_whole(lab)


def test_a_late_replacement_of_a_suspended_writer_is_refused(lab: Lab, tmp_path: Path) -> None:
    """The inventory of a version that is no longer the newest does not come back."""
    lab.run()
    (tmp_path / "note.txt").write_text("a note", encoding="utf-8")
    update(lab.archive, PACKAGE, Change(documents=(tmp_path / "note.txt",), reason="a note"))
    with suspended(lab, tmp_path, f"{PACKAGE.local}/inventory.json"):
        assert until_free(lab.run).acknowledged == ["v2"]
        (tmp_path / "more.txt").write_text("more", encoding="utf-8")
        update(lab.archive, PACKAGE, Change(documents=(tmp_path / "more.txt",), reason="more"))
        assert lab.run().acknowledged == ["v3"]
    assert is_whole(lab)
