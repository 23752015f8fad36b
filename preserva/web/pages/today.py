"""The first page: what waits for who is signed in, the storages, the jobs."""

from __future__ import annotations

from starlette.responses import Response

from preserva.core.values.report import Outcome
from preserva.outputs import report
from preserva.web import jobs
from preserva.web.pages.jobs import shown
from preserva.web.pages.looks import looks
from preserva.web.pages.waiting import tasks
from preserva.web.visit import Visit


def show(visit: Visit) -> Response:
    """The page."""
    with visit.archive() as archive:
        state = visit.site.standing.overview(archive)
        waiting = list(tasks(visit, archive, state))
    known, looked = looks(visit)
    return visit.show(
        "today",
        tasks=waiting,
        lead=report.lead(state),
        state=state,
        alarm=state.outcome is Outcome.FAIL,
        looks=known,
        looked=looked,
        waiting=[shown(job) for job in jobs.waiting(visit.database)],
        forecast=list(report.forecast_sentences(state)),
    )
