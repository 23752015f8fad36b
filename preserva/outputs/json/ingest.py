"""The documents of `check`, `package`, `update`, `store` and `import`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from preserva.i18n import english
from preserva.outputs.json.parts import findings_document, in_words

if TYPE_CHECKING:
    from preserva.core.book.submission import Arrangement
    from preserva.core.eark.mets import Division
    from preserva.core.formats.canonical_json import Value
    from preserva.core.values.model import PackageId
    from preserva.ingest.check import CheckedScans
    from preserva.ingest.package import Packaged
    from preserva.ingest.revised import Revised
    from preserva.ingest.transfer_result import Accepted
    from preserva.outputs.json.parts import JsonDocument


def package_document(packaged: Packaged, *, dry_run: bool) -> JsonDocument:
    """A package that was made of scans, with every file and the structure of the book."""
    root = packaged.structure.root
    return {
        "package": packaged.package.uri,
        "title": packaged.title,
        "place": packaged.place,
        "created": packaged.created,
        "dry_run": dry_run,
        "files": packaged.files,
        "bytes": packaged.size,
        "findings": findings_document(packaged.notes),
        "contents": _contents(packaged.arrangement),
        "structure": None if root is None else _division(root),
    }


def check_document(results: Iterable[CheckedScans]) -> JsonDocument:
    """Folders of scans that were checked, each with what would be refused and reported."""
    return {"folders": [_checked(checked) for checked in results]}


def _checked(checked: CheckedScans) -> JsonDocument:
    root = checked.structure.root
    return {
        "folder": str(checked.folder),
        "outcome": checked.outcome.value,
        "package": None if checked.package is None else checked.package.uri,
        "title": checked.title,
        "pages": checked.pages,
        "problems": findings_document(checked.problems),
        "refusals": [english(refusal) for refusal in checked.refusals],
        "refusals_in_words": [in_words(refusal) for refusal in checked.refusals],
        "findings": findings_document(checked.notes),
        "contents": _contents(checked.arrangement),
        "structure": None if root is None else _division(root),
    }


def _contents(arrangement: Arrangement) -> list[Value]:
    return [
        {
            "representation": representation,
            "source": file.source,
            "name": file.target,
            "page": file.page,
            "label": file.label,
            "type": file.type if file.page else None,
        }
        for representation, file in arrangement.files()
    ]


def _division(division: Division) -> Value:
    return {
        "type": division.type,
        "title": division.label,
        "pages": list(division.pages),
        "parts": [_division(part) for part in division.parts],
    }


def update_document(updated: Revised, *, dry_run: bool) -> JsonDocument:
    """A new version of a package."""
    return {
        "package": updated.package.uri,
        "version": updated.version,
        "title": updated.title,
        "title_before": updated.before,
        "created": updated.created,
        "dry_run": dry_run,
        "changed": list(updated.changed),
        "removed": list(updated.removed),
        "pages": [
            {
                "deed": change.deed.value,
                "page": change.page,
                "representation": change.representation,
                "name": change.name,
                "before": change.before,
            }
            for change in updated.pages
        ],
        "bytes": updated.size,
        "findings": findings_document(updated.notes),
    }


def store_document(package: PackageId, created: bool, *, dry_run: bool) -> JsonDocument:
    """A bag of ours that was stored."""
    return {"package": package.uri, "created": created, "dry_run": dry_run}


def import_document(accepted: Accepted, *, dry_run: bool) -> JsonDocument:
    """A package made elsewhere that was stored."""
    return {
        "package": accepted.package.uri,
        "title": accepted.title,
        "form": accepted.form,
        "created": accepted.created,
        "from_outside": accepted.from_outside,
        "dry_run": dry_run,
        "files": accepted.files,
        "bytes": accepted.size,
        "findings": findings_document(accepted.notes),
    }
