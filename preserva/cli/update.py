"""preserva update"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, package_id, settings
from preserva.i18n import _


@click.command("update")
@click.argument("package", metavar="ID")
@click.option("--record", type=click.Path(path_type=Path), help="The record that is right now.")
@click.option("--charset", help="The record's character set, if it was guessed wrong: cp1251 …")
@click.option(
    "--position", type=click.IntRange(min=1), help="Which record of the file, counted from 1."
)
@click.option(
    "--structure",
    type=click.Path(path_type=Path),
    help="Parts of the book and labels of its pages as they are right now: TOML, CSV or METS.",
)
@click.option(
    "--document",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file more for documentation/; may be given several times.",
)
@click.option("--reason", metavar="TEXT", help="Why, for the history of the package.")
@dry_run
@as_json
@settings
def command(
    given: Settings,
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
    """Correct a stored package: a new version, in which only what changed is written.

    The version before stays as it was. `preserva replicate` brings the new one to the others.

    \b
    preserva update aonb-kp-000123 --record corrected.mrc --reason "wrong year"
    preserva update aonb-kp-000123 --structure structure.toml
    preserva update aonb-kp-000123 --document condition-report.pdf --dry-run
    """
    from preserva.ingest.revision import Change, update

    change = Change(record, position, charset, documents, reason, structure)
    with given.archive() as archive:
        done = update(
            archive,
            package_id(package),
            change,
            dry_run=dry_run,
            observer=given.observer(json_),
        )
    if json_:
        emit(
            "update",
            package=done.package.uri,
            version=done.version,
            title=done.title,
            created=done.created,
            dry_run=dry_run,
            changed=list(done.changed),
            bytes=done.size,
        )
        return
    for path in done.changed:
        click.echo(path)
    if not done.changed:
        given.talk(
            _("nothing differs from {version}, so nothing was written").format(version=done.version)
        )
    elif dry_run:
        message = _("would become {version}; nothing was written: this was a dry run")
        given.talk(message.format(version=done.version))
    else:
        given.talk(_("stored as {version}").format(version=done.version))
