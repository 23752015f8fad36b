"""preserva harvest"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, finish, settings
from preserva.i18n import ngettext

if TYPE_CHECKING:
    from preserva.catalogue.decision_files import Decided
    from preserva.catalogue.oai.harvester import HarvestResult


@click.command("harvest")
@click.argument("source", metavar="URL|FOLDER")
@click.option("--library", metavar="ID", default="", help="Whose records these are, such as nlb;"
              " not needed where the other catalogue is preserva's.")  # fmt: skip
@click.option("--set", "part", metavar="SET", default="", help="Only that set.")
@click.option("--as", "prefix", metavar="FORMAT", default="mods",
              help="The format to ask for: mods, marcxchange, oai_dc.")  # fmt: skip
@click.option("--anew", is_flag=True, help="Everything, not only what changed.")
@as_json
@settings
def command(
    given: Settings,
    source: str,
    library: str,
    part: str,
    prefix: str,
    anew: bool,
    json_: bool,
) -> None:
    """Take records of another catalogue into ours, by OAI-PMH 2.0 or from a dump of it.

    \b
    preserva harvest https://library.example/oai
    preserva harvest https://elsewhere.example/oai --library nlb --as marcxchange

    An interrupted harvest goes on when it is run again; then only what changed comes. Nothing is
    deleted but what the other says is deleted. What people decided of editions comes along.
    """
    from preserva.catalogue.decision_files import DECISIONS, take_decisions
    from preserva.catalogue.import_records import open_catalogue
    from preserva.catalogue.oai.client import decisions_of, in_folder, over_http
    from preserva.catalogue.oai.harvester import Harvest, HarvestSource

    ask = over_http(source) if "://" in source else in_folder(Path(source))
    asked = HarvestSource(source, prefix, part, library)
    with given.archive() as archive, open_catalogue(given.config) as database:
        own = archive.config.institution.id
        now = archive.clock
        harvest = Harvest(database, asked, ask, own=own, clock=lambda: int(now().timestamp()))
        done = harvest.run(anew=anew)
        said = [] if library else decisions_of(source).splitlines()  # others have none
        decided = take_decisions(database, said, f"{source}/{DECISIONS}", own=own)
    _told(given, source, done, decided, json_)


def _told(given: Settings, source: str, done: HarvestResult, decided: Decided, json_: bool) -> None:
    from preserva.core.values.report import Report
    from preserva.outputs.findings import findings_document

    findings = [*done.findings, *decided.findings]
    if json_:
        emit(
            "harvest",
            read=done.read,
            changed=done.changed,
            deleted=done.deleted,
            own=done.own,
            decisions=decided.changed,
            findings=findings_document(findings),
        )
    else:
        for finding in findings:
            click.echo(finding.message(), err=True)
        message = ngettext(
            "{read} record came, {changed} new or changed, {deleted} deleted",
            "{read} records came, {changed} new or changed, {deleted} deleted",
            done.read,
        )
        given.talk(message.format(read=done.read, changed=done.changed, deleted=done.deleted))
        if decided.changed:
            message = ngettext(
                "{count} decision on editions came", "{count} decisions on editions came",
                decided.changed,
            )  # fmt: skip
            given.talk(message.format(count=decided.changed))
    finish([Report(source, findings)])
