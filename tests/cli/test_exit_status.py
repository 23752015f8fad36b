"""Exit statuses: one table, one place that ends a command, and what each result comes to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from preserva import errors
from preserva.archive.ledger_proof import Proof
from preserva.bag.fetch import Fetched
from preserva.catalogue.import_records import Imported
from preserva.cli.finish import HasOutcome, finish
from preserva.core.policy.audit import Forecast
from preserva.core.policy.judgement import State, Tally
from preserva.core.policy.overview import Incident, Overview
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Outcome, Report
from preserva.core.values.subjects import Named
from preserva.exit_status import ExitStatus
from preserva.fixity.audit_run import Audit
from preserva.replication.repair import Repair
from preserva.replication.replicate import Replication
from preserva.reporting.status import CopyStatus, Listing, Status
from preserva.reporting.storages import Reached
from preserva.resources import schema_file
from tests.conftest import ROOT

WRONG = Report(Named("copy"), [Finding(Code.OBJECT_DIGEST_MISMATCH)])
UNREAD = Report(Named("copy"), listed=1)
SOUND = Report(Named("copy"), listed=1, checked=1)
CLEAN = Report(Named("copy"))


def damaged(state: State = State.DAMAGED) -> Incident:
    """An open incident."""
    return Incident(1, None, "nlb-copy", state, "2026", "2026", 1, ())


def overview(
    *incidents: Incident, few: tuple[tuple[str, int], ...] = (), overdue: int = 0
) -> Overview:
    """A report on an archive."""
    forecast = Forecast(needed=0, capacity=None, overdue=overdue, missed_from=None)
    at = datetime(2026, 12, 1, tzinfo=UTC)
    return Overview("aonb", at, (), incidents, few, 2, (), (), (), forecast, 0, "")


def status(*states: State, enough: bool = True) -> Status:
    """A package whose copies are in these states."""
    return Status(
        "urn:preserva:aonb:x", "aonb-x", tuple(CopyStatus("s", s) for s in states), enough
    )


def test_the_readme_has_the_table() -> None:
    """Each status with its meaning, and no other."""
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert rows == [(str(int(status)), status.meaning) for status in ExitStatus]


def test_no_other_place_ends_a_command() -> None:
    """What a command found becomes a status in `finish`, an error in `main`."""
    ends = re.compile(r"\bSystemExit\(|\bsys\.exit\(|\.exit\(|\bos\._exit\(")
    modules = (ROOT / "preserva/cli").glob("*.py")
    found = {path.name for path in modules if ends.search(path.read_text("utf-8"))}
    assert found == {"finish.py", "main.py"}


def classes(base: type[errors.PreservaError]) -> Iterator[type[errors.PreservaError]]:
    """The error and all below it."""
    yield base
    for below in base.__subclasses__():
        yield from classes(below)


def test_the_schema_names_the_statuses_of_errors() -> None:
    """All of them, and no other."""
    schema = json.loads(schema_file("output.schema.json").read_text("utf-8"))
    (error,) = (
        branch["then"]["properties"]
        for branch in schema["allOf"]
        if branch["if"]["properties"]["command"].get("const") == "error"
    )
    statuses = {each.exit_status for each in classes(errors.PreservaError)}
    assert error["exit_status"]["enum"] == sorted(statuses)


def test_the_tree_of_errors_shows_the_statuses() -> None:
    """As the module's docstring draws it; a class below one without a number has that of it."""
    drawn = re.findall(r"── (\w+) +(\d+) ", errors.__doc__ or "")
    own = [each for each in classes(errors.PreservaError) if "exit_status" in vars(each)]
    assert sorted(drawn) == sorted(
        (each.__name__, str(int(each.exit_status)))
        for each in own
        if each is not errors.PreservaError and each.__module__ == errors.__name__
    )


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (SOUND, Outcome.PASS),
        (WRONG, Outcome.FAIL),
        (UNREAD, Outcome.UNKNOWN),
        (Report(Named("copy"), [Finding(Code.OBJECT_DIGEST_MISMATCH)], listed=1), Outcome.FAIL),
        (Audit(), Outcome.PASS),
        (Audit(reports=[SOUND, WRONG, UNREAD]), Outcome.FAIL),
        (Audit(reports=[SOUND, UNREAD]), Outcome.UNKNOWN),
        (Audit(left_count=1), Outcome.UNKNOWN),
        (Audit(left_count=1, dry_run=True), Outcome.PASS),
        (Audit(unreachable={"s": "away"}, dry_run=True), Outcome.UNKNOWN),
        (Audit(unreachable={"s": "away"}, reports=[WRONG]), Outcome.FAIL),
        (Audit(state=Tally(outcome=Outcome.FAIL)), Outcome.FAIL),
        (Audit(reports=[UNREAD], state=Tally()), Outcome.UNKNOWN),
        (Replication("p", "s", report=UNREAD), Outcome.UNKNOWN),
        (Repair("p", "s", CLEAN), Outcome.PASS),
        (Repair("p", "s", CLEAN, aside=("x",)), Outcome.FAIL),
        (Repair("p", "s", CLEAN, aside=("x",), applied=True), Outcome.PASS),
        (Repair("p", "s", report=UNREAD), Outcome.UNKNOWN),
        (Fetched(UNREAD), Outcome.UNKNOWN),
        (Fetched(UNREAD, dry_run=True), Outcome.PASS),
        (Fetched(WRONG, dry_run=True), Outcome.FAIL),
        (status(State.SOUND, State.INCOMPLETE, State.ABSENT), Outcome.PASS),
        (status(State.SOUND, enough=False), Outcome.UNKNOWN),
        (status(State.UNREACHABLE), Outcome.UNKNOWN),
        (status(State.UNREACHABLE, State.MISSING), Outcome.FAIL),
        (status(State.DAMAGED, enough=False), Outcome.FAIL),
        (Listing(), Outcome.PASS),
        (Listing(findings=[Finding(Code.INVENTORY_INVALID)]), Outcome.FAIL),
        (Reached("s", None), Outcome.PASS),
        (Reached("s", "away"), Outcome.UNKNOWN),
        (Proof(1, None, ()), Outcome.PASS),
        (Proof(1, None, ("entry 1",)), Outcome.FAIL),
        (Imported(), Outcome.PASS),
        (damaged(), Outcome.FAIL),
        (damaged(State.UNREAD), Outcome.UNKNOWN),
        (overview(), Outcome.PASS),
        (overview(few=(("p", 1),)), Outcome.UNKNOWN),
        (overview(overdue=1), Outcome.UNKNOWN),
        (overview(damaged(State.UNREAD), damaged()), Outcome.FAIL),
    ],
)
def test_results_know_their_outcome(result: HasOutcome, outcome: Outcome) -> None:
    assert result.outcome is outcome


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ([], ExitStatus.SOUND),
        ([SOUND, SOUND], ExitStatus.SOUND),
        ([SOUND, UNREAD], ExitStatus.UNFINISHED),
        ([UNREAD, WRONG, SOUND], ExitStatus.DAMAGE),
    ],
)
def test_the_worst_outcome_decides(results: list[Report], status: ExitStatus) -> None:
    if status is ExitStatus.SOUND:
        finish(results)
        return
    with pytest.raises(SystemExit) as end:
        finish(results)
    assert end.value.code is status


def test_a_ledger_that_fails_has_a_status_of_its_own() -> None:
    with pytest.raises(SystemExit) as end:
        finish([Proof(1, None, ("entry 1",))], failure=ExitStatus.LEDGER)
    assert end.value.code is ExitStatus.LEDGER
