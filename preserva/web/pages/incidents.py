"""Incidents: what is damaged or cannot be read, what can be done, what was decided."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from preserva.core.policy.overview import Incident
from preserva.core.values.entries import FIXITY_CHECK, SUCCESS
from preserva.errors import NotFound
from preserva.i18n import _, language
from preserva.ledger import LedgerEntry
from preserva.outputs import report
from preserva.outputs.findings import for_people
from preserva.reporting.incidents import decide as record_decision
from preserva.reporting.incidents import open_incidents
from preserva.web import jobs
from preserva.web.damaged_pages import damaged_file, damaged_pages, sound_file
from preserva.web.form_texts import reason_of
from preserva.web.pictures import PictureResponse
from preserva.web.visit import Visit


def show_list(visit: Visit) -> Response:
    """All that are open, the oldest first."""
    with visit.archive() as archive:
        incidents = open_incidents(archive)
    return visit.show("incidents", incidents=incidents, what=report.what)


def show(visit: Visit) -> Response:
    """One incident, with the findings of the newest check; of one that is over, that it is."""
    try:
        incident = _incident(visit)
    except NotFound:
        return visit.show("incident-over", number=visit.number, entry=_opening(visit))
    sentences = [finding.message() for finding in incident.findings]
    return visit.show(
        "incident", incident=incident, what=report.what(incident), findings=sentences,
        advice=report.advice(incident), pages=damaged_pages(incident), plan=_plan(visit, incident),
    )  # fmt: skip


def picture(visit: Visit) -> Response:
    """The picture of a page: of the damaged file, or of the one that was stored."""
    incident, place = _incident(visit), visit.params["place"]
    kinds = {"damaged": damaged_file, "sound": sound_file}
    if visit.params["kind"] not in kinds or not place.isascii() or not place.isdigit():
        raise NotFound(_("There is no such page"))
    find = kinds[visit.params["kind"]]
    key, source = find(visit.site.config, incident, int(place[:6]))
    return PictureResponse(visit.site.pictures, key, "page", source, language())


def _plan(visit: Visit, incident: Incident) -> tuple[jobs.PageJob, str] | None:
    """The newest plan of a repair that was made since the newest check, and its words."""
    package = for_people(incident.package) if incident.package else ""
    since = datetime.fromisoformat(incident.newest).timestamp()
    for job in jobs.recent(visit.database):
        about = (job.fields.get("package"), job.fields.get("storage", incident.storage))
        fits = job.action == "repair-plan" and about == (package, incident.storage)
        if fits and job.ended is not None and job.requested >= since:
            return job, jobs.output(visit.database, job.number)[0]
    return None


def decide(visit: Visit) -> Response:
    """Record what the person decided; sent twice, it is recorded once."""
    incident, decision = _incident(visit), reason_of(visit.fields)
    if visit.database.take_form(visit.fields.get("form", "")):
        with visit.archive() as archive:
            record_decision(archive, incident.number, decision=decision)
    return visit.go(f"/incidents/{incident.number}")


def _opening(visit: Visit) -> LedgerEntry:
    """The check that opened an incident which is over. Raises NotFound if it opened none."""
    with visit.archive() as archive:
        if visit.number <= archive.ledger.size:
            entry = archive.ledger.entry(visit.number)
            if entry.type == FIXITY_CHECK and entry.outcome != SUCCESS:
                return entry
    raise NotFound(_("there is no incident {number}").format(number=visit.number))


def _incident(visit: Visit) -> Incident:
    number = visit.number
    with visit.archive() as archive:
        for incident in open_incidents(archive):
            if incident.number == number:
                return incident
    message = _("there is no open incident {number}: it is over, or there never was one")
    raise NotFound(message.format(number=number))
