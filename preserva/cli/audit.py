"""preserva audit"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, settings
from preserva.cli.quantities import RATE, SIZE, TIME
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from preserva.archive.archive import Archive
    from preserva.core.formats.canonical_json import Value
    from preserva.core.policy.audit import Due, Forecast
    from preserva.fixity.audit import Audit
    from preserva.fixity.audit_cluster import Workers


@click.command("audit")
@click.option("--max-time", type=TIME, help="Stop reading after so long: 90m, 6h.")
@click.option("--max-bytes", type=SIZE, help="Stop reading after so much: 500GB.")
@click.option("--bandwidth", type=RATE, help="Read no more in a second: 20MB.")
@click.option(
    "--only", metavar="ID|STORAGE", multiple=True, help="Keep to these packages and storages."
)
@click.option(
    "--event", "moved", metavar="STORAGE", multiple=True, help="All of it is due: it was moved."
)
@click.option(
    "--executor", metavar="URL", help="Let the workers of a Dask cluster read: dask://HOST:8786."
)
@click.option(
    "--metrics",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what Prometheus' node exporter picks up, replaced at once.",
)
@dry_run
@as_json
@settings
def command(
    given: Settings,
    max_time: int | None,
    max_bytes: int | None,
    bandwidth: int | None,
    only: tuple[str, ...],
    moved: tuple[str, ...],
    executor: str | None,
    metrics: Path | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Read the copies that are due, the most urgent first, and record what was seen.

    Copies that were never checked come first, then those whose interval ends. What looks damaged
    is read a second time. A run that was stopped, or whose budget ended, is gone on with by the
    next one.

    \b
    preserva audit --max-time 6h --bandwidth 20MB
    preserva audit --event nlb-copy
    \b
    Ends with 1 if a copy is damaged or missing, with 3 if something due was not read.
    """
    from preserva.fixity.audit import Budget, audit

    with (
        given.archive() as archive,
        _telling(given, archive, quiet=dry_run) as ended,
        _workers(executor) as workers,
    ):
        found = audit(
            archive,
            workers=workers,
            budget=Budget(max_time, max_bytes, bandwidth),
            only=only,
            moved=moved,
            dry_run=dry_run,
            observer=given.observer(json_),
        )
        if metrics is not None and not dry_run:
            _write_metrics(found, metrics, archive.clock())
        status = _status(found, dry_run)
        ended(status)
    if json_:
        _print_document(found, dry_run)
    else:
        _say(found, dry_run)
    if status:
        raise SystemExit(status)


def _status(found: Audit, dry_run: bool) -> int:
    outcomes = {report.outcome.value for report in found.reports}
    if "fail" in outcomes:
        return 1
    if "unknown" in outcomes or found.unreachable or (found.left_count and not dry_run):
        return 3
    return 0


@contextmanager
def _telling(given: Settings, archive: Archive, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Tell those whom the configuration names; what is given back is to be told the status."""
    from preserva.reporting.notify import ping, tell

    def warn(problem: str | None) -> None:
        if problem is not None:
            click.echo(_("Warning: {problem}").format(problem=problem), err=True)

    told: list[int] = []
    pings = archive.config.pings
    if quiet:
        yield told.append
        return
    warn(ping(pings.start))
    try:
        yield told.append
        warn(tell(archive))
    finally:
        warn(ping(pings.success if told == [0] else pings.failure))


def _workers(url: str | None) -> AbstractContextManager[Workers | None]:
    if url is None:
        return nullcontext()
    from preserva.fixity.audit_cluster import connect

    return connect(url)


def _write_metrics(found: Audit, path: Path, finished: datetime) -> None:
    from preserva.outputs.metrics import audit_metrics
    from preserva.storage.local import LocalStorage

    text = audit_metrics(
        found.reports,
        left=found.left_count,
        unreachable=found.unreachable,
        bytes_read=found.bytes_read,
        forecast=found.forecast,
        finished=finished,
    )
    LocalStorage(path.absolute().parent).replace(path.name, text.encode())


def _print_document(found: Audit, dry_run: bool) -> None:
    from preserva.outputs.findings import report_document

    emit(
        "audit",
        dry_run=dry_run,
        reports=[report_document(report) for report in found.reports],
        left=[_due(one) for one in found.left],
        left_count=found.left_count,
        unreachable=dict(found.unreachable),
        bytes=found.bytes_read,
        forecast=forecast_document(found.forecast),
    )


def _due(one: Due) -> Value:
    return {
        "package": one.copy.package,
        "storage": one.copy.storage,
        "deadline": one.deadline.isoformat() if one.deadline else None,
        "reason": one.reason.value,
    }


def forecast_document(said: Forecast) -> Value:
    """A forecast for programs."""
    return {
        "bytes_a_day_needed": said.needed,
        "bytes_a_day_possible": said.capacity,
        "overdue": said.overdue,
        "missed_from": said.missed_from.isoformat() if said.missed_from else None,
    }


def _say(found: Audit, dry_run: bool) -> None:
    from preserva.fixity.audit_run import CLUSTER
    from preserva.outputs.findings import for_people, human_size, report_lines
    from preserva.outputs.words import word

    for report in found.reports:
        for line in report_lines(report):
            click.echo(line)
    if dry_run:
        for one in found.left:
            ends = one.deadline.isoformat() if one.deadline else "-"
            name = for_people(one.copy.package)
            click.echo(f"{name}\t{one.copy.storage}\t{word(one.reason.value)}\t{ends}")
        if found.left_count > len(found.left):
            click.echo("…")
    for name, reason in sorted(found.unreachable.items()):
        shown = _(name) if name == CLUSTER else name
        click.echo(_("{name} cannot be reached: {reason}").format(name=shown, reason=reason))
    read = len(found.reports)
    text = ngettext("{count} copy read", "{count} copies read", read).format(count=read)
    left = ngettext("{count} due copy left", "{count} due copies left", found.left_count)
    size = human_size(found.bytes_read)
    click.echo(f"{text}, {size}; {left.format(count=found.left_count)}")
    said = found.forecast
    if said.overdue:
        late = ngettext("{count} copy is overdue", "{count} copies are overdue", said.overdue)
        click.echo(late.format(count=said.overdue))
    if said.missed_from is not None and said.capacity is not None:
        message = _(
            "The interval will be missed from {date}: a run a day reads {possible} of the"
            " {needed} a day that it takes. Give more time, more bandwidth, or a longer interval."
        )
        click.echo(
            message.format(
                date=said.missed_from.date(),
                possible=human_size(said.capacity),
                needed=human_size(said.needed),
            )
        )
