"""What the verbs of a night and a morning say of a scratch archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from preserva.archive.ledger_backup import backup_ledger
from preserva.core.policy.drill import DrillVerb, Signs
from preserva.core.policy.health import Aspect
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Severity
from preserva.core.values.report import Outcome, Report
from preserva.drill.scratch import Scratch
from preserva.errors import PreservaError
from preserva.fixity.audit import audit
from preserva.replication.replicate import replicate
from preserva.reporting.health import health
from preserva.reporting.incidents import open_incidents


def look(scratch: Scratch) -> Signs:
    """Run the verbs one after the other: what each said, if it said anything.

    Every copy is read, whether it is due or not.
    """
    seen = {}
    for watch, act in _VERBS.items():
        try:
            signs = act(scratch)
        except PreservaError as error:
            signs = {type(error).__name__}
        if signs:
            seen[watch] = frozenset(signs)
    return seen


def _codes(reports: Iterable[Report]) -> set[str]:
    return {
        str(finding.code.value)
        for report in reports
        for finding in report.findings
        if finding.code.severity is not Severity.WARNING
    }


def _audit(scratch: Scratch) -> set[str]:
    with scratch.open() as archive:
        done = audit(archive, moved=tuple(archive.config.storages))
    away = {State.UNREACHABLE.value} if done.unreachable else set()
    return _codes(done.reports) | away


def _replicate(scratch: Scratch) -> set[str]:
    with scratch.open() as archive:
        return _codes(done.report for done in replicate(archive))


def _backup(scratch: Scratch) -> set[str]:
    backup_ledger(scratch.config, scratch.backups, lambda: scratch.now)
    return set()


def _incidents(scratch: Scratch) -> set[str]:
    with scratch.open(reading=True) as archive:
        return {incident.state.value for incident in open_incidents(archive)}


def _health(scratch: Scratch) -> set[str]:
    """Free space is left out: it is that of the disk on which the drill takes place."""
    with scratch.open(reading=True) as archive:
        return {
            (check.job or check.aspect).value
            for check in health(archive).checks
            if check.outcome is not Outcome.PASS and check.aspect is not Aspect.FREE
        }


_VERBS: dict[DrillVerb, Callable[[Scratch], set[str]]] = {
    DrillVerb.AUDIT: _audit,
    DrillVerb.REPLICATE: _replicate,
    DrillVerb.BACKUP: _backup,
    DrillVerb.INCIDENTS: _incidents,
    DrillVerb.HEALTH: _health,
}
