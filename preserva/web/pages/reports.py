"""Reports: the state of the archive, the work of a period, the levels of preservation.

A page prints as a document of its own (the browser's "save as PDF"): there is no second way of
laying out a report that could say something else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from starlette.responses import Response

from preserva.archive.archive import ArchivalStorage
from preserva.core.policy.work import Work
from preserva.core.values.people import Person
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.local_time import end_of, local_date, start_of
from preserva.outputs.copies_table import CSV_COLUMNS as COPY_COLUMNS
from preserva.outputs.copies_table import csv_row
from preserva.outputs.levels import level_sections
from preserva.outputs.page import Page
from preserva.outputs.report import institution_name, report_page
from preserva.outputs.work import CSV_COLUMNS as WORK_COLUMNS
from preserva.outputs.work import work_csv_row, work_page
from preserva.reporting.incidents import open_incidents
from preserva.reporting.levels import evidence
from preserva.reporting.overview import copy_states, overview
from preserva.reporting.work import work
from preserva.web.visit import Visit


def show_list(visit: Visit) -> Response:
    """What can be reported, with a form for a period; it begins with the last month."""
    first = datetime.now().astimezone().replace(day=1)
    month = f"{first - timedelta(days=1):%Y-%m}"
    return visit.show("reports", month=month, problem=None)


def whole(visit: Visit) -> Response:
    """The state of the archive, with the proof of the past."""
    with visit.archive() as archive:
        tally = visit.site.standing.tally(archive)
        page = report_page(overview(archive, tally=tally))
    return _page(visit, page, "/reports/copies.csv")


def levels(visit: Visit) -> Response:
    """The NDSA Levels, and what CoreTrustSeal asks for, as far as they are proved."""
    with visit.archive() as archive:
        proofs = evidence(archive, visit.site.standing.tally(archive))
        state = visit.site.standing.overview(archive)
    lead = _("What is done on paper or by people is marked as outside: only you can vouch for it.")
    title = _("Levels of preservation: {name}").format(name=institution_name(state))
    page = Page(title, local_date(state.at), lead, False, level_sections(proofs))
    return _page(visit, page)


def period(visit: Visit) -> Response:
    """What people did in a period: `from` and `to` are days, months or years."""
    with visit.archive() as archive:
        try:
            done, people = _work(visit, archive)
        except UsageError as error:
            return visit.show("reports", 400, month="", problem=str(error))
        page = work_page(done, people, archive.config.institution.id, archive.clock())
    return _page(visit, page, f"/reports/period.csv?{visit.same_query()}")


def period_csv(visit: Visit) -> Response:
    """The same as a table: one row for each action."""
    with visit.archive() as archive:
        done, people = _work(visit, archive)
    return table("work.csv", [WORK_COLUMNS, *(work_csv_row(deed, people) for deed in done.deeds)])


def copies_csv(visit: Visit) -> Response:
    """Every copy as a row of a table."""
    with visit.archive() as archive:
        found = {(one.package, one.storage): one.findings for one in open_incidents(archive)}
        rows = [
            csv_row(copy, found.get((copy.package, copy.storage), ()))
            for copy in copy_states(archive)
        ]
    return table("copies.csv", [COPY_COLUMNS, *rows])


def _work(visit: Visit, archive: ArchivalStorage) -> tuple[Work, dict[str, Person]]:
    """What was done, and the names to show. Raises UsageError."""
    query = visit.query
    try:
        since = start_of(query["from"]) if query.get("from") else None
        until = end_of(query["to"]) if query.get("to") else None
    except (ValueError, OverflowError) as error:
        message = _("This is not a date; write 2026-11-30, 30.11.2026, 2026-11 or 2026.")
        raise UsageError(message) from error
    people = {} if query.get("names") == "0" else dict(archive.config.people)
    person = query.get("person", "").strip() or None
    return work(archive, since=since, until=until, person=person), people


def _page(visit: Visit, page: Page, table: str = "") -> Response:
    return visit.show("report", page=page, table=table)


def table(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """A table that a spreadsheet reads as UTF-8, and in which no cell is a formula.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_text(cell) for cell in row] for row in rows)
    data = b"\xef\xbb\xbf" + buffer.getvalue().encode("utf-8", "replace")
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=disposition)


def _text(cell: str) -> str:
    return f"'{cell}" if len(cell) > 1 and cell[0] in "=+-@\t\r" else cell
