"""What a rebuilt ledger records of one package: what our storages say, and what is damaged.

A copy testifies by its inventories, if those are whole; a damaged page does not make it a worse
witness of what the package must be. Where witnesses contradict each other nothing is recorded but
that: a failed check of each, which waits for a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_check
from preserva.archive.recorded_package import RecordedPackage, tag_manifests
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.withdrawal import tombstones
from preserva.core.formats.inventory import Inventory
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, END, REPLICATION, SUCCESS
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome, Report
from preserva.replication.accession import MOST_LOGS, event_of, vouch

_UNTRUSTED = {Code.INVENTORY_INVALID, Code.INVENTORY_SIDECAR, Code.VERSION_INVENTORY}
"""Findings that make the inventories of a copy useless as evidence of the package."""


@dataclass(frozen=True, slots=True)
class ReadCopy:
    """A copy as it was read: the digest of the inventory of each version."""

    copy: StoredCopy
    inventory: Inventory | None
    digests: dict[str, str]
    report: Report

    @property
    def testifies(self) -> bool:
        """Whether its inventories are whole."""
        return (
            self.inventory is not None
            and self.digests.keys() == self.inventory.versions.keys()
            and not _UNTRUSTED & {finding.code for finding in self.report.findings}
        )


def record_package(
    archive: ArchivalStorage,
    package: PackageId,
    copies: list[ReadCopy],
    primary: Store | None,
    source: str | None,
) -> None:
    """Record what the copies of a package, each where it belongs, say, and the check of each.

    `primary` is our primary storage, if it is there; `source` the storage whose word counts where
    they contradict each other. Raises LedgerError, StorageError.
    """
    if archive.config.custody.is_ours(package):
        _record_ours(archive, package, copies, primary, source)
    else:
        for read in copies:
            _record_received(read)
    _record_logs(archive, package, [read for read in copies if _is_sound(read)])
    for read in copies:
        record_check(read.copy, read.report)


def record_missing(
    archive: ArchivalStorage, stores: list[Store], package: PackageId, copies: list[ReadCopy]
) -> list[Report]:
    """Record that a package is not where the ledger acknowledged it; a report for each storage."""
    seen = {read.copy.store.id for read in copies}
    tombstone = tombstones(archive.ledger).get(package.uri)
    if tombstone is not None:  # what was removed by decision is not missing
        seen |= {copy.storage for copy in tombstone.removed}
    reports = []
    for store in stores:
        copy = StoredCopy(archive, store, package)
        if store.id not in seen and copy.acknowledged():
            report = Report(copy.subject, [Finding(Code.COPY_MISSING, store.id)])
            record_check(copy, report)
            reports.append(report)
    return reports


def _is_sound(read: ReadCopy) -> bool:
    return read.report.outcome is Outcome.PASS


def _record_ours(
    archive: ArchivalStorage,
    package: PackageId,
    copies: list[ReadCopy],
    primary: Store | None,
    source: str | None,
) -> None:
    restored = _recorded(archive, package).inventories()
    for read in copies:
        _hold_to(restored, read)
    witnesses = [read for read in copies if read.testifies and not _is_refuted(restored, read)]
    deciding = [read for read in witnesses if read.copy.store.id == source]
    versions = _versions(deciding or witnesses, restored)
    if not deciding and primary is not None:
        versions = _made_by_owner(versions, copies, restored, primary)
    agreed = _agreed_on(versions, deciding or witnesses)
    for version, read in agreed.items():
        _record_version(archive, package, copies, version, read, len(witnesses))
    for read in copies:
        _hold_to({version: by.digests[version] for version, by in agreed.items()}, read)
        _name_others(read, agreed, restored, versions)


def _recorded(archive: ArchivalStorage, package: PackageId) -> RecordedPackage:
    """What the copy of the lost ledger says about a package, and what was recorded since."""
    return RecordedPackage(archive.ledger, package, archive.config.custody)


def _is_refuted(restored: Mapping[str, str], read: ReadCopy) -> bool:
    return any(read.digests.get(version, digest) != digest for version, digest in restored.items())


def _versions(witnesses: list[ReadCopy], restored: Mapping[str, str]) -> list[str]:
    """The versions that there are by any of these, the oldest first."""
    longest = max(witnesses, key=lambda read: len(read.digests), default=None)
    return list(longest.digests) if longest is not None else list(restored)


def _made_by_owner(
    versions: list[str], copies: list[ReadCopy], restored: Mapping[str, str], primary: Store
) -> list[str]:
    """Versions that our primary storage has too, or the ledger knew; a damaged copy hides any.

    What is in a replica alone, while the storage that it must have come from is there, was made by
    somebody else.
    """
    own = next((read for read in copies if read.copy.store is primary), None)
    if own is not None and not own.testifies:
        return versions
    made = restored.keys() | (own.digests.keys() if own is not None else set())
    return [version for version in versions if version in made]


def _agreed_on(versions: list[str], witnesses: list[ReadCopy]) -> dict[str, ReadCopy]:
    """Each version on which all witnesses agree, up to the first on which they do not."""

    def agreed(version: str) -> bool:
        digests = {read.digests[version] for read in witnesses if version in read.digests}
        return len(digests) == 1

    return {
        version: next(read for read in witnesses if version in read.digests)
        for version in takewhile(agreed, versions)
    }


def _record_version(
    archive: ArchivalStorage,
    package: PackageId,
    copies: list[ReadCopy],
    version: str,
    witness: ReadCopy,
    witnesses: int,
) -> None:
    """Where the version is, or was before damage; in our own storage it was even if it is lost."""
    assert witness.inventory is not None, "a witness has one"
    files = witness.inventory.versions[version].files()
    arrival = Arrival(
        inventory=witness.digests[version], tag_manifests=tag_manifests(files), rebuilt=witnesses
    )
    primary = StoredCopy(archive, archive.primary, package)
    held = [read.copy for read in copies if version in read.digests or not _is_sound(read)]
    for copy in [primary, *(copy for copy in held if copy.store is not archive.primary)]:
        if version not in copy.acknowledged():
            type_ = END if copy.store is archive.primary else REPLICATION
            copy.record(type_, SUCCESS, version=version, facts=arrival)


def _name_others(
    read: ReadCopy,
    agreed: Mapping[str, ReadCopy],
    restored: Mapping[str, str],
    versions: list[str],
) -> None:
    """Versions of a copy that nobody vouches for: another copy differs, or its owner made none."""
    for version in read.digests:
        if version not in agreed and version not in restored:
            code = Code.COPIES_CONTRADICT if version in versions else Code.DIVERGED
            seen = read.digests[version]
            read.report.add([Finding(code, f"{version}/inventory.json", seen=seen)])


def _hold_to(recorded: Mapping[str, str], read: ReadCopy) -> None:
    """A copy is not sound if it has another version than the one recorded."""
    named = {finding.path for finding in read.report.findings}
    for version, digest in read.digests.items():
        where, expected = f"{version}/inventory.json", recorded.get(version)
        if expected is not None and expected != digest and where not in named:
            read.report.add([Finding(Code.NOT_AS_RECORDED, where, expected, digest)])


def _record_received(read: ReadCopy) -> None:
    """Packages of another institution, as `receive` records them: the first sound copy counts."""
    copy = read.copy
    _hold_to(copy.recorded.inventories(), read)
    if not _is_sound(read):
        return
    assert read.inventory is not None, "what is sound has an inventory"
    for version, digest in read.digests.items():
        if version not in copy.acknowledged():
            manifests = tag_manifests(read.inventory.versions[version].files())
            arrival = Arrival(inventory=digest, tag_manifests=manifests, rebuilt=1)
            copy.record(ACCESSION, SUCCESS, version=version, facts=arrival)


def _record_logs(archive: ArchivalStorage, package: PackageId, sound: list[ReadCopy]) -> None:
    """The records of events in all sound copies, and in which of them each is."""
    events: dict[str, str] = {}
    places: dict[str, list[str]] = defaultdict(list)
    known = _recorded(archive, package).log_digests()
    for read in sound:
        for digest, event in _events_of(read.copy):
            events[digest] = event
            places[digest].append(read.copy.store.id)
    for digest in sorted(events.keys() - known):
        vouch(archive, package, {digest: events[digest]}, places[digest])


def _events_of(copy: StoredCopy) -> Iterator[tuple[str, str]]:
    for name in sorted(copy.log_names())[:MOST_LOGS]:
        event = event_of(copy, name)
        if event is not None:
            yield copy.log_digest(name), event
