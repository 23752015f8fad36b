"""What programs may ask and begin: the same as people on the pages, without a second way to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Any

from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import rules_of
from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.policy.judgement import Judgement, State, judge
from preserva.core.values.model import PackageId
from preserva.errors import NotFound, Refused, UsageError
from preserva.i18n import _
from preserva.web import inbox, jobs, shelf, uploads
from preserva.web.actions import ACTIONS
from preserva.web.forms import SentFile
from preserva.web.people import PageAccount
from preserva.web.visit import StaffSite

CallDocument = Mapping[str, Any]
_PER_PAGE = 100
_MOST_JOBS = 100
_MOST_WAITING = 1000
"""Jobs of one account that may wait at a time."""
_KEY = re.compile(r"[\x21-\x7e]{1,60}")
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a program: in whose name, with what in its address and its body."""

    site: StaffSite
    account: PageAccount
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    body: bytes = b""

    @property
    def number(self) -> int:
        """The number in the address. Raises NotFound."""
        return _number(self.params["number"])

    def archive(self) -> ArchivalStorage:
        """The archive, opened in the name of the account."""
        return self.site.archive(self.account.code)


CallView = Callable[[Call], tuple[HTTPStatus, CallDocument]]
"""What answers a call, in a thread of its own."""


def today(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """Whether all is well, and what waits."""
    with call.archive() as archive:
        state = call.site.standing.overview(archive)
        few = call.site.standing.packages(archive, lambda judgement: judgement.few)
    incidents = [
        {
            "number": incident.number,
            "package": incident.package,
            "storage": incident.storage,
            "state": incident.state.value,
            "since": incident.since,
            "decided": bool(incident.decisions),
        }
        for incident in state.incidents
    ]
    return HTTPStatus.OK, {
        "outcome": state.outcome.value,
        "entries": state.entries,
        "digest": state.newest,
        "incidents": incidents,
        "too_few": len(few),
        "incomplete": state.count(State.INCOMPLETE),
        "overdue": state.forecast.overdue,
        "jobs_waiting": len(jobs.waiting(call.site.database)),
    }


def books(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """Books that have all the words of `q`, a hundred at a time from the number `start` on."""
    text, database = call.query.get("q", "")[:200], call.site.database
    start = _number(call.query.get("start", "0"))
    found = shelf.find(database, text, start, _PER_PAGE)
    with call.archive() as archive:
        rows = [_book(archive, package, title) for package, title in found]
    return HTTPStatus.OK, {"total": shelf.count(database, text), "books": rows}


def book(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """One book with its copies. Raises NotFound."""
    text = call.params["package"]
    try:
        package = PackageId.parse(text).uri
    except ValueError as error:
        raise NotFound(_("there is no package {id}").format(id=text)) from error
    with call.archive() as archive:
        if archive.ledger.last(package=package) is None:
            raise NotFound(_("there is no package {id}").format(id=text))
        title = shelf.title_of(call.site.database, package)
        return HTTPStatus.OK, _book(archive, package, title)


def _book(archive: ArchivalStorage, package: str, title: str) -> CallDocument:
    judged: Judgement = judge(package, archive.ledger.copies.of(package), rules_of(archive))
    return {
        "package": package,
        "title": title,
        "outcome": judged.outcome.value,
        "version": judged.newest,
        "withdrawn": judged.withdrawn,
        "copies": [
            {
                "storage": copy.known.storage,
                "state": copy.state.value,
                "version": copy.known.version,
                "checked": None if copy.known.checked is None else _time(copy.known.checked),
            }
            for copy in judged.copies
        ],
    }


def folders(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """The folders of the inbox, as actions name them."""
    config = call.site.config
    found = (
        {"place": place, "folder": name}
        for place in range(len(config.web.inbox))
        for name in inbox.names(config, place)
    )
    return HTTPStatus.OK, {"folders": list(islice(found, 10_000))}


def actions(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """What the account of the token may begin."""
    fitting = (action for action in ACTIONS.values() if call.account.role.allows(action.role))
    rows = [{"name": one.name, "title": one.title, "role": one.role.value} for one in fitting]
    return HTTPStatus.OK, {"actions": rows}


def hand_over(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """Keep a file for an action: a record, a table, a structure. Page images are not sent."""
    if not call.body:
        raise UsageError(_("the file is empty"))
    sent = SentFile(call.query.get("name", "file"), call.body)
    return HTTPStatus.CREATED, {"file": uploads.keep(call.site.database, sent)}


def begin(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """Put a job into the queue; the same key again is the same job. Raises UsageError, Refused."""
    if not _KEY.fullmatch(call.key):
        raise UsageError(_("a new job needs the header Idempotency-Key, at most 60 letters"))
    fields = _fields(call.body)
    action = ACTIONS.get(fields.pop("action", ""))
    if action is None:
        raise UsageError(_("There is no such action."))
    if not call.account.role.allows(action.role):
        raise Refused(_("Your role does not allow this."))
    action.line(call.site.config, fields)
    database, person = call.site.database, call.account.code
    if sum(job.person == person for job in jobs.waiting(database)) >= _MOST_WAITING:
        raise Refused(_("Too many jobs wait already. Try again when some are done."))
    number = jobs.submit(database, f"api\n{call.key}", action.name, fields, person, "en")
    known = _known(call, number)
    if (known.action, known.fields) != (action.name, fields):
        raise Refused(
            _("another job was begun with this Idempotency-Key: {number}").format(number=number)
        )
    call.site.worker.wake()
    return HTTPStatus.ACCEPTED, _job(known)


def job_list(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """The newest jobs."""
    newest = jobs.recent(call.site.database, _MOST_JOBS)
    return HTTPStatus.OK, {"jobs": [_job(job) for job in newest]}


def job(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """One job, with what it has written. Raises NotFound."""
    found, database = _known(call, call.number), call.site.database
    output, messages = jobs.output(database, found.number)
    said = jobs.progress(database, found.number) if found.ended is None else None
    progress = said and {
        "subject": said.subject, "done": said.done, "total": said.total, "unit": said.unit
    }  # fmt: skip
    details = {"progress": progress, "output": output, "messages": messages}
    return HTTPStatus.OK, {"job": _job(found), **details}


def stop(call: Call) -> tuple[HTTPStatus, CallDocument]:
    """End a job that the same account asked for. Raises NotFound, Refused."""
    found = _known(call, call.number)
    if found.person != call.account.code:
        raise Refused(_("Your role does not allow this."))
    jobs.stop(call.site.database, found.number, call.account.code)
    call.site.worker.wake()
    return HTTPStatus.OK, _job(_known(call, found.number))


def _known(call: Call, number: int) -> jobs.PageJob:
    found = jobs.job(call.site.database, number)
    if found is None:
        raise NotFound(_("there is no job {number}").format(number=number))
    return found


def _job(known: jobs.PageJob) -> CallDocument:
    begun = "queued" if known.started is None else "running"
    return {
        "number": known.number,
        "action": known.action,
        "fields": dict(known.fields),
        "person": known.person,
        "state": begun if known.ended is None else "ended",
        "requested": _time(known.requested),
        "ended": None if known.ended is None else _time(known.ended),
        "exit_status": known.exit_status,
        "stopped_by": known.stopped_by,
    }


def _fields(body: bytes) -> dict[str, str]:
    """What a job is told: texts by names. Raises UsageError."""
    try:
        document = read_json(body)
    except JSONError as error:
        raise UsageError(_("the request is not JSON: {reason}").format(reason=error)) from error
    if not isinstance(document, dict) or not all(
        isinstance(value, str) for value in document.values()
    ):
        raise UsageError(_("the request is not a JSON object whose members are texts"))
    return dict(document)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise NotFound(_("There is no such page"))
    return int(text)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
