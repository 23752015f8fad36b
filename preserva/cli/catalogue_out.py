"""preserva catalogue export, dump"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import ngettext


@click.command("export")
@click.argument("destination", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--as", "form", required=True,
              type=click.Choice(["marc", "marcxchange", "mods", "dc", "csv"]),
              help="ISO 2709, MarcXchange, MODS, Dublin Core or a table of items.")  # fmt: skip
@click.option("--since", metavar="YYYY-MM-DD", type=click.DateTime(),
              help="Only records changed since then (UTC).")  # fmt: skip
@click.option("--library", metavar="ID", help="Only the records of this library.")
@as_json
@pass_settings
def export(
    settings: Settings,
    destination: Path,
    form: str,
    since: datetime | None,
    library: str | None,
    json_: bool,
) -> None:
    """Write the records of the catalogue to a new file.

    \b
    preserva catalogue export all.iso --as marc
    preserva catalogue export new.xml --as mods --since 2026-11-01 --library aonb
    """
    from preserva.catalogue.export import ExportFormat, export_catalogue
    from preserva.catalogue.import_records import open_catalogue
    from preserva.outputs.json.catalogue import catalogue_export_document

    start = since.replace(tzinfo=UTC) if since else None
    with open_catalogue(settings.config, must_exist=True) as database:
        exported = export_catalogue(
            database,
            destination,
            ExportFormat(form),
            since=start,
            library=library,
            observer=settings.observer(json_),
        )
    if json_:
        emit("catalogue export", catalogue_export_document(destination, exported))
        return
    for finding in exported.findings:
        echo(finding.message(), err=True)
    message = ngettext("{count} record written", "{count} records written", exported.written)
    settings.talk(message.format(count=exported.written))
    echo(destination)


@click.command("dump")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--as", "prefix", type=click.Choice(["oai_dc", "mods", "marcxchange", "mets"]),
              default="mods", help="The format of the records; mods.")  # fmt: skip
@click.option("--url", metavar="URL", required=True, help="The address of the folder on the web.")
@click.option(
    "--email", metavar="ADDRESS", required=True, help="The address of the person responsible."
)
@as_json
@pass_settings
def dump(settings: Settings, folder: Path, prefix: str, url: str, email: str, json_: bool) -> None:
    """Write the answers of `preserva serve` to a new folder, for exchange by disk.

    `preserva harvest FOLDER` imports it. A ResourceSync list beside the pages has their digests.
    """
    from preserva.archive.archive import utc_now
    from preserva.catalogue.import_records import open_catalogue
    from preserva.catalogue.oai.protocol import Prefix, stamp
    from preserva.catalogue.oai.provider import About, Repository
    from preserva.catalogue.oai.resourcesync import dump as write
    from preserva.catalogue.oai.wsgi import mets_reader
    from preserva.outputs.json.catalogue import catalogue_dump_document

    time = stamp(int(utc_now().timestamp()))
    with open_catalogue(settings.config, must_exist=True) as database:
        repository = Repository(database, About(url, email), mets_reader(settings.config))
        observer = settings.observer(json_)
        pages = write(repository, folder, Prefix(prefix), time=time, url=url, observer=observer)
    if json_:
        emit("catalogue dump", catalogue_dump_document(folder, pages))
    else:
        echo(folder)
