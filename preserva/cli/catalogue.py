"""preserva catalogue"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.catalogue_match import as_document, decisions, match
from preserva.cli.catalogue_out import dump, export
from preserva.cli.common import Settings, as_json, emit, settings
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.catalogue.edition_view import EditionView
    from preserva.catalogue.import_records import Imported
    from preserva.catalogue.search import Hit, ResultPage
    from preserva.core.formats.canonical_json import Value

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
    preserva catalogue import table.csv --library aonb

    A record that is there already, unchanged, stays as it is: run it as often as you like.
    """
    from preserva.catalogue.import_records import import_file, import_packages, open_catalogue

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
    from preserva.core.values.report import Report
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
    """Find editions of which a record holds every word, in whatever orthography or ending.

    \b
    preserva catalogue search книги вѣра
    preserva catalogue search 'кніг*' --century 18 --holder АОНБ

    A word with * is the beginning of one. Records that a person joined are one result, with the
    copies of all libraries below it. At the end stands by what the search can be narrowed.
    """
    from preserva.catalogue.entry import Facet
    from preserva.catalogue.import_records import open_catalogue
    from preserva.catalogue.search import Search

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


def _print_page(found: ResultPage) -> None:
    from preserva.catalogue.edition_view import items
    from preserva.core.values.report import printable
    from preserva.outputs.words import word

    for one in found.hits:
        entry = one.record.entry
        if entry is not None:
            imprint = ", ".join(filter(None, (entry.place, entry.publisher, entry.date)))
            click.echo("\t".join(map(printable, (one.record.uri, entry.title, imprint))))
        for other in one.joined:
            click.echo("  " + _("joined with {uri}").format(uri=printable(other.uri)))
        for record in (one.record, *one.joined):
            for item in items(record.entry) if record.entry else ():
                click.echo("  " + printable(item))
        reasons = "; ".join(f"{word(reason.part)}: {reason.word}" for reason in one.reasons)
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
        "joined": [other.uri for other in one.joined],
        "copies": [
            {"record": record.uri, "holder": item.holder, "shelfmark": item.shelfmark}
            for record in (one.record, *one.joined)
            for item in (record.entry.items if record.entry else ())
        ],
        "reasons": [{"part": reason.part, "word": reason.word} for reason in one.reasons],
    }


@command.command("show")
@click.argument("record", metavar="RECORD")
@as_json
@settings
def show(given: Settings, record: str, json_: bool) -> None:
    """Show the edition of a record: what it is, its copies everywhere, other editions of the work.

    RECORD is the identifier that a search shows, such as urn:preserva:record:aonb:17, or the
    library and the record's own number: aonb:17.
    """
    from preserva.catalogue.edition_view import lines, shown
    from preserva.catalogue.entry import uri_as_typed
    from preserva.catalogue.import_records import open_catalogue

    with open_catalogue(given.config, must_exist=True) as database:
        found = shown(database, uri_as_typed(record))
    if json_:
        emit("catalogue show", **_shown(found))
    else:
        for line in lines(found):
            click.echo(line)


def _shown(found: EditionView) -> dict[str, Value]:
    import json

    from preserva.catalogue.entry import dumps

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
        "decisions": [as_document(one) for one in found.decisions],
    }


for one in (match, decisions, export, dump):
    command.add_command(one)
