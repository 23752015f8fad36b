"""preserva report"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, settings
from preserva.cli.incidents import incident_document

if TYPE_CHECKING:
    from preserva.archive.archive import Archive
    from preserva.core.formats.canonical_json import Value
    from preserva.core.policy.overview import Overview
    from preserva.outputs.page import Page


@click.command("report")
@click.argument("package", metavar="[ID]", required=False)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it as one page that needs nothing else and prints well.",
)
@click.option("--levels", is_flag=True,
              help="Add what is proved of the NDSA Levels and of CoreTrustSeal.")  # fmt: skip
@click.option("--csv", "csv_", is_flag=True, help="Print every copy as a line of a table.")
@as_json
@settings
def command(
    given: Settings,
    package: str | None,
    html: Path | None,
    levels: bool,
    csv_: bool,
    json_: bool,
) -> None:
    """Say what state all copies are in, what waits for a person, and what is proved of the past.

    By the ledger alone, which says what was seen when a copy was last read. With an ID, everything
    that was done to that package.

    \b
    preserva report --html report.html --levels
    preserva report aonb-kp-000123 --html kp-000123.html
    preserva report --csv > copies.csv
    \b
    Ends with 1 if a copy is damaged, with 3 if one could not be read, is overdue, or a package has
    too few.
    """
    with given.archive() as archive:
        if package is not None:
            _one(archive, package, html, json_)
        elif csv_:
            _print_table(archive)
        else:
            _all(archive, html, levels, json_)


def _all(archive: Archive, html: Path | None, levels: bool, json_: bool) -> None:
    from preserva.core.policy.overview import State
    from preserva.outputs.levels import level_lines, level_sections, levels_document
    from preserva.outputs.report import alarming, report_lines, report_page
    from preserva.reporting.levels import evidence
    from preserva.reporting.overview import overview

    found = overview(archive)
    shown = evidence(archive) if levels else None
    if html is not None:
        _write(html, report_page(found, level_sections(shown) if shown else ()))
    if json_:
        emit("report", **_document(found), **(levels_document(shown) if shown else {}))
    elif html is None:
        for line in (*report_lines(found), *(level_lines(shown) if shown else ())):
            click.echo(line)
    if any(one.state is State.DAMAGED for one in found.incidents):
        raise SystemExit(1)
    if alarming(found):
        raise SystemExit(3)


def _one(archive: Archive, package: str, html: Path | None, json_: bool) -> None:
    from preserva.outputs.report import package_page
    from preserva.outputs.words import word
    from preserva.reporting.overview import history

    name = package_id(package)
    entries, incidents = history(archive, name)
    if html is not None:
        _write(html, package_page(name, entries, incidents, archive.clock()))
    if json_:
        emit(
            "report",
            package=name.uri,
            incidents=[incident_document(one) for one in incidents],
            entries=[
                {
                    "number": one.number,
                    "time": one.time,
                    "type": one.type,
                    "outcome": one.outcome,
                    "storage": one.storage,
                    "version": one.version,
                    "details": list(one.details),
                }
                for one in entries
            ],
        )
    elif html is None:
        for one in entries:
            place = " ".join(part for part in (one.version, one.storage) if part)
            click.echo(f"{one.number}\t{one.time}\t{word(one.type)}: {word(one.outcome)}\t{place}")


def _write(path: Path, page: Page) -> None:
    from preserva.outputs.page import html
    from preserva.storage.local import LocalStorage

    LocalStorage(path.absolute().parent).replace(path.name, html(page).encode())


def _print_table(archive: Archive) -> None:
    import csv
    import io

    from preserva.outputs.report import CSV_COLUMNS, csv_row
    from preserva.reporting.overview import copy_states

    line = io.StringIO()
    table = csv.writer(line)
    table.writerow(CSV_COLUMNS)
    for one in copy_states(archive):
        table.writerow(csv_row(one))
        click.echo(line.getvalue(), nl=False)
        line.seek(0)
        line.truncate()
    click.echo(line.getvalue(), nl=False)


def _document(found: Overview) -> dict[str, Value]:
    from preserva.cli.audit import forecast_document

    return {
        "institution": found.institution,
        "at": found.at.isoformat(),
        "incidents": [incident_document(one) for one in found.incidents],
        "few": [{"package": name, "sound": sound} for name, sound in found.few],
        "wanted": found.wanted,
        "storages": [
            {
                "storage": one.storage,
                "institution": one.institution,
                "copies": one.copies,
                "states": {state.value: count for state, count in one.states.items()},
                "oldest": one.oldest.isoformat() if one.oldest else None,
                "bytes": one.size,
            }
            for one in found.storages
        ],
        "ages": list(found.ages),
        "months": [
            {
                "month": one.month,
                "success": one.success,
                "fail": one.fail,
                "unknown": one.unknown,
                "bytes": one.size,
            }
            for one in found.months
        ],
        "years": [
            {
                "year": one.year,
                "first": one.first,
                "last": one.last,
                "digest": one.digest,
                "checks": one.checks,
                "copies": one.copies,
                "fail": one.fail,
                "unknown": one.unknown,
            }
            for one in found.years
        ],
        "forecast": forecast_document(found.forecast),
        "entries": found.entries,
        "newest": found.newest,
    }
