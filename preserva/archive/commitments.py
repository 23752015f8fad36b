"""What the ledger recorded of packages: the commitments that every copy is compared with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from preserva.archive.archive import Archive
from preserva.archive.events import LARGEST_LOG, LOGS
from preserva.archive.store import Store
from preserva.core.formats.canonical_json import Value
from preserva.core.values.entries import (
    ACCESSION,
    ARRIVALS,
    END,
    EVENT_FOUND,
    RECOVERY,
    REPLICATION,
    SUCCESS,
)
from preserva.core.values.model import Kind, PackageId
from preserva.errors import TooLarge
from preserva.ledger import LedgerEntry
from preserva.storage.base import read_all

_COMMITMENTS = (END, ACCESSION)
_LOGGED = (END, REPLICATION, RECOVERY, EVENT_FOUND)


def recorded(archive: Archive, package: PackageId, version: str) -> Mapping[str, Value] | None:
    """What the ledger recorded of a version when it was stored or received; None if nothing."""
    for entry in archive.ledger.entries(package=package.uri, types=_COMMITMENTS, newest_first=True):
        if entry.version == version and entry.outcome == SUCCESS:
            return entry.facts
    return None


def recorded_versions(archive: Archive, store: Store, package: PackageId) -> set[str]:
    """The versions of a package that the ledger acknowledged in a storage."""
    entries = archive.ledger.entries(package=package.uri, storage=store.id, types=ARRIVALS)
    return {one.version for one in entries if one.outcome == SUCCESS and one.version is not None}


def all_versions(archive: Archive, package: PackageId) -> list[str]:
    """Every version that was ever stored, oldest first."""
    entries = archive.ledger.entries(package=package.uri, types=_COMMITMENTS)
    found = (one.version for one in entries if one.outcome == SUCCESS and one.version is not None)
    return list(dict.fromkeys(found))


def recorded_logs(archive: Archive, package: PackageId) -> list[LedgerEntry]:
    """The entries whose event also stands in the `logs/` of the package's copies.

    Their facts hold the SHA-256 of that document as `premis_sha256`.
    """
    return [
        one
        for one in archive.ledger.entries(package=package.uri, types=_LOGGED)
        if one.outcome == SUCCESS and "premis_sha256" in one.facts
    ]


def logs_of_copy(archive: Archive, store: Store, package: PackageId) -> dict[str, LedgerEntry]:
    """The entry by the SHA-256 of its event's document, for each that this copy must have.

    Those that happened to it or were copied from it, and those that came along with a version.
    """
    logged = recorded_logs(archive, package)
    carried = {
        digest for one in logged if one.storage == store.id for digest in one.facts.get("logs", ())
    }
    return {
        str(one.facts["premis_sha256"]): one
        for one in logged
        if store.id in {one.storage, one.facts.get("from"), *one.facts.get("storages", ())}
        or one.facts["premis_sha256"] in carried
    }


def is_log(entry: LedgerEntry, name: str, digest: str) -> bool:
    """Whether a file of `logs/` is the record of an event, under a name that says so."""
    return digest == entry.facts["premis_sha256"] and str(entry.facts["event"]) in name


def log_names(store: Store, path: str) -> list[str]:
    """The files in the `logs/` of an object; the check of the object names what is none."""
    folder = f"{path}/{LOGS}"
    there = store.storage.stat(folder)
    entries = store.storage.children(folder) if there and there.kind is Kind.FOLDER else []
    return [one.path.rpartition("/")[2] for one in entries if one.kind is Kind.FILE]


def log_digest(store: Store, path: str, name: str) -> str:
    """The SHA-256 of a file in the `logs/` of an object; "" if it is too large to be one of ours.

    Raises StorageError.
    """
    try:
        data = read_all(store.storage, f"{path}/{LOGS}/{name}", LARGEST_LOG)
    except TooLarge:
        return ""
    return hashlib.sha256(data).hexdigest()


def commitment(inventory_digest: str, files: Mapping[str, str]) -> dict[str, Value]:
    """What the ledger keeps of a version, so that no other bag can ever pass for it.

    `files` is the version's digest by logical path.
    """
    return {
        "inventory": inventory_digest,
        "tag_manifests": {
            path: digest
            for path, digest in sorted(files.items())
            if "/" not in path and path.startswith("tagmanifest-")
        },
    }
