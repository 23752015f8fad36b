"""The documents of `list`, `status`, `incidents`, `report` and `levels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.core.policy.levels import DEMANDS, REQUIREMENTS, Area, reached
from preserva.outputs.json.decisions import relations_document, tombstone_document
from preserva.outputs.json.fixity import forecast_document
from preserva.outputs.json.parts import findings_document, page_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from preserva.archive.withdrawal import Tombstone
    from preserva.core.formats.canonical_json import Value
    from preserva.core.policy.levels import Evidence
    from preserva.core.policy.overview import HistoryEntry, Incident, Overview
    from preserva.core.values.model import PackageId
    from preserva.outputs.json.parts import JsonDocument
    from preserva.reporting.status import Listing, Status


_PATHS = 5


def list_document(listing: Listing) -> JsonDocument:
    """The packages of a storage."""
    return {
        "packages": [
            {
                "package": package.package,
                "versions": package.versions,
                "files": package.files,
                "title": package.title,
            }
            for package in listing.packages
        ],
        "findings": findings_document(listing.findings),
    }


def withdrawn_document(tombstones: Iterable[Tombstone]) -> JsonDocument:
    """The packages that were withdrawn, in place of those that are listed."""
    withdrawn = [tombstone_document(tombstone) for tombstone in tombstones]
    return {"packages": [], "findings": [], "withdrawn": withdrawn}


def status_document(packages: Iterable[Status]) -> JsonDocument:
    """Packages and their copies."""
    return {
        "packages": [
            {
                "package": package.package,
                "copies": [
                    {
                        "storage": copy.storage,
                        "state": copy.state,
                        "versions": list(copy.versions),
                        "checked": copy.checked,
                        "outcome": copy.outcome,
                        "reason": copy.reason,
                    }
                    for copy in package.copies
                ],
                "enough": package.enough,
                **(
                    {"tombstone": tombstone_document(package.tombstone)}
                    if package.tombstone
                    else {}
                ),
                **(
                    {"relations": relations_document(package.package, package.relations)}
                    if package.relations
                    else {}
                ),
            }
            for package in packages
        ]
    }


def incidents_document(
    incidents: Iterable[Incident], few: Iterable[tuple[str, int]] | None = None
) -> JsonDocument:
    """What waits for a person: `#/$defs/incidents`; and the packages with too few copies."""
    document: JsonDocument = {"incidents": [_incident(incident) for incident in incidents]}
    if few is not None:
        document["few"] = [{"package": package, "sound": counted} for package, counted in few]
    return document


def _incident(incident: Incident) -> Value:
    return {
        "number": incident.number,
        "package": incident.package,
        "storage": incident.storage,
        "state": incident.state.value,
        "since": incident.since,
        "newest": incident.newest,
        "seen": incident.seen,
        "codes": list(incident.codes),
        "paths": [finding.path for finding in incident.findings if finding.path][:_PATHS],
        "findings": [
            {
                "code": finding.code,
                "path": finding.path,
                "expected": finding.expected,
                "seen": finding.seen,
                **page_document(finding.page),
            }
            for finding in incident.findings
        ],
        "more_findings": incident.more,
        "decisions": [
            {"time": decision.time, "by": decision.by, "decision": decision.decision}
            for decision in incident.decisions
        ],
    }


def history_document(
    package: PackageId, entries: Iterable[HistoryEntry], incidents: Iterable[Incident]
) -> JsonDocument:
    """Everything that was done to a package."""
    return {
        "package": package.uri,
        **incidents_document(incidents),
        "entries": [
            {
                "number": entry.number,
                "time": entry.time,
                "type": entry.type,
                "outcome": entry.outcome,
                "storage": entry.storage,
                "version": entry.version,
                "details": list(entry.details),
            }
            for entry in entries
        ],
    }


def overview_document(overview: Overview, evidence: Evidence | None = None) -> JsonDocument:
    """The state of an archive; with the evidence for levels, those as well."""
    return {
        "institution": overview.institution,
        "at": overview.at.isoformat(),
        **incidents_document(overview.incidents, overview.few),
        "wanted": overview.wanted,
        "storages": _storages(overview),
        "ages": list(overview.ages),
        "months": _months(overview),
        "years": _years(overview),
        "forecast": forecast_document(overview.forecast),
        "entries": overview.entries,
        "newest": overview.newest,
        **(levels_document(evidence) if evidence else {}),
    }


def _storages(overview: Overview) -> Value:
    return [
        {
            "storage": storage.storage,
            "institution": storage.institution,
            "copies": storage.copies,
            "states": {state.value: count for state, count in storage.states.items()},
            "oldest": storage.oldest.isoformat() if storage.oldest else None,
            "bytes": storage.size,
        }
        for storage in overview.storages
    ]


def _months(overview: Overview) -> Value:
    return [
        {
            "month": month.month,
            "success": month.success,
            "fail": month.fail,
            "unknown": month.unknown,
            "bytes": month.size,
        }
        for month in overview.months
    ]


def _years(overview: Overview) -> Value:
    return [
        {
            "year": year.year,
            "first": year.first,
            "last": year.last,
            "digest": year.digest,
            "checks": year.checks,
            "copies": year.copies,
            "fail": year.fail,
            "unknown": year.unknown,
        }
        for year in overview.years
    ]


def levels_document(evidence: Evidence) -> JsonDocument:
    """The NDSA Levels and CoreTrustSeal, as far as they are proved."""
    return {
        "levels": {area.value: reached(area, evidence) for area in Area},
        "demands": [
            {
                "area": demand.area.value,
                "level": demand.level,
                "text": demand.text,
                "verdict": demand.verdict(evidence).value,
            }
            for demand in DEMANDS
        ],
        "requirements": [
            {
                "number": requirement.number,
                "text": requirement.text,
                "verdict": requirement.verdict(evidence).value,
            }
            for requirement in REQUIREMENTS
        ],
    }
