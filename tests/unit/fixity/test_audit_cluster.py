"""What a worker says is not believed: nothing that it leaves out counts as agreement."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preserva import workers as workers_module
from preserva.core.values.codes import Code
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome, Report
from preserva.errors import NotFound
from preserva.fixity.audit import Audit, audit
from preserva.fixity.audit_run import CLUSTER
from preserva.fixity.ocfl_object import CheckedObject
from preserva.fixity.validate import validate_elsewhere, validate_stored
from preserva.workers import Workers
from tests.support.books import an_archive
from tests.support.reports import by_storage

Change = Callable[[Any], Any]
PACKAGE = PackageId("aonb", "kp-7")


class Workshop(Executor):
    """A worker in this process, whose answers are changed on their way."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it at once."""
        future: Future[Any] = Future()
        future.set_result(self._change(fn(*args, **kwargs)))
        return future


def audited(place: Path, change: Change) -> tuple[Audit, list[dict[str, Any]]]:
    """An audit by such a worker, and what the ledger recorded of it."""
    with an_archive(place) as archive:
        done = audit(archive, workers=Workers(Workshop(change), 1))
        checks = archive.ledger.entries(types=(FIXITY_CHECK,))
        return done, [{"outcome": entry.outcome, **entry.facts} for entry in checks]


def seen(change: Callable[[CheckedObject], CheckedObject]) -> Change:
    """A change of what the worker saw."""
    return lambda answer: replace(answer, seen=change(answer.seen))


def empty(checked: CheckedObject) -> CheckedObject:
    """Nothing was seen, and nothing found."""
    return CheckedObject(Report(checked.report.subject))


def without_digests(checked: CheckedObject) -> CheckedObject:
    """Everything was read, but which versions is not said."""
    return replace(checked, digests={})


def without_inventory(checked: CheckedObject) -> CheckedObject:
    """The digests are there, the inventory is not."""
    return replace(checked, inventory=None, digests={})


def unread(checked: CheckedObject) -> CheckedObject:
    """Listed, and not read."""
    return replace(checked, report=replace(checked.report, listed=0, checked=0, bytes_read=0))


def one_file(checked: CheckedObject) -> CheckedObject:
    """Fewer files than any object has."""
    return replace(checked, report=replace(checked.report, listed=1, checked=1))


def test_an_honest_worker_proves_what_it_saw(one_book: Path) -> None:
    """The digest in the ledger is the one that was read."""
    done, recorded = audited(one_book, lambda answer: answer)
    assert (done.outcome, len(recorded)) == (Outcome.PASS, 2)
    for facts in recorded:
        assert facts["bytes"] > 0
        assert (facts["newest"], len(facts["inventory"])) == ("v1", 128)


@pytest.mark.parametrize("change", [empty, without_digests, without_inventory, unread, one_file])
def test_what_a_worker_leaves_out_proves_nothing(
    one_book: Path, change: Callable[[CheckedObject], CheckedObject]
) -> None:
    """It is not damage either."""
    done, recorded = audited(one_book, seen(change))
    assert done.outcome is Outcome.UNKNOWN
    assert [facts["outcome"] for facts in recorded] == ["unknown"] * 2
    assert all("inventory" not in facts for facts in recorded)
    codes = {finding.code for report in done.reports for finding in report.findings}
    assert codes == {Code.NOT_ALL_SEEN}


@pytest.mark.parametrize(
    "change", [lambda answer: replace(answer, software="9.9"), lambda answer: answer.seen]
)
def test_another_version_is_refused(one_book: Path, change: Change) -> None:
    """Nothing is recorded; the copies are left for the next run, which says why."""
    done, recorded = audited(one_book, change)
    assert (done.outcome, done.reports, recorded) == (Outcome.UNKNOWN, [], [])
    assert done.left_count == 2
    assert "a worker runs preserva" in done.unreachable[CLUSTER]


def test_a_worker_says_its_version(one_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that it really has."""
    monkeypatch.setattr(workers_module, "__version__", "1.2.3")
    versions: list[str] = []

    def note(answer: Any) -> Any:
        versions.append(answer.software)
        return answer

    audited(one_book, note)
    assert versions == ["1.2.3"] * 2


def validated(place: Path, workers: Workers) -> tuple[list[Report], list[str]]:
    """A validation by workers: its reports as they came, and the outcomes that were recorded."""
    shown: list[Report] = []
    with an_archive(place) as archive:
        before = archive.ledger.size
        reports = validate_elsewhere(archive, [PACKAGE], workers, each=shown.append)
        entries = archive.ledger.entries(types=(FIXITY_CHECK,), since=before + 1)
        recorded = [entry.outcome for entry in entries]
    assert shown == reports
    return reports, recorded


def test_workers_validate_like_this_machine(one_book: Path) -> None:
    """The same reports and entries, but for the times."""
    with an_archive(one_book) as archive:
        here = validate_stored(archive, PACKAGE)
    there, recorded = validated(one_book, Workers(Workshop(lambda answer: answer), 1))
    assert by_storage(there) == by_storage(here)
    assert recorded == ["success"] * 2


@pytest.mark.parametrize("change", [empty, without_digests, without_inventory, unread, one_file])
def test_a_validation_believes_no_worker(
    one_book: Path, change: Callable[[CheckedObject], CheckedObject]
) -> None:
    """What it leaves out is not established."""
    reports, recorded = validated(one_book, Workers(Workshop(seen(change)), 1))
    assert [report.outcome for report in reports] == [Outcome.UNKNOWN] * 2
    assert recorded == ["unknown"] * 2


class Killed(Executor):
    """Workers that are killed, or a scheduler that is gone and never answers."""

    def __init__(self, answers: bool) -> None:
        self._answers = answers

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Take it and do nothing."""
        future: Future[Any] = Future()
        if self._answers:
            future.set_exception(RuntimeError("killed"))
        return future


class Closed(Executor):
    """A cluster that takes nothing."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Refuse it."""
        raise RuntimeError("closed")


@pytest.mark.parametrize(
    ("executor", "reason"),
    [
        (Killed(answers=True), "killed"),
        (Killed(answers=False), "the scheduler is gone"),
        (Closed(), "closed"),
        (Workshop(lambda answer: replace(answer, software="9.9")), "a worker runs preserva 9.9"),
    ],
)
def test_what_no_worker_finished_is_not_established(
    one_book: Path, executor: Executor, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is recorded of it; the next run reads it."""
    monkeypatch.setattr(workers_module, "_PATIENCE", 0.01)
    reports, recorded = validated(one_book, Workers(executor, 1, lambda: False))
    assert recorded == []
    assert [report.outcome for report in reports] == [Outcome.UNKNOWN] * 2
    for report in reports:
        (finding,) = report.findings
        assert finding.code is Code.UNREADABLE
        assert reason in (finding.seen or "")


def test_a_package_that_is_nowhere_is_refused_before_anything_is_read(one_book: Path) -> None:
    """A typing error must not cost a night."""
    with an_archive(one_book) as archive, pytest.raises(NotFound):
        validate_elsewhere(archive, [PACKAGE, PackageId("aonb", "kp-8")], Workers(Closed(), 1))
