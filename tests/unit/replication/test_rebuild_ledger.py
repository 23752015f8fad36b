"""A rebuilt ledger believes our own storages; a forged copy never wins, whatever its length."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preserva import config as configuration
from preserva.archive.archive import new_identifier, open_archive, utc_now
from preserva.archive.stored_copy import StoredCopy
from preserva.cli.main import status_of
from preserva.core.formats import layout
from preserva.core.policy.judgement import State
from preserva.core.policy.ledger_choice import Anchor
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, FIXITY_CHECK, REBUILT
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome, Report
from preserva.core.values.subjects import CopyInStorage, LedgerInStorage, WholeStorage
from preserva.errors import PreservaError, Refused, UsageError, WrongLedger
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.replication.accession import receive
from preserva.replication.rebuild_ledger import rebuild_ledger
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.overview import overview
from tests.faults.damage import flip
from tests.support.partners import (
    OURS,
    THEIRS,
    all_bytes,
    chain_of,
    forged,
    idle,
    institution,
    plant,
    replaced,
    two_institutions,
    write_chain,
)

PAGE = "v1/content/data/aonb-kp-1/representations/master/data/0001.tif"
Entries = list[dict[str, Any]]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Our configuration, whose ledger is lost: two replicas have copies of it."""
    path = two_institutions(tmp_path)
    with open_archive(path) as archive:
        receive(archive)
        replicate(archive)
        validate_stored(archive, OURS)
        replicate(archive, to="nlb-copy")
    lose_ledger(path)
    return path


def lose_ledger(path: Path) -> None:
    for file in path.parent.glob("ledger.sqlite*"):
        file.unlink()


def rebuilt(path: Path, *, source: str | None = None, anchor: Anchor | None = None) -> list[Report]:
    return rebuild_ledger(
        configuration.load(path),
        source=source,
        anchor=anchor,
        clock=utc_now,
        identifiers=new_identifier,
    )


def committed(path: Path) -> dict[str, str]:
    """What the ledger says that our package must be."""
    with open_archive(path) as archive:
        assert archive.ledger.verify() == archive.ledger.verify_copies() == []
        return StoredCopy(archive, archive.primary, OURS).recorded.inventories()


def digest_in(place: Path, storage: str, package: PackageId = OURS) -> str:
    """The digest of the inventory of a package that lies in a storage."""
    folder = place / storage / layout.ROOT / layout.object_path(package.uri)
    return (folder / "inventory.json.sha512").read_text().split()[0]


def of_package(reports: list[Report]) -> dict[str, set[Code]]:
    """The findings on the copies of our package, by storage."""
    return {
        report.subject.storage: {finding.code for finding in report.findings}
        for report in reports
        if isinstance(report.subject, CopyInStorage) and report.subject.package == OURS
    }


def forge(place: Path, storage: str, *, extra: int = 0, own: str = "aonb") -> list[str]:
    """Put a forged package into a storage and a chain beside it that calls it the right one."""
    right = digest_in(place, "aonb-main")
    honest = chain_of(place / "aonb-copy")
    plant(forged(place, OURS), place / storage, OURS)
    entries = [*replaced(honest, right, digest_in(place, storage)), *idle(extra)]
    return write_chain(place / storage, entries, own)


def test_the_longest_of_copies_that_continue_each_other_is_taken_over(
    ours: Path, tmp_path: Path
) -> None:
    lengths = {name: len(chain_of(tmp_path / name)) for name in ("aonb-copy", "nlb-copy")}
    assert lengths["aonb-copy"] < lengths["nlb-copy"]
    reports = rebuilt(ours)
    assert {report.outcome for report in reports} == {Outcome.PASS}
    longest = max(lengths, key=lambda name: lengths[name])
    with open_archive(ours) as archive:
        entry = archive.ledger.newest(REBUILT)
        assert entry is not None
        assert (entry.facts["from"], entry.facts["restored"]) == (longest, lengths[longest])
        assert [one.findings for one in validate_stored(archive, THEIRS)] == [[]]


@pytest.mark.parametrize("extra", [0, 5])
def test_a_chain_in_a_held_storage_is_never_asked(ours: Path, tmp_path: Path, extra: int) -> None:
    right = digest_in(tmp_path, "aonb-main")
    forge(tmp_path, "from-nlb", extra=extra)
    before = all_bytes(tmp_path / "aonb-main" / layout.ROOT)
    reports = rebuilt(ours)
    assert of_package(reports) == {
        "aonb-main": set(),
        "aonb-copy": set(),
        "nlb-copy": set(),
        "from-nlb": {Code.OURS_IN_HELD},
    }
    assert committed(ours) == {"v1": right}
    with open_archive(ours) as archive:
        assert not any(one.needed for one in repair(archive, [OURS], apply=True))
    assert all_bytes(tmp_path / "aonb-main" / layout.ROOT) == before


@pytest.mark.parametrize("extra", [0, 5])
def test_copies_that_contradict_each_other_are_named_and_a_person_decides(
    ours: Path, tmp_path: Path, extra: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The longer one proves nothing; a digest on paper does, and so does a person's word."""
    right = digest_in(tmp_path, "aonb-main")
    honest = chain_of(tmp_path / "aonb-copy")
    digests = write_chain(tmp_path / "aonb-copy", honest)
    forge(tmp_path, "nlb-copy", extra=extra)
    before = all_bytes(tmp_path / "aonb-main" / layout.ROOT)
    capsys.readouterr()
    assert status_of(["--config", str(ours), "rebuild", "ledger"]) == 4
    said = capsys.readouterr().err
    assert "aonb-copy: " in said and "nlb-copy: " in said and "--anchor" in said
    assert not list(ours.parent.glob("ledger.sqlite*"))
    wrong = {"aonb-main": set(), "aonb-copy": set(), "nlb-copy": {Code.NOT_AS_RECORDED}}
    for decision in (
        ["--anchor", digests[-1]],
        ["--anchor", f"{len(digests)}:{digests[-1]}"],
        ["--from", "aonb-copy"],
    ):
        lose_ledger(ours)
        assert status_of(["--config", str(ours), "rebuild", "ledger", *decision]) == 1
        assert committed(ours) == {"v1": right}
        with open_archive(ours) as archive:
            found = of_package(validate_stored(archive, OURS))
            assert {name: codes & {Code.NOT_AS_RECORDED} for name, codes in found.items()} == wrong
            (incident,) = open_incidents(archive)
            assert (incident.package, incident.storage) == (OURS.uri, "nlb-copy")
    assert all_bytes(tmp_path / "aonb-main" / layout.ROOT) == before


def test_a_person_may_decide_for_the_other_copy(ours: Path, tmp_path: Path) -> None:
    digests = forge(tmp_path, "nlb-copy", extra=2)
    reports = rebuilt(ours, source="nlb-copy", anchor=Anchor(digests[0]))
    assert of_package(reports)["aonb-main"] == {Code.NOT_AS_RECORDED}
    assert committed(ours) == {"v1": digest_in(tmp_path, "nlb-copy")}


def test_an_anchor_that_no_copy_has_makes_nothing(ours: Path) -> None:
    for anchor in (Anchor("0" * 64), Anchor("0" * 64, 3)):
        with pytest.raises(Refused, match="has the entry"):
            rebuilt(ours, anchor=anchor)
    assert status_of(["--config", str(ours), "rebuild", "ledger", "--anchor", "3:x"]) == 2
    assert not list(ours.parent.glob("ledger.sqlite*"))


@pytest.mark.parametrize("storage", ["from-nlb", "nowhere"])
def test_nobody_else_can_be_named_as_the_one_to_believe(ours: Path, storage: str) -> None:
    with pytest.raises(UsageError, match="not a storage of ours"):
        rebuilt(ours, source=storage)


@pytest.mark.parametrize("extra", [0, 5])
def test_a_forged_chain_that_is_the_only_one_is_held_against_our_primary_storage(
    ours: Path, tmp_path: Path, extra: int
) -> None:
    """It does not win in silence; that of our own storage can be believed instead."""
    right = digest_in(tmp_path, "aonb-main")
    forge(tmp_path, "nlb-copy", extra=extra)
    shutil.rmtree(tmp_path / "aonb-copy" / layout.LEDGERS)
    with pytest.raises(Refused, match="in nlb-copy contradicts our own storage aonb-main"):
        rebuilt(ours)
    reports = rebuilt(ours, source="aonb-main")
    assert of_package(reports) == {
        "aonb-main": set(),
        "aonb-copy": set(),
        "nlb-copy": {Code.NOT_AS_RECORDED},
    }
    assert committed(ours) == {"v1": right}


@pytest.mark.parametrize("honest", ["aonb-copy", "aonb-main"])
def test_a_chain_that_goes_on_from_ours_does_not_win_by_its_length(
    ours: Path, tmp_path: Path, honest: str
) -> None:
    """What no other storage has seen is for a person, whether a copy or a mark shows that."""
    if honest == "aonb-main":
        shutil.rmtree(tmp_path / "aonb-copy")
    else:
        shutil.rmtree(tmp_path / "aonb-main")
    entries = chain_of(tmp_path / "nlb-copy")
    stored = [entry for entry in entries if entry["type"] == END]
    never = [*idle(9), {**stored[-1], "package": "urn:preserva:aonb:kp-9"}]
    digests = write_chain(tmp_path / "nlb-copy", [*entries, *never])
    said = r"nlb-copy has \d+ entries that no other storage"
    with pytest.raises(Refused, match=said) as refusal:
        rebuilt(ours)
    shorter = "--from aonb-copy, whose copy ends earlier" in str(refusal.value.hint)
    assert "--from nlb-copy" in str(refusal.value.hint)
    assert shorter == (honest == "aonb-copy"), "a primary storage has no copy"
    assert not (ours.parent / "ledger.sqlite").exists()
    rebuilt(ours, anchor=Anchor(digests[-1]))  # somebody has it on paper
    lose_ledger(ours)
    with pytest.raises(Refused, match="named with --from, is not there"):
        rebuilt(ours, source="aonb-main" if honest == "aonb-copy" else "aonb-copy")
    reports = rebuilt(ours, source=honest)
    assert not any("kp-9" in str(report.subject) for report in reports)


def lone_replica(place: Path) -> None:
    """Only the storage at the partner's is left of ours."""
    shutil.rmtree(place / "aonb-main")
    shutil.rmtree(place / "aonb-copy")


NEVER = PackageId("aonb", "kp-9")


def test_what_one_rewritten_copy_claims_is_named_and_a_person_decides(
    ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The only replica left says that we made a package that we never made."""
    honest = chain_of(tmp_path / "nlb-copy")
    plant(forged(tmp_path, NEVER), tmp_path / "nlb-copy", NEVER)
    (stored,) = (entry for entry in honest if entry["type"] == END)
    right, wrong = digest_in(tmp_path, "nlb-copy"), digest_in(tmp_path, "nlb-copy", NEVER)
    (claim,) = replaced([{**stored, "package": NEVER.uri}], right, wrong)
    lone_replica(tmp_path)
    write_chain(tmp_path / "nlb-copy", [*honest, claim])
    count = len(honest) + 1
    with pytest.raises(Refused) as refusal:
        rebuilt(ours)
    first, *said = str(refusal.value).splitlines()
    assert f"nlb-copy has {count} entries that no other storage of ours has seen" in first
    assert said == [
        "  packages that we made by these entries:",
        "  aonb-kp-1 v1",
        "  aonb-kp-9 v1",
    ]
    assert "--from nlb-copy" in str(refusal.value.hint)
    assert not list(ours.parent.glob("ledger.sqlite*"))
    assert status_of(["--config", str(ours), "rebuild", "ledger"]) == 4
    assert "aonb-kp-9 v1" in capsys.readouterr().err


def test_what_one_storage_alone_has_is_named_beside_a_copy_that_was_proved(
    ours: Path, tmp_path: Path
) -> None:
    """An anchor proves the copy of the ledger; nothing proves a package that it does not know."""
    honest = chain_of(tmp_path / "nlb-copy")
    digests = write_chain(tmp_path / "nlb-copy", honest)
    plant(forged(tmp_path, NEVER), tmp_path / "nlb-copy", NEVER)
    lone_replica(tmp_path)
    with pytest.raises(Refused) as refusal:
        rebuilt(ours, anchor=Anchor(digests[-1]))
    assert str(refusal.value).splitlines() == [
        "no ledger is made on the word of one storage:",
        "  only nlb-copy has these, and no copy of the ledger knows them:",
        "  aonb-kp-9 v1",
    ]
    assert not list(ours.parent.glob("ledger.sqlite*"))
    shutil.rmtree(tmp_path / "nlb-copy" / layout.ROOT / layout.object_path(NEVER.uri))
    rebuilt(ours, anchor=Anchor(digests[-1]))
    assert committed(ours) == {"v1": digest_in(tmp_path, "nlb-copy")}


def test_without_any_copy_of_the_ledger_one_storage_is_not_enough(
    ours: Path, tmp_path: Path
) -> None:
    for name in ("aonb-copy", "nlb-copy"):
        shutil.rmtree(tmp_path / name / layout.LEDGERS)
    shutil.rmtree(tmp_path / "aonb-main")
    rebuilt(ours)  # two storages have it
    assert committed(ours) == {"v1": digest_in(tmp_path, "nlb-copy")}
    lose_ledger(ours)
    shutil.rmtree(tmp_path / "aonb-copy")
    with pytest.raises(Refused, match="only nlb-copy has these") as refusal:
        rebuilt(ours)
    assert "aonb-kp-1 v1" in str(refusal.value)
    rebuilt(ours, source="nlb-copy")
    assert committed(ours) == {"v1": digest_in(tmp_path, "nlb-copy")}


def test_the_disk_of_another_archive_does_not_become_ours(ours: Path, tmp_path: Path) -> None:
    """While the ledger is lost, the storages know by their marks that it is not."""
    mark = tmp_path / "aonb-copy" / layout.LEDGER_MARK
    right = json.loads(mark.read_text("utf-8"))["ledger"]
    mark.write_text(mark.read_text("utf-8").replace(right, right[:-4] + "ffff"), "utf-8")
    shutil.rmtree(tmp_path / "aonb-copy" / layout.LEDGERS)
    before = all_bytes(tmp_path / "aonb-copy")
    with pytest.raises(Refused, match="belong to different ledgers") as refusal:
        rebuilt(ours)
    assert f"aonb-copy belongs to the ledger {right[:-4]}ffff" in str(refusal.value)
    with pytest.raises(Refused, match="aonb-main belongs to another ledger"):
        rebuilt(ours, source="aonb-copy")
    reports = rebuilt(ours, source="aonb-main")
    assert all_bytes(tmp_path / "aonb-copy") == before
    assert Report(WholeStorage("aonb-copy"), [Finding(Code.STORAGE_WRONG)]) in reports
    with open_archive(ours) as archive:
        assert audit(archive, only=("aonb-main",)).outcome is Outcome.PASS
        with pytest.raises(WrongLedger, match="aonb-copy belongs to another ledger"):
            audit(archive)


def test_the_disk_of_another_archive_is_not_received_from(ours: Path, tmp_path: Path) -> None:
    """The copy of the ledger knows which storage we held for others; another one is none."""
    honest = digest_in(tmp_path, "from-nlb", THEIRS)
    plant(forged(tmp_path, THEIRS), tmp_path / "from-nlb", THEIRS)
    identity = tmp_path / "from-nlb" / layout.IDENTITY
    right = json.loads(identity.read_text("utf-8"))["id"]
    identity.write_text(identity.read_text("utf-8").replace(right, right[:-4] + "ffff"), "utf-8")
    reports = rebuilt(ours)
    assert Report(WholeStorage("from-nlb"), [Finding(Code.STORAGE_WRONG)]) in reports
    assert set(of_package(reports)) == {"aonb-main", "aonb-copy", "nlb-copy"}
    with open_archive(ours) as archive:
        first = StoredCopy(archive, archive.store("from-nlb"), THEIRS).recorded.inventories()
        assert first == {"v1": honest}, "what the copy of the ledger says, not what lies there"
        (receipt,) = receive(archive)
        assert [finding.code for finding in receipt.report.findings] == [Code.STORAGE_WRONG]


def test_an_empty_primary_storage_that_was_ours_is_not_a_lost_one(tmp_path: Path) -> None:
    """Nobody packaged anything yet: what a replica has then was made by others."""
    path = institution(
        tmp_path,
        "aonb",
        ("nlb",),
        ("aonb-main", "aonb", "primary", "aonb-main"),
        ("nlb-copy", "nlb", "replica", "nlb-copy"),
    )
    plant(forged(tmp_path, OURS), tmp_path / "nlb-copy", OURS)
    lose_ledger(path)
    assert of_package(rebuilt(path)) == {"nlb-copy": {Code.DIVERGED}}
    with open_archive(path) as archive:
        (incident,) = open_incidents(archive)
        assert incident.state is State.UNRECORDED
        assert audit(archive).outcome is overview(archive).outcome is Outcome.UNKNOWN
        assert committed(path) == {}


def without_facts(entries: Entries) -> Entries:
    return [{**entry, "facts": {}} if entry["type"] == END else entry for entry in entries]


def with_fact(name: str, value: object) -> Callable[[Entries], Entries]:
    def change(entries: Entries) -> Entries:
        return [{**entry, "facts": {**entry["facts"], name: value}} for entry in entries]

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        without_facts,
        with_fact("inventory", 7),
        with_fact("inventory", "../../x"),
        with_fact("findings", [7]),
        with_fact("logs", 1),
        lambda entries: [{**entry, "time": "yesterday"} for entry in entries],
        lambda entries: [{**entry, "package": "urn:preserva:../x"} for entry in entries],
        lambda entries: [{**entry, "storage": ["x"]} for entry in entries],
        lambda entries: [{**entry, "facts": []} for entry in entries],
        lambda entries: [{**entry, "more": 1} for entry in entries],
    ],
)
def test_a_chain_of_strange_entries_is_passed_over_and_another_is_tried(
    ours: Path, tmp_path: Path, spoil: Callable[[Entries], Entries]
) -> None:
    right = digest_in(tmp_path, "aonb-main")
    write_chain(tmp_path / "nlb-copy", spoil(chain_of(tmp_path / "nlb-copy")))
    first, *others = rebuilt(ours)
    assert first.subject == LedgerInStorage("nlb-copy")
    assert [finding.code for finding in first.findings] == [Code.LEDGER_COPY_UNUSABLE]
    assert {report.outcome for report in others} == {Outcome.PASS}
    assert committed(ours) == {"v1": right}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b'{"facts":' + b"[" * 60_000 + b"\n",
        lambda data: data[:-20],
        lambda data: data.replace(b"success", b"failure", 1),
        lambda data: b"\x00" * 200_000,
        lambda data: b"\n" + data,
    ],
)
def test_a_chain_that_is_none_ends_in_a_clear_refusal(
    ours: Path, tmp_path: Path, change: Callable[[bytes], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it is the only one; our own storages can be believed instead."""
    write_chain(tmp_path / "nlb-copy", chain_of(tmp_path / "nlb-copy"), change=change)
    shutil.rmtree(tmp_path / "aonb-copy" / layout.LEDGERS)
    capsys.readouterr()
    assert status_of(["--config", str(ours), "rebuild", "ledger"]) == 4
    said = capsys.readouterr().err
    assert "nlb-copy: E325" in said and "--from" in said
    reports = rebuilt(ours, source="aonb-main")
    assert [report.outcome for report in reports[1:]] == [Outcome.PASS] * (len(reports) - 1)
    assert committed(ours) == {"v1": digest_in(tmp_path, "aonb-main")}


def test_a_chain_cut_off_at_its_end_is_only_shorter(ours: Path, tmp_path: Path) -> None:
    honest = chain_of(tmp_path / "nlb-copy")
    write_chain(tmp_path / "nlb-copy", honest[:2])
    assert {report.outcome for report in rebuilt(ours)} == {Outcome.PASS}
    with open_archive(ours) as archive:
        entry = archive.ledger.newest(REBUILT)
        assert entry is not None and entry.facts["from"] == "aonb-copy"


def test_a_damaged_page_does_not_make_a_held_copy_the_right_one(ours: Path, tmp_path: Path) -> None:
    """No ledger copy, no replica: the forged one is sound in itself, and testifies for nothing."""
    right = digest_in(tmp_path, "aonb-main")
    plant(forged(tmp_path, OURS), tmp_path / "from-nlb", OURS)
    for name in ("aonb-copy", "nlb-copy"):
        shutil.rmtree(tmp_path / name / layout.LEDGERS)
        shutil.rmtree(tmp_path / name / layout.ROOT / layout.object_path(OURS.uri))
    flip(tmp_path / "aonb-main" / layout.ROOT / layout.object_path(OURS.uri) / PAGE)
    before = all_bytes(tmp_path / "aonb-main" / layout.ROOT)
    found = of_package(rebuilt(ours))
    assert found == {"aonb-main": {Code.OBJECT_DIGEST_MISMATCH}, "from-nlb": {Code.OURS_IN_HELD}}
    assert committed(ours) == {"v1": right}
    with open_archive(ours) as archive:
        (incident,) = open_incidents(archive)
        assert (incident.package, incident.storage) == (OURS.uri, "aonb-main")
        (done,) = repair(archive, [OURS], apply=True)
        assert {one.code for one in done.report.findings} == {Code.NO_GOOD_COPY}
    assert all_bytes(tmp_path / "aonb-main" / layout.ROOT) == before


@pytest.mark.parametrize("decided", [None, "aonb-main", "nlb-copy"])
def test_replicas_that_contradict_a_damaged_original_are_for_a_person(
    ours: Path, tmp_path: Path, decided: str | None
) -> None:
    """A sound forgery and a damaged original, and no ledger: nothing is recorded but that."""
    plant(forged(tmp_path, OURS), tmp_path / "nlb-copy", OURS)
    shutil.rmtree(tmp_path / "aonb-copy" / layout.ROOT / layout.object_path(OURS.uri))
    for name in ("aonb-copy", "nlb-copy"):
        shutil.rmtree(tmp_path / name / layout.LEDGERS)
    flip(tmp_path / "aonb-main" / layout.ROOT / layout.object_path(OURS.uri) / PAGE)
    found = of_package(rebuilt(ours, source=decided))
    if decided is None:
        contradicted = {Code.COPIES_CONTRADICT}
        assert found["aonb-main"] == {Code.OBJECT_DIGEST_MISMATCH, Code.COPIES_CONTRADICT}
        assert found["nlb-copy"] == contradicted
        assert committed(ours) == {}
    else:
        other = {"aonb-main": "nlb-copy", "nlb-copy": "aonb-main"}[decided]
        assert Code.NOT_AS_RECORDED in found[other]
        assert Code.NOT_AS_RECORDED not in found[decided]
        assert committed(ours) == {"v1": digest_in(tmp_path, decided)}
    with open_archive(ours) as archive:
        assert {one.storage for one in open_incidents(archive)} >= {"aonb-main"}


def test_what_only_a_replica_has_was_not_made_by_us(ours: Path, tmp_path: Path) -> None:
    """While our primary storage is there and has none of it."""
    for name in ("aonb-copy", "nlb-copy"):
        shutil.rmtree(tmp_path / name / layout.LEDGERS)
    shutil.rmtree(tmp_path / "aonb-main" / layout.ROOT / layout.object_path(OURS.uri))
    kept = forged(tmp_path, PackageId("aonb", "kp-2"))
    plant(kept, tmp_path / "aonb-main", PackageId("aonb", "kp-2"))
    found = of_package(rebuilt(ours))
    assert found == {"aonb-copy": {Code.DIVERGED}, "nlb-copy": {Code.DIVERGED}}
    assert committed(ours) == {}
    lose_ledger(ours)
    found = of_package(rebuilt(ours, source="aonb-copy"))
    assert found["aonb-main"] == {Code.COPY_MISSING}
    assert committed(ours) == {"v1": digest_in(tmp_path, "aonb-copy")}


def test_what_is_found_damaged_or_missing_is_recorded_as_a_failed_check(
    ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(tmp_path / "aonb-copy" / layout.ROOT / layout.object_path(OURS.uri) / PAGE)
    shutil.rmtree(tmp_path / "nlb-copy" / layout.ROOT / layout.object_path(OURS.uri))
    inventory = (
        tmp_path / "aonb-main" / layout.ROOT / layout.object_path(OURS.uri) / "inventory.json"
    )
    inventory.write_bytes(b"{" + inventory.read_bytes())
    found = of_package(rebuilt(ours))
    assert found["nlb-copy"] == {Code.COPY_MISSING}
    with open_archive(ours) as archive:
        checks = archive.ledger.entries(package=OURS.uri, types=(FIXITY_CHECK,))
        newest = {entry.storage: entry.outcome for entry in checks}
        assert newest == {"aonb-main": "fail", "aonb-copy": "fail", "nlb-copy": "fail"}
        assert len(open_incidents(archive)) == 3
    capsys.readouterr()
    assert status_of(["--config", str(ours), "status", "aonb-kp-1"]) == 1
    assert "never checked" not in capsys.readouterr().out.partition("from-nlb")[0]


def test_nothing_is_made_where_none_of_our_storages_is_there(ours: Path, tmp_path: Path) -> None:
    for name in ("aonb-main", "aonb-copy", "nlb-copy"):
        shutil.rmtree(tmp_path / name)
    with pytest.raises(Refused, match="none of our own storages is there"):
        rebuilt(ours)
    assert not list(ours.parent.glob("ledger.sqlite*"))


def test_a_run_that_fails_leaves_nothing(ours: Path, tmp_path: Path) -> None:
    (tmp_path / "from-nlb/preserva-storage.json").write_text("{}")
    with pytest.raises(PreservaError):
        rebuilt(ours)
    assert not list(ours.parent.glob("ledger.sqlite*"))
    (tmp_path / "from-nlb/preserva-storage.json").unlink()
    with pytest.raises(PreservaError):  # it holds something, so it is not an empty place
        rebuilt(ours)


def test_ledger_and_primary_lost_together_come_back_by_the_commands_of_the_manual(
    ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever command is tried first sends to one that works."""
    before = all_bytes(tmp_path / "aonb-main" / layout.ROOT)
    shutil.rmtree(tmp_path / "aonb-main")
    (tmp_path / "aonb-main").mkdir()
    command = ["--config", str(ours)]
    assert status_of([*command, "init"]) == 4
    assert "preserva rebuild ledger" in capsys.readouterr().err
    assert status_of([*command, "rebuild", "ledger"]) == 4
    said = capsys.readouterr().err
    assert "nlb-copy has 3 entries that no other" in said and "--from nlb-copy" in said
    assert status_of([*command, "rebuild", "ledger", "--from", "nlb-copy"]) == 3
    assert "U328" in capsys.readouterr().out
    assert status_of([*command, "init"]) == 4
    assert "preserva rebuild storage" in capsys.readouterr().err
    assert status_of([*command, "rebuild", "storage", "aonb-main"]) == 0
    after = all_bytes(tmp_path / "aonb-main" / layout.ROOT)
    assert {path: data for path, data in after.items() if "recovery" not in path} == before
    assert status_of([*command, "validate", "aonb-kp-1"]) == 0
    assert status_of([*command, "replicate"]) == 0


def test_configuration_ledger_and_primary_lost_together_come_back(
    ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = all_bytes(tmp_path / "aonb-main" / layout.ROOT)
    shutil.rmtree(tmp_path / "aonb-main")
    ours.unlink()
    command = ["--config", str(ours)]
    urls = [str(tmp_path / name) for name in ("aonb-copy", "nlb-copy", "from-nlb")]
    assert status_of([*command, "rebuild", "config", *urls]) == 0
    loaded = configuration.load(ours)
    assert loaded.primary().id == "aonb-main"
    assert loaded.storages["from-nlb"].held_for == "nlb"
    assert status_of([*command, "rebuild", "ledger", "--from", "nlb-copy"]) == 3
    assert status_of([*command, "rebuild", "storage", "aonb-main"]) == 0
    after = all_bytes(Path(loaded.primary().url) / layout.ROOT)
    assert {path: data for path, data in after.items() if "recovery" not in path} == before
    assert status_of([*command, "validate", "aonb-kp-1"]) == 0
