"""preserva export"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, package_id, settings


@click.command("export")
@click.argument("package", metavar="ID")
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "document",
    type=click.Choice(["sip", "dip", "mods", "dc", "marcxml", "mets", "premis", "record"]),
    help="A package to hand over (sip), one to use (dip: access copies and text), or one document:"
    " then DEST is a new file, or - for the standard output.",
)
@click.option("--version", metavar="N", help="The version, such as 1; the newest if not given.")
@click.option("--storage", metavar="STORAGE", help="The copy to take; the primary if not given.")
@dry_run
@as_json
@settings
def command(
    given: Settings,
    package: str,
    destination: Path,
    document: str | None,
    version: str | None,
    storage: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Write a stored package as a bag: a new folder in DEST, or DEST itself if it is a .tar.

    \b
    preserva export aonb-kp-000123 ~/out
    preserva export aonb-kp-000123 ~/out/book.tar --version 1
    preserva export aonb-kp-000123 ~/reading-room --as dip
    preserva export aonb-kp-000123 - --as mods
    """
    from preserva.access.export import export
    from preserva.core.eark.mets import PackageType

    chosen = version and "v" + version.removeprefix("v")
    kind = PackageType(document.upper()) if document in {"sip", "dip"} else PackageType.AIP
    if document is not None and kind is PackageType.AIP:
        _document(given, package, destination, document, chosen, storage, json_)
        return
    with given.archive() as archive:
        made = export(
            archive,
            package_id(package),
            destination,
            kind=kind,
            version=chosen,
            storage=storage,
            dry_run=dry_run,
            observer=given.observer(json_),
        )
    if json_:
        emit("export", package=package_id(package).uri, path=str(made), dry_run=dry_run)
    else:
        click.echo(made)


def _document(
    given: Settings,
    package: str,
    destination: Path,
    document: str,
    version: str | None,
    storage: str | None,
    json_: bool,
) -> None:
    from preserva.access.document import Document, export_document, read_document

    chosen, kind = package_id(package), Document(document)
    with given.archive() as archive:
        if str(destination) == "-":
            data = read_document(archive, chosen, kind, version=version, storage=storage)
            click.echo(data, nl=False)
            return
        made = export_document(archive, chosen, kind, destination, version=version, storage=storage)
    if json_:
        emit("export", package=chosen.uri, path=str(made), dry_run=False)
    else:
        click.echo(made)
