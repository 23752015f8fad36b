"""preserva retire"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.i18n import _


@click.command("retire")
@click.argument("storage", metavar="STORAGE")
@click.argument("package", metavar="[ID]", required=False)
@click.option("--reason", metavar="WHY", help="Why, in your words; recorded for good.")
@click.option("--undo", is_flag=True, help="Take it back; this needs only one person.")
@as_json
@pass_settings
def command(
    settings: Settings,
    storage: str,
    package: str | None,
    reason: str | None,
    undo: bool,
    json_: bool,
) -> None:
    """Retire a storage, or one copy in it: it is no longer wanted.

    This takes two persons: the first run requests it, another person confirms it, and the next run
    carries it out. It is refused unless every package has as many copies elsewhere as the policy
    wants, each proved by an audit. Nothing in the storage is touched; from then on nothing is
    brought there, checked or missed. A retired storage can be taken out of preserva.toml.

    \b
    preserva retire nlb-old --reason "replaced by nlb-new"
    preserva decisions confirm 1234 --person petrov
    preserva retire nlb-old
    preserva retire third kp-000123 --reason "no room there for the newspapers"
    preserva retire third kp-000123 --undo --reason "there is room again"

    Exit status: 3 while it waits for a second person; 4 if too few copies would be left.
    """
    from preserva.archive import retirement
    from preserva.outputs.findings import for_people
    from preserva.outputs.json.decisions import retire_document

    with settings.archive() as archive:
        name = package_id(package, archive) if package else None
        if undo:
            retirement.undo(archive, storage, name, reason)
        else:
            retirement.retire(archive, storage, name, reason)
        configured = storage in archive.config.storages
    if json_:
        emit("retire", retire_document(storage, name, retired=not undo))
        return
    what = storage if name is None else f"{for_people(name.uri)}, {storage}"
    message = _("{what} is no longer retired") if undo else _("{what} is retired")
    settings.talk(message.format(what=what))
    if not undo and name is None and configured:
        settings.talk(_("Take it out of preserva.toml; then what is there may be erased."))
