"""preserva export"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.batch import (
    batch_of,
    batch_options,
    check_or_dry_run,
    end_batch,
    refuse_with_batch,
    refuse_without_batch,
)
from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.terminal import echo, raw
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.access.handover import Handover
    from preserva.batch.run import BatchOptions
    from preserva.core.values.model import PackageId


_KINDS = {"aip": "AIP", "sip": "SIP", "dip": "DIP", "zip": "DIP"}


@click.command("export")
@click.argument("places", metavar="[ID] DEST", nargs=-1, required=True)
@click.option(
    "--as",
    "document",
    type=click.Choice(
        ["sip", "dip", "zip", "pdf", "mods", "dc", "marcxml", "mets", "premis", "record"]
    ),
    help="A package for submission (sip) or for use (dip, or zip: access copies and text), the PDF"
    " of the book, or one document; then DEST is a new file, or - for standard output.",
)
@click.option("--version", metavar="N", help="The version, such as 1; by default the newest.")
@click.option("--storage", metavar="STORAGE", help="The copy to read; by default the primary one.")
@batch_options
@click.option("--to", "recipient", metavar="WHOM", help="Who receives it; the ledger records it.")
@click.option("--reason", metavar="WHY", help="Why it is exported; the ledger records it.")
@check_or_dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
    places: tuple[str, ...],
    document: str | None,
    version: str | None,
    storage: str | None,
    recipient: str | None,
    reason: str | None,
    table: Path | None,
    root: Path | None,
    results: Path | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Export a stored package as a bag.

    The bag is a new folder in DEST, or DEST itself if that ends in .tar. The ledger records what
    was exported.

    With --batch, the package of each row of a table is exported into the folder DEST, see
    docs/how-to/batches.md.

    \b
    preserva export aonb-kp-000123 ~/out
    preserva export aonb-kp-000123 ~/out/book.tar --version 1
    preserva export aonb-kp-000123 ~/reading-room --as dip
    preserva export aonb-kp-000123 ~/out/book.zip --as zip
    preserva export aonb-kp-000123 ~/out/book.pdf --as pdf
    preserva export aonb-kp-000123 /media/disk --to NLB --reason "loan 17/2026"
    preserva export aonb-kp-000123 - --as mods
    preserva export --batch books.csv ~/out --as dip
    """
    from preserva.access.export import export
    from preserva.access.handover import Handover
    from preserva.core.eark.mets import PackageType

    handover = Handover(recipient, reason)
    expected = 1 if table is not None else 2
    if len(places) != expected:
        raise click.UsageError(_("Name the ID of a package and DEST, or with --batch only DEST."))
    destination = Path(places[-1])
    if table is not None:
        refuse_with_batch(**{"--version": version, "--storage": storage})
        options = batch_of(table, root, results, dry_run)
        _batch(settings, options, destination, document, handover, json_)
        return
    refuse_without_batch(root=root, results=results)
    package = places[0]
    chosen_version = version and "v" + version.removeprefix("v")
    kind = _KINDS.get(document or "aip")
    if document == "zip" and destination.suffix.lower() != ".zip":
        raise click.UsageError(_("With --as zip, DEST is a new file whose name ends in .zip."))
    if document is not None and kind is None:
        _export_document(
            settings, package, destination, document, chosen_version, storage, handover, json_
        )
        return
    with settings.archive() as archive:
        name = package_id(package, archive)
        path = export(
            archive,
            name,
            destination,
            kind=PackageType(kind or "AIP"),
            version=chosen_version,
            storage=storage,
            handover=handover,
            dry_run=dry_run,
            observer=settings.observer(json_),
        )
    _print(name, path, dry_run, json_)


def _batch(
    settings: Settings,
    options: BatchOptions,
    destination: Path,
    document: str | None,
    handover: Handover,
    json_: bool,
) -> None:
    from preserva.batch.verbs import export_batch
    from preserva.core.eark.mets import PackageType

    if document not in {None, "sip", "dip"}:
        raise click.UsageError(_("With --batch, whole packages are exported: --as sip or dip."))
    with settings.archive() as archive:
        result = export_batch(
            archive,
            options,
            destination,
            kind=PackageType(document.upper()) if document else PackageType.AIP,
            handover=handover,
            observer=settings.observer(json_),
        )
    end_batch(settings, "export", result, json_)


def _export_document(
    settings: Settings,
    package: str,
    destination: Path,
    document: str,
    version: str | None,
    storage: str | None,
    handover: Handover,
    json_: bool,
) -> None:
    from preserva.access.document import Document, export_document, read_document
    from preserva.access.pdf import export_pdf

    with settings.archive() as archive:
        name = package_id(package, archive)
        if document == "pdf":
            path = export_pdf(
                archive, name, destination, version=version, storage=storage, handover=handover
            )
        elif str(destination) == "-":
            kind = Document(document)
            raw(read_document(archive, name, kind, version=version, storage=storage), nl=False)
            return
        else:
            kind = Document(document)
            path = export_document(
                archive,
                name,
                kind,
                destination,
                version=version,
                storage=storage,
                handover=handover,
            )
    _print(name, path, False, json_)


def _print(package: PackageId, path: Path, dry_run: bool, json_: bool) -> None:
    from preserva.outputs.json.archive import export_document

    if json_:
        emit("export", export_document(package, path, dry_run=dry_run))
    else:
        echo(path)
