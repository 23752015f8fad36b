"""preserva import"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, settings
from preserva.i18n import _


@click.command("import")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option(
    "--record", type=click.Path(path_type=Path), help="Its record, if it has no good one."
)
@click.option("--charset", help="The record's character set, if it was guessed wrong: cp1251 …")
@click.option(
    "--position", type=click.IntRange(min=1), help="Which record of the file, counted from 1."
)
@click.option("--id", "local", metavar="LOCAL", help="The local part of the identifier it gets.")
@dry_run
@as_json
@settings
def command(
    given: Settings,
    path: Path,
    record: Path | None,
    charset: str | None,
    position: int | None,
    local: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Store a bag or an E-ARK package of someone else, with all that it says of itself.

    PATH is a folder, .tar, .tar.gz, .tar.zst or .zip: any bag, an AIP of Archivematica, an E-ARK
    SIP or AIP. It is held against its own manifests or METS first; what came is kept byte for byte.
    An AIP of our own is stored as it is, and a SIP of our own becomes the AIP that it was made of.

    \b
    preserva import received/book-17.zip --dry-run
    preserva import received/book-17.zip --record book-17.mrc --id kp-000017
    """
    from preserva.ingest.transfer import accept
    from preserva.outputs.findings import findings_document
    from preserva.outputs.words import word

    with given.archive() as archive:
        done = accept(
            archive,
            path,
            record=record,
            local=local,
            position=position,
            charset=charset,
            dry_run=dry_run,
            observer=given.observer(json_),
        )
    if json_:
        emit(
            "import",
            package=done.package.uri,
            title=done.title,
            form=done.form,
            created=done.created,
            dry_run=dry_run,
            files=done.files,
            bytes=done.size,
            findings=findings_document(done.notes),
        )
        return
    for note in done.notes:
        given.talk(note.message())
    click.echo(done.package.portable)
    form = word(done.form.value)
    if dry_run:
        given.talk(_("{form}; nothing was stored: this was a dry run").format(form=form))
    elif done.created:
        given.talk(_("{form}; stored, read back and recorded").format(form=form))
    else:
        given.talk(_("stored before, with the same content; nothing was written"))
