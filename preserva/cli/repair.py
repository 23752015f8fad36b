"""preserva repair"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preserva.replication.repair import Repair


@click.command("repair")
@click.argument("packages", metavar="[ID]...", nargs=-1)
@click.option("--storage", metavar="STORAGE", help="Repair only the copies in this storage.")
@click.option("--apply", is_flag=True, help="Carry out the plan instead of only showing it.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    help="The most copies to repair in a storage, instead of 3 or one in a thousand.",
)
@click.option(
    "--set-aside",
    is_flag=True,
    help="Move versions that the owner never made (E304) to quarantine; two persons.",
)
@click.option(
    "--give-up",
    is_flag=True,
    help="Give up records of events that no storage has any more (E306); two persons.",
)
@click.option("--reason", metavar="TEXT", help="Why, for the decision of two persons.")
@as_json
@pass_settings
def command(
    settings: Settings,
    packages: tuple[str, ...],
    storage: str | None,
    apply: bool,
    limit: int | None,
    set_aside: bool,
    give_up: bool,
    reason: str | None,
    json_: bool,
) -> None:
    """Plan how to restore damaged copies; with --apply, do it.

    Without an ID, the plan covers every copy whose last check found damage. Only bytes with the
    digest that was recorded before the damage are restored; the files that they replace are moved
    to quarantine, never deleted.

    \b
    preserva repair aonb-kp-000123
    preserva repair aonb-kp-000123 --apply
    preserva repair kp-000123 --storage nlb-copy --set-aside --reason "…"
    preserva repair kp-000123 --give-up --reason "lost with the storage"

    Exit status: 0 if nothing is damaged any more; 1 if something is; 3 if a storage that is needed
    could not be read, or a second person must confirm; 4 if so much is damaged that the storage
    itself is probably at fault.
    """
    from preserva.outputs.json.replication import repair_document
    from preserva.replication import disputed
    from preserva.replication.repair import repair

    observer, each = settings.observer(json_), settings.each(_print, silent=json_)
    one_purpose = set_aside != give_up and set_aside == (storage is not None)
    if (set_aside or give_up) and not (len(packages) == 1 and one_purpose):
        raise click.UsageError(
            _("--set-aside needs one ID and --storage, --give-up one ID and nothing else")
        )
    with settings.archive() as archive:
        wanted = [package_id(package, archive) for package in packages]
        if set_aside and storage is not None:
            (package,) = wanted
            repairs = [
                disputed.set_aside(archive, package, storage, reason=reason, observer=observer)
            ]
            each(repairs[0])
        elif give_up:
            repairs = disputed.give_up_records(archive, wanted[0], reason=reason, observer=observer)
            for copy in repairs:
                each(copy)
        else:
            repairs = repair(
                archive,
                wanted,
                storage=storage,
                apply=apply,
                limit=limit,
                observer=observer,
                each=each,
            )
    if json_:
        emit("repair", repair_document(repairs, applied=apply or set_aside or give_up))
    elif not (repairs or settings.quiet):
        echo(_("no copy is known to be damaged"))
    finish(repairs)


def _print(copy: Repair) -> None:
    for line in _lines(copy):
        echo(line)


def _lines(copy: Repair) -> Iterator[str]:
    from preserva.core.values.report import printable
    from preserva.outputs.findings import for_people

    names = {"package": for_people(copy.package), "storage": copy.storage}
    if copy.applied:
        yield _("{package} in {storage}: repaired, read back and validated").format(**names)
    elif copy.needed:
        yield _("{package} in {storage}: can be repaired with --apply").format(**names)
    elif not copy.report.findings:
        yield _("{package} in {storage}: nothing to repair").format(**names)
    else:
        yield _("{package} in {storage}: nothing was changed").format(**names)
    for path in copy.aside:
        yield "  " + _("{path}: to quarantine").format(path=printable(path))
    for file in copy.put:
        if file.stores:
            message = _("{path}: restored as recorded, from {storages}")
        else:
            message = _("{path}: rebuilt from what was recorded")
        page = f"{file.page.message()}, " if file.page else ""
        path = page + printable(file.path)
        yield "  " + message.format(path=path, storages=", ".join(file.stores))
    for finding in copy.report.findings:
        yield f"  {finding.message()}"
    if copy.report.findings:
        yield "  " + _(
            "A person must decide about these: look for another copy with the expected digest"
            " (an old disk, a backup, the scans), or find out who changed what is there."
        )
