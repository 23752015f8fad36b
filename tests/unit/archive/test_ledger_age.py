"""A ledger that is older than what storages have seen, forked, or another: nothing is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from preserva import config as configuration
from preserva.archive.archive import create_archive, new_identifier, open_archive, utc_now
from preserva.archive.identities import former_ids, ledger_id, storage_id
from preserva.archive.ledger_mark import read_mark
from preserva.archive.recorded_package import RecordedPackage
from preserva.cli.main import status_of
from preserva.core.values.entries import STORAGE_IDENTITY
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import ArchiveNotFound, Refused, WrongLedger
from preserva.fixity.audit import audit
from preserva.ingest.bag import store
from preserva.ingest.package import package, package_bag
from preserva.replication.rebuild_ledger import rebuild_ledger
from preserva.replication.replicate import replicate
from preserva.reporting.status import status
from tests.support.books import an_archive, made_before_identities, make_book, object_folder
from tests.support.identities import COPY, ID, IDENTITY, LATER, MAIN, MARK, one_more, put_back, tree


@pytest.fixture
def place(one_book: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with one package, replicated; commands run there."""
    monkeypatch.chdir(one_book)
    monkeypatch.delenv("PRESERVA_CONFIG", raising=False)
    return one_book


@pytest.fixture
def restored(place: Path) -> Path:
    """The archive after its ledger was restored from a backup, older than the last package."""
    shutil.copy(place / "ledger.sqlite", place.parent / "backup")
    one_more(place)
    put_back(place / "ledger.sqlite", place.parent / "backup")
    return place


VERBS = [
    "package ../book --record ../book.xml --id kp-9",
    "replicate",
    "receive",
    "audit",
    "validate aonb-kp-7",
    "repair",
    "repair --apply",
    "rebuild storage nlb-copy",
    "status",
    "report",
    "incidents",
    "levels",
    "list",
    "ledger verify",
    "init",
]


@pytest.mark.parametrize("verb", VERBS)
def test_a_ledger_restored_from_an_old_backup_is_refused(
    verb: str, restored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By every verb, with what to do; nothing is written."""
    before = tree(restored)
    assert status_of(verb.split()) == 5
    said = "".join(capsys.readouterr())
    assert "is older than what aonb-main has seen of it" in said
    assert "rebuild ledger" in said or verb == "ledger verify"
    assert tree(restored) == before


def test_the_ping_hears_of_an_older_ledger(restored: Path) -> None:
    path = restored / configuration.NAME
    called: list[str | None] = []
    path.write_text(path.read_text("utf-8") + '\n[ping]\nfailure = "https://ping.example/fail"\n')
    with patch("preserva.reporting.notify.ping", called.append):
        assert status_of(["audit"]) == 5
    assert called == ["https://ping.example/fail"]


def test_what_the_older_ledger_lost_comes_back(restored: Path) -> None:
    """As the advice says: moved away, and the copy taken over."""
    (restored / "ledger.sqlite").rename(restored / "older.sqlite")
    assert status_of(["rebuild", "ledger"]) == 0
    with an_archive(restored) as archive:
        assert {row.package for row in status(archive)} == {ID.uri, LATER.uri}
        assert [one.report.findings for one in replicate(archive)] == [[], []]
    assert status_of(["audit"]) == 0
    shutil.copy(restored / "older.sqlite", restored / "ledger.sqlite")
    for path in restored.glob("ledger.sqlite-*"):
        path.unlink()
    with pytest.raises(WrongLedger, match="belongs to another ledger"):
        open_archive(restored / configuration.NAME)


@pytest.mark.parametrize("run", [replicate, audit], ids=["replicate", "audit"])
def test_a_whole_site_restored_from_a_backup_is_told_by_its_partner(
    run: Callable[..., object], place: Path
) -> None:
    """Ledger and primary storage agree with each other; only the replica has seen more."""
    shutil.copy(place / "ledger.sqlite", place.parent / "backup")
    shutil.copytree(place / MAIN, place.parent / "main")
    one_more(place)
    put_back(place / "ledger.sqlite", place.parent / "backup")
    put_back(place / MAIN, place.parent / "main")
    before = tree(place)
    with an_archive(place) as archive, pytest.raises(WrongLedger, match="what nlb-copy has seen"):
        run(archive)
    assert tree(place) == before


def test_an_audit_of_one_storage_asks_no_other(place: Path) -> None:
    """So a partner who lies about our ledger cannot stop the audit of our own copies."""
    path = place / COPY / MARK
    path.write_text(path.read_text().replace('"entry": ', '"entry": 9'))
    with an_archive(place) as archive:
        with pytest.raises(WrongLedger):
            audit(archive)
        (report,) = audit(archive, only=("aonb-main",)).reports
        assert report.outcome is Outcome.PASS


def test_of_two_copies_of_a_ledger_the_second_one_to_write_is_refused(place: Path) -> None:
    """Two people on two computers, each with the ledger as it was on Monday."""
    shutil.copy(place / "ledger.sqlite", place / "second.sqlite")
    one_more(place)
    text = (place / configuration.NAME).read_text("utf-8")
    other = place / "second.toml"
    other.write_text(text.replace('"ledger.sqlite"', '"second.sqlite"'), "utf-8")
    before = tree(place)
    with pytest.raises(WrongLedger, match="older than what aonb-main"):
        open_archive(other)
    assert tree(place) == before


def test_two_ledgers_that_went_apart_are_told_from_each_other(place: Path) -> None:
    """Both went on from the same entry while the storage was away."""
    shutil.copy(place / "ledger.sqlite", place / "second.sqlite")
    text = (place / configuration.NAME).read_text("utf-8")
    other = place / "second.toml"
    other.write_text(text.replace('"ledger.sqlite"', '"second.sqlite"'), "utf-8")
    (place / MAIN).rename(place / "away")
    with open_archive(other) as archive:
        for _number in range(9):
            archive.ledger.append("x", time=archive.now(), outcome="success")
    (place / "away").rename(place / MAIN)
    one_more(place)
    with open_archive(place / configuration.NAME) as archive:
        entry = archive.ledger.size
    before = tree(place)
    with pytest.raises(WrongLedger, match=f"their entries {entry} differ"):
        open_archive(other)
    assert tree(place) == before


def test_a_second_computer_without_the_ledger_is_told_where_to_work(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither command sends the reader to the other."""
    (place / "ledger.sqlite").rename(place / "elsewhere")
    for verb, ended in (("status", 10), ("init", 4)):
        assert status_of([verb]) == ended
        said = capsys.readouterr().err
        assert "two-people.md" in said and "rebuild ledger" in said
        assert "preserva init" not in said
    for path in place.glob("storages/*/ocfl/*"):  # nor where nothing was packaged yet
        if path.is_dir() and path.name != "extensions":
            shutil.rmtree(path)
    with pytest.raises(Refused, match="belongs to a ledger"):
        create_archive(configuration.load(place / configuration.NAME))


def test_two_people_work_with_one_ledger(place: Path, tmp_path: Path) -> None:
    """The way that docs/how-to/two-people.md describes: one stores what the other packages."""
    second = tmp_path / "second"
    second.mkdir()
    shutil.copy(place / configuration.NAME, second)
    record = make_book(tmp_path / "hers", seed=9)
    config = configuration.load(second / configuration.NAME)
    with pytest.raises(ArchiveNotFound):
        open_archive(second / configuration.NAME)
    package_bag(tmp_path / "hers", record, config.institution, tmp_path / "bags", local="kp-9")
    with an_archive(place) as archive:
        made, created = store(archive, tmp_path / "bags/aonb-kp-9", as_ours=True)
        assert (made, created) == (PackageId("aonb", "kp-9"), True)
        assert {one.outcome for one in replicate(archive)} == {Outcome.PASS}


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive as it was before there were identities: one package, replicated, no id at all."""
    place = tmp_path / "old"
    with an_archive(place):
        pass
    made_before_identities(place)
    with _as_before():
        record = make_book(tmp_path / "early")
        with an_archive(place) as archive:
            package(tmp_path / "early", record, archive, local="kp-1")
            replicate(archive)
    assert not list(place.rglob(MARK))
    monkeypatch.chdir(place)
    return place


@contextmanager
def _as_before() -> Iterator[None]:
    """Writers that mark nothing, and explain nothing at the top of storages."""
    module = "preserva.archive.archive"
    with (
        patch(f"{module}.claim", lambda *_: None),
        patch(f"{module}.advance", lambda *_: None),
        patch("preserva.archive.guide.renew_guides", lambda *_: None),
    ):
        yield


def test_an_old_archive_gets_identities_with_its_first_write(old: Path) -> None:
    """What was there is kept beside them, and every copy is as sound as before."""
    before = tree(old)
    assert status_of(["status"]) == 0
    assert tree(old) == before
    record = make_book(old.parent / "next", seed=2)
    with an_archive(old) as archive:
        package(old.parent / "next", record, archive, local="kp-2")
        assert {one.report.outcome for one in replicate(archive)} == {Outcome.PASS}
    with an_archive(old) as archive:
        for store_ in archive.stores():
            mark, folder = read_mark(store_), Path(store_.storage.url)
            assert mark is not None and mark.ledger == ledger_id(archive.ledger)
            said = json.loads((folder / IDENTITY).read_bytes())
            assert (said["format"], said["id"]) == (2, storage_id(archive.ledger, store_.id))
            kept = (folder / "preserva-storage.format-1.json").read_bytes()
            assert kept == before[str(folder.relative_to(old) / IDENTITY)]
        assert {one.outcome for one in audit(archive).reports} == {Outcome.PASS}
        entries = list(archive.ledger.entries(types=(STORAGE_IDENTITY,)))
        assert len(entries) == 2  # each is learned once


def test_an_old_archive_that_only_replicates_has_its_primary_marked_as_well(old: Path) -> None:
    make_old_copy_incomplete(old)
    with an_archive(old) as archive:
        replicate(archive)
        size = archive.ledger.size
    with an_archive(old) as archive:
        mark = read_mark(archive.primary)
        assert mark is not None and mark.entry >= size


def make_old_copy_incomplete(old: Path) -> None:
    shutil.rmtree(object_folder(old, "nlb-copy", PackageId("aonb", "kp-1")))


@pytest.mark.parametrize("copied", [True, False], ids=["with its ledger", "without"])
def test_an_old_disk_of_another_old_archive_is_refused(
    copied: bool, old: Path, tmp_path: Path
) -> None:
    """By the copy of the ledger that is there, or because no package on it is known."""
    with _as_before():
        with an_archive(tmp_path / "other"):
            pass
        made_before_identities(tmp_path / "other")
        record = make_book(tmp_path / "theirs", seed=6)
        with an_archive(tmp_path / "other") as other:
            package(tmp_path / "theirs", record, other, local="kp-6")
            replicate(other)
    shutil.rmtree(old / COPY)
    (tmp_path / "other" / COPY).rename(old / COPY)
    if not copied:
        shutil.rmtree(old / COPY / "ledgers")
    before = {path: data for path, data in tree(old).items() if not path.endswith("lock")}
    with an_archive(old) as archive, pytest.raises(WrongLedger):
        replicate(archive)
    after = {path: data for path, data in tree(old).items() if not path.endswith("lock")}
    assert after == before


def test_an_older_ledger_of_an_old_archive_is_refused(old: Path) -> None:
    """No storage has a mark yet, but the primary one holds a package that it does not know."""
    shutil.rmtree(old / COPY / "ledgers")
    for path in old.glob("ledger.sqlite*"):
        path.unlink()
    (old / "ledger.sqlite").touch()
    before = tree(old / MAIN / "ocfl")
    record = make_book(old.parent / "next", seed=2)
    with an_archive(old) as archive, pytest.raises(WrongLedger, match="holds urn:preserva:aonb"):
        package(old.parent / "next", record, archive, local="kp-2")
    assert tree(old / MAIN / "ocfl") == before
    assert not (old / MAIN / MARK).exists()


def test_a_ledger_ahead_of_the_mark_is_normal(place: Path) -> None:
    """As after a kill between the two."""
    earlier = (place / MAIN / MARK).read_bytes()
    one_more(place)
    (place / MAIN / MARK).write_bytes(earlier)
    with an_archive(place) as archive:
        assert {row.package for row in status(archive)} == {ID.uri, LATER.uri}
        with archive.writing(archive.primary):
            pass
        mark = read_mark(archive.primary)
        assert mark is not None and mark.entry == archive.ledger.size


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 200, b"[" * 60_000, b'{"format": 1, "entry": "9"}', b"{}"]
)
def test_a_mark_that_cannot_be_read_is_made_anew(place: Path, data: bytes) -> None:
    (place / MAIN / MARK).write_bytes(data)
    one_more(place)
    with an_archive(place) as archive:
        mark = read_mark(archive.primary)
        assert mark is not None and mark.entry == archive.ledger.size


def test_a_primary_storage_elsewhere_is_asked_by_those_who_go_there(restored: Path) -> None:
    """Opening the archive does not connect; whoever says how all is asks first."""
    path = restored / configuration.NAME
    url = f"fs+file://{restored / MAIN}"
    path.write_text(path.read_text("utf-8").replace('"storages/aonb-main"', f'"{url}"'), "utf-8")
    assert status_of(["ledger", "show"]) == 0
    for verb in ("status", "report", "audit", "replicate", "repair --apply"):
        before = tree(restored)
        assert status_of(verb.split()) == 5, verb
        assert tree(restored) == before


def test_a_ledger_made_anew_takes_the_place_of_the_lost_one(place: Path) -> None:
    """Everywhere, and the lost one is refused if it turns up again."""
    with an_archive(place) as archive:
        lost = ledger_id(archive.ledger)
        config = archive.config
    (place / "ledger.sqlite").rename(place / "lost.sqlite")
    rebuild_ledger(config, clock=utc_now, identifiers=new_identifier)
    with an_archive(place) as archive:
        assert former_ids(archive.ledger) == {lost}
        assert {read_mark(one).ledger for one in archive.stores()} == {ledger_id(archive.ledger)}  # type: ignore[union-attr]
        assert "v1" in RecordedPackage(archive.ledger, ID, config.custody).inventories()
    put_back(place / "ledger.sqlite", place / "lost.sqlite")
    with pytest.raises(WrongLedger, match="belongs to another ledger"):
        open_archive(place / configuration.NAME)
