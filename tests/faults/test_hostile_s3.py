"""Object stores that misbehave: what is said, that nothing acknowledged goes, how it ends."""

from __future__ import annotations

from collections.abc import Iterator
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
from preserva.errors import StorageError
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.repair import repair
from preserva.replication.replicate import Replication, replicate
from preserva.storage.s3.driver import S3Storage
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
