"""preserva records"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.batch.record_list import ListedRecord


@click.command("records")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--charset", help="The character set of the records, if it is detected wrongly.")
@as_json
@pass_settings
def command(settings: Settings, file: Path, charset: str | None, json_: bool) -> None:
    """List the records of a FILE with their packages.

    Each line has the position, number, shelfmarks and title, and the package if there is one.

    \b
    preserva records all.iso
    preserva records all.iso --charset cp866
    """
    from preserva.batch.record_list import list_records
    from preserva.outputs.json.batch import records_document

    with settings.archive() as archive:
        records = list_records(archive, file, charset)
        if json_:
            emit("records", records_document(records))
            return
        count = 0
        for record in records:
            count += 1
            _print(record)
        if not count:
            settings.talk(_("{path} holds no records").format(path=file))


def _print(record: ListedRecord) -> None:
    packages = ", ".join(package.portable for package in record.packages)
    cells = (str(record.position), record.number, "; ".join(record.shelfmarks), record.title)
    echo("\t".join((*cells, packages)).rstrip())
    for finding in record.findings:
        echo(finding.message(), err=True)
