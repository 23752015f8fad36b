"""preserva report"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.finish import finish
from preserva.cli.notices import written
from preserva.cli.period import Asked, by_person, no_names, since, until
from preserva.cli.terminal import echo, raw
from preserva.i18n import _, speaking_for_others

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from preserva.archive.archive import ArchivalStorage
    from preserva.outputs.page import Page


@click.command("report")
@click.argument("package", metavar="[ID]", required=False)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it as one self-contained HTML page that prints well.",
)
@click.option("--levels", is_flag=True,
              help="Add which NDSA Levels and CoreTrustSeal requirements are proved.")  # fmt: skip
@click.option("--csv", "csv_", is_flag=True, help="Print a CSV table with one row for each copy.")
@since
@until
@by_person
@no_names
@as_json
@pass_settings
def command(
    settings: Settings,
    package: str | None,
    html: Path | None,
    levels: bool,
    csv_: bool,
    since: datetime | None,
    until: datetime | None,
    person: str | None,
    no_names: bool,
    json_: bool,
) -> None:
    """Report the state of all copies and what needs a person.

    The report uses only the ledger: the last check of each copy, and what past checks prove. With
    an ID, it lists everything that was done to that package.

    With --from, --to or --person, it reports what people did: books, pages, corrections and their
    reasons, decisions, exports.

    \b
    preserva report --html report.html --levels
    preserva report aonb-kp-000123 --html kp-000123.html
    preserva report --csv > copies.csv
    preserva report --from 2026-11 --to 2026-11 --html november.html

    Exit status: 1 if a copy is damaged; 3 if a copy could not be read or its check is overdue, or
    if a package has too few copies.
    """
    with settings.archive(reading=True) as archive:
        if since or until or person:
            if package is not None:
                raise click.UsageError(_("a report on a period is not about one package"))
            _report_work(archive, Asked(since, until, person), html, csv_, no_names, json_)
        elif package is not None:
            _report_package(archive, package, html, json_)
        elif csv_:
            _print_table(archive)
        else:
            _report_archive(archive, html, levels, json_)


def _report_archive(archive: ArchivalStorage, html: Path | None, levels: bool, json_: bool) -> None:
    from preserva.outputs.json.reporting import overview_document
    from preserva.outputs.levels import level_lines, level_sections
    from preserva.outputs.report import report_lines, report_page
    from preserva.reporting.levels import evidence
    from preserva.reporting.overview import overview

    state = overview(archive)
    proofs = evidence(archive) if levels else None
    if html is not None:
        _write(archive, html, lambda: report_page(state, level_sections(proofs) if proofs else ()))
    if json_:
        emit("report", overview_document(state, proofs))
    elif html is None:
        for line in (*report_lines(state), *(level_lines(proofs) if proofs else ())):
            echo(line)
    finish([state])


def _report_work(
    archive: ArchivalStorage,
    period: Asked,
    html: Path | None,
    csv_: bool,
    no_names: bool,
    json_: bool,
) -> None:
    from preserva.outputs.json.work import work_document
    from preserva.outputs.work import CSV_COLUMNS, work_csv_row, work_lines, work_page
    from preserva.reporting.work import work

    people = {} if no_names else archive.config.people
    done = work(archive, since=period.since, until=period.until, person=period.person)
    if html is not None:
        name = archive.config.institution.id
        _write(archive, html, lambda: work_page(done, people, name, archive.clock()))
    if json_:
        emit("report", work_document(done))
    elif csv_:
        _print_csv([CSV_COLUMNS, *(work_csv_row(deed, people) for deed in done.deeds)])
    elif html is None:
        for line in work_lines(done, people):
            echo(line)


def _print_csv(rows: Iterable[Sequence[str]]) -> None:
    import csv
    import io

    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    raw(buffer.getvalue(), nl=False)


def _report_package(archive: ArchivalStorage, package: str, html: Path | None, json_: bool) -> None:
    from preserva.local_time import local_time
    from preserva.outputs.json.reporting import history_document
    from preserva.outputs.report import package_page
    from preserva.outputs.words import word
    from preserva.reporting.overview import history

    name = package_id(package, archive)
    entries, incidents = history(archive, name)
    if html is not None:
        _write(archive, html, lambda: package_page(name, entries, incidents, archive.clock()))
    if json_:
        emit("report", history_document(name, entries, incidents))
    elif html is None:
        for entry in entries:
            place = " ".join(part for part in (entry.version, entry.storage) if part)
            event = f"{word(entry.type)}: {word(entry.outcome)}"
            echo(f"{entry.number}\t{local_time(entry.time)}\t{event}\t{place}")


def _write(archive: ArchivalStorage, path: Path, page: Callable[[], Page]) -> None:
    """Write a page for others, in the language that they read."""
    from preserva.outputs.page import html

    with speaking_for_others(archive.config.language):
        written(path, html(page()))


def _print_table(archive: ArchivalStorage) -> None:
    import csv
    import io

    from preserva.outputs.copies_table import CSV_COLUMNS, csv_row
    from preserva.reporting.incidents import open_incidents
    from preserva.reporting.overview import copy_states

    buffer = io.StringIO()
    table = csv.writer(buffer)
    table.writerow(CSV_COLUMNS)
    findings = {
        (incident.package, incident.storage): incident.findings
        for incident in open_incidents(archive)
    }
    for copy in copy_states(archive):
        table.writerow(csv_row(copy, findings.get((copy.package, copy.storage), ())))
        raw(buffer.getvalue(), nl=False)
        buffer.seek(0)
        buffer.truncate()
    raw(buffer.getvalue(), nl=False)
