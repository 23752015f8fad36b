"""preserva status"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, settings
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.core.formats.canonical_json import Value
    from preserva.reporting.status import Status


@click.command("status")
@click.argument("package", metavar="[ID]", required=False)
@as_json
@settings
def command(given: Settings, package: str | None, json_: bool) -> None:
    """Say where the copies of each package are, and when each was last proved sound.

    Nothing is read but the storages' folders and the ledger: `preserva validate` reads the files.

    \b
    Ends with 1 if a copy is damaged or missing, with 3 if a storage was not reached or a package
    has fewer copies than the policy wants.
    """
    from preserva.outputs.words import word
    from preserva.reporting.status import status

    with given.archive() as archive:
        found = status(archive, package_id(package) if package else None)
    if json_:
        emit("status", packages=[_document(one) for one in found])
    else:
        if not found:
            given.talk(_("no packages yet"))
        for one in found:
            click.echo(one.portable)
            for copy in one.copies:
                checked = _("never checked")
                if copy.checked:
                    outcome = word(copy.outcome or "unknown")
                    checked = _("checked {time}: {outcome}").format(
                        time=copy.checked, outcome=outcome
                    )
                known = ", ".join([word(copy.state.value), *copy.versions])
                click.echo(f"  {copy.storage}: {known}; {checked}")
            if not one.enough:
                click.echo("  " + _("too few copies"))
    states = {copy.state for one in found for copy in one.copies}
    if "missing" in states or "damaged" in states:
        raise SystemExit(1)
    if "unreachable" in states or not all(one.enough for one in found):
        raise SystemExit(3)


def _document(one: Status) -> dict[str, Value]:
    return {
        "package": one.package,
        "copies": [
            {
                "storage": copy.storage,
                "state": copy.state,
                "versions": list(copy.versions),
                "checked": copy.checked,
                "outcome": copy.outcome,
            }
            for copy in one.copies
        ],
        "enough": one.enough,
    }
