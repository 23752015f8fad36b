"""What waits for who is signed in: each is a sentence, with the one thing to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from preserva.archive.archive import ArchivalStorage
from preserva.archive.retirement import dropped_storages
from preserva.archive.two_persons import decisions
from preserva.config import Role
from preserva.core.policy.health import Job
from preserva.core.policy.judgement import State
from preserva.core.policy.overview import Overview
from preserva.core.policy.two_persons import DecisionState
from preserva.core.values.entries import ACCESSION
from preserva.core.values.report import Outcome, printable
from preserva.i18n import _, language, ngettext
from preserva.local_time import local_date
from preserva.outputs import report
from preserva.outputs.health import health_sentence
from preserva.reporting.health import regular_work
from preserva.web import jobs
from preserva.web.pages import looks
from preserva.web.pages.jobs import shown
from preserva.web.people import PageRole
from preserva.web.visit import Visit

_MOST = 10
"""Incidents and decisions that are named; a link leads to the others."""
_A_WEEK = 7 * 86_400.0
_SILENCE = timedelta(days=30)
"""After how long a partner who brings nothing new is called silent."""

_ACTIONS = {
    Job.AUDIT: "audit",
    Job.REPLICATE: "replicate",
    Job.LEDGER_COPY: "replicate",
    Job.RECEIVE: "receive",
}
"""What does the work that is overdue; to back up the ledger, somebody must say where to."""


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


def tasks(visit: Visit, archive: ArchivalStorage, state: Overview) -> Iterator[Task]:
    """All that waits, what is worst first."""
    yield from _incidents(state)
    yield from _decisions(visit, archive)
    yield from _too_few(visit, archive)
    yield from _of_copies(visit, state)
    for storage in dropped_storages(archive.ledger, archive.config):
        text = _("{storage} holds copies, and the configuration does not name it any more.")
        yield Task(text.format(storage=storage), _("See how to"), "/copies")
    yield from _partners(archive)
    yield from _regular(visit, archive)
    for sentence, tone in looks.old_or_bad(visit):
        yield replace(_work(visit, sentence, looks.ACTION, "/copies"), tone=tone)
    yield from _jobs(visit)


def _decisions(visit: Visit, archive: ArchivalStorage) -> Iterator[Task]:
    """Those that wait for another person than the one who requested them."""
    now = archive.clock()
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


def _incidents(state: Overview) -> Iterator[Task]:
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


def _too_few(visit: Visit, archive: ArchivalStorage) -> Iterator[Task]:
    count = len(visit.site.standing.packages(archive, lambda judgement: judgement.few))
    if count:
        text = ngettext(
            "{count} package has too few copies.", "{count} packages have too few copies.", count
        )
        yield Task(text.format(count=count), _("See which"), "/books?state=few")


def _of_copies(visit: Visit, state: Overview) -> Iterator[Task]:
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
        yield _work(visit, text.format(count=late), "audit", "/audits")


def _partners(archive: ArchivalStorage) -> Iterator[Task]:
    """The institutions whose storages we hold, and that have brought nothing for long."""
    now = archive.clock()
    for storage in archive.config.storages.values():
        if storage.role is not Role.HELD or storage.held_for is None:
            continue
        entry = archive.ledger.last(storage=storage.id, types=(ACCESSION,))
        names = archive.config.institutions[storage.held_for].names
        name = printable(names.get(language(), storage.held_for))
        if entry is None:
            text = _("{institution} has never brought anything to {storage}.")
            yield Task(
                text.format(institution=name, storage=storage.id), _("See how to"), "/copies"
            )
        elif now - datetime.fromisoformat(entry.time) > _SILENCE:
            text = _("{institution} has brought nothing new to {storage} since {date}.")
            sentence = text.format(
                institution=name, storage=storage.id, date=local_date(entry.time)
            )
            yield Task(sentence, _("See how to"), "/copies")


def _regular(visit: Visit, archive: ArchivalStorage) -> Iterator[Task]:
    """The work that must be done again and again, and was not done in time."""
    for check in regular_work(archive.config, archive.clock()):
        if check.outcome is not Outcome.PASS and check.job is not None:
            sentence, action = f"{_capital(health_sentence(check))}.", _ACTIONS.get(check.job)
            if action is None:
                yield Task(sentence, _("See how to"), "/copies")
            else:
                yield _work(visit, sentence, action, "/copies")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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
