"""preserva harvest"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import ngettext

if TYPE_CHECKING:
    from preserva.catalogue.decision_files import Decided
    from preserva.catalogue.oai.receiver import HarvestResult


@click.command("harvest")
@click.argument("source", metavar="URL|FOLDER")
@click.option("--library", metavar="ID", default="",
              help="The library that the records belong to, such as nlb; not needed if the other"
              " catalogue uses preserva.")  # fmt: skip
@click.option("--set", "part", metavar="SET", default="", help="Only this set.")
@click.option("--as", "prefix", metavar="FORMAT", default="mods",
              help="The format to request: mods, marcxchange, oai_dc.")  # fmt: skip
@click.option("--anew", is_flag=True, help="Harvest everything, not only what changed.")
@as_json
@pass_settings
def command(
    settings: Settings,
    source: str,
    library: str,
    part: str,
    prefix: str,
    anew: bool,
    json_: bool,
) -> None:
    """Harvest the records of another catalogue.

    They are fetched by OAI-PMH 2.0 from a URL, or read from a FOLDER that contains a dump of the
    catalogue.

    \b
    preserva harvest https://library.example/oai
    preserva harvest https://elsewhere.example/oai --library nlb --as marcxchange

    The next run resumes where an interrupted harvest stopped; later runs fetch only what changed. A
    record is deleted only if the other catalogue says so. Decisions about editions are included.
    """
    from preserva.catalogue.decision_files import DECISIONS, take_decisions
    from preserva.catalogue.import_records import open_catalogue
    from preserva.catalogue.oai.client import decisions_of, in_folder, over_http
    from preserva.catalogue.oai.harvester import Harvest
    from preserva.catalogue.oai.receiver import HarvestSource
    from preserva.outputs.json.catalogue import harvest_document

    ask = over_http(source) if "://" in source else in_folder(Path(source))
    target = HarvestSource(source, prefix, part, library)
    with settings.archive() as archive, open_catalogue(settings.config) as database:
        own = archive.config.institution.id
        now = archive.clock
        harvest = Harvest(
            database,
            target,
            ask,
            own=own,
            clock=lambda: int(now().timestamp()),
            observer=settings.observer(json_),
        )
        harvested = harvest.run(anew=anew)
        lines = [] if library else decisions_of(source).splitlines()  # only preserva has decisions
        decided = take_decisions(database, lines, f"{source}/{DECISIONS}", own=own)
    if json_:
        emit("harvest", harvest_document(harvested, decided))
    else:
        _print(settings, harvested, decided)
    finish([harvested, decided])


def _print(settings: Settings, harvested: HarvestResult, decided: Decided) -> None:
    for finding in (*harvested.findings, *decided.findings):
        echo(finding.message(), err=True)
    for kind, count in sorted(harvested.unlisted.items()):
        message = ngettext("{kind}: {count} more", "{kind}: {count} more", count)
        echo(message.format(kind=kind, count=count), err=True)
    records = ngettext(
        "{read} record received, {changed} new or changed, {deleted} deleted",
        "{read} records received, {changed} new or changed, {deleted} deleted",
        harvested.read,
    )
    settings.talk(
        records.format(read=harvested.read, changed=harvested.changed, deleted=harvested.deleted)
    )
    if decided.changed:
        decisions = ngettext(
            "{count} decision about editions received",
            "{count} decisions about editions received",
            decided.changed,
        )
        settings.talk(decisions.format(count=decided.changed))
