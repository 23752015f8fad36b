"""preserva package"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.core.book.submission import SourceFile
    from preserva.core.eark.mets import Division
    from preserva.ingest.package import Packaged


@click.command("package")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--record",
    required=True,
    type=click.Path(path_type=Path),
    help="The catalogue record of the book: ISO 2709, MARCXML, IRBIS text, MODS or Dublin Core.",
)
@click.option(
    "--charset", help="The character set of the record, if it is detected wrongly: cp1251 …"
)
@click.option(
    "--position",
    type=click.IntRange(min=1),
    help="The position of the record in the file, counted from 1.",
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
    help="Events before packaging, such as scanning: TOML or CSV.",
)
@click.option(
    "--rights",
    type=click.Path(path_type=Path),
    help="What may be done with the book, and on which legal basis: TOML.",
)
@click.option(
    "--bag",
    "destination",
    type=click.Path(path_type=Path),
    help="Create a bag in this folder instead of storing the package.",
)
@dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
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
    """Make a package from a FOLDER of scans and store it.

    FOLDER contains page images, or the folders master/, access/ and text/. It is only read.

    \b
    preserva package scans/ --record book.mrc --dry-run
    preserva package scans/ --record book.mrc --id kp-000123
    preserva package scans/ --record book.mrc --bag ~/bags
    preserva package scans/ --record book.mrc --structure structure.toml --dry-run
    """
    from preserva.archive.acting import acting_person
    from preserva.archive.archive import find_config
    from preserva.catalogue.import_records import catalogue_version
    from preserva.config import load
    from preserva.ingest.package import package, package_bag
    from preserva.ingest.supplied import Details
    from preserva.outputs.json.ingest import package_document

    observer = settings.observer(json_)
    details = Details(structure, events, rights)
    if destination is not None:
        config = load(find_config(settings.config))
        packaged = package_bag(
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
            person=acting_person(config.people, settings.person),
            ledger=config.ledger,
            dry_run=dry_run,
            observer=observer,
        )
    else:
        with settings.archive() as archive:
            packaged = package(
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
            if packaged.created:
                notes = catalogue_version(archive, packaged.package)
                packaged = replace(packaged, notes=(*packaged.notes, *notes))
    if json_:
        emit("package", package_document(packaged, dry_run=dry_run))
    else:
        _print(settings, packaged, dry_run)


def _print(settings: Settings, packaged: Packaged, dry_run: bool) -> None:
    from preserva.core.values.report import printable
    from preserva.outputs.findings import human_size

    settings.talk(packaged.title)
    for finding in packaged.notes:
        settings.talk(f"  {finding.message()}")
    if dry_run:
        for representation, file in packaged.arrangement.files():
            page = "" if file.page is None else _page(file)
            target = f"{representation}/{file.target}"
            settings.talk(f"  {printable(file.source)} -> {target} {page}".rstrip())
        if packaged.structure.root is not None:
            _print_division(settings, packaged.structure.root, "  ")
        settings.talk(_("Nothing was written: this was a dry run."))
    elif packaged.created:
        files = ngettext("{count} file", "{count} files", packaged.files)
        message = _("stored in {place}: {files}, {size}, read back and compared")
        settings.talk(
            message.format(
                place=packaged.place,
                files=files.format(count=packaged.files),
                size=human_size(packaged.size),
            )
        )
    else:
        message = _("{place} already contains exactly this package")
        settings.talk(message.format(place=packaged.place))
    echo(packaged.package.portable)


def _page(file: SourceFile) -> str:
    from preserva.core.values.report import printable

    number = _("page {number}").format(number=file.page)
    label = printable(file.label or "")
    return f"{number} ({label}, {file.type})" if file.type != "page" else f"{number} ({label})"


def _print_division(settings: Settings, division: Division, indent: str) -> None:
    from preserva.core.values.report import printable

    pages = division.pages
    ends = dict.fromkeys((pages[0], pages[-1])) if pages else {}
    span = "-".join(map(str, ends))
    heading = f"{division.type}: {division.label}" if division.label else division.type
    settings.talk(f"{indent}{printable(heading)} {span}".rstrip())
    for part in division.parts:
        _print_division(settings, part, indent + "  ")
