"""One package's trouble is its own, and one replica's too: the others are mended and served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.errors import Locked
from preserva.fixity import ocfl_object
from preserva.replication.rebuild_storage import rebuild_storage
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate

BOOKS = [PackageId("aonb", f"kp-{number}") for number in range(3)]
STRICT = Finding(Code.PROFILE_MANIFEST_FORBIDDEN, "bag-info.txt")


@pytest.fixture
def stricter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of today that refuses the first book, which was stored before there was the rule."""

    def by_todays_rules(check: ocfl_object._Check, *_: object) -> None:
        if check.path.endswith("kp-0"):
            check.report.add([STRICT])

    monkeypatch.setattr(ocfl_object._Check, "_bag", by_todays_rules)


def folder(archive: ArchivalStorage, storage: str, package: PackageId) -> Path:
    """Where a copy lies."""
    store = archive.store(storage)
    return Path(store.storage.url) / store.root.path_of(package.uri)


def content(path: Path) -> dict[str, bytes]:
    """Every file of a copy, but for the records of events."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and "logs" not in file.parts
    }


@pytest.mark.usefixtures("stricter")
def test_a_storage_is_rebuilt_with_packages_that_todays_rules_find_invalid(
    three_books: Path,
) -> None:
    """As they were recorded; what is wrong with them is reported, and the others go on."""
    with open_archive(three_books / config.NAME) as archive:
        before = {book: content(folder(archive, "aonb-main", book)) for book in BOOKS}
        main = Path(archive.primary.storage.url)
    shutil.rmtree(main)
    with open_archive(three_books / config.NAME) as archive:
        rebuilt = rebuild_storage(archive, "aonb-main")
        assert [copy.applied for copy in rebuilt] == [True, True, True]
        assert [copy.report.findings for copy in rebuilt] == [[STRICT], [], []]
        assert {book: content(folder(archive, "aonb-main", book)) for book in BOOKS} == before
        assert archive.ledger.copies.damaged("aonb-main") == []
        again = rebuild_storage(archive, "aonb-main")
        assert [(copy.needed, copy.report.findings) for copy in again] == [(False, [])] * 3


@pytest.mark.usefixtures("stricter")
def test_repair_goes_on_after_a_package_that_todays_rules_find_invalid(three_books: Path) -> None:
    with open_archive(three_books / config.NAME) as archive:
        before = {book: content(folder(archive, "nlb-copy", book)) for book in BOOKS}
        for book in BOOKS:
            next(folder(archive, "nlb-copy", book).rglob("*.tif")).unlink()
        repaired = repair(archive, BOOKS, storage="nlb-copy", apply=True)
        assert [copy.applied for copy in repaired] == [True, True, True]
        assert [copy.report.findings for copy in repaired] == [[STRICT], [], []]
        assert {book: content(folder(archive, "nlb-copy", book)) for book in BOOKS} == before


def test_a_file_that_no_copy_can_give_keeps_no_other_copy_from_repair(three_books: Path) -> None:
    """The first book has lost a page everywhere."""
    with open_archive(three_books / config.NAME) as archive:
        page = min(folder(archive, "nlb-copy", BOOKS[0]).rglob("*.tif"))
        page.unlink()
        (
            folder(archive, "aonb-main", BOOKS[0])
            / page.relative_to(folder(archive, "nlb-copy", BOOKS[0]))
        ).unlink()
        next(folder(archive, "nlb-copy", BOOKS[1]).rglob("*.tif")).unlink()
        lost, mended = repair(archive, BOOKS[:2], storage="nlb-copy", apply=True)
        assert (lost.applied, [finding.code for finding in lost.report.findings]) == (
            False,
            [Code.NO_GOOD_COPY],
        )
        assert (mended.applied, mended.report.findings) == (True, [])


@pytest.fixture
def two_replicas(three_books: Path) -> Path:
    """The archive with a second replica, in which nothing is yet; it comes after the first."""
    path = three_books / config.NAME
    text = path.read_text("utf-8")
    added = '[storages.third]\ninstitution = "nlb"\nurl = "storages/third"\nrole = "replica"\n\n'
    path.write_text(text.replace("# The people", added + "# The people", 1), "utf-8")
    create_archive(config.load(path))
    return three_books


@pytest.fixture
def archive(two_replicas: Path) -> Iterator[ArchivalStorage]:
    with open_archive(two_replicas / config.NAME) as opened:
        yield opened


def test_a_replica_that_is_locked_keeps_no_other_from_its_copies(
    archive: ArchivalStorage, two_replicas: Path
) -> None:
    with open_archive(two_replicas / config.NAME) as other, other.writing(other.store("nlb-copy")):
        locked, *brought = replicate(archive)
    assert [finding.code for finding in locked.report.findings] == [Code.STORAGE_LOCKED]
    assert (locked.to, locked.outcome) == ("nlb-copy", Outcome.UNKNOWN)
    assert [(done.to, done.acknowledged) for done in brought] == [("third", ["v1"])] * 3


def test_nothing_can_be_done_where_every_replica_is_locked(
    archive: ArchivalStorage, two_replicas: Path
) -> None:
    with (
        open_archive(two_replicas / config.NAME) as other,
        other.writing(other.store("nlb-copy")),
        pytest.raises(Locked),
    ):
        replicate(archive, to="nlb-copy")
    assert not archive.ledger.copies.packages("third")
