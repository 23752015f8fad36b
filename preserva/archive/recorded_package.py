"""What the ledger recorded of a package, wherever its copies are: all of them are held to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from preserva.core.formats.canonical_json import Value
from preserva.core.policy.testimony import Custody, Statement, Testimony, weigh
from preserva.core.values.entries import (
    ACCESSION,
    END,
    EVENT_FOUND,
    RECOVERY,
    REPLICATION,
    SUCCESS,
)
from preserva.core.values.model import PackageId
from preserva.ledger import Ledger, LedgerEntry

_COMMITMENTS = (END, ACCESSION)
_LOGGED = (END, REPLICATION, RECOVERY, EVENT_FOUND)


@dataclass(frozen=True, slots=True)
class RecordedPackage:
    """A package as the ledger knows it. Every method asks the ledger and may raise LedgerError.

    Only entries whose testimony counts are asked: core/policy/testimony.py.
    """

    ledger: Ledger
    package: PackageId
    custody: Custody

    def commitment(self, version: str) -> Mapping[str, Value] | None:
        """What was recorded when a version was first stored or received; None if nothing was.

        Its shape is that of `commitment`, with the facts of the log record of that event.
        """
        for entry in self._commitments():
            if entry.version == version:
                return entry.facts
        return None

    def testimony(self) -> Testimony:
        """What was first recorded of each version, and what later contradicts it."""
        return weigh(
            Statement(entry.number, str(entry.version), str(entry.facts["inventory"]))
            for entry in self._commitments()
        )

    def inventories(self) -> dict[str, str]:
        """The digest of the inventory of each version that was ever stored, oldest first."""
        first = self.testimony().first
        return {version: statement.inventory for version, statement in first.items()}

    def _commitments(self) -> Iterator[LedgerEntry]:
        for entry in self.ledger.entries(package=self.package.uri, types=_COMMITMENTS):
            counts = self.custody.commits(entry.type, self.package, entry.storage)
            if counts and entry.outcome == SUCCESS and entry.version is not None:
                yield entry

    def logged(self) -> list[LedgerEntry]:
        """The entries whose event also has a record in the `logs/` of copies.

        Their facts hold the SHA-256 of that PREMIS document as `premis_sha256`.
        """
        return [
            entry
            for entry in self.ledger.entries(package=self.package.uri, types=_LOGGED)
            if entry.outcome == SUCCESS and "premis_sha256" in entry.facts
        ]

    def log_digests(self) -> set[str]:
        """The SHA-256 of every record of an event that the ledger knows."""
        return {str(entry.facts["premis_sha256"]) for entry in self.logged()}


def is_log(entry: LedgerEntry, name: str, digest: str) -> bool:
    """Whether a file of `logs/` is the record of an event, under a name that says so."""
    return digest == entry.facts["premis_sha256"] and str(entry.facts["event"]) in name


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
