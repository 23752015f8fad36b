"""preserva status"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preserva.reporting.status import Status


@click.command("status")
@click.argument("package", metavar="[ID]", required=False)
@as_json
@pass_settings
def command(settings: Settings, package: str | None, json_: bool) -> None:
    """Show where copies are and when each was last proved sound.

    Only the folders of the storages and the ledger are read; `preserva validate` reads the files.

    \b
    Exit status: 1 if a copy is damaged or missing, or a storage holds something that nobody here
    put there; 3 if a storage could not be reached or a package
    has fewer copies than the policy requires.
    """
    from preserva.fixity.strangers import strangers, strangers_of
    from preserva.outputs.findings import report_lines
    from preserva.outputs.json.reporting import status_document
    from preserva.reporting.status import status

    with settings.archive() as archive:
        wanted = package_id(package) if package else None
        packages = status(archive, wanted)
        strange = strangers_of(archive, wanted) if wanted else strangers(archive)
    if json_:
        emit("status", status_document(packages, strange))
    else:
        if not packages:
            settings.talk(_("no packages yet"))
        for status_of_package in packages:
            for line in _lines(status_of_package):
                click.echo(line)
        for report in strange:
            for line in report_lines(report):
                click.echo(line)
    finish([*packages, *strange])


def _lines(package: Status) -> Iterator[str]:
    from preserva.outputs.words import word

    yield package.portable
    for copy in package.copies:
        checked = _("never checked")
        if copy.checked:
            outcome = word(copy.outcome or "unknown")
            checked = _("checked {time}: {outcome}").format(time=copy.checked, outcome=outcome)
        state = ", ".join([word(copy.state.value), *copy.versions])
        yield f"  {copy.storage}: {state}; {checked}"
    if not package.enough:
        yield "  " + _("too few copies")
