"""preserva check"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.book_options import new_book
from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.errors import UsageError
from preserva.exit_status import ExitStatus
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.ingest.check import CheckedScans


@click.command("check")
@click.argument(
    "folders", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    help="The catalogue record of the book, for one FOLDER only.",
)
@new_book
@as_json
@pass_settings
def command(
    settings: Settings,
    folders: tuple[Path, ...],
    record: Path | None,
    charset: str | None,
    position: int | None,
    local: str | None,
    structure: Path | None,
    events: Path | None,
    rights: Path | None,
    json_: bool,
) -> None:
    """Check folders of scans before they are packaged.

    Everything that `preserva package` would refuse or report is listed: every file is read, every
    image decoded, and pages are compared with each other and with stored ones. Nothing is written.
    The exit status is 4 if any FOLDER would be refused.

    \b
    preserva check scans/*
    preserva check scans/ --record book.mrc
    """
    from preserva.ingest.check import check
    from preserva.ingest.supplied import Details
    from preserva.outputs.json.ingest import check_document

    supplied = (record, charset, position, local, structure, events, rights)
    if any(option is not None for option in supplied):
        _refuse_ambiguous(folders, record)
    details = Details(structure, events, rights)
    observer = settings.observer(json_)
    results = []
    with settings.archive() as archive:
        for folder in folders:
            checked = check(
                archive,
                folder,
                record,
                local=local,
                position=position,
                charset=charset,
                details=details,
                observer=observer,
            )
            results.append(checked)
            if not json_:
                _print(checked)
    if json_:
        emit("check", check_document(results))
    finish(results, failure=ExitStatus.REFUSED)


def _refuse_ambiguous(folders: tuple[Path, ...], record: Path | None) -> None:
    if len(folders) > 1:
        raise UsageError(
            _("a record and the files that belong to it can be given for one folder only")
        )
    if record is None:
        raise UsageError(_("these options need a record: give it with --record"))


def _print(checked: CheckedScans) -> None:
    from preserva.core.values.report import printable

    pages = ngettext("{count} page", "{count} pages", checked.pages)
    echo(f"{printable(str(checked.folder))}: {pages.format(count=checked.pages)}")
    if checked.title is not None and checked.package is not None:
        echo(f"  {checked.package.portable}: {checked.title}")
    refused = [*checked.refusals, *(finding.message() for finding in checked.problems)]
    if refused:
        echo("  " + _("would be refused:"))
    for line in refused:
        echo(f"    {line}")
    if (advice := checked.advice()) is not None:
        for line in advice.splitlines():
            echo(f"    {line}")
    if checked.notes:
        echo("  " + _("deserves attention:"))
    for finding in checked.notes:
        echo(f"    {finding.message()}")
    if not refused and not checked.notes:
        echo("  " + _("nothing to report"))
