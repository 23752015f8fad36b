"""Where the copies of each package are, from the storages' inventories and the ledger."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from preserva.archive.archive import ArchivalStorage
from preserva.archive.identities import storage_id
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Config
from preserva.core.eark.vocabulary import EventOutcome
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, FIXITY_CHECK
from preserva.core.values.limitations import Limitation
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.errors import Damaged, LedgerError, NotFound, StorageError, WrongStorage
from preserva.i18n import _
from preserva.information_package.tag_files import title_of
from preserva.ledger import Ledger
from preserva.storage.open import open_storage


@dataclass(frozen=True, slots=True)
class Listed:
    """A package in a storage."""

    package: str
    portable: str
    versions: int
    files: int
    title: str


@dataclass(slots=True)
class Listing:
    """What a storage holds. `findings` name the objects that could not be read."""

    packages: list[Listed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """FAIL if an object could not be read as what it should be."""
        return Outcome.of(self.findings)


class State(StrEnum):
    """What is known of a copy without reading its files."""

    COMPLETE = "complete"  # every version that there is
    INCOMPLETE = "incomplete"  # a version is still to be copied
    ABSENT = "absent"  # there never was a copy
    MISSING = "missing"  # the ledger acknowledged a copy, and it is gone
    DAMAGED = "damaged"  # its last check failed, or its inventory cannot be trusted
    UNREACHABLE = "unreachable"
    WRONG = "another storage"  # another one lies in the place of the one that is meant

    @property
    def outcome(self) -> Outcome:
        """FAIL for a copy that is missing or damaged, UNKNOWN for one that was not reached."""
        if self in {State.MISSING, State.DAMAGED}:
            return Outcome.FAIL
        unknown = self in {State.UNREACHABLE, State.WRONG}
        return Outcome.UNKNOWN if unknown else Outcome.PASS


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a package; `checked` is the time of the last fixity check, with its outcome."""

    storage: str
    state: State
    versions: tuple[str, ...] = ()
    checked: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """A package and its copies; `enough` if as many are complete as the policy wants."""

    package: str
    portable: str
    copies: tuple[Copy, ...]
    enough: bool

    @property
    def outcome(self) -> Outcome:
        """The worst of its copies; UNKNOWN if there are too few."""
        enough = Outcome.PASS if self.enough else Outcome.UNKNOWN
        return Outcome.worst((enough, *(copy.state.outcome for copy in self.copies)))


def list_packages(archive: ArchivalStorage, storage: str | None = None) -> Listing:
    """The packages of a storage (the primary one if not named). Raises StorageError."""
    store = archive.store(storage) if storage else archive.primary
    listing = Listing()
    for path in store.root.objects():
        try:
            stored = store.root.read_at(path)
            inventory = stored.inventory
            package = PackageId.parse(inventory.identifier)
            title = title_of(store.storage, stored, inventory.head)
        except (Damaged, StorageError, ValueError) as error:
            listing.findings.append(Finding(Code.INVENTORY_INVALID, path, seen=str(error)))
            continue
        files = len(inventory.versions[inventory.head].files())
        listing.packages.append(
            Listed(package.uri, package.portable, len(inventory.versions), files, title)
        )
    listing.packages.sort(key=lambda listed: listed.package)
    return listing


def status(archive: ArchivalStorage, package: PackageId | None = None) -> list[Status]:
    """The copies of a package, or of every package of our primary storage.

    Raises NotFound if no storage holds the package named, and the ledger knows of none; WrongLedger
    if the primary storage has seen more of the ledger.
    """
    archive.refuse_outdated(archive.primary)
    if package is not None:
        asked = _status(archive, package)
        if all(
            copy.state in {State.ABSENT, State.UNREACHABLE, State.WRONG} for copy in asked.copies
        ):
            raise NotFound(_("there is no package {id}").format(id=package))
        return [asked]
    packages = {entry.package for entry in archive.ledger.entries(types=(END,))}
    return [_status(archive, PackageId.parse(uri)) for uri in sorted(filter(None, packages))]


def _status(archive: ArchivalStorage, package: PackageId) -> Status:
    stored = [StoredCopy(archive, store, package) for store in archive.stores()]
    wanted: set[str] = set().union(*(copy.acknowledged() for copy in stored))
    copies = tuple(_copy(copy, wanted) for copy in stored)
    complete = sum(copy.state is State.COMPLETE for copy in copies)
    return Status(package.uri, package.portable, copies, complete >= archive.config.policy.copies)


def _copy(stored: StoredCopy, wanted: set[str]) -> Copy:
    last = stored.last(FIXITY_CHECK)
    checked, outcome = (last.time, last.outcome) if last else (None, None)
    versions: tuple[str, ...] = ()
    try:
        versions = tuple(stored.read().inventory.versions)
        state = State.COMPLETE if wanted <= set(versions) else State.INCOMPLETE
        if outcome == EventOutcome.FAIL.label:
            state = State.DAMAGED
    except Damaged:
        state = State.DAMAGED
    except NotFound:
        state = State.MISSING if stored.acknowledged() else State.ABSENT
    except WrongStorage:
        state = State.WRONG
    except StorageError:
        state = State.UNREACHABLE
    return Copy(stored.store.id, state, versions, checked, outcome)


@dataclass(frozen=True, slots=True)
class Reached:
    """A storage that was reached for: why it cannot be used, and what it cannot promise.

    `identity` is its own id; None if it was made before there were any, or was not read.
    """

    storage: str
    problem: str | None
    limitations: tuple[Limitation, ...] = ()
    identity: str | None = None

    @property
    def outcome(self) -> Outcome:
        """UNKNOWN if it could not be reached."""
        return Outcome.PASS if self.problem is None else Outcome.UNKNOWN


def reach_storages(config: Config) -> list[Reached]:
    """Whether each storage answers and is the one that is meant."""
    reached = []
    remembered = _remembered(config)
    for storage in config.storages.values():
        known = partial(remembered.get, storage.id)
        store = Store(storage, open_storage(storage.url, read_only=True), known)
        try:
            identity = store.check_identity().id
            limitations = store.storage.limitations()
            reached.append(Reached(storage.id, None, limitations, identity))
        except StorageError as error:
            reached.append(Reached(storage.id, str(error)))
        finally:
            store.storage.close()
    return reached


def _remembered(config: Config) -> dict[str, str | None]:
    """By which ids the ledger knows the storages, where there is one that can be read."""
    if not config.ledger.exists() or not config.ledger.stat().st_size:
        return {}
    try:
        with closing(Ledger(config.ledger)) as ledger:
            return {name: storage_id(ledger, name) for name in config.storages}
    except LedgerError:
        return {}
