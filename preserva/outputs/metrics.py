"""Audits and replications for Prometheus, in the text that its node exporter reads from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from preserva.core.policy.judgement import State, Tally
from preserva.core.values.report import Outcome
from preserva.fixity.audit_run import Audit
from preserva.replication.pair import Replication


def audit_metrics(audit: Audit, finished: datetime) -> str:
    """The metrics of an audit (Prometheus text exposition format 0.0.4).

    `preserva_audit_copies` and `preserva_...` are about the state in which the run left all of it,
    where known damage stays until it is repaired; other `preserva_audit_...` are about the run.
    An alarm on the age of `preserva_audit_finished_timestamp_seconds` tells that the audit has
    silently stopped running.
    """
    missed = audit.forecast.missed_from
    lines = [
        *gauge(
            "finished_timestamp_seconds",
            "When the last run finished.",
            {"": int(finished.timestamp())},
        ),
        *gauge("read_copies", "Copies read by the last run.", {"": len(audit.reports)}),
        *gauge("read_bytes", "Bytes read by the last run.", {"": audit.bytes_read}),
        *gauge("left", "Due copies that the last run did not read.", {"": audit.left_count}),
        *gauge(
            "unreachable_storages",
            "Storages that could not be reached.",
            {"": len(audit.unreachable)},
        ),
        *gauge("overdue", "Copies whose check is overdue.", {"": audit.forecast.overdue}),
        *gauge(
            "missed_from_timestamp_seconds",
            "The first deadline that will be missed; 0 if none will.",
            {"": 0 if missed is None else int(missed.timestamp())},
        ),
        *(_state(audit.state) if audit.state is not None else ()),
    ]
    return "\n".join(lines) + "\n"


def replicate_metrics(replications: Sequence[Replication], finished: datetime) -> str:
    """The metrics of a replication: what it brought, and what it could not bring, by storage."""
    storages = sorted({done.to for done in replications})
    brought = {
        f'{{storage="{storage}"}}': sum(
            len(done.acknowledged) for done in replications if done.to == storage
        )
        for storage in storages
    }
    failed = {
        f'{{storage="{storage}"}}': sum(
            done.outcome is not Outcome.PASS for done in replications if done.to == storage
        )
        for storage in storages
    }
    lines = [
        *gauge(
            "finished_timestamp_seconds",
            "When the last run finished.",
            {"": int(finished.timestamp())},
            of="replicate_",
        ),
        *gauge("versions", "Versions that the last run brought.", brought, of="replicate_"),
        *gauge("failed", "Packages and storages with a finding.", failed, of="replicate_"),
    ]
    return "\n".join(lines) + "\n"


def _state(tally: Tally) -> Iterator[str]:
    """The gauges of the state of the copies that the audit was about."""
    numbers = {
        "incidents_open": ("Incidents that are open.", tally.incidents),
        "incidents_undecided": (
            "Open incidents about which nobody has decided anything.",
            tally.undecided,
        ),
        "copies_damaged": (
            "Copies that are known to be damaged or missing.",
            tally.count(State.DAMAGED, State.MISSING),
        ),
        "packages_too_few_copies": (
            "Packages with fewer copies than the policy requires.",
            len(tally.few),
        ),
    }
    for name, (help_, number) in numbers.items():
        yield from gauge(name, help_, {"": number}, of="")
    outcomes = dict.fromkeys(Outcome, 0)
    for state in State:
        outcomes[state.outcome] += tally.count(state)
    known = {f'{{outcome="{outcome.value}"}}': count for outcome, count in outcomes.items()}
    yield from gauge("copies", "Copies by what is known of them now.", known)
    copies = {f'{{state="{state.value}"}}': tally.count(state) for state in State}
    yield from gauge("copies", "Copies by their state.", copies, of="")


def gauge(name: str, help_: str, values: Mapping[str, int], *, of: str = "audit_") -> list[str]:
    """The lines of one metric; `values` by their labels, "" for none."""
    full = f"preserva_{of}{name}"
    return [
        f"# HELP {full} {help_}",
        f"# TYPE {full} gauge",
        *(f"{full}{labels} {value}" for labels, value in values.items()),
    ]
