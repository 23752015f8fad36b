"""The documents of `init`, `config check`, `ledger`, `export`, `demo` and `exhibit build`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.outputs.json.parts import findings_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from preserva.archive.ledger_backup import BackupMade
    from preserva.archive.ledger_proof import Proof
    from preserva.config import Config
    from preserva.core.values.model import PackageId
    from preserva.exhibition.build import Built
    from preserva.files.dated_backups import Backup
    from preserva.ledger import LedgerEntry
    from preserva.outputs.json.parts import JsonDocument
    from preserva.reporting.storages import Reached


def init_document(config: Path, *, written: bool, prepared: Sequence[str] = ()) -> JsonDocument:
    """A configuration, and the places that were prepared."""
    return {"config": str(config), "written": written, "prepared": prepared}


def config_check_document(
    config: Config, reached: Iterable[Reached], warnings: Sequence[str]
) -> JsonDocument:
    """A valid configuration, and the storages that were asked."""
    return {
        "config": str(config.path),
        "storages": sorted(config.storages),
        "reached": [
            {
                "storage": storage.storage,
                "problem": storage.problem,
                "identity": storage.identity,
                "limitations": [limitation.value for limitation in storage.limitations],
                "tried": storage.tried,
                "outcome": storage.outcome.value,
                "findings": findings_document(storage.findings),
                "free_bytes": storage.free,
                "clock_ahead_seconds": None if storage.ahead is None else round(storage.ahead),
            }
            for storage in reached
        ],
        "warnings": warnings,
    }


def ledger_verify_document(proof: Proof) -> JsonDocument:
    """What a verification of the ledger found."""
    return {
        "entries": proof.entries,
        "newest": proof.newest,
        "problems": list(proof.problems),
    }


def ledger_backup_document(made: BackupMade) -> JsonDocument:
    """A new backup of the ledger, and the older ones that were removed."""
    return {
        "path": str(made.backup.path),
        "time": made.backup.time.isoformat(),
        "entries": made.backup.entries,
        "newest": made.newest,
        "removed": [str(backup.path) for backup in made.removed],
    }


def ledger_restore_document(config: Config, restored: Backup) -> JsonDocument:
    """The ledger that was restored, and from what."""
    return {
        "ledger": str(config.ledger),
        "from": str(restored.path),
        "entries": restored.entries,
    }


def ledger_show_document(entries: Iterable[LedgerEntry]) -> JsonDocument:
    """Entries of the ledger."""
    return {
        "entries": [
            {
                "number": entry.number,
                "time": entry.time,
                "type": entry.type,
                "outcome": entry.outcome,
                "package": entry.package,
                "storage": entry.storage,
                "version": entry.version,
                "person": entry.person,
                "facts": dict(entry.facts),
                "digest": entry.digest,
            }
            for entry in entries
        ]
    }


def export_document(package: PackageId, path: Path, *, dry_run: bool) -> JsonDocument:
    """A package, or a document of it, that was written outside."""
    return {"package": package.uri, "path": str(path), "dry_run": dry_run}


def demo_document(package: PackageId, place: Path) -> JsonDocument:
    """The package of a demonstration."""
    return {"package": package.uri, "place": str(place)}


def demo_scans_document(scans: Path, record: Path) -> JsonDocument:
    """The folder of scans to practise with, and its catalogue record."""
    return {"scans": str(scans), "record": str(record)}


def exhibit_build_document(built: Built, *, dry_run: bool) -> JsonDocument:
    """The site of an exhibition."""
    return {
        "path": str(built.path),
        "books": built.books,
        "pages": built.pages,
        "editions": built.editions,
        "files": built.files,
        "url": built.url,
        "package": built.package.uri if built.package else None,
        "dry_run": dry_run,
        "findings": findings_document(built.findings),
    }
