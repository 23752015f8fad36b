"""The documents of `replicate`, `receive`, `repair` and `rebuild`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.outputs.json.parts import page_document, report_document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from preserva.config import Config
    from preserva.core.formats.canonical_json import Value
    from preserva.core.values.report import Report
    from preserva.outputs.json.parts import JsonDocument
    from preserva.replication.accepted_storage import AcceptedStorage
    from preserva.replication.accession import Receipt
    from preserva.replication.rebuild_ledger import Origin
    from preserva.replication.repair import Repair
    from preserva.replication.replicate import Replication


def replicate_document(replications: Iterable[Replication], *, dry_run: bool) -> JsonDocument:
    """What was copied to each replica."""
    return {"dry_run": dry_run, "packages": [_replication(each) for each in replications]}


def _replication(replication: Replication) -> Value:
    return {
        "package": replication.package,
        "to": replication.to,
        "versions": list(replication.versions),
        "acknowledged": list(replication.acknowledged),
        "files": replication.files,
        "bytes": replication.size,
        "report": report_document(replication.report),
    }


def receive_document(receipts: Iterable[Receipt], *, dry_run: bool) -> JsonDocument:
    """What other institutions copied to us."""
    return {"dry_run": dry_run, "packages": [_receipt(receipt) for receipt in receipts]}


def _receipt(receipt: Receipt) -> Value:
    return {
        "package": receipt.package,
        "storage": receipt.storage,
        "versions": list(receipt.versions),
        "acknowledged": receipt.acknowledged,
        "report": report_document(receipt.report),
    }


def repair_document(repairs: Iterable[Repair], *, applied: bool) -> JsonDocument:
    """What damaged copies need, and whether it was done."""
    return {"applied": applied, "copies": [_repair(repair) for repair in repairs]}


def _repair(repair: Repair) -> Value:
    return {
        "package": repair.package,
        "storage": repair.storage,
        "aside": list(repair.aside),
        "put": [
            {
                "path": file.path,
                "seen": file.seen,
                "storages": list(file.stores),
                **page_document(file.page),
            }
            for file in repair.put
        ],
        "applied": repair.applied,
        "report": report_document(repair.report),
    }


def rebuild_storage_document(
    storage: str, copies: Iterable[Repair], *, dry_run: bool
) -> JsonDocument:
    """The copies that a lost storage gets back."""
    return {
        "storage": storage,
        "dry_run": dry_run,
        "copies": [
            {
                "package": copy.package,
                "files": len(copy.put),
                "applied": copy.applied,
                "report": report_document(copy.report),
            }
            for copy in copies
        ],
    }


def accept_document(accepted: AcceptedStorage, *, dry_run: bool) -> JsonDocument:
    """What was compared in a storage whose id changed, and whether it was accepted."""
    return {
        "storage": accepted.storage,
        "dry_run": dry_run,
        "id": accepted.found,
        "known_id": accepted.known,
        "accepted": accepted.accepted,
        "reports": [report_document(report) for report in accepted.reports],
    }


def rebuild_ledger_document(
    config: Config, reports: Iterable[Report], origin: Origin
) -> JsonDocument:
    """A ledger rebuilt from all copies."""
    return {
        "ledger": str(config.ledger),
        "from": origin.storage,
        "entries": origin.entries,
        "newest": origin.digest,
        "reports": [report_document(report) for report in reports],
    }


def rebuild_config_document(path: Path, config: Config) -> JsonDocument:
    """A configuration rebuilt from what storages say about themselves."""
    return {"config": str(path), "storages": list(config.storages)}
