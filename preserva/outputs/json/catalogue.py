"""The documents of `catalogue` and `harvest`."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from preserva.catalogue.entry import dumps
from preserva.core.policy.relations import relations_of
from preserva.outputs.json.decisions import relations_document
from preserva.outputs.json.parts import findings_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from preserva.catalogue.backup import CatalogueBackupMade
    from preserva.catalogue.decision_files import Decided
    from preserva.catalogue.decisions import MatchDecision
    from preserva.catalogue.edition_view import EditionView
    from preserva.catalogue.export import Exported
    from preserva.catalogue.import_records import Imported
    from preserva.catalogue.matching import Proposal
    from preserva.catalogue.oai.receiver import HarvestResult
    from preserva.catalogue.search import Hit, ResultPage
    from preserva.core.formats.canonical_json import Value
    from preserva.files.dated_backups import Backup
    from preserva.outputs.json.parts import JsonDocument


def catalogue_backup_document(made: CatalogueBackupMade | None) -> JsonDocument:
    """A new backup of the catalogue, if there is one, and the older ones that were removed."""
    return {
        "path": None if made is None else str(made.backup.path),
        "records": 0 if made is None else made.backup.entries,
        "removed": [str(backup.path) for backup in (() if made is None else made.removed)],
    }


def catalogue_restore_document(restored: Backup) -> JsonDocument:
    """The backup from which the catalogue was restored."""
    return {"from": str(restored.path), "records": restored.entries}


def catalogue_import_document(imports: Sequence[Imported]) -> JsonDocument:
    """Records imported from files or packages, all files together."""
    findings = [finding for imported in imports for finding in imported.findings]
    return {
        "read": sum(imported.read for imported in imports),
        "changed": sum(imported.changed for imported in imports),
        "deleted": sum(imported.deleted for imported in imports),
        "left_out": sum(imported.left_out for imported in imports),
        "retitled": [
            {"record": retitled.uri, "before": retitled.before, "after": retitled.after}
            for imported in imports
            for retitled in imported.retitled
        ],
        "findings": findings_document(findings),
        "unlisted": dict(sorted(unlisted_of(imports).items())),
    }


def unlisted_of(imports: Sequence[Imported]) -> dict[str, int]:
    """How many findings of each code, and how many new titles ("title"), are not listed."""
    total: Counter[str] = Counter()
    for imported in imports:
        total.update(imported.unlisted)
    return dict(+total)


def search_document(page: ResultPage) -> JsonDocument:
    """One page of results, and by what the search can be narrowed."""
    return {
        "total": page.total,
        "more": page.more,
        "records": [_hit(hit) for hit in page.hits],
        "facets": {
            facet.value: [{"value": value, "count": count} for value, count in counts]
            for facet, counts in page.facets.items()
        },
        "suggestions": list(page.suggestions),
    }


def _hit(hit: Hit) -> Value:
    return {
        "record": hit.record.uri,
        "title": hit.record.entry.title if hit.record.entry else "",
        "package": hit.record.package,
        "packages": list(hit.record.packages),
        "joined": [record.uri for record in hit.joined],
        "copies": [
            {"record": record.uri, "holder": item.holder, "shelfmark": item.shelfmark}
            for record in (hit.record, *hit.joined)
            for item in (record.entry.items if record.entry else ())
        ],
        "reasons": [{"part": reason.part, "word": reason.word} for reason in hit.reasons],
    }


def show_document(edition: EditionView) -> JsonDocument:
    """An edition with all of its records."""
    return {
        "records": [
            {
                "record": record.uri,
                "package": record.package,
                "packages": list(record.packages),
                "entry": json.loads(dumps(record.entry)) if record.entry else None,
                "relations": [
                    relation
                    for package in record.packages
                    for relation in relations_document(
                        package, relations_of(package, edition.relations)
                    )
                ],
            }
            for record in edition.records
        ],
        "editions": list(edition.editions),
        "decisions": [_decision(decision) for decision in edition.decisions],
    }


def match_document(
    proposals: Iterable[Proposal], decisions: Iterable[MatchDecision]
) -> JsonDocument:
    """Records that may describe one edition, and what was decided."""
    return {
        "proposals": [
            {
                "one": proposal.record.uri,
                "other": proposal.other.uri,
                "evidence": [evidence.value for evidence in proposal.evidence],
            }
            for proposal in proposals
        ],
        "decisions": [_decision(decision) for decision in decisions],
    }


def _decision(decision: MatchDecision) -> Value:
    return {
        "number": decision.number,
        "library": decision.library,
        "time": decision.time,
        "person": decision.person,
        "verdict": decision.verdict.value,
        "one": decision.record,
        "other": decision.other,
        "undone": decision.undone is not None,
        "undone_time": decision.undone.time if decision.undone else None,
        "undone_by": decision.undone.person if decision.undone else None,
        "disputed": decision.disputed,
    }


def decisions_export_document(path: Path, decisions: int) -> JsonDocument:
    """A file of decisions."""
    return {"path": str(path), "decisions": decisions}


def decisions_import_document(decided: Decided) -> JsonDocument:
    """Decisions imported from a file."""
    return {
        "read": decided.read,
        "changed": decided.changed,
        "findings": findings_document(decided.findings),
    }


def catalogue_export_document(path: Path, exported: Exported) -> JsonDocument:
    """A file of records."""
    return {
        "path": str(path),
        "records": exported.written,
        "findings": findings_document(exported.findings),
    }


def catalogue_dump_document(folder: Path, pages: int) -> JsonDocument:
    """A folder of records for another catalogue."""
    return {"path": str(folder), "pages": pages}


def harvest_document(harvested: HarvestResult, decided: Decided) -> JsonDocument:
    """Records and decisions harvested from another catalogue."""
    return {
        "read": harvested.read,
        "changed": harvested.changed,
        "deleted": harvested.deleted,
        "own": harvested.own,
        "decisions": decided.changed,
        "findings": findings_document([*harvested.findings, *decided.findings]),
        "unlisted": dict(sorted(harvested.unlisted.items())),
    }
