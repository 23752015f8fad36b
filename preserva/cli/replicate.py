"""preserva replicate"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.cli.notices import called, written
from preserva.cli.quantities import RATE
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from preserva.replication.replicate import Replication


@click.command("replicate")
@click.argument("packages", metavar="[ID]...", nargs=-1)
@click.option(
    "--to", metavar="STORAGE", help="Copy to this storage only; by default to all replicas."
)
@click.option(
    "--bandwidth", type=RATE, help="The most to send and read back in a second, such as 2MB."
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
    packages: tuple[str, ...],
    to: str | None,
    bandwidth: int | None,
    metrics: Path | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Copy packages to the other institution and prove each copy.

    Only missing versions are copied. The next run resumes where an interrupted one stopped.

    \b
    preserva replicate --dry-run
    preserva replicate
    preserva replicate aonb-kp-000123 --to nlb-copy --bandwidth 2MB
    """
    from preserva.core.values.report import Outcome
    from preserva.outputs.json.replication import replicate_document
    from preserva.outputs.metrics import replicate_metrics
    from preserva.replication.replicate import replicate

    with _called(settings, dry_run) as succeeded, settings.archive() as archive:
        wanted = [package_id(package, archive) for package in packages]
        replications = replicate(
            archive,
            wanted,
            to=to,
            bandwidth=bandwidth,
            dry_run=dry_run,
            observer=settings.observer(json_),
            each=settings.each(
                lambda done: _print(done, dry_run, quiet=settings.quiet), silent=json_
            ),
        )
        if metrics is not None and not dry_run:
            written(metrics, replicate_metrics(replications, archive.clock()))
        succeeded(all(done.outcome is Outcome.PASS for done in replications))
    if json_:
        emit("replicate", replicate_document(replications, dry_run=dry_run))
    finish(replications)


def _called(settings: Settings, dry_run: bool) -> AbstractContextManager[Callable[[bool], object]]:
    """Who is told that a replication begins and how it ended; nobody of a dry run."""
    if dry_run:
        return nullcontext(lambda _succeeded: None)
    return called(settings, "replicate_success", "replicate_failure", "replicate_start")


def _print(replication: Replication, dry_run: bool, *, quiet: bool) -> None:
    from preserva.outputs.findings import for_people, human_size, report_lines

    facts = {
        "package": for_people(replication.package),
        "to": replication.to,
        "files": replication.files,
        "size": human_size(replication.size),
    }
    if replication.report.findings:
        for line in report_lines(replication.report):
            echo(line)
    if dry_run and replication.versions:
        message = _("{package} -> {to}: {versions}, {files} files, {size}")
        echo(message.format(versions=", ".join(replication.versions), **facts))
    elif replication.acknowledged:
        message = _("{package} -> {to}: {versions} copied, read back and compared")
        echo(message.format(versions=", ".join(replication.acknowledged), **facts))
    elif not (replication.report.findings or quiet):
        echo(_("{package} -> {to}: no version is missing").format(**facts))
