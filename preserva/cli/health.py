"""preserva health"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.notices import called, written
from preserva.cli.terminal import echo
from preserva.errors import PreservaError

if TYPE_CHECKING:
    from preserva.core.policy.health import Health


@click.command("health")
@click.option(
    "--metrics",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write metrics for the node exporter of Prometheus; the file is replaced atomically.",
)
@as_json
@pass_settings
def command(settings: Settings, metrics: Path | None, json_: bool) -> None:
    """Say whether the archive is well, for monitoring and for the morning.

    Open incidents, damaged copies, packages with too few copies, copies without the newest version,
    overdue checks, the last success of audit, replicate, receive, ledger copy and ledger backup,
    and free space. By the ledger alone: no storage is asked. It stays unwell until the cause is
    gone, or a person has decided about the incident. With --quiet, only what is not well is listed.

    \b
    preserva health
    preserva health --metrics /var/lib/preserva/metrics/health.prom

    Exit status: 0 if all is well; 1 if a copy is damaged; 3 if anything else waits for a person.
    """
    from preserva.archive.archive import utc_now
    from preserva.outputs.health import health_document, health_lines, health_metrics
    from preserva.reporting.health import health

    state: Health | None = None
    with called(settings, "health_success", "health_failure") as succeeded:
        try:
            with settings.archive(reading=True) as archive:
                state = health(archive)
        except PreservaError:
            if metrics is not None:
                written(metrics, health_metrics(None, utc_now()))
            raise
        if metrics is not None:
            written(metrics, health_metrics(state, state.at))
        succeeded(state.outcome.value == "pass")
    if json_:
        emit("health", health_document(state))
    else:
        for line in health_lines(state, quiet=settings.quiet):
            echo(line)
    finish([state])
