"""preserva catalogue"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.catalogue_backup import backup, restore
from preserva.cli.catalogue_match import decisions, match
from preserva.cli.catalogue_out import dump, export
from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preserva.catalogue.import_records import Imported
    from preserva.catalogue.search import Hit, ResultPage


@click.group("catalogue")
def command() -> None:
    """Search the books of all libraries together, digitised or not."""


@command.command("import")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--library", metavar="ID", help="The library that the records belong to, such as aonb."
)
@click.option(
    "--charset", metavar="NAME", help="The character set, overriding what the records declare."
)
@click.option("--complete", is_flag=True, help="The file is the whole catalogue of the library:"
              " records that are no longer in it are marked as deleted.")  # fmt: skip
@click.option(
    "--records",
    metavar="N",
    type=click.IntRange(0),
    help="The number of records that the file must have; otherwise it was cut off.",
)
@as_json
@pass_settings
def import_(
    settings: Settings,
    files: tuple[Path, ...],
    library: str | None,
    charset: str | None,
    complete: bool,
    records: int | None,
    json_: bool,
) -> None:
    """Import records from files, or without a file from the packages of the archive.

    \b
    preserva catalogue import
    preserva catalogue import rare-books.iso --library aonb
    preserva catalogue import table.csv --library aonb
    preserva catalogue import all.iso --library aonb --complete --records 18214

    A record that has not changed is left as it is, so the command can be repeated at any time.
    """
    from preserva.catalogue.import_records import import_file, import_packages, open_catalogue
    from preserva.outputs.json.catalogue import catalogue_import_document

    if files and not library:
        raise click.UsageError(_("Use --library to name the library that the records belong to."))
    if complete and len(files) != 1:
        raise click.UsageError(_("--complete needs exactly one file."))
    if records is not None and len(files) != 1:
        raise click.UsageError(_("--records needs exactly one file."))
    observer = settings.observer(json_)
    with settings.archive() as archive, open_catalogue(settings.config) as database:
        time = int(archive.clock().timestamp())
        imports = [
            import_file(
                database,
                file,
                library or "",
                time,
                charset=charset,
                complete=complete,
                records=records,
                observer=observer,
            )
            for file in files
        ] or [import_packages(archive, database, time, observer=observer)]
    if json_:
        emit("catalogue import", catalogue_import_document(imports))
    else:
        _print_import(settings, imports)
    finish(imports)


def _print_import(settings: Settings, imports: list[Imported]) -> None:
    from preserva.core.values.report import printable
    from preserva.outputs.json.catalogue import unlisted_of

    for imported in imports:
        for finding in imported.findings:
            echo(finding.message(), err=True)
        for retitled in imported.retitled:
            message = _("{uri}: title: {before} -> {after}")
            text = message.format(uri=retitled.uri, before=retitled.before, after=retitled.after)
            echo(printable(text), err=True)
    for kind, count in unlisted_of(imports).items():
        message = ngettext("{kind}: {count} more", "{kind}: {count} more", count)
        echo(message.format(kind=kind, count=count), err=True)
    read = sum(imported.read for imported in imports)
    changed = sum(imported.changed for imported in imports)
    deleted = sum(imported.deleted for imported in imports)
    message = ngettext(
        "{read} record read, {changed} new or changed, {deleted} deleted",
        "{read} records read, {changed} new or changed, {deleted} deleted",
        read,
    )
    settings.talk(message.format(read=read, changed=changed, deleted=deleted))


@command.command("search")
@click.argument("words", metavar="WORD...", nargs=-1)
@click.option("--holder", metavar="NAME", help="Held by this library.")
@click.option("--century", metavar="N", help="Published in this century, such as 18.")
@click.option("--language", metavar="CODE", help="In this language, such as rus, bel, chu.")
@click.option("--place", metavar="NAME", help="Published in this place.")
@click.option(
    "--kind", type=click.Choice(["single", "collection"]), help="A single book or a collection."
)
@click.option("--format", metavar="FORM", help="Of this form, such as text, manuscript.")
@click.option(
    "--page", type=click.IntRange(1), default=1, help="The page of results to show, 20 on a page."
)
@as_json
@pass_settings
def search(
    settings: Settings, /, words: tuple[str, ...], page: int, json_: bool, **facets: str | None
) -> None:
    """Find editions whose records have all the words, in any orthography and inflection.

    \b
    preserva catalogue search книги вѣра
    preserva catalogue search 'кніг*' --century 18 --holder АОНБ

    A word that ends in * matches every word that begins so; words in quotation marks are a phrase.
    An ISBN, a shelfmark or the number of a record or package leads to its book. Records that a
    person joined are one result, followed by the items of all libraries. The last lines show how to
    narrow the search.
    """
    from preserva.catalogue.entry import Facet
    from preserva.catalogue.import_records import open_catalogue
    from preserva.catalogue.search import Search
    from preserva.outputs.json.catalogue import search_document

    narrowed = {Facet(name): value for name, value in facets.items() if value}
    with open_catalogue(settings.config, must_exist=True) as database:
        page_of_hits = Search(database).page(" ".join(words), narrowed, start=20 * (page - 1))
    if json_:
        emit("catalogue search", search_document(page_of_hits))
    else:
        _print_page(page_of_hits)


def _print_page(page: ResultPage) -> None:
    from preserva.core.values.report import printable
    from preserva.outputs.words import facet_name, facet_value

    for hit in page.hits:
        for line in _hit_lines(hit):
            echo(line)
    for facet, counts in page.facets.items():
        if counts:
            most = ", ".join(f"{facet_value(facet, value)}: {count}" for value, count in counts[:8])
            name = facet_name(facet)
            option = "" if name == facet.value else f" (--{facet.value})"
            echo(printable(f"{name}{option}: {most}"), err=True)
    total = f"{page.total}+" if page.more else str(page.total)
    echo(_("{total} found").format(total=total), err=True)
    for suggestion in page.suggestions:
        echo(_("Did you mean: {words}").format(words=printable(suggestion)), err=True)


def _hit_lines(hit: Hit) -> Iterator[str]:
    from preserva.catalogue.edition_view import items
    from preserva.core.values.report import printable
    from preserva.outputs.words import word

    entry = hit.record.entry
    if entry is not None:
        imprint = entry.imprint
        yield "\t".join(map(printable, (hit.record.uri, entry.title, imprint)))
    for record in hit.joined:
        yield "  " + _("joined with {uri}").format(uri=printable(record.uri))
    for record in (hit.record, *hit.joined):
        for package in record.packages:
            yield "  " + _("digitised: {package}").format(package=printable(package))
        for item in items(record.entry) if record.entry else ():
            yield "  " + printable(item)
    reasons = "; ".join(f"{word(reason.part)}: {reason.word}" for reason in hit.reasons)
    if reasons:
        yield "  " + printable(reasons)


@command.command("show")
@click.argument("record", metavar="RECORD")
@as_json
@pass_settings
def show(settings: Settings, record: str, json_: bool) -> None:
    """Show the edition of a record, its items in all libraries, and other editions of the work.

    RECORD is the identifier that a search shows, such as urn:preserva:record:aonb:17, or the
    library and the number of the record: aonb:17. The identifier of a package shows its book.
    """
    from preserva.archive.archive import find_config
    from preserva.archive.relations import relations_known
    from preserva.catalogue.edition_view import lines, shown
    from preserva.catalogue.entry import uri_as_typed
    from preserva.catalogue.import_records import open_catalogue
    from preserva.config import load
    from preserva.outputs.json.catalogue import show_document

    with open_catalogue(settings.config, must_exist=True) as database:
        known = relations_known(load(find_config(settings.config)))
        edition = shown(database, uri_as_typed(record), known)
    if json_:
        emit("catalogue show", show_document(edition))
    else:
        for line in lines(edition):
            echo(line)


for subcommand in (match, decisions, export, dump, backup, restore):
    command.add_command(subcommand)
