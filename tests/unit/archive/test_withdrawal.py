"""A withdrawn package is a tombstone: every view knows it, and nothing is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from preserva.access.export import export
from preserva.archive.judgements import judgements, rules_of, tally_of
from preserva.archive.two_persons import answer, decisions
from preserva.archive.withdrawal import tombstones, undo, withdraw
from preserva.catalogue.database import Database
from preserva.catalogue.import_records import import_packages
from preserva.core.policy.judgement import State
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values.model import PackageId
from preserva.core.values.subjects import CopyInStorage
from preserva.errors import AwaitsConfirmation, NotFound, Refused, UsageError
from preserva.exhibition.books import find
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.overview import overview
from preserva.reporting.status import list_packages, status
from tests.support.house import BOOK, NOW, OTHER, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """The archive."""
    return House(tmp_path)


def _files(folder: Path) -> dict[str, bytes]:
    """What is in the objects of both storages."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.glob("archive/storages/*/ocfl/**/*")
        if path.is_file()
    }


def test_it_takes_two_persons_and_touches_no_file(house: House) -> None:
    before = _files(house.place)
    house.withdraw()
    assert _files(house.place) == before
    with house.by("") as archive:
        tombstone = tombstones(archive.ledger)[BOOK.uri]
        (decision,) = decisions(archive)
    assert (tombstone.reason, tombstone.requested_by, tombstone.confirmed_by) == (
        "the same as kp-2", "ivanova", "petrov",
    )  # fmt: skip
    assert decision.state(NOW) is DecisionState.DONE


def test_it_leaves_lists_and_is_shown_by_name(house: House) -> None:
    house.withdraw()
    with house.by("") as archive:
        assert [one.package for one in list_packages(archive).packages] == [OTHER.uri]
        assert [one.package for one in status(archive)] == [OTHER.uri]
        (shown,) = status(archive, BOOK)
        assert shown.tombstone == tombstones(archive.ledger)[BOOK.uri]
        assert {copy.state for copy in shown.copies} == {State.WITHDRAWN}
        assert shown.enough
        judged = {one.package: one for one in judgements(archive, rules_of(archive))}
        assert judged[BOOK.uri].withdrawn and not judged[OTHER.uri].withdrawn
        tally = tally_of(archive)
        assert (tally.packages, tally.few, tally.count(State.WITHDRAWN)) == (1, [], 2)


def test_audits_and_incidents_are_silent_and_a_check_by_name_is_not(house: House) -> None:
    house.damage()
    with house.by("") as archive:
        validate_stored(archive, BOOK)
        assert [one.package for one in open_incidents(archive)] == [BOOK.uri]
    house.withdraw()
    with house.by("") as archive:
        assert open_incidents(archive) == []
        assert repair(archive, [], apply=False) == []
        done = audit(archive)
        assert {report.subject for report in done.reports} == {
            CopyInStorage(OTHER, "aonb-main"),
            CopyInStorage(OTHER, "nlb-copy"),
        }
        assert overview(archive).outcome.value == "pass"
        reports = validate_stored(archive, BOOK)
        assert sorted(report.outcome.value for report in reports) == ["fail", "pass"]


def test_nothing_is_added_to_it_and_it_is_not_brought_anywhere(
    house: House, tmp_path: Path
) -> None:
    house.withdraw()
    letter = tmp_path / "letter.txt"
    letter.write_text("x")
    with house.by("ivanova") as archive:
        with pytest.raises(Refused, match="was withdrawn on 2026-11-30: the same as kp-2"):
            update(archive, BOOK, Change(documents=(letter,), reason="a test"))
        with pytest.raises(Refused, match="was withdrawn"):
            replicate(archive, [BOOK])
        assert {one.package for one in replicate(archive)} == {str(OTHER)}
        source = house.place / BOOK.local
        for dry_run in (True, False):  # a table that is run again does not call it done
            with pytest.raises(Refused, match="was withdrawn"):
                package(source, source.with_suffix(".xml"), archive, dry_run=dry_run)
        with pytest.raises(NotFound, match="was withdrawn"):
            find(archive, BOOK, lambda _progress: None)
        assert export(archive, BOOK, tmp_path / "evidence.tar").exists()


def test_it_leaves_the_catalogue_and_comes_back(house: House, tmp_path: Path) -> None:
    def shown() -> list[tuple[str, int]]:
        with sqlite3.connect(tmp_path / "catalogue.sqlite") as connection:
            query = "SELECT packages, deleted FROM record ORDER BY packages, deleted"
            return connection.execute(query).fetchall()

    def imported() -> tuple[int, int]:
        database = Database(tmp_path / "catalogue.sqlite")
        with house.by("") as archive:
            done = import_packages(archive, database, next(house._seconds))
        database.close()
        return done.read, done.deleted

    assert imported() == (2, 0)
    house.withdraw()
    assert imported() == (1, 1)
    assert imported() == (1, 0)
    with house.by("ivanova") as archive:
        undo(archive, BOOK, "another edition")
    assert imported()[0] == 2
    assert {(package, deleted) for package, deleted in shown()} == {(BOOK.uri, 0), (OTHER.uri, 0)}


def test_it_can_be_undone_by_one_person_with_a_reason(house: House) -> None:
    house.withdraw()
    with house.by("ivanova") as archive:
        with pytest.raises(UsageError, match="--reason"):
            undo(archive, BOOK, None)
        undo(archive, BOOK, "another edition")
        assert tombstones(archive.ledger) == {}
        assert [one.package for one in status(archive)] == [BOOK.uri, OTHER.uri]
        with pytest.raises(UsageError, match="is not withdrawn"):
            undo(archive, BOOK, "again")
        with pytest.raises(UsageError, match="--reason"):  # the old decision is used up
            withdraw(archive, BOOK, None)
    house.withdraw()
    with house.by("") as archive:
        assert list(tombstones(archive.ledger)) == [BOOK.uri]
        with pytest.raises(UsageError, match="name of the person who decides"):
            undo(archive, BOOK, "r")


def test_an_interrupted_withdrawal_is_completed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or after the entry: the decision is used once, the package withdrawn once."""

    class KilledError(BaseException):
        pass

    with house.by("ivanova") as archive, pytest.raises(AwaitsConfirmation) as waiting:
        withdraw(archive, BOOK, "r")
    with house.by("petrov") as archive:
        answer(archive, waiting.value.decision, confirm=True)
    for type_ in ("withdrawal", "decision carried out"):
        with house.by("petrov") as archive, monkeypatch.context() as patch:
            append = archive.ledger.append

            def killed(kind: str, **facts: object) -> object:
                if kind == type_:  # noqa: B023 - it is called at once
                    raise KilledError
                return append(kind, **facts)  # type: ignore[arg-type]  # noqa: B023

            patch.setattr(archive.ledger, "append", killed)
            with pytest.raises(KilledError):
                withdraw(archive, BOOK, None)
    with house.by("petrov") as archive:
        withdraw(archive, BOOK, None)
        withdraw(archive, BOOK, None)
        kinds = [entry.type for entry in archive.ledger.entries(package=BOOK.uri)]
    assert kinds.count("withdrawal") == kinds.count("decision carried out") == 1


def test_only_packages_of_ours_that_the_ledger_knows(house: House) -> None:
    with house.by("ivanova") as archive:
        with pytest.raises(Refused, match="belongs to another institution"):
            withdraw(archive, PackageId("nlb", "br-5"), "r")
        with pytest.raises(NotFound, match="knows of no package"):
            withdraw(archive, PackageId("aonb", "kp-9"), "r")
