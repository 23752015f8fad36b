"""The documents of `bag create`, `update`, `fetch` and `profile`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.outputs.json.parts import findings_document, report_document

if TYPE_CHECKING:
    from preserva.bag.create.create import Made
    from preserva.bag.fetch import Fetched
    from preserva.bag.update import BagUpdated
    from preserva.outputs.json.parts import JsonDocument


def bag_create_document(bag: Made, *, dry_run: bool) -> JsonDocument:
    """A bag that was made."""
    return {
        "path": str(bag.path),
        "files": bag.files,
        "bytes": bag.size,
        "tagmanifests": dict(bag.tagmanifests),
        "findings": findings_document(bag.findings),
        "dry_run": dry_run,
    }


def bag_update_document(updated: BagUpdated, *, dry_run: bool) -> JsonDocument:
    """A bag that was changed, and the files that were written."""
    return {
        "report": report_document(updated.report),
        "written": list(updated.written),
        "dry_run": dry_run,
    }


def bag_fetch_document(fetched: Fetched) -> JsonDocument:
    """The files of a bag that were fetched."""
    return {
        "report": report_document(fetched.report),
        "fetched": list(fetched.paths),
        "dry_run": fetched.dry_run,
    }


def bag_profile_document(identifier: str, digest: str) -> JsonDocument:
    """A BagIt profile that is kept."""
    return {"identifier": identifier, "digest": digest}
