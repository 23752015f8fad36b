"""preserva derive"""

from __future__ import annotations

from dataclasses import replace

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, package_id, pass_settings
from preserva.cli.update import print_revised


@click.command("derive")
@click.argument("package", metavar="ID")
@click.option("--access", is_flag=True, help="Make JPEG access copies of the pages that have none.")
@click.option("--pdf", is_flag=True, help="Make a PDF of the book, in which its text can be found.")
@click.option("--reason", metavar="TEXT", help="The reason, for the history of the package.")
@dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
    package: str,
    access: bool,
    pdf: bool,
    reason: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Make access copies and a searchable PDF of a package.

    They are stored as a new version. Access copies that were supplied are never replaced; those
    made here are, if their page has been scanned again. A second run changes nothing.

    \b
    preserva derive aonb-kp-000123 --access --pdf
    preserva derive aonb-kp-000123 --pdf --dry-run
    """
    from preserva.catalogue.import_records import catalogue_version
    from preserva.ingest.derive import Derivation, derive
    from preserva.outputs.json.ingest import update_document

    with settings.archive() as archive:
        derived = derive(
            archive,
            package_id(package, archive),
            Derivation(access, pdf, reason),
            dry_run=dry_run,
            observer=settings.observer(json_),
        )
        if derived.created:
            notes = catalogue_version(archive, derived.package)
            derived = replace(derived, notes=(*derived.notes, *notes))
    if json_:
        emit("derive", update_document(derived, dry_run=dry_run))
    else:
        print_revised(settings, derived, dry_run=dry_run)
