"""preserva rebuild"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, finish, settings
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.core.formats.canonical_json import Value


@click.group("rebuild")
def command() -> None:
    """Make anew what was lost: a storage, the ledger, the configuration."""


@command.command("storage")
@click.argument("name", metavar="STORAGE")
@dry_run
@as_json
@settings
def storage(given: Settings, name: str, dry_run: bool, json_: bool) -> None:
    """Bring back every copy that the ledger knows of in a storage that was lost.

    Mount an empty disk where the storage was, or change its url; its id stays. Every file is held
    against what was recorded. An interrupted run goes on with the next one.

    \b
    preserva rebuild storage aonb-main --dry-run
    preserva rebuild storage aonb-main
    """
    from preserva.outputs.findings import for_people, report_document, report_lines
    from preserva.replication.rebuild import rebuild_storage

    with given.archive() as archive:
        done = rebuild_storage(archive, name, dry_run=dry_run, observer=given.observer(json_))
    if json_:
        copies: list[Value] = [
            {
                "package": one.package,
                "files": len(one.put),
                "applied": one.applied,
                "report": report_document(one.report),
            }
            for one in done
        ]
        emit("rebuild storage", storage=name, dry_run=dry_run, copies=copies)
    else:
        for one in done:
            if one.applied:
                message = _("{package}: {files} files brought, read back and validated")
            elif one.needed:
                message = _("{package}: {files} files would be brought")
            else:
                message = _("{package}: nothing to bring")
            click.echo(message.format(package=for_people(one.package), files=len(one.put)))
            if one.report.findings:
                for line in report_lines(one.report):
                    click.echo(line)
    finish(one.report for one in done)


@command.command("ledger")
@as_json
@settings
def ledger(given: Settings, json_: bool) -> None:
    """Make a ledger that was lost anew: every copy in every storage is read whole.

    It goes on from the copy that replication left in a storage. What happened since then, only the
    lost ledger knew: noted is what all sound copies agree on. Look for its backup first.
    """
    from preserva.archive.archive import find_config, new_identifier, utc_now
    from preserva.config import load
    from preserva.outputs.findings import report_document, report_lines
    from preserva.replication.rebuild import rebuild_ledger

    config = load(find_config(given.config))
    reports = rebuild_ledger(
        config, clock=utc_now, identifiers=new_identifier, observer=given.observer(json_)
    )
    if json_:
        documents = [report_document(one) for one in reports]
        emit("rebuild ledger", ledger=str(config.ledger), reports=list(documents))
    else:
        for one in reports:
            for line in report_lines(one):
                click.echo(line)
    given.talk(_("{path} was made anew").format(path=config.ledger))
    finish(reports)


@command.command("config")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option(
    "--institution", metavar="ID", help="Who works with it; else who made the first storage."
)
@as_json
@settings
def config(given: Settings, urls: tuple[str, ...], institution: str | None, json_: bool) -> None:
    """Write a configuration that was lost anew: each storage says what it is.

    \b
    preserva rebuild config /srv/preserva/aonb-main sftp://minsk.example.org/nlb-copy
    preserva rebuild ledger
    \b
    The policy, rights and what is asked of images are not written in any storage.
    """
    from preserva.archive.archive import find_config
    from preserva.replication.rebuild_config import rebuild_config

    path = find_config(given.config)
    made = rebuild_config(path, urls, institution)
    if json_:
        emit("rebuild config", config=str(path), storages=list(made.storages))
    given.talk(_("{path} was made anew").format(path=path))
