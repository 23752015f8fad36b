"""preserva validate"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preserva.archive.archive import ArchivalStorage
    from preserva.core.values.model import PackageId
    from preserva.core.values.report import Observer, Report
    from preserva.fixity.validate import BagOptions


@click.command("validate")
@click.argument("targets", metavar="PATH|URL|ID...", nargs=-1, required=True)
@click.option("--storage", metavar="STORAGE", help="Check the copy in one storage only.")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A BagIt profile that each bag must conform to as well.",
)
@click.option(
    "--profile-cache",
    type=click.Path(path_type=Path),
    help="A folder of kept profiles (see preserva bag profile), for the profiles that bags name.",
)
@click.option(
    "--xsd",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="A folder of official XML Schemas with a catalog.xml; packages must conform to them too.",
)
@click.option(
    "--completeness",
    is_flag=True,
    help="Bags: compare names only, not digests. The exit status is never 0.",
)
@click.option("--fast", is_flag=True, help="Bags: compare Payload-Oxum only, which proves nothing.")
@click.option("--medium", is_flag=True, help="Bags: read the medium, bypassing the system's cache.")
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Bags: the number of files to read at a time."
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="Bags: a file that lets an interrupted validation resume.",
)
@click.option(
    "--executor",
    metavar="URL",
    help="Stored packages: let a Dask cluster read the copies, dask://HOST:PORT.",
)
@as_json
@pass_settings
def command(
    settings: Settings,
    targets: tuple[str, ...],
    storage: str | None,
    profiles: tuple[Path, ...],
    profile_cache: Path | None,
    xsd: Path | None,
    completeness: bool,
    fast: bool,
    medium: bool,
    jobs: int | None,
    checkpoint: Path | None,
    executor: str | None,
    json_: bool,
) -> None:
    """Read every file; prove that it is sound or name what is wrong.

    PATH is a bag or an E-ARK package (a folder, a tar, compressed or not, or a zip), or an OCFL
    object or storage root, whoever made it; no archive is needed. URL is a bag (a folder or a tar)
    in any place that can be a storage. ID is a stored package, all of whose copies are compared
    with what the ledger recorded.

    \b
    preserva validate aonb-kp-000123
    preserva validate aonb-kp-000123 --storage nlb-copy
    preserva validate ~/bags/aonb-kp-000123 incoming.tar
    """
    from preserva.fixity.validate import BagOptions
    from preserva.outputs.json.fixity import validate_document

    options = BagOptions(completeness, fast, medium, jobs, checkpoint, profiles, profile_cache, xsd)
    each = settings.each(_show, silent=json_)
    reports: list[Report] = []
    if executor is not None:
        reports = _elsewhere(settings, targets, executor, storage, xsd, each)
    else:
        for report in _here(settings, targets, storage, options, settings.observer(json_)):
            each(report)
            reports.append(report)
    if json_:
        emit("validate", validate_document(reports))
    elif len(reports) > 1:
        _print_sum(reports)
    finish(reports)


def _here(
    settings: Settings,
    targets: tuple[str, ...],
    storage: str | None,
    options: BagOptions,
    observer: Observer,
) -> Iterator[Report]:
    """The reports on what this machine reads, one target after the other."""
    from preserva.fixity.validate import validate, validate_remote, validate_stored

    for target in targets:
        if storage is None and os.path.lexists(target):
            yield from validate(Path(target), options=options, observer=observer)
        elif "://" in target:
            yield validate_remote(target, options=options, observer=observer)
        else:
            with settings.archive() as archive:
                package = _package_id(target, archive)
                _refuse_options_of_bags(target)
                yield from validate_stored(
                    archive, package, storage=storage, xsd=options.xsd, observer=observer
                )


def _elsewhere(
    settings: Settings,
    targets: tuple[str, ...],
    executor: str,
    storage: str | None,
    xsd: Path | None,
    each: Callable[[Report], object],
) -> list[Report]:
    """Stored packages, whose copies the workers of a cluster read."""
    from preserva.fixity.validate import validate_elsewhere
    from preserva.workers import connect

    with settings.archive() as archive:
        packages = [_package_id(target, archive) for target in targets]
        _refuse_options_of_bags(targets[0])
        with connect(executor) as workers:
            return validate_elsewhere(
                archive, packages, workers, storage=storage, xsd=xsd, each=each
            )


_OF_BAGS = ("profiles", "profile_cache", "completeness", "fast", "medium", "jobs", "checkpoint")


def _refuse_options_of_bags(package: str) -> None:
    """A stored package is always read completely, against the ledger. Raises click.UsageError."""
    context = click.get_current_context()
    options = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in _OF_BAGS and context.params[parameter.name]
    ]
    if options:
        message = _("{options}: for bags only; {package} is a stored package")
        raise click.UsageError(message.format(options=", ".join(options), package=package))


def _package_id(target: str, archive: ArchivalStorage) -> PackageId:
    """Parse what is not an existing path. Raises UsageError if it is not an identifier."""
    from preserva.errors import UsageError

    try:
        return package_id(target, archive)
    except UsageError as error:
        message = _("{target} is neither an existing path nor the identifier of a package")
        hint = _("Check the path, or write the identifier as `preserva list` shows it.")
        raise UsageError(message.format(target=target), hint=hint) from error


def _show(report: Report) -> None:
    from preserva.bag.report import BagReport
    from preserva.outputs.findings import report_lines
    from preserva.outputs.words import word

    for line in report_lines(report):
        echo(line)
    if isinstance(report, BagReport):
        echo("  " + _("the bag is {verdict}").format(verdict=word(report.verdict.value)))


def _print_sum(reports: list[Report]) -> None:
    outcomes = [report.outcome.value for report in reports]
    counts = {outcome: outcomes.count(outcome) for outcome in ("pass", "fail", "unknown")}
    message = _("{total} checked: {pass} sound, {fail} not sound, {unknown} not established")
    echo(message.format(total=len(reports), **counts))
