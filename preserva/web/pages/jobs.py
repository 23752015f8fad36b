"""What people asked for: begun by a form, done by the worker, shown until it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response

from preserva.errors import NotFound, Refused
from preserva.exit_status import ExitStatus
from preserva.i18n import NP_, _, language, pgettext
from preserva.web import jobs
from preserva.web.actions import ACTIONS
from preserva.web.people import PageRole
from preserva.web.visit import Visit

_REFRESH = 3
"""Seconds after which a browser asks again for the page of a job that is not over."""

_FIELDS = ("package", "storage", "reason", "kind", "to", "time")

_SUBJECTS = ("package", "storage", "folder", "name")

_ENDS: dict[int, str] = {
    ExitStatus.SOUND: NP_("state of a job", "sound"),
    ExitStatus.DAMAGE: NP_("state of a job", "damage"),
    ExitStatus.USAGE: NP_("state of a job", "wrong usage"),
    ExitStatus.UNFINISHED: NP_("state of a job", "unfinished"),
    ExitStatus.REFUSED: NP_("state of a job", "refused; nothing was changed"),
    ExitStatus.LEDGER: NP_("state of a job", "the ledger does not verify"),
    ExitStatus.NO_ARCHIVE: NP_("state of a job", "no archive here"),
    ExitStatus.LOCKED: NP_("state of a job", "another process is writing to the same storage"),
    ExitStatus.UNEXPECTED: NP_("state of a job", "unexpected error: a bug in preserva"),
    ExitStatus.INTERRUPTED: NP_("state of a job", "interrupted"),
    ExitStatus.OUTPUT_CLOSED: NP_("state of a job", "output pipe closed"),
    ExitStatus.TERMINATED: NP_("state of a job", "terminated"),
}


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job in words: what it does, on what, how far it is. `tone` is the colour of its state."""

    job: jobs.PageJob
    title: str
    about: str
    state: str
    tone: str


def shown(job: jobs.PageJob) -> ShownJob:
    """A job as people read it."""
    action = ACTIONS.get(job.action)
    about = " ".join(job.fields[name] for name in _SUBJECTS if job.fields.get(name))
    title = job.action if action is None else _(action.title)
    return ShownJob(job, title, about, _state(job), _tone(job))


def show_list(visit: Visit) -> Response:
    """The newest jobs."""
    return visit.show("jobs", jobs=[shown(job) for job in jobs.recent(visit.database)])


def show(visit: Visit) -> Response:
    """One job, with what it has written."""
    job = jobs.job(visit.database, visit.number)
    if job is None:
        raise NotFound(_("there is no job {number}").format(number=visit.number))
    if job.fields.get("table"):
        return visit.go(f"/batches/{job.fields['table']}")
    out, err = jobs.output(visit.database, job.number)
    return visit.show("job", output=out, messages=err, **state_of(visit, job))


def state_of(visit: Visit, job: jobs.PageJob) -> dict[str, Any]:
    """What a page shows of a job until it is over, and what it has made."""
    refresh = _REFRESH if job.ended is None else None
    return {
        "shown": shown(job),
        "waits": sum(other.number < job.number for other in jobs.waiting(visit.database)),
        "refresh": refresh,
        "progress": jobs.progress(visit.database, job.number) if job.started and refresh else None,
        "may_stop": _may_stop(visit, job),
        "made": _made(visit, job),
    }


def stop(visit: Visit) -> Response:
    """End a job. Raises Refused for who neither asked for it nor decides."""
    job = jobs.job(visit.database, visit.number)
    if job is None:
        raise NotFound(_("there is no job {number}").format(number=visit.number))
    if job.ended is None and not _may_stop(visit, job):
        raise Refused(_("Your role does not allow this."))
    jobs.stop(visit.database, job.number, visit.person.code)
    visit.site.worker.wake()
    return visit.go(f"/jobs/{job.number}")


def _may_stop(visit: Visit, job: jobs.PageJob) -> bool:
    """Whether who asks may end it: their own job, or any for those who decide."""
    own = visit.person.code == job.person and visit.may(PageRole.PREPARE)
    return job.ended is None and job.stopped_by is None and (own or visit.may(PageRole.DECIDE))


def submit(visit: Visit) -> Response:
    """Put a job into the queue that a form asks for, if the person may."""
    fields = {name: visit.fields[name] for name in _FIELDS if visit.fields.get(name)}
    return begin(visit, visit.fields.get("action", ""), fields)


def begin(visit: Visit, name: str, fields: Mapping[str, str], path: str = "") -> Response:
    """Put a job into the queue, if the person may and if it makes a command line.

    The answer leads to its page, or to another `path` that shows the job.
    """
    action = ACTIONS.get(name)
    if action is None:
        raise NotFound(_("There is no such action."))
    if not visit.may(action.role):
        raise Refused(_("Your role does not allow this."))
    action.line(visit.site.config, fields)
    form = visit.fields.get("form", "")
    if not form or len(form) > 64:
        raise Refused(_("This form is incomplete. Go back and send it again."))
    number = jobs.submit(visit.database, form, action.name, fields, visit.person.code, language())
    visit.site.worker.wake()
    return visit.go(path or f"/jobs/{number}")


def take(visit: Visit) -> Response:
    """The file that a job has made."""
    job = jobs.job(visit.database, visit.number)
    made = None if job is None else _made(visit, job)
    if made is None:
        raise NotFound(_("This file is not here any more; ask for it again."))
    return FileResponse(made, filename=made.name, media_type="application/octet-stream")


def _made(visit: Visit, job: jobs.PageJob) -> Path | None:
    """The file that a job has made whole: a verb shows it at its end, or not at all."""
    return None if job.ended is None else jobs.made_file(visit.database, job.number)


def _state(job: jobs.PageJob) -> str:
    if job.started is None and job.ended is None:
        return pgettext("state of a job", "queued")
    if job.ended is None and job.stopped_by is not None:
        return pgettext("state of a job", "is being stopped")
    if job.ended is None:
        return pgettext("state of a job", "running")
    status = job.exit_status or 0
    if status in _ENDS:
        return pgettext("state of a job", _ENDS[status])
    return _("ended by signal {number}").format(number=status - 128)


def _tone(job: jobs.PageJob) -> str:
    if job.exit_status is None:
        return "plain"
    if job.exit_status == ExitStatus.SOUND:
        return "good"
    return "bad" if job.exit_status == ExitStatus.DAMAGE else "warn"
