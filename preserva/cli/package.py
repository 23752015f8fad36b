"""preserva package"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.batch import (
    batch_of,
    batch_options,
    check_or_dry_run,
    end_batch,
    refuse_with_batch,
    refuse_without_batch,
)
from preserva.cli.book_options import new_book
from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.batch.run import BatchOptions
    from preserva.core.book.submission import SourceFile
    from preserva.core.eark.mets import Division
    from preserva.ingest.package import Packaged


@click.command("package")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--record",
    "--records",
    "record",
    type=click.Path(path_type=Path),
    help="The catalogue record of the book, or the records of a table: ISO 2709, MARCXML, IRBIS"
    " text, MODS or Dublin Core.",
)
@new_book
@click.option(
    "--bag",
    "destination",
    type=click.Path(path_type=Path),
    help="Create a bag in this folder instead of storing the package.",
)
@batch_options
@click.option(
    "--structures",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="With --batch: structure files for rows that name none, NAME.toml for the folder NAME.",
)
@click.option(
    "--shard",
    metavar="I/N",
    help="With --batch: process every N-th row from the I-th; other runs process the rest.",
)
@click.option(
    "--executor",
    metavar="URL",
    help="With --batch: let a Dask cluster make the packages, dask://HOST:PORT.",
)
@click.option(
    "--scratch",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="With --shard or --executor: where packages are made; by default beside the ledger.",
)
@check_or_dry_run
@as_json
@pass_settings
def command(
    settings: Settings,
    folder: Path | None,
    record: Path | None,
    position: int | None,
    charset: str | None,
    local: str | None,
    structure: Path | None,
    events: Path | None,
    rights: Path | None,
    destination: Path | None,
    table: Path | None,
    root: Path | None,
    results: Path | None,
    structures: Path | None,
    shard: str | None,
    executor: str | None,
    scratch: Path | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Make a package from a FOLDER of scans and store it.

    FOLDER contains page images, or the folders master/, access/ and text/. It is only read.

    With --batch, a package is made of each row of a table, see docs/how-to/batches.md. Packages
    that are stored already are not stored again, so the command can be repeated.

    \b
    preserva package scans/ --record book.mrc --dry-run
    preserva package scans/ --record book.mrc --id kp-000123
    preserva package scans/ --record book.mrc --bag ~/bags
    preserva package scans/ --record book.mrc --structure structure.toml --dry-run
    preserva package --batch books.csv --records all.iso --check
    preserva package --batch books.csv --records all.iso
    """
    if table is not None:
        refuse_with_batch(
            FOLDER=folder,
            **{"--position": position, "--id": local, "--structure": structure},
            **{"--events": events, "--rights": rights, "--bag": destination},
        )
        options = batch_of(table, root, results, dry_run, shard)
        _batch(settings, options, record, charset, structures, executor, scratch, json_)
        return
    refuse_without_batch(root=root, results=results, structures=structures)
    refuse_without_batch(shard=shard, executor=executor, scratch=scratch)
    if folder is None or record is None:
        raise click.UsageError(_("Name a FOLDER and its --record, or a table with --batch."))
    from preserva.archive.acting import acting_person
    from preserva.archive.archive import find_config
    from preserva.batch.packaged_records import PackagesOfRecords
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
                having=PackagesOfRecords(archive, dry_run=dry_run).of,
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


def _batch(
    settings: Settings,
    options: BatchOptions,
    records: Path | None,
    charset: str | None,
    structures: Path | None,
    executor: str | None,
    scratch: Path | None,
    json_: bool,
) -> None:
    from preserva.batch.verbs import package_batch

    with settings.archive() as archive:
        result = package_batch(
            archive,
            options,
            records=records,
            charset=charset,
            structures=structures,
            executor=executor,
            scratch_place=scratch,
            observer=settings.observer(json_),
        )
    end_batch(settings, "package", result, json_)


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
    about = [printable(file.label)] if file.label else []
    about += [file.type] if file.type != "page" else []
    return f"{number} ({', '.join(about)})" if about else str(number)


def _print_division(settings: Settings, division: Division, indent: str) -> None:
    from preserva.core.values.report import printable

    pages = division.pages
    ends = dict.fromkeys((pages[0], pages[-1])) if pages else {}
    span = "-".join(map(str, ends))
    heading = f"{division.type}: {division.label}" if division.label else division.type
    settings.talk(f"{indent}{printable(heading)} {span}".rstrip())
    for part in division.parts:
        _print_division(settings, part, indent + "  ")
