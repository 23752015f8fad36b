"""preserva audit"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.notices import warn, written
from preserva.cli.quantities import RATE, SIZE, TIME
from preserva.cli.terminal import echo
from preserva.errors import PreservaError
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from preserva.archive.archive import ArchivalStorage
    from preserva.core.policy.audit import Forecast
    from preserva.core.policy.judgement import Tally
    from preserva.core.values.report import Report
    from preserva.fixity.audit import Audit
    from preserva.workers import Workers


@click.command("audit")
@click.option("--max-time", type=TIME, help="Stop reading after this time, such as 90m or 6h.")
@click.option("--max-bytes", type=SIZE, help="Stop reading after this much, such as 500GB.")
@click.option("--bandwidth", type=RATE, help="The most to read in a second, such as 20MB.")
@click.option(
    "--only", metavar="ID|STORAGE", multiple=True, help="Audit only these packages and storages."
)
@click.option(
    "--event",
    "moved",
    metavar="STORAGE",
    multiple=True,
    help="Treat all copies in it as due, because it was moved.",
)
@click.option(
    "--executor",
    metavar="URL",
    help="Read on the workers of a Dask cluster: dask://HOST:8786, or dask+tls://HOST:8786.",
)
@click.option(
    "--metrics",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write metrics for the node exporter of Prometheus; the file is replaced atomically.",
)
@dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
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
    """Read the copies that are due and record the results.

    Copies that were never checked come first, then those whose interval ends soonest. What looks
    damaged is read a second time. The next run resumes where this one stopped. The exit status is
    that of the archive, not only of the run: known damage stays known until it is repaired.

    \b
    preserva audit --max-time 6h --bandwidth 20MB
    preserva audit --event nlb-copy

    Exit status: 1 if a copy is damaged or missing; 3 if something due was not read, an incident of
    another kind is open, or a package has too few copies.
    """
    from preserva.fixity.audit import Budget, audit
    from preserva.outputs.metrics import audit_metrics

    with (
        _opened(settings, quiet=dry_run) as archive,
        _notifications(archive, quiet=dry_run) as notify,
        _workers(executor) as workers,
    ):
        result = audit(
            archive,
            workers=workers,
            budget=Budget(max_time, max_bytes, bandwidth),
            only=only,
            moved=moved,
            dry_run=dry_run,
            observer=settings.observer(json_),
            each=settings.each(partial(_show, quiet=settings.quiet), silent=json_),
        )
        if metrics is not None and not dry_run:
            written(metrics, audit_metrics(result, archive.clock()))
        notify(not result.waits)
    _emit(result) if json_ else _print(result, quiet=settings.quiet)
    finish([result])


def _opened(settings: Settings, *, quiet: bool) -> ArchivalStorage:
    """The archive; the ping hears of it too if it cannot be opened."""
    from preserva.archive.archive import find_config
    from preserva.config import load
    from preserva.reporting.notify import ping

    try:
        return settings.archive()
    except PreservaError:
        if not quiet:
            warn(ping(load(find_config(settings.config)).pings.failure))
        raise


@contextmanager
def _notifications(archive: ArchivalStorage, *, quiet: bool) -> Iterator[Callable[[bool], None]]:
    """Notify those whom the configuration names, at the start and at the end of an audit.

    Call the value with whether nothing waits for a person; without that call, the audit counts as
    failed.
    """
    from preserva.outputs.mail import mail_text
    from preserva.reporting.notify import ping, send_mail

    outcomes: list[bool] = []
    pings = archive.config.pings
    if quiet:
        yield outcomes.append
        return
    warn(ping(pings.start))
    try:
        yield outcomes.append
        warn(send_mail(archive, mail_text))
    finally:
        warn(ping(pings.success if outcomes == [True] else pings.failure))


def _workers(url: str | None) -> AbstractContextManager[Workers | None]:
    if url is None:
        return nullcontext()
    from preserva.workers import connect

    return connect(url)


def _emit(result: Audit) -> None:
    from preserva.outputs.json.fixity import audit_document

    emit("audit", audit_document(result))


def _show(report: Report, *, quiet: bool) -> None:
    from preserva.outputs.findings import report_lines

    if report.findings or not quiet:
        for line in report_lines(report):
            echo(line)


def _print(result: Audit, *, quiet: bool) -> None:
    from preserva.core.values.report import Outcome
    from preserva.local_time import local_date
    from preserva.outputs.findings import for_people, human_size
    from preserva.outputs.words import word

    if result.dry_run:
        for due in result.left:
            deadline = local_date(due.deadline) if due.deadline else "-"
            name = for_people(due.copy.package)
            echo(f"{name}\t{due.copy.storage}\t{word(due.reason.value)}\t{deadline}")
        if result.left_count > len(result.left):
            echo("…")
    for storage, reason in sorted(result.unreachable.items()):
        echo(_("{name} cannot be reached: {reason}").format(name=storage, reason=reason))
    if quiet and result.outcome is Outcome.PASS:
        return
    read = len(result.reports)
    copies = ngettext("{count} copy read", "{count} copies read", read).format(count=read)
    left = ngettext("{count} due copy left", "{count} due copies left", result.left_count)
    size = human_size(result.bytes_read)
    echo(f"{copies}, {size}; {left.format(count=result.left_count)}")
    if result.state is not None:
        _print_state(result.state)
    _print_forecast(result.forecast)


def _print_state(state: Tally) -> None:
    if state.incidents:
        text = ngettext(
            "{count} incident is open; `preserva incidents` shows what to do",
            "{count} incidents are open; `preserva incidents` shows what to do",
            state.incidents,
        )
        echo(text.format(count=state.incidents))
    if state.few:
        text = ngettext(
            "{count} package has too few copies; `preserva report` names it",
            "{count} packages have too few copies; `preserva report` names them",
            len(state.few),
        )
        echo(text.format(count=len(state.few)))


def _print_forecast(forecast: Forecast) -> None:
    from preserva.local_time import local_date
    from preserva.outputs.findings import human_size

    if forecast.overdue:
        late = ngettext(
            "the check of {count} copy is overdue",
            "the checks of {count} copies are overdue",
            forecast.overdue,
        )
        echo(late.format(count=forecast.overdue))
    if forecast.missed_from is not None and forecast.capacity is not None:
        message = _(
            "From {date} on, checks will be late: one run a day reads {possible}, but {needed} a"
            " day are needed. Increase --max-time or --bandwidth, or lengthen the interval."
        )
        echo(
            message.format(
                date=local_date(forecast.missed_from),
                possible=human_size(forecast.capacity),
                needed=human_size(forecast.needed),
            )
        )
