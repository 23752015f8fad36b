"""preserva catalogue"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, settings
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.catalogue.matching import Proposal
    from preserva.catalogue.search import Hit, Page
    from preserva.core.canonical import Value
    from preserva.core.catalogue.match import Decision
    from preserva.services.catalogue import Imported
    from preserva.services.catalogue_show import Shown

_FACETS = ("holder", "century", "language", "place", "kind", "format")


@click.group("catalogue")
def command() -> None:
    """Search the books of all libraries together, digitised or not."""


@command.command("import")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--library", metavar="ID", help="Whose records these are, such as aonb.")
@click.option("--charset", metavar="NAME", help="The character set, against what records declare.")
@click.option("--complete", is_flag=True, help="The file is the library's whole catalogue: records"
              " that it no longer has are marked as deleted.")  # fmt: skip
@as_json
@settings
def import_(
    given: Settings,
    files: tuple[Path, ...],
    library: str | None,
    charset: str | None,
    complete: bool,
    json_: bool,
) -> None:
    """Take in the records of files; without one, those of the archive's packages.

    \b
    preserva catalogue import
    preserva catalogue import rare-books.iso --library aonb

    A record that is there already, unchanged, stays as it is: run it as often as you like.
    """
    from preserva.services.catalogue import import_file, import_packages, open_catalogue

    if files and not library:
        raise click.UsageError(_("Say with --library whose records these are."))
    if complete and len(files) != 1:
        raise click.UsageError(_("--complete needs exactly one file."))
    with given.archive() as archive, open_catalogue(given.config) as database:
        time = int(archive.clock().timestamp())
        done = [
            import_file(database, one, library or "", time, charset=charset, complete=complete)
            for one in files
        ] or [import_packages(archive, database, time)]
    _imported(given, done, json_)


def _imported(given: Settings, done: list[Imported], json_: bool) -> None:
    from preserva.cli.common import finish
    from preserva.core.report import Report
    from preserva.outputs.findings import findings_document

    findings = [finding for one in done for finding in one.findings]
    read = sum(one.read for one in done)
    changed, deleted = sum(one.changed for one in done), sum(one.deleted for one in done)
    if json_:
        emit(
            "catalogue import",
            read=read,
            changed=changed,
            deleted=deleted,
            findings=findings_document(findings),
        )
    else:
        for finding in findings:
            click.echo(finding.message(), err=True)
        message = ngettext(
            "{read} record read, {changed} new or changed, {deleted} deleted",
            "{read} records read, {changed} new or changed, {deleted} deleted",
            read,
        )
        given.talk(message.format(read=read, changed=changed, deleted=deleted))
    finish([Report("catalogue", findings)])


@command.command("search")
@click.argument("words", metavar="WORD...", nargs=-1)
@click.option("--holder", metavar="NAME", help="Held by.")
@click.option("--century", metavar="N", help="Published in that century, such as 18.")
@click.option("--language", metavar="CODE", help="In that language, such as rus, bel, chu.")
@click.option("--place", metavar="NAME", help="Published there.")
@click.option("--kind", type=click.Choice(["single", "collection"]), help="A book or a collection.")
@click.option("--format", metavar="FORM", help="What it is, such as text, manuscript.")
@click.option("--page", type=click.IntRange(1), default=1, help="Which page of 20.")
@as_json
@settings
def search(
    given: Settings, /, words: tuple[str, ...], page: int, json_: bool, **facets: str | None
) -> None:
    """Find records that hold every word, in whatever orthography or ending.

    \b
    preserva catalogue search книги вѣра
    preserva catalogue search 'кніг*' --century 18 --holder АОНБ

    A word with * is the beginning of one. Below the records stands by what the search can be
    narrowed.
    """
    from preserva.catalogue.search import Search
    from preserva.core.catalogue.model import Facet
    from preserva.services.catalogue import open_catalogue

    narrowed = {Facet(name): value for name, value in facets.items() if value}
    with open_catalogue(given.config, must_exist=True) as database:
        found = Search(database).page(" ".join(words), narrowed, start=20 * (page - 1))
    if json_:
        emit(
            "catalogue search",
            total=found.total,
            more=found.more,
            records=[_hit(one) for one in found.hits],
            facets={
                facet.value: [{"value": value, "count": count} for value, count in counts]
                for facet, counts in found.facets.items()
            },
        )
    else:
        _print_page(found)


def _print_page(found: Page) -> None:
    from preserva.core.report import printable

    for one in found.hits:
        entry = one.record.entry
        if entry is not None:
            imprint = ", ".join(filter(None, (entry.place, entry.publisher, entry.date)))
            click.echo("\t".join(map(printable, (one.record.uri, entry.title, imprint))))
            reasons = "; ".join(f"{reason.part}: {reason.word}" for reason in one.reasons)
            if reasons:
                click.echo("  " + printable(reasons))
    for facet, counts in found.facets.items():
        if counts:
            most = ", ".join(f"{value} ({count})" for value, count in counts[:8])
            click.echo(printable(f"{facet.value}: {most}"), err=True)
    total = f"{found.total}+" if found.more else str(found.total)
    click.echo(_("{total} found").format(total=total), err=True)


def _hit(one: Hit) -> Value:
    return {
        "record": one.record.uri,
        "title": one.record.entry.title if one.record.entry else "",
        "package": one.record.package,
        "reasons": [{"part": reason.part, "word": reason.word} for reason in one.reasons],
    }


@command.command("show")
@click.argument("record", metavar="RECORD")
@as_json
@settings
def show(given: Settings, record: str, json_: bool) -> None:
    """Show the edition of a record: what it is, its copies everywhere, other editions of the work.

    RECORD is the identifier that a search shows, such as urn:preserva:record:aonb:17.
    """
    from preserva.services.catalogue import open_catalogue
    from preserva.services.catalogue_show import lines, shown

    with open_catalogue(given.config, must_exist=True) as database:
        found = shown(database, record)
    if json_:
        emit("catalogue show", **_shown(found))
    else:
        for line in lines(found):
            click.echo(line)


def _shown(found: Shown) -> dict[str, Value]:
    import json

    from preserva.core.catalogue.model import dumps

    return {
        "records": [
            {
                "record": one.uri,
                "package": one.package,
                "entry": json.loads(dumps(one.entry)) if one.entry else None,
            }
            for one in found.records
        ],
        "editions": list(found.editions),
    }


@command.command("match")
@click.option("--same", nargs=2, metavar="A B", help="Decide that two records are one edition.")
@click.option("--different", nargs=2, metavar="A B", help="Decide that they are not.")
@click.option("--undo", type=int, metavar="N", help="Take a decision back.")
@click.option("--by", metavar="NAME", help="Who decides.")
@click.option("--decisions", is_flag=True, help="Show what was decided.")
@dry_run
@as_json
@settings
def match(
    given: Settings,
    same: tuple[str, str] | None,
    different: tuple[str, str] | None,
    undo: int | None,
    by: str | None,
    decisions: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Propose records that may describe one edition; keep what a person decides of them.

    \b
    preserva catalogue match
    preserva catalogue match --same urn:preserva:record:aonb:17 urn:preserva:record:nlb:5 --by Anna
    preserva catalogue match --undo 3

    Nothing is ever joined but by such a decision.
    """
    from preserva.archive import utc_now
    from preserva.catalogue.matching import Matching
    from preserva.core.catalogue.match import Verdict
    from preserva.services.catalogue import open_catalogue

    pair = same or different
    if sum((bool(same), bool(different), undo is not None)) > 1:
        raise click.UsageError(_("Decide one thing at a time."))
    if pair and not by:
        raise click.UsageError(_("Say with --by who decides."))
    proposed: list[Proposal] = []
    decided: list[Decision] = []
    with open_catalogue(given.config, must_exist=True) as database:
        matching = Matching(database)
        if pair and not dry_run:
            verdict = Verdict.SAME if same else Verdict.DIFFERENT
            time = utc_now().isoformat()
            decided = [matching.decide(*pair, verdict, person=by or "", time=time)]
        elif undo is not None and not dry_run:
            decided = [matching.undo(undo)]
        elif decisions:
            decided = matching.decisions()
        elif not pair and undo is None:
            proposed = list(matching.proposals())
    _matched(proposed, decided, json_)


def _matched(proposed: list[Proposal], decided: list[Decision], json_: bool) -> None:
    if json_:
        emit(
            "catalogue match",
            proposals=[_proposal(one) for one in proposed],
            decisions=[_decision(one) for one in decided],
        )
        return
    for proposal in proposed:
        agree = ", ".join(one.value for one in proposal.evidence)
        click.echo(f"{proposal.one.uri}\t{proposal.other.uri}\t{agree}")
    for one in decided:
        undone = " (" + _("undone") + ")" if one.undone else ""
        facts = (str(one.number), one.verdict.value, one.one, one.other, one.person + undone)
        click.echo("\t".join(facts))


def _proposal(one: Proposal) -> Value:
    agree: list[Value] = [evidence.value for evidence in one.evidence]
    return {"one": one.one.uri, "other": one.other.uri, "evidence": agree}


def _decision(one: Decision) -> Value:
    return {
        "number": one.number,
        "time": one.time,
        "person": one.person,
        "verdict": one.verdict.value,
        "one": one.one,
        "other": one.other,
        "undone": one.undone,
    }


@command.command("export")
@click.argument("destination", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--as", "form", required=True,
              type=click.Choice(["marc", "marcxchange", "mods", "dc", "csv"]),
              help="ISO 2709, MarcXchange, MODS, Dublin Core, or a table of copies.")  # fmt: skip
@click.option("--since", type=click.DateTime(), help="Only what changed since then (UTC).")
@click.option("--library", metavar="ID", help="Only the records of that library.")
@as_json
@settings
def export(
    given: Settings,
    destination: Path,
    form: str,
    since: datetime | None,
    library: str | None,
    json_: bool,
) -> None:
    """Write the records to a new file.

    \b
    preserva catalogue export all.iso --as marc
    preserva catalogue export new.xml --as mods --since 2026-11-01 --library aonb
    """
    from preserva.outputs.findings import findings_document
    from preserva.services.catalogue import open_catalogue
    from preserva.services.catalogue_export import Form, export_catalogue

    start = since.replace(tzinfo=UTC) if since else None
    with open_catalogue(given.config, must_exist=True) as database:
        done = export_catalogue(database, destination, Form(form), since=start, library=library)
    if json_:
        emit(
            "catalogue export",
            path=str(destination),
            records=done.written,
            findings=findings_document(done.findings),
        )
        return
    for finding in done.findings:
        click.echo(finding.message(), err=True)
    click.echo(destination)


@command.command("dump")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--as", "prefix", type=click.Choice(["oai_dc", "mods", "marcxchange", "mets"]),
              default="mods", help="The format of the records; mods.")  # fmt: skip
@click.option("--url", metavar="URL", required=True, help="Where the folder will be on the web.")
@click.option("--email", metavar="ADDRESS", required=True, help="Who answers for it.")
@as_json
@settings
def dump(given: Settings, folder: Path, prefix: str, url: str, email: str, json_: bool) -> None:
    """Write what `preserva serve` would answer to a new folder, for exchange by disk.

    `preserva harvest FOLDER` takes it in. A ResourceSync list beside the pages has their digests.
    """
    from preserva.archive import utc_now
    from preserva.core.catalogue.oai import Prefix, stamp
    from preserva.services.catalogue import open_catalogue
    from preserva.services.dump import dump as write
    from preserva.services.provider import About, Repository
    from preserva.services.wsgi import mets_reader

    time = stamp(int(utc_now().timestamp()))
    with open_catalogue(given.config, must_exist=True) as database:
        repository = Repository(database, About(url, email), mets_reader(given.config))
        pages = write(repository, folder, Prefix(prefix), time=time, url=url)
    if json_:
        emit("catalogue dump", path=str(folder), pages=pages)
    else:
        click.echo(folder)
