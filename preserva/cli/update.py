"""preserva update"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, package_id, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.command("update")
@click.argument("package", metavar="ID")
@click.option("--record", type=click.Path(path_type=Path), help="The corrected catalogue record.")
@click.option(
    "--charset", help="The character set of the record, if it is detected wrongly: cp1251 …"
)
@click.option(
    "--position",
    type=click.IntRange(min=1),
    help="The position of the record in the file, counted from 1.",
)
@click.option(
    "--structure",
    type=click.Path(path_type=Path),
    help="The corrected parts of the book and labels of its pages: TOML, CSV or METS.",
)
@click.option(
    "--document",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file to add to documentation/; may be given several times.",
)
@click.option("--reason", metavar="TEXT", help="The reason, for the history of the package.")
@dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
    package: str,
    record: Path | None,
    charset: str | None,
    position: int | None,
    structure: Path | None,
    documents: tuple[Path, ...],
    reason: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Correct a stored package by adding a new version to it.

    Only the changes are written, and the previous version is kept unchanged. `preserva replicate`
    copies the new one to the replicas.

    \b
    preserva update aonb-kp-000123 --record corrected.mrc --reason "wrong year"
    preserva update aonb-kp-000123 --structure structure.toml
    preserva update aonb-kp-000123 --document condition-report.pdf --dry-run
    """
    from preserva.ingest.revision import Change, update
    from preserva.outputs.json.ingest import update_document

    change = Change(record, position, charset, documents, reason, structure)
    with settings.archive() as archive:
        updated = update(
            archive,
            package_id(package),
            change,
            dry_run=dry_run,
            observer=settings.observer(json_),
        )
    if json_:
        emit("update", update_document(updated, dry_run=dry_run))
        return
    for path in updated.changed:
        echo(path)
    if not updated.changed:
        message = _("nothing differs from {version}, so nothing was written")
    elif dry_run:
        message = _("would become {version}; nothing was written: this was a dry run")
    else:
        message = _("stored as {version}")
    settings.talk(message.format(version=updated.version))
