"""A partner puts anything into the storages it can write to: nothing of it becomes our truth."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.cli.main import status_of
from preserva.core.formats import layout
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, EVENT_FOUND, FIXITY_CHECK
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome, Report
from preserva.core.values.subjects import CopyInStorage, ObjectInStorage
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.accession import MOST_LOGS, receive
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.status import status
from tests.support.books import RECORD, make_book
from tests.support.partners import (
    OURS,
    THEIRS,
    all_bytes,
    forged,
    forger,
    plant,
    two_institutions,
)
from tests.support.reports import by_storage

SQUATTED = PackageId("aonb", "kp-9")
THIRD = PackageId("kp", "kp-1")


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Our configuration; the storages lie beside its folder."""
    return two_institutions(tmp_path)


def codes(archive: ArchivalStorage) -> dict[str, list[Code]]:
    """What `receive` finds, by package; "" is the storage itself."""
    return {
        receipt.package: [finding.code for finding in receipt.report.findings]
        for receipt in receive(archive)
    }


def is_unknown(archive: ArchivalStorage, identifier: PackageId) -> bool:
    """Whether the ledger has nothing at all of a package."""
    return not list(archive.ledger.entries(package=identifier.uri))


def test_our_identifier_in_a_held_storage_replaces_nothing(ours: Path, tmp_path: Path) -> None:
    """Neither `receive` nor `repair` nor anybody's vote makes it ours; the others are received."""
    plant(forged(tmp_path, OURS), tmp_path / "from-nlb", OURS)
    before = all_bytes(tmp_path / "aonb-main" / layout.ROOT)
    with open_archive(ours) as archive:
        committed = StoredCopy(archive, archive.primary, OURS).recorded.inventories()
        received = {receipt.package: receipt for receipt in receive(archive)}
        assert received[THEIRS.uri].acknowledged
        refused = received[OURS.uri]
        assert [finding.code for finding in refused.report.findings] == [Code.OURS_IN_HELD]
        assert not refused.acknowledged
        assert not list(archive.ledger.entries(package=OURS.uri, types=(ACCESSION,)))
        assert StoredCopy(archive, archive.primary, OURS).recorded.inventories() == committed
        found = {
            name: [finding.code for finding in report.findings]
            for name, report in by_storage(validate_stored(archive, OURS)).items()
        }
        good: dict[str, list[Code]] = {"aonb-main": [], "aonb-copy": [], "nlb-copy": []}
        assert found == {**good, "from-nlb": [Code.OURS_IN_HELD]}
        done = repair(archive, [OURS], apply=True)
        assert [one.needed for one in done] == [False] * 3
        (state,) = status(archive, OURS)
        states = {copy.storage: copy.state for copy in state.copies}
        assert states["from-nlb"] is State.UNRECORDED
        assert {states[name] for name in ("aonb-main", "aonb-copy", "nlb-copy")} == {State.SOUND}
    assert all_bytes(tmp_path / "aonb-main" / layout.ROOT) == before
    assert not (tmp_path / "aonb-main/quarantine").exists()


def test_a_forged_further_version_of_ours_is_refused(ours: Path, tmp_path: Path) -> None:
    """Our own next version comes all the same, and is not called diverged."""
    with forger(tmp_path) as other:
        source = make_book(tmp_path / "forger/copy", seed=1)
        package(tmp_path / "forger/copy", source, other, local=OURS.local)
        (tmp_path / "forger/new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), "utf-8")
        update(other, OURS, Change(tmp_path / "forger/new.xml", reason="a test"))
        folder = Path(other.primary.storage.url) / other.primary.root.path_of(OURS.uri)
    plant(folder, tmp_path / "from-nlb", OURS)
    with open_archive(ours) as archive:
        assert codes(archive)[OURS.uri] == [Code.OURS_IN_HELD]
        (tmp_path / "new.xml").write_text(RECORD.replace("Амурѣ", "Буреѣ"), "utf-8")
        update(archive, OURS, Change(tmp_path / "new.xml", reason="a test"))
        done = replicate(archive)
        assert [(one.acknowledged, one.report.findings) for one in done] == [(["v2"], [])] * 2


def test_an_identifier_taken_before_we_use_it_stays_ours(ours: Path, tmp_path: Path) -> None:
    plant(forged(tmp_path, SQUATTED), tmp_path / "from-nlb", SQUATTED)
    with open_archive(ours) as archive:
        assert codes(archive)[SQUATTED.uri] == [Code.OURS_IN_HELD]
        assert is_unknown(archive, SQUATTED)
        book = make_book(tmp_path / "nine", seed=9)
        package(tmp_path / "nine", book, archive, local=SQUATTED.local)
        replicate(archive)
        reports = by_storage(validate_stored(archive, SQUATTED))
        assert {name for name, report in reports.items() if report.outcome is Outcome.PASS} == {
            "aonb-main",
            "aonb-copy",
            "nlb-copy",
        }


def test_a_third_institution_has_no_place_in_the_storage_of_another(
    ours: Path, tmp_path: Path
) -> None:
    plant(forged(tmp_path, THIRD), tmp_path / "from-nlb", THIRD)
    with open_archive(ours) as archive:
        found = codes(archive)
        assert found == {THEIRS.uri: [], THIRD.uri: [Code.HELD_FOR_ANOTHER]}
        assert is_unknown(archive, THIRD)


def test_nothing_is_received_where_nobody_said_for_whom(ours: Path, tmp_path: Path) -> None:
    """With three institutions it must be said; `held_for` says it."""
    text = ours.read_text("utf-8")
    third = text[text.index("[institutions.nlb]") : text.index("[storages.")].strip()
    text = text.replace(third, f"{third}\n{third.replace('.nlb]', '.kp]')}")
    ours.write_text(text, "utf-8")
    with open_archive(ours) as archive:
        assert codes(archive) == {"": [Code.HELD_FOR_NOBODY]}
        assert [receipt.outcome for receipt in receive(archive)] == [Outcome.UNKNOWN]
        assert is_unknown(archive, THEIRS)
    ours.write_text(text.replace('role = "held"', 'role = "held"\nheld_for = "nlb"'), "utf-8")
    plant(forged(tmp_path, THIRD), tmp_path / "from-nlb", THIRD)
    with open_archive(ours) as archive:
        assert codes(archive) == {THEIRS.uri: [], THIRD.uri: [Code.HELD_FOR_ANOTHER]}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('role = "held"\nheld_for = "aonb"', "is our own institution"),
        ('role = "held"\nheld_for = "kp"', "not among the institutions"),
        ('role = "replica"\nheld_for = "nlb"', 'only a storage whose role is "held"'),
    ],
)
def test_a_storage_is_held_for_another_institution_that_is_known(
    ours: Path, value: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ours.read_text("utf-8").replace('role = "held"', value)
    ours.write_text(text, "utf-8")
    assert status_of(["--config", str(ours), "status"]) == 2
    assert problem in capsys.readouterr().err


def test_what_lies_where_nothing_may_lie_is_named_and_the_others_go_on(
    ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = tmp_path / "from-nlb" / layout.ROOT
    there = tmp_path / "from-nlb" / layout.ROOT / layout.object_path(THEIRS.uri)
    deep = "/".join("a" * 80)
    plant(there, tmp_path / "from-nlb", THEIRS, at="abc/def/ghi/elsewhere")
    plant(there, tmp_path / "from-nlb", THEIRS, at=f"000/{deep}/hidden")
    (held / "stray.txt").write_text("x")
    (held / "abc/stray.txt").write_text("x")
    (held / "link").symlink_to(tmp_path / "aonb-main" / layout.ROOT)
    with open_archive(ours) as archive:
        receipts = receive(archive)
        own = next(receipt for receipt in receipts if not receipt.package)
        assert sorted(finding.code.value for finding in own.report.findings) == [
            Code.ROOT_FILE.value,
            Code.ROOT_FILE.value,
            Code.ROOT_LINK.value,
            Code.ROOT_TOO_DEEP.value,
        ]
        theirs = [receipt for receipt in receipts if receipt.package == THEIRS.uri]
        assert {
            (tuple(finding.code for finding in receipt.report.findings), receipt.acknowledged)
            for receipt in theirs
        } == {((), True), ((Code.MISPLACED_OBJECT,), False)}
    capsys.readouterr()
    assert status_of(["--config", str(ours), "receive"]) == 1
    said = capsys.readouterr().out
    assert "E217" in said and "E213 ocfl/stray.txt" in said and "E215 ocfl/link" in said


def test_a_linked_root_is_no_storage(ours: Path, tmp_path: Path) -> None:
    """Our own primary storage, linked into it, is no copy of anything."""
    root = tmp_path / "from-nlb" / layout.ROOT
    shutil.rmtree(root)
    root.symlink_to(tmp_path / "aonb-main" / layout.ROOT)
    with open_archive(ours) as archive:
        (receipt,) = receive(archive)
        assert receipt.outcome is not Outcome.PASS and not receipt.acknowledged
        assert not list(archive.ledger.entries(types=(ACCESSION,)))


def test_another_package_in_the_place_of_a_received_one_is_an_incident(
    ours: Path, tmp_path: Path
) -> None:
    """The first record stays; the incident is opened once, and people decide."""
    with open_archive(ours) as archive:
        receive(archive)
        first = StoredCopy(archive, archive.store("from-nlb"), THEIRS).recorded.inventories()
    plant(forged(tmp_path, THEIRS), tmp_path / "from-nlb", THEIRS)
    with open_archive(ours) as archive:
        for _run in range(2):
            (receipt,) = receive(archive)
            assert Code.NOT_AS_RECORDED in {one.code for one in receipt.report.findings}
            assert not receipt.acknowledged
        copy = StoredCopy(archive, archive.store("from-nlb"), THEIRS)
        assert copy.recorded.inventories() == first
        (incident,) = open_incidents(archive)
        assert (incident.package, incident.storage) == (THEIRS.uri, "from-nlb")
        assert incident.codes[0] == "E301"
        assert len(list(archive.ledger.entries(types=(FIXITY_CHECK,)))) == 2


def test_thousands_of_records_of_events_do_not_fill_our_ledger(ours: Path, tmp_path: Path) -> None:
    folder = tmp_path / "from-nlb" / layout.ROOT / layout.object_path(THEIRS.uri) / "logs"
    pattern = next(path for path in sorted(folder.iterdir()) if "-ingestion-" in path.name)
    event = pattern.stem.rpartition("-ingestion-")[2]
    for number in range(3 * MOST_LOGS):
        other = f"{number:08x}{event[8:]}"
        text = pattern.read_text("utf-8").replace(event, other)
        (folder / pattern.name.replace(event, other)).write_text(text, "utf-8")
    with open_archive(ours) as archive:
        for _run in range(2):
            assert codes(archive)[THEIRS.uri] == [Code.TOO_MANY_LOGS]
            noted = list(archive.ledger.entries(package=THEIRS.uri, types=(EVENT_FOUND,)))
            assert 0 < len(noted) <= MOST_LOGS


def named(reports: list[Report]) -> dict[str, Code]:
    """What was found of things in storages that nobody recorded, by their names there."""
    found = {}
    for report in reports:
        if isinstance(report.subject, ObjectInStorage):
            (finding,) = report.findings
            assert (finding.code, report.outcome) == (Code.NOT_RECORDED, Outcome.UNKNOWN)
            wrong = (finding.seen or Code.NOT_RECORDED.value).split()[0]
            found[report.subject.name] = next(code for code in Code if code.value == wrong)
    return found


def test_what_nobody_of_ours_put_into_a_replica_is_named_by_every_view(
    ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown package of ours, one of theirs, one in a wrong place, a stray file."""
    replica = tmp_path / "nlb-copy"
    plant(forged(tmp_path, SQUATTED), replica, SQUATTED)
    plant(forged(tmp_path, THEIRS), replica, THEIRS)
    plant(forged(tmp_path, OURS), replica, OURS, at="abc/def/ghi/x")
    (replica / layout.ROOT / "stray.txt").write_text("x")
    expected = {
        "ocfl/stray.txt": Code.ROOT_FILE,
        "ocfl/abc/def/ghi/x": Code.MISPLACED_OBJECT,
        SQUATTED.uri: Code.NOT_RECORDED,
        THEIRS.uri: Code.NOT_PUT_HERE,
    }
    with open_archive(ours) as archive:
        for dry_run in (True, False):
            done = [one for one in replicate(archive, dry_run=dry_run) if one.report.findings]
            assert named([one.report for one in done]) == expected
            assert {one.to for one in done} == {"nlb-copy"}
        run = audit(archive)
        assert (named(run.reports), run.outcome) == (expected, Outcome.UNKNOWN)
        incidents = {(one.package, one.storage) for one in open_incidents(archive)}
        assert incidents == {(name, "nlb-copy") for name in expected}
        assert named(audit(archive).reports) == expected
        assert {(one.package, one.storage) for one in open_incidents(archive)} == incidents
        assert expected.keys() <= {one.package for one in status(archive)}
    for verb in ("status", "replicate", "audit"):
        capsys.readouterr()
        assert status_of(["--config", str(ours), verb]) == 3
        said = capsys.readouterr().out
        assert "aonb-kp-9" in said or SQUATTED.uri in said, verb
        assert "ocfl/stray.txt" in said and "ocfl/abc/def/ghi/x" in said, verb


def test_what_intrudes_into_a_held_storage_is_an_incident_of_the_audit(
    ours: Path, tmp_path: Path
) -> None:
    """What waits for `receive` is none."""
    plant(forged(tmp_path, OURS), tmp_path / "from-nlb", OURS)
    plant(forged(tmp_path, THIRD), tmp_path / "from-nlb", THIRD)
    expected = {OURS.uri: Code.OURS_IN_HELD, THIRD.uri: Code.HELD_FOR_ANOTHER}
    with open_archive(ours) as archive:
        assert named(audit(archive).reports) == expected
        incidents = {(one.package, one.storage) for one in open_incidents(archive)}
        assert incidents == {(name, "from-nlb") for name in expected}


def test_an_incident_of_a_stranger_ends_when_it_is_gone(ours: Path, tmp_path: Path) -> None:
    there = plant(forged(tmp_path, SQUATTED), tmp_path / "nlb-copy", SQUATTED)
    with open_archive(ours) as archive:
        audit(archive)
        assert [one.package for one in open_incidents(archive)] == [SQUATTED.uri]
        shutil.rmtree(there)
        assert named(audit(archive).reports) == {}
        assert open_incidents(archive) == []


def test_a_version_and_a_record_that_nobody_of_ours_made_show(ours: Path, tmp_path: Path) -> None:
    replica = tmp_path / "nlb-copy" / layout.ROOT / layout.object_path(OURS.uri)
    (replica / "logs/20260101T000000-replication-forged.xml").write_text("<x/>")
    with open_archive(ours) as archive:
        done = {one.to: one.report.findings for one in replicate(archive)}
        assert [one.code for one in done["nlb-copy"]] == [Code.LOG_UNKNOWN]
        assert done["aonb-copy"] == []
    plant(forged(tmp_path, OURS), tmp_path / "nlb-copy", OURS)
    with open_archive(ours) as archive:
        (state,) = status(archive, OURS)
        states = {copy.storage: copy.state for copy in state.copies}
        assert states["nlb-copy"] is State.DAMAGED
        assert states["aonb-main"] is State.NEVER


def test_an_old_ledger_that_took_a_forgery_down_believes_it_no_more(
    ours: Path, tmp_path: Path
) -> None:
    """Earlier versions of preserva noted such accessions: they weigh nothing now."""
    plant(forged(tmp_path, OURS), tmp_path / "from-nlb", OURS)
    with open_archive(ours) as archive:
        held = StoredCopy(archive, archive.store("from-nlb"), OURS)
        first = held.recorded.inventories()
        forged_digest = held.read().digest
        arrival = Arrival(inventory=forged_digest, tag_manifests={})
        held.record(ACCESSION, "success", version="v1", facts=arrival)
        assert held.recorded.inventories() == first != {"v1": forged_digest}
        assert held.acknowledged() == set()
        run = audit(archive)
        assert named(run.reports) == {OURS.uri: Code.OURS_IN_HELD}
        checked = [one for one in run.reports if isinstance(one.subject, CopyInStorage)]
        assert {report.outcome for report in checked} == {Outcome.PASS}
        entries = archive.ledger.size
        audit(archive)
        assert archive.ledger.size == entries
        assert all(not one.needed for one in repair(archive, [OURS], apply=True))
