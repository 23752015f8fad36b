"""preserva ledger"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, settings
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.config import Config
    from preserva.core.formats.canonical_json import Value
    from preserva.ledger import LedgerEntry


@click.group("ledger")
def command() -> None:
    """Prove, show and export the record of what was done."""


def _config(given: Settings) -> Config:
    from preserva.archive.archive import find_config
    from preserva.config import load

    return load(find_config(given.config))


@command.command("verify")
@click.option(
    "--against",
    metavar="STORAGE|FILE",
    help="The copy in a storage, or an export: only that shows a ledger that was cut off.",
)
@as_json
@settings
def verify(given: Settings, against: str | None, json_: bool) -> None:
    """Say whether any entry was changed, taken out, moved or put in. Ends with 5 if so."""
    from preserva.archive.ledger_proof import verify_ledger

    proof = verify_ledger(_config(given), against)
    if json_:
        emit(
            "ledger verify",
            entries=proof.entries,
            newest=proof.newest,
            problems=list(proof.problems),
        )
    else:
        for problem in proof.problems:
            click.echo(problem)
        text = ngettext("{count} entry", "{count} entries", proof.entries)
        newest = _("the newest is {digest}").format(digest=proof.newest or "-")
        click.echo(f"{text.format(count=proof.entries)}; {newest}")
    if proof.problems:
        raise SystemExit(5)


@command.command("show")
@click.argument("package", metavar="[ID]", required=False)
@click.option("--storage", metavar="STORAGE", help="Only what was done in this storage.")
@click.option("--last", type=click.IntRange(min=1), default=20, help="So many entries; 20.")
@click.option("--premis", metavar="FOLDER", type=click.Path(path_type=Path),
              help="Write every fixity check of ID to a new folder, as PREMIS.")  # fmt: skip
@as_json
@settings
def show(
    given: Settings,
    package: str | None,
    storage: str | None,
    last: int,
    premis: Path | None,
    json_: bool,
) -> None:
    """Show the newest entries, the newest first."""
    from contextlib import closing
    from itertools import islice

    from preserva.archive.ledger_proof import open_ledger
    from preserva.cli.common import package_id
    from preserva.outputs.findings import for_people
    from preserva.outputs.words import word

    if premis is not None:
        _write_checks(given, package, premis)
    name = package_id(package).uri if package else None
    with closing(open_ledger(_config(given))) as ledger:
        entries = list(
            islice(ledger.entries(package=name, storage=storage, newest_first=True), last)
        )
    if json_:
        emit("ledger show", entries=[_document(one) for one in entries])
        return
    for one in entries:
        package = for_people(one.package or "")
        place = " ".join(part for part in (package, one.version, one.storage) if part)
        click.echo(f"{one.number}\t{one.time}\t{word(one.type)}: {word(one.outcome)}\t{place}")


def _write_checks(given: Settings, package: str | None, folder: Path) -> None:
    from contextlib import closing

    from preserva.access.fixity_events import write_checks
    from preserva.archive.ledger_proof import open_ledger
    from preserva.cli.common import package_id

    if package is None:
        raise click.UsageError(_("--premis needs the ID of a package"))
    with closing(open_ledger(_config(given))) as ledger:
        count = write_checks(ledger, package_id(package), folder)
    text = ngettext("{count} check written to {path}", "{count} checks written to {path}", count)
    given.talk(text.format(count=count, path=folder))


def _document(one: LedgerEntry) -> Value:
    return {
        "number": one.number,
        "time": one.time,
        "type": one.type,
        "outcome": one.outcome,
        "package": one.package,
        "storage": one.storage,
        "version": one.version,
        "facts": dict(one.facts),
        "digest": one.digest,
    }


@command.command("reindex")
@settings
def reindex(given: Settings) -> None:
    """Make anew what the ledger keeps of its copies; no entry is touched.

    `preserva ledger verify` says when that is needed.
    """
    from contextlib import closing

    from preserva.archive.ledger_proof import open_ledger

    with closing(open_ledger(_config(given))) as ledger:
        ledger.reindex()


@command.command("export")
@settings
def export(given: Settings) -> None:
    """Print every entry as a line of canonical JSON (RFC 8785), to be kept elsewhere.

    Line n is entry n; each holds the SHA-256 of the line before it as "previous".

    \b
    preserva ledger export > ledger-2026.jsonl
    preserva ledger verify --against ledger-2026.jsonl
    preserva ledger verify --against nlb-copy
    """
    from contextlib import closing

    from preserva.archive.ledger_proof import open_ledger

    with closing(open_ledger(_config(given))) as ledger:
        for body in ledger.bodies():
            click.echo(body)
