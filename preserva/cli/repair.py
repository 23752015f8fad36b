"""preserva repair"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, settings
from preserva.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preserva.core.formats.canonical_json import Value
    from preserva.replication.repair import Repair


@click.command("repair")
@click.argument("packages", metavar="[ID]...", nargs=-1)
@click.option("--storage", metavar="STORAGE", help="The copies in one storage; all if not given.")
@click.option("--apply", is_flag=True, help="Carry the plan out; without it, it is only shown.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    help="Repair up to so many copies in a storage, instead of 3 or one in a thousand.",
)
@as_json
@settings
def command(
    given: Settings,
    packages: tuple[str, ...],
    storage: str | None,
    apply: bool,
    limit: int | None,
    json_: bool,
) -> None:
    """Plan how damaged copies get back what was recorded of them, and with --apply do it.

    Without an ID: every copy whose last check found damage. Only bytes with the digest that was
    recorded before the damage are brought; what stands in their place is moved to quarantine,
    never deleted.

    \b
    preserva repair aonb-kp-000123
    preserva repair aonb-kp-000123 --apply
    \b
    Ends with 0 if nothing is damaged any more, with 1 if something is, with 3 if a storage that is
    needed could not be read, with 4 if there is too much damage for books alone to be the cause.
    """
    from preserva.replication.repair import repair

    wanted = [package_id(one) for one in packages]
    with given.archive() as archive:
        done = repair(
            archive,
            wanted,
            storage=storage,
            apply=apply,
            limit=limit,
            observer=given.observer(json_),
        )
    if json_:
        emit("repair", applied=apply, copies=[_document(one) for one in done])
    else:
        for one in done:
            for line in _lines(one):
                click.echo(line)
        if not done:
            click.echo(_("no copy is known to be damaged"))
    outcomes = {one.report.outcome.value for one in done}
    if "fail" in outcomes or any(one.needed and not one.applied for one in done):
        raise SystemExit(1)
    if "unknown" in outcomes:
        raise SystemExit(3)


def _document(one: Repair) -> dict[str, Value]:
    from preserva.outputs.findings import report_document

    return {
        "package": one.package,
        "storage": one.storage,
        "aside": list(one.aside),
        "put": [
            {"path": file.path, "seen": file.seen, "storages": list(file.stores)}
            for file in one.put
        ],
        "applied": one.applied,
        "report": report_document(one.report),
    }


def _lines(one: Repair) -> Iterator[str]:
    from preserva.core.values.report import printable
    from preserva.outputs.findings import for_people

    names = {"package": for_people(one.package), "storage": one.storage}
    if one.applied:
        yield _("{package} in {storage}: repaired, read back and validated").format(**names)
    elif one.needed:
        yield _("{package} in {storage}: can be repaired with --apply").format(**names)
    elif not one.report.findings:
        yield _("{package} in {storage}: nothing to repair").format(**names)
    else:
        yield _("{package} in {storage}: nothing was changed").format(**names)
    for path in one.aside:
        yield "  " + _("{path}: to quarantine").format(path=printable(path))
    for file in one.put:
        if file.stores:
            message = _("{path}: as it was recorded, from {storages}")
        else:
            message = _("{path}: made anew from what was recorded")
        yield "  " + message.format(path=printable(file.path), storages=", ".join(file.stores))
    for finding in one.report.findings:
        yield f"  {finding.message()}"
    if one.report.findings:
        yield "  " + _(
            "A person must decide about these: look for another copy that has the expected digest"
            " (an old disk, a backup, the scans), or find out who made what is there."
        )
