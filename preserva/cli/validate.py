"""preserva validate"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, emit, finish, package_id, settings


@click.command("validate")
@click.argument("things", metavar="PATH|ID...", nargs=-1, required=True)
@click.option("--storage", metavar="STORAGE", help="Check the copy in one storage only.")
@as_json
@settings
def command(given: Settings, things: tuple[str, ...], storage: str | None, json_: bool) -> None:
    """Read every file and prove it, or name what is wrong.

    PATH is a bag (a folder, .tar, .tar.gz, .zip), an OCFL object or a storage root; it needs no
    archive. ID is a stored package: all its copies are compared with what the ledger recorded.

    \b
    preserva validate aonb-kp-000123
    preserva validate aonb-kp-000123 --storage nlb-copy
    preserva validate ~/bags/aonb-kp-000123 incoming.tar
    """
    from preserva.outputs.findings import report_document, report_lines
    from preserva.services.validate import validate, validate_stored

    observer = given.observer(json_)
    reports = []
    for thing in things:
        if storage is None and Path(thing).exists():
            reports += validate(Path(thing), observer=observer)
        else:
            package = package_id(thing)
            with given.archive() as archive:
                reports += validate_stored(archive, package, storage=storage, observer=observer)
    if json_:
        emit("validate", reports=[report_document(report) for report in reports])
    else:
        for report in reports:
            for line in report_lines(report):
                click.echo(line)
    finish(reports)
