"""preserva list"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finding import finding, wanted
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.command("list")
@click.option("--storage", metavar="STORAGE", help="The storage to list; by default the primary.")
@finding
@click.option("--withdrawn", is_flag=True, help="List the packages that were withdrawn instead.")
@as_json
@pass_settings
def command(
    settings: Settings,
    /,
    storage: str | None,
    withdrawn: bool,
    json_: bool,
    **asked: str | None,
) -> None:
    """List the packages of a storage.

    \b
    preserva list --title "Повесть о реке"
    preserva list --register "КП 123"
    """
    if withdrawn:
        _list_withdrawn(settings, json_)
        return
    if json_:
        _list_as_json(settings, storage, asked)
        return
    from preserva.core.values.report import Finding
    from preserva.reporting.status import Listing, each_listed

    seen, unreadable = False, Listing()
    with settings.archive(reading=True) as archive:
        for item in each_listed(archive, storage, wanted(**asked)):
            if isinstance(item, Finding):
                unreadable.findings.append(item)
                echo(item.message(), err=True)
            else:
                seen = True
                echo(f"{item.portable}\tv{item.versions}\t{item.title}")
    if not seen:
        settings.talk(_("no such package") if any(asked.values()) else _("no packages yet"))
    finish([unreadable])


def _list_as_json(settings: Settings, storage: str | None, asked: dict[str, str | None]) -> None:
    from preserva.outputs.json.reporting import list_document
    from preserva.reporting.status import list_packages

    with settings.archive(reading=True) as archive:
        listing = list_packages(archive, storage, wanted(**asked))
    emit("list", list_document(listing))
    finish([listing])


def _list_withdrawn(settings: Settings, json_: bool) -> None:
    from preserva.archive.withdrawal import tombstones
    from preserva.outputs.decisions import tombstone_line
    from preserva.outputs.findings import for_people
    from preserva.outputs.json.reporting import withdrawn_document

    with settings.archive(reading=True) as archive:
        known, people = tombstones(archive.ledger).values(), archive.config.people
    if json_:
        emit("list", withdrawn_document(known))
        return
    for tombstone in known:
        echo(f"{for_people(tombstone.package)}\t{tombstone_line(tombstone, people)}")
