"""preserva package"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, settings
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.core.book.submission import SourceFile
    from preserva.core.eark.mets import Division
    from preserva.core.formats.canonical_json import Value
    from preserva.ingest.package import Packaged


@click.command("package")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--record",
    required=True,
    type=click.Path(path_type=Path),
    help="The book's catalogue record: ISO 2709, MARCXML, IRBIS text, MODS or Dublin Core.",
)
@click.option("--charset", help="The record's character set, if it was guessed wrong: cp1251 …")
@click.option(
    "--position", type=click.IntRange(min=1), help="Which record of the file, counted from 1."
)
@click.option("--id", "local", help="The local part of the identifier, such as kp-000123.")
@click.option(
    "--structure",
    type=click.Path(path_type=Path),
    help="Parts of the book and labels of its pages: TOML, CSV or METS.",
)
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    help="What happened before packaging, such as scanning: TOML or CSV.",
)
@click.option(
    "--rights",
    type=click.Path(path_type=Path),
    help="What may be done with the book, and on what ground: TOML.",
)
@click.option(
    "--bag",
    "destination",
    type=click.Path(path_type=Path),
    help="Make a bag in this folder instead of storing the package.",
)
@dry_run
@as_json
@settings
def command(
    given: Settings,
    folder: Path,
    record: Path,
    position: int | None,
    charset: str | None,
    local: str | None,
    structure: Path | None,
    events: Path | None,
    rights: Path | None,
    destination: Path | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Make a preservation package of a FOLDER of scans and store it.

    FOLDER holds page images, or is divided into master/, access/ and text/. It is only read.

    \b
    preserva package scans/ --record book.mrc --dry-run
    preserva package scans/ --record book.mrc --id kp-000123
    preserva package scans/ --record book.mrc --bag ~/bags
    preserva package scans/ --record book.mrc --structure structure.toml --dry-run
    """
    from preserva.archive.archive import find_config
    from preserva.config import load
    from preserva.ingest.package import package, package_bag
    from preserva.ingest.supplied import Details

    observer = given.observer(json_)
    details = Details(structure, events, rights)
    if destination is not None:
        config = load(find_config(given.config))
        done = package_bag(
            folder,
            record,
            config.institution,
            destination,
            local=local,
            position=position,
            charset=charset,
            details=details,
            rights=config.rights,
            images=config.images,
            digests=config.policy.digests,
            dry_run=dry_run,
            observer=observer,
        )
    else:
        with given.archive() as archive:
            done = package(
                folder,
                record,
                archive,
                local=local,
                position=position,
                charset=charset,
                details=details,
                dry_run=dry_run,
                observer=observer,
            )
    if json_:
        _emit(done, dry_run)
    else:
        _say(given, done, dry_run)


def _emit(done: Packaged, dry_run: bool) -> None:
    from preserva.outputs.findings import findings_document

    emit(
        "package",
        package=done.package.uri,
        title=done.title,
        place=done.place,
        created=done.created,
        dry_run=dry_run,
        files=done.files,
        bytes=done.size,
        findings=findings_document(done.notes),
        contents=[
            {
                "representation": name,
                "source": one.source,
                "name": one.target,
                "page": one.page,
                "label": one.label,
                "type": one.type if one.page else None,
            }
            for name, one in done.arrangement.files()
        ],
        structure=None if done.structure.root is None else _part(done.structure.root),
    )


def _part(division: Division) -> Value:
    return {
        "type": division.type,
        "title": division.label,
        "pages": list(division.pages),
        "parts": [_part(one) for one in division.parts],
    }


def _say(given: Settings, done: Packaged, dry_run: bool) -> None:
    from preserva.core.values.report import printable
    from preserva.outputs.findings import human_size

    given.talk(f"{done.title}")
    for finding in done.notes:
        given.talk(f"  {finding.message()}")
    if dry_run:
        for name, one in done.arrangement.files():
            page = "" if one.page is None else _page(one)
            given.talk(f"  {printable(one.source)} -> {name}/{one.target} {page}".rstrip())
        if done.structure.root is not None:
            _say_part(given, done.structure.root, "  ")
        given.talk(_("Nothing was written: this was a dry run."))
    elif done.created:
        files = ngettext("{count} file", "{count} files", done.files).format(count=done.files)
        message = _("stored in {place}: {files}, {size}, read back and compared")
        given.talk(message.format(place=done.place, files=files, size=human_size(done.size)))
    else:
        given.talk(_("{place} holds this very package already").format(place=done.place))
    click.echo(done.package.portable)


def _page(one: SourceFile) -> str:
    from preserva.core.values.report import printable

    text = _("page {number}").format(number=one.page)
    label = printable(one.label or "")
    return f"{text} ({label}, {one.type})" if one.type != "page" else f"{text} ({label})"


def _say_part(given: Settings, division: Division, indent: str) -> None:
    from preserva.core.values.report import printable

    pages = division.pages
    ends = dict.fromkeys((pages[0], pages[-1])) if pages else {}
    span = "-".join(map(str, ends))
    head = f"{division.type}: {division.label}" if division.label else division.type
    given.talk(f"{indent}{printable(head)} {span}".rstrip())
    for one in division.parts:
        _say_part(given, one, indent + "  ")
