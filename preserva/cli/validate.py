"""preserva validate"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, finish, package_id, settings
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.core.formats.canonical_json import Value
    from preserva.core.values.model import PackageId
    from preserva.core.values.report import Report


@click.command("validate")
@click.argument("things", metavar="PATH|URL|ID...", nargs=-1, required=True)
@click.option("--storage", metavar="STORAGE", help="Check the copy in one storage only.")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A BagIt profile that each bag must follow as well.",
)
@click.option(
    "--profile-cache",
    type=click.Path(path_type=Path),
    help="A folder of kept profiles (see preserva bag profile): those that a bag names are used.",
)
@click.option(
    "--xsd",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="A folder of official XML Schemas with a catalog.xml: packages must follow them as well.",
)
@click.option("--completeness", is_flag=True, help="Bags: names only, no digests. Never ends in 0.")
@click.option("--fast", is_flag=True, help="Bags: Payload-Oxum only, which proves nothing.")
@click.option("--medium", is_flag=True, help="Bags: read the medium, not the system's cache.")
@click.option("--jobs", type=click.IntRange(min=1), help="Bags: files read at once.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="Bags: a file from which an interrupted validation goes on.",
)
@as_json
@settings
def command(
    given: Settings,
    things: tuple[str, ...],
    storage: str | None,
    profiles: tuple[Path, ...],
    profile_cache: Path | None,
    xsd: Path | None,
    completeness: bool,
    fast: bool,
    medium: bool,
    jobs: int | None,
    checkpoint: Path | None,
    json_: bool,
) -> None:
    """Read every file and prove it, or name what is wrong.

    PATH is a bag (a folder, .tar, .tar.gz, .tar.zst, .zip), an OCFL object or a storage root; it
    needs no archive. URL is a bag (a folder or a tar) in any place that can be a storage. ID is a
    stored package: all its copies are compared with what the ledger recorded.

    \b
    preserva validate aonb-kp-000123
    preserva validate aonb-kp-000123 --storage nlb-copy
    preserva validate ~/bags/aonb-kp-000123 incoming.tar
    """
    from preserva.fixity.validate import BagOptions, validate, validate_remote, validate_stored

    options = BagOptions(completeness, fast, medium, jobs, checkpoint, profiles, profile_cache, xsd)
    observer = given.observer(json_)
    reports: list[Report] = []
    for thing in things:
        if storage is None and Path(thing).exists():
            reports += validate(Path(thing), options=options, observer=observer)
        elif "://" in thing:
            reports.append(validate_remote(thing, options=options, observer=observer))
        else:
            package = _package_id(thing)
            _refuse_options_of_bags(thing)
            with given.archive() as archive:
                reports += validate_stored(
                    archive, package, storage=storage, xsd=xsd, observer=observer
                )
    if json_:
        emit("validate", reports=[_document(report) for report in reports])
    else:
        _say(reports)
    finish(reports)


_OF_BAGS = ("profiles", "profile_cache", "completeness", "fast", "medium", "jobs", "checkpoint")


def _refuse_options_of_bags(thing: str) -> None:
    """A stored package is always read whole, against the ledger. Raises click.UsageError."""
    context = click.get_current_context()
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in _OF_BAGS and context.params[parameter.name]
    ]
    if given:
        message = _("{options}: for bags only; {thing} is a stored package")
        raise click.UsageError(message.format(options=", ".join(given), thing=thing))


def _package_id(thing: str) -> PackageId:
    """What is no path that is there must be an identifier. Raises UsageError."""
    from preserva.errors import UsageError

    try:
        return package_id(thing)
    except UsageError as error:
        message = _("{thing} is neither a path that is there nor an identifier of a package")
        raise UsageError(message.format(thing=thing), hint=error.hint) from error


def _document(report: Report) -> dict[str, Value]:
    from preserva.bag.report import BagReport
    from preserva.outputs.findings import report_document

    document = report_document(report)
    if isinstance(report, BagReport):
        document["bag"] = {
            "verdict": report.verdict.value,
            "version": report.version,
            "algorithms": list(report.algorithms),
            "info": [list(pair) for pair in report.bag_info],
        }
    return document


def _say(reports: list[Report]) -> None:
    from preserva.bag.report import BagReport
    from preserva.outputs.findings import report_lines
    from preserva.outputs.words import word

    for report in reports:
        for line in report_lines(report):
            click.echo(line)
        if isinstance(report, BagReport):
            click.echo("  " + _("the bag is {verdict}").format(verdict=word(report.verdict.value)))
    if len(reports) > 1:
        outcomes = [report.outcome.value for report in reports]
        counts = {one: outcomes.count(one) for one in ("pass", "fail", "unknown")}
        message = _("{total} checked: {pass} sound, {fail} not sound, {unknown} not established")
        click.echo(message.format(total=len(reports), **counts))
