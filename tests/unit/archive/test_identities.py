"""Another storage in the place of ours, or one in another format: nothing is written to it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import create_archive
from preserva.archive.identities import storage_id
from preserva.cli.main import status_of
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.core.values.subjects import CopyInStorage
from preserva.errors import Refused, WrongStorage
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.accession import receive
from preserva.replication.rebuild_storage import rebuild_storage
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.overview import overview
from preserva.reporting.status import status
from preserva.reporting.storages import reach_storages
from tests.support.books import an_archive, make_book
from tests.support.identities import COPY, ID, IDENTITY, MAIN, MARK, tree


@pytest.fixture
def place(one_book: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with one package, replicated; commands run there."""
    monkeypatch.chdir(one_book)
    monkeypatch.delenv("PRESERVA_CONFIG", raising=False)
    return one_book


@pytest.fixture
def foreign(place: Path) -> Path:
    """The archive with the replica of another one, of the same name, in the place of its own."""
    record = make_book(place.parent / "theirs", seed=5)
    with an_archive(place.parent / "other") as other:
        package(place.parent / "theirs", record, other, local="kp-5")
        replicate(other)
    (place / COPY).rename(place.parent / "ours")
    (place.parent / "other" / COPY).rename(place / COPY)
    return place


def test_every_audit_notices_a_wrong_disk_also_if_nothing_is_due_there(place: Path) -> None:
    with an_archive(place) as archive:
        assert audit(archive).outcome is Outcome.PASS
    (place / COPY / IDENTITY).write_text(
        (place / COPY / IDENTITY).read_text("utf-8").replace('"id": "', '"id": "f'), "utf-8"
    )
    with an_archive(place) as archive:
        for _night in range(2):
            done = audit(archive)
            assert CopyInStorage(ID, "nlb-copy") not in {report.subject for report in done.reports}
            assert list(done.unreachable) == ["nlb-copy"]
            assert done.outcome is overview(archive).outcome is Outcome.UNKNOWN
        (incident,) = open_incidents(archive)
        assert (incident.package, incident.storage, incident.seen) == (None, "nlb-copy", 2)


def test_another_archives_disk_of_the_same_name_is_refused(foreign: Path) -> None:
    """By all that would read or write there; what it says is no testimony."""
    record = make_book(foreign.parent / "later", seed=4)
    before = tree(foreign / COPY)
    with an_archive(foreign) as archive:
        package(foreign.parent / "later", record, archive, local="kp-8")
        (brought,) = replicate(archive)
        assert [one.code for one in brought.report.findings] == [Code.STORAGE_WRONG]
        assert brought.report.outcome is Outcome.UNKNOWN
        _ours, there = validate_stored(archive, ID)
        assert [one.code for one in there.findings] == [Code.STORAGE_WRONG]
        assert "not ours" in audit(archive).unreachable["nlb-copy"]
        known, away = status(archive, ID)[0].copies
        assert (known.state, known.reason) == (State.SOUND, None)
        assert away.state is State.UNREACHABLE and "not ours" in (away.reason or "")
        with pytest.raises(WrongStorage, match="not ours"):
            repair(archive, [ID], storage="nlb-copy", apply=True)
        with pytest.raises(WrongStorage, match="not ours"):
            rebuild_storage(archive, "nlb-copy")
        with (
            pytest.raises(WrongStorage, match="not ours"),
            archive.writing(archive.store("nlb-copy")),
        ):
            pass
        config = archive.config
    with pytest.raises(WrongStorage, match="not ours"):
        create_archive(config)
    main, copy = reach_storages(config)
    assert (main.problem, copy.problem is None, copy.identity) == (None, False, None)
    assert tree(foreign / COPY) == before
    (foreign / COPY).rename(foreign.parent / "away")
    (foreign.parent / "ours").rename(foreign / COPY)
    with an_archive(foreign) as archive:
        assert [one.acknowledged for one in replicate(archive)] == [[], ["v1"]]


def test_nothing_is_packaged_into_the_primary_storage_of_another_archive(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with an_archive(place.parent / "other"):
        pass
    (place / MAIN).rename(place / "away")
    (place.parent / "other" / MAIN).rename(place / MAIN)
    before = tree(place)
    assert status_of(["package", "../book", "--record", "../book.xml", "--id", "kp-9"]) == 4
    assert "not ours: its id is" in capsys.readouterr().err
    assert tree(place) == before


def test_disks_that_take_turns_are_two_storages(place: Path) -> None:
    """Each has a name and an id of its own, and one of them is always away."""
    path = place / configuration.NAME
    path.write_text(path.read_text("utf-8").replace("[policy]", f"{_SECOND}[policy]"), "utf-8")
    create_archive(configuration.load(path))
    (place / COPY).rename(place / "drawer")
    with an_archive(place) as archive:
        outcomes = {one.to: one.report.outcome for one in replicate(archive)}
        assert outcomes == {"nlb-copy": Outcome.UNKNOWN, "nlb-two": Outcome.PASS}
        assert len({storage_id(archive.ledger, name) for name in archive.config.storages}) == 3
    (place / "drawer").rename(place / COPY)
    with an_archive(place) as archive:
        assert {one.report.outcome for one in replicate(archive)} == {Outcome.PASS}


def test_a_disk_in_the_place_of_a_lost_one_is_known_and_the_lost_one_no_more(place: Path) -> None:
    (place / COPY).rename(place / "lost")
    with an_archive(place) as archive:
        before = storage_id(archive.ledger, "nlb-copy")
        assert [one.outcome for one in rebuild_storage(archive, "nlb-copy")] == [Outcome.PASS]
        after = storage_id(archive.ledger, "nlb-copy")
        assert json.loads((place / COPY / IDENTITY).read_bytes())["id"] == after != before
        assert [one.report.findings for one in replicate(archive)] == [[]]
    shutil.rmtree(place / COPY)
    (place / "lost").rename(place / COPY)
    with an_archive(place) as archive:
        (brought,) = replicate(archive)
        assert [one.code for one in brought.report.findings] == [Code.STORAGE_WRONG]


def test_a_storage_without_packages_comes_back_too(place: Path) -> None:
    """`init` refuses it, and what it advises works."""
    with an_archive(place.parent / "empty") as archive:
        config = archive.config
    shutil.rmtree(place.parent / "empty" / COPY)
    with pytest.raises(Refused, match="the ledger has known nlb-copy since") as refused:
        create_archive(config)
    assert "rebuild storage" in (refused.value.advice() or "")
    with an_archive(place.parent / "empty") as archive:
        assert rebuild_storage(archive, "nlb-copy") == []
        assert replicate(archive) == []
    create_archive(config)


def test_what_others_bring_is_known_by_its_disk(place: Path) -> None:
    """From the first time that something was received from it."""
    minsk = place.parent / "minsk"
    minsk.mkdir()
    (minsk / configuration.NAME).write_text(_MINSK.format(url=place / COPY), "utf-8")
    create_archive(configuration.load(minsk / configuration.NAME))
    with an_archive(minsk) as archive:
        assert [one.acknowledged for one in receive(archive)] == [True]
        held = json.loads((place / COPY / IDENTITY).read_bytes())["id"]
        assert storage_id(archive.ledger, "nlb-copy") == held
    with an_archive(place.parent / "other"):
        pass
    shutil.rmtree(place / COPY)
    (place.parent / "other" / COPY).rename(place / COPY)
    with an_archive(minsk) as archive:
        (receipt,) = receive(archive)
        assert [one.code for one in receipt.report.findings] == [Code.STORAGE_WRONG]


_SECOND = """\
[storages.nlb-two]
institution = "nlb"
url = "storages/nlb-two"
role = "replica"

"""
_MINSK = """\
[archive]
institution = "nlb"

[institutions.nlb]
name = {{ ru = "НББ", be = "НББ", en = "NLB" }}
country = "BY"

[institutions.aonb]
name = {{ ru = "АОНБ", be = "АОНБ", en = "AONB" }}
country = "RU"

[storages.nlb-main]
institution = "nlb"
url = "storages/nlb-main"
role = "primary"

[storages.nlb-copy]
institution = "nlb"
url = "{url}"
role = "held"
held_for = "aonb"
"""


@pytest.mark.parametrize(
    ("name", "was", "becomes"),
    [(IDENTITY, '"format": 2', '"format": 3'), (MARK, '"format": 1', '"format": 2')],
)
def test_a_newer_format_is_refused(
    place: Path, name: str, was: str, becomes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = place / MAIN / name
    path.write_text(path.read_text("utf-8").replace(was, becomes), "utf-8")
    before = tree(place)
    assert status_of(["package", "../book", "--record", "../book.xml", "--id", "kp-9"]) == 4
    said = capsys.readouterr().err
    assert "newer preserva" in said and "Install the version of preserva that wrote it" in said
    assert {**tree(place), f"{MAIN}/staging/lock": b""} == {**before, f"{MAIN}/staging/lock": b""}


def test_a_newer_storage_root_is_refused_and_an_older_one_is_read(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declaration = place / MAIN / "ocfl/0=ocfl_1.1"
    packaging = ["package", "../book", "--record", "../book.xml", "--id", "kp-9"]
    declaration.rename(declaration.with_name("0=ocfl_2.0"))
    assert status_of(["list"]) == status_of(packaging) == 4
    assert "OCFL 2.0" in capsys.readouterr().err
    declaration.with_name("0=ocfl_2.0").rename(declaration.with_name("0=ocfl_1.0"))
    assert status_of(["list"]) == 0
    assert status_of(packaging) == 4
    assert "OCFL 1.0" in capsys.readouterr().err
