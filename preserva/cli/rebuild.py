"""preserva rebuild"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.core.values.report import Report
    from preserva.replication.repair import Repair


@click.group("rebuild")
def command() -> None:
    """Rebuild a lost storage, ledger or configuration."""


@command.command("storage")
@click.argument("name", metavar="STORAGE")
@dry_run
@as_json
@pass_settings
def storage(settings: Settings, name: str, dry_run: bool, json_: bool) -> None:
    """Restore every copy that the ledger lists in a lost storage.

    Mount an empty disk where the storage was, or change its url but not its id. Every file is
    compared with what was recorded. The next run resumes where an interrupted one stopped.

    \b
    preserva rebuild storage aonb-main --dry-run
    preserva rebuild storage aonb-main
    """
    from preserva.outputs.json.replication import rebuild_storage_document
    from preserva.replication.rebuild_storage import rebuild_storage

    with settings.archive() as archive:
        copies = rebuild_storage(
            archive,
            name,
            dry_run=dry_run,
            observer=settings.observer(json_),
            each=settings.each(_print, silent=json_),
        )
    if json_:
        emit("rebuild storage", rebuild_storage_document(name, copies, dry_run=dry_run))
    finish(copy.report for copy in copies)


def _print(copy: Repair) -> None:
    from preserva.outputs.findings import for_people, report_lines

    files = len(copy.put)
    if copy.applied:
        message = ngettext(
            "{package}: {files} file restored, read back and validated",
            "{package}: {files} files restored, read back and validated",
            files,
        )
    elif copy.needed:
        message = ngettext(
            "{package}: {files} file would be restored",
            "{package}: {files} files would be restored",
            files,
        )
    else:
        message = _("{package}: nothing to restore")
    echo(message.format(package=for_people(copy.package), files=files))
    if copy.report.findings:
        for line in report_lines(copy.report):
            echo(line)


@command.command("ledger")
@click.option(
    "--from",
    "source",
    metavar="STORAGE",
    help="Where copies contradict each other, believe this storage of ours.",
)
@click.option(
    "--anchor",
    metavar="[NUMBER:]DIGEST",
    help="An entry of the lost ledger, known from paper or an export.",
)
@as_json
@pass_settings
def ledger(settings: Settings, source: str | None, anchor: str | None, json_: bool) -> None:
    """Rebuild a lost ledger by reading every copy in every storage completely.

    The new ledger starts from the copy that replication left in a replica. Events after that were
    recorded only in the lost ledger; the new one records what our own copies agree on, and what is
    damaged. Storages that we hold for others are never believed. Look for a backup of the ledger
    first.

    If copies contradict each other or our primary storage, or one has entries that no other storage
    has seen, they are listed and nothing is made: a person decides with --anchor or --from. Our
    primary storage may be lost too: rebuild it afterwards.

    \b
    preserva rebuild ledger
    preserva rebuild ledger --anchor 1284:9f86d081884c…
    preserva rebuild ledger --from aonb-copy
    """
    from preserva.archive.archive import find_config, new_identifier, utc_now
    from preserva.config import load
    from preserva.outputs.findings import report_lines
    from preserva.outputs.json.replication import rebuild_ledger_document
    from preserva.replication.ledger_copies import parse_anchor
    from preserva.replication.rebuild_ledger import origin_of, rebuild_ledger

    shown: dict[int, int] = {}

    def show(report: Report) -> None:
        shown[id(report)] = len(report.findings)
        for line in report_lines(report):
            echo(line)

    config = load(find_config(settings.config))
    reports = rebuild_ledger(
        config,
        source=source,
        anchor=None if anchor is None else parse_anchor(anchor),
        clock=utc_now,
        identifiers=new_identifier,
        person=settings.person,
        observer=settings.observer(json_),
        each=settings.each(show, silent=json_),
    )
    origin = origin_of(config)
    if json_:
        emit("rebuild ledger", rebuild_ledger_document(config, reports, origin))
    else:
        for report in reports:
            if len(report.findings) != shown[id(report)]:
                show(report)  # the comparison of all copies found more
    settings.talk(_("{path} was rebuilt").format(path=config.ledger))
    if origin.storage is None:
        settings.talk(_("no copy of the ledger was taken over: it begins with what is there today"))
    else:
        message = ngettext(
            "{count} entry was taken over from the copy in {storage}; the newest has the digest"
            " {digest}",
            "{count} entries were taken over from the copy in {storage}; the newest has the digest"
            " {digest}",
            origin.entries,
        )
        settings.talk(
            message.format(count=origin.entries, storage=origin.storage, digest=origin.digest)
        )
    finish(reports)


@command.command("config")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option(
    "--institution",
    metavar="ID",
    help="The institution that uses it; by default the one that made the first storage.",
)
@as_json
@pass_settings
def config(settings: Settings, urls: tuple[str, ...], institution: str | None, json_: bool) -> None:
    """Rebuild a lost configuration from what each storage says about itself.

    \b
    preserva rebuild config /srv/aonb-main sftp://minsk.example.org/nlb-copy
    preserva rebuild ledger

    The policy, the rights and the requirements for images are not stored in any storage. Read the
    new file: check the role of each storage, and where a lost primary storage is to be.
    """
    from preserva.archive.archive import find_config
    from preserva.outputs.json.replication import rebuild_config_document
    from preserva.replication.rebuild_config import rebuild_config

    path = find_config(settings.config)
    rebuilt = rebuild_config(path, urls, institution)
    if json_:
        emit("rebuild config", rebuild_config_document(path, rebuilt))
    settings.talk(_("{path} was rebuilt").format(path=path))
    for storage in rebuilt.storages.values():
        message = _("{storage}: role {role}, {url}")
        settings.talk(message.format(storage=storage.id, role=storage.role, url=storage.url))
