"""preserva import"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from preserva.cli.book_options import charset, position
from preserva.cli.common import Settings, as_json, as_ours, dry_run, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.command("import")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    help="A catalogue record to use if the package has no adequate one.",
)
@charset
@position
@click.option("--id", "local", metavar="LOCAL", help="The local part of its new identifier.")
@as_ours
@dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
    path: Path,
    record: Path | None,
    charset: str | None,
    position: int | None,
    local: str | None,
    as_ours: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Store a bag or an E-ARK package that was made elsewhere.

    PATH is a folder, a tar, compressed or not, or a zip: any bag, an AIP of Archivematica, an E-ARK
    SIP or AIP. It is first checked against its own manifests or METS; everything in it is kept byte
    for byte. An AIP made by preserva is stored unchanged; a SIP made by preserva becomes its AIP
    again. Either has an identifier of our institution already: if it was not made here, it is
    stored only with --as-ours.

    \b
    preserva import received/book-17.zip --dry-run
    preserva import received/book-17.zip --record book-17.mrc --id kp-000017
    """
    from preserva.catalogue.import_records import catalogue_version
    from preserva.ingest.transfer import accept
    from preserva.outputs.json.ingest import import_document
    from preserva.outputs.words import word

    with settings.archive() as archive:
        accepted = accept(
            archive,
            path,
            record=record,
            local=local,
            position=position,
            charset=charset,
            as_ours=as_ours,
            dry_run=dry_run,
            observer=settings.observer(json_),
        )
        if accepted.created:
            notes = catalogue_version(archive, accepted.package)
            accepted = replace(accepted, notes=(*accepted.notes, *notes))
    if json_:
        emit("import", import_document(accepted, dry_run=dry_run))
        return
    for note in accepted.notes:
        settings.talk(note.message())
    echo(accepted.package.portable)
    form = word(accepted.form.value)
    if dry_run:
        settings.talk(_("{form}; nothing was stored: this was a dry run").format(form=form))
    elif accepted.created:
        settings.talk(_("{form}; stored, read back and recorded").format(form=form))
    else:
        settings.talk(_("already stored with the same content; nothing was written"))
