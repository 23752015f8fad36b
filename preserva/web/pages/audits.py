"""Audits: what is due, what was read, and a run that a person begins now."""

from __future__ import annotations

from itertools import islice

from starlette.responses import Response

from preserva.core.policy.overview import AGES
from preserva.core.values.entries import FIXITY_CHECK
from preserva.fixity.audit_schedule import due_copies, lanes_in
from preserva.i18n import _, ngettext
from preserva.outputs import report
from preserva.web import jobs
from preserva.web.actions import AUDIT_TIMES
from preserva.web.pages.jobs import shown
from preserva.web.visit import Visit

_MOST = 20
"""How many copies that are due, checks and runs are shown."""


def show(visit: Visit) -> Response:
    """The forecast, the next copies to read, the newest checks, the runs that people began."""
    with visit.archive() as archive:
        state = visit.site.standing.overview(archive)
        lanes = lanes_in(archive)
        due = list(islice(due_copies(archive.ledger, lanes, now=archive.clock()), _MOST))
        newest = archive.ledger.entries(types=(FIXITY_CHECK,), newest_first=True)
        checks = list(islice(newest, _MOST))
    return visit.show(
        "audits",
        state=state,
        forecast=list(report.forecast_sentences(state)),
        due=due,
        checks=checks,
        ages=list(zip(_ages(), state.ages, strict=True)),
        runs=[shown(job) for job in jobs.of_action(visit.database, "audit", _MOST)],
        storages=visit.site.config.storages,
        times=AUDIT_TIMES,
        short=report.short,
    )


def _ages() -> list[str]:
    """How long ago the last check was: the headings of the counts."""
    return [
        *(ngettext("up to {count} day", "up to {count} days", n).format(count=n) for n in AGES),
        _("longer ago"),
        _("never read since it was made"),
    ]
