"""The first page: what waits for who is signed in, the storages, the jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from preserva.archive.archive import ArchivalStorage, utc_now
from preserva.archive.two_persons import decisions
from preserva.core.policy.judgement import State
from preserva.core.policy.overview import Overview
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values.report import Outcome
from preserva.i18n import _, ngettext
from preserva.outputs import report
from preserva.outputs.findings import human_size
from preserva.reporting.overview import overview
from preserva.web import jobs
from preserva.web.pages.jobs import shown
from preserva.web.people import PageRole
from preserva.web.visit import Visit

_MOST = 10
"""Incidents and decisions that are named; a link leads to the others."""
_A_WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for a person: a sentence, and the one thing to do about it.

    `action` is a form that begins a job, `link` leads to a page. `tone` is its colour.
    """

    sentence: str
    label: str
    link: str = ""
    action: str = ""
    tone: str = "warn"


@dataclass(frozen=True, slots=True)
class LastLook:
    """What the newest check of a storage said: a sentence, and its colour."""

    sentence: str
    tone: str


def show(visit: Visit) -> Response:
    """The page."""
    with visit.archive() as archive:
        state = overview(archive, past=False)
        tasks = [*_decisions(visit, archive), *_of_copies(visit, state)]
    tasks += _jobs(visit)
    looks, looked = _looks(visit)
    return visit.show(
        "today",
        tasks=tasks,
        lead=report.lead(state),
        state=state,
        alarm=state.outcome is Outcome.FAIL,
        looks=looks,
        looked=looked,
        waiting=[shown(job) for job in jobs.waiting(visit.database)],
        forecast=list(report.forecast_sentences(state)),
    )


def _decisions(visit: Visit, archive: ArchivalStorage) -> Iterator[Task]:
    """Those that wait for another person than the one who requested them."""
    now = utc_now()
    for decision in decisions(archive):
        state, number = decision.state(now), decision.number
        link = f"/decisions/{number}"
        if state is DecisionState.WAITING and decision.person != visit.person.code:
            if visit.may(PageRole.DECIDE):
                text = _("Decision {number} waits for a second person: {title}.")
                yield Task(
                    text.format(number=number, title=decision.matter.title), _("Answer"), link
                )
        elif state is DecisionState.CONFIRMED:
            text = _("Decision {number} is confirmed and not carried out yet: {title}.")
            yield Task(text.format(number=number, title=decision.matter.title), _("Open it"), link)


def _of_copies(visit: Visit, state: Overview) -> Iterator[Task]:
    incidents = sorted(state.incidents, key=lambda incident: bool(incident.decisions))
    for incident in incidents[:_MOST]:
        worst = incident.outcome is Outcome.FAIL and not incident.decisions
        tone = "bad" if worst else "warn"
        link = f"/incidents/{incident.number}"
        yield Task(report.what(incident), _("See what can be done"), link, tone=tone)
    more = len(incidents) - _MOST
    if more > 0:
        text = ngettext("{count} more incident.", "{count} more incidents.", more)
        yield Task(text.format(count=more), _("See all"), "/incidents", tone="bad")
    if state.few:
        count = len(state.few)
        text = ngettext(
            "{count} package has too few copies.", "{count} packages have too few copies.", count
        )
        yield Task(text.format(count=count), _("See which"), "/books?state=few")
    behind = state.count(State.INCOMPLETE)
    if behind:
        text = ngettext(
            "{count} copy lacks the newest version.",
            "{count} copies lack the newest version.",
            behind,
        )
        yield _work(visit, text.format(count=behind), "replicate", "/books?state=behind")
    late = state.forecast.overdue
    if late:
        text = ngettext(
            "The check of {count} copy is overdue.",
            "The checks of {count} copies are overdue.",
            late,
        )
        yield _work(visit, text.format(count=late), "audit", "/books")


def _work(visit: Visit, sentence: str, action: str, link: str) -> Task:
    """The work for those who may begin it, a page to look at for the others."""
    if visit.may(PageRole.PREPARE):
        return Task(sentence, "", action=action)
    return Task(sentence, _("See which"), link)


def _jobs(visit: Visit) -> Iterator[Task]:
    """What the person asked for within a week, and that did not end well."""
    since = visit.database.clock() - _A_WEEK
    for job in jobs.failed(visit.database, visit.person.code, since)[:_MOST]:
        line = shown(job)
        text = _("Job {number} ({title}) ended: {state}.")
        sentence = text.format(number=job.number, title=line.title, state=line.state)
        tone = "bad" if line.tone == "bad" else "warn"
        yield Task(sentence, _("See what it says"), f"/jobs/{job.number}", tone=tone)


def _looks(visit: Visit) -> tuple[dict[str, LastLook], jobs.PageJob | None]:
    """What the newest check of the storages said of each, and that job."""
    job = jobs.newest(visit.database, "storages")
    if job is None:
        return {}, None
    try:
        document = json.loads(jobs.output(visit.database, job.number)[0])
        return {item["storage"]: _look(item) for item in document["reached"]}, job
    except (ValueError, KeyError, TypeError):  # it ended before it could say anything
        return {}, job


def _look(item: dict[str, Any]) -> LastLook:
    if item["problem"] is not None:
        return LastLook(_("It cannot be used: {reason}").format(reason=item["problem"]), "bad")
    if item["outcome"] != "pass":
        return LastLook(_("It answers, but cannot take packages."), "bad")
    if item["free_bytes"] is None:
        return LastLook(_("It is there, and it is the right one."), "good")
    text = _("It is there, and it is the right one; {size} free.")
    return LastLook(text.format(size=human_size(item["free_bytes"])), "good")
