"""Where the copies of each package are, from the storages' inventories and the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import judgements, rules_of
from preserva.archive.relations import relations
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.unrecorded import listed, unrecorded
from preserva.archive.withdrawal import Tombstone, tombstones
from preserva.config import Role
from preserva.core.formats import layout
from preserva.core.policy.judgement import (
    JudgedCopy,
    Judgement,
    Rules,
    State,
    judge,
    with_stranger,
)
from preserva.core.policy.relations import Relation, relations_of
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, FIXITY_CHECK, START
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.errors import Damaged, NotFound, StorageError
from preserva.i18n import _
from preserva.information_package.tag_files import NAMES, title_at
from preserva.reporting.find import ANY, Wanted, fits
from preserva.storage.glance import GlancedObject, glance_at


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


@dataclass(frozen=True, slots=True)
class CopyStatus:
    """A copy of a package.

    `checked` is the time of the last fixity check, as ISO 8601 in UTC; `outcome` is that of the
    PREMIS event of the check: success, warning or fail. Both are None for a copy never checked.

    `reason` says why its storage could not be accessed, if so.
    """

    storage: str
    state: State
    versions: tuple[str, ...] = ()
    checked: str | None = None
    outcome: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """A package and its copies; `enough` if as many count as the policy requires.

    `package` is the identifier as a URN, `portable` the same as a name: aonb-kp-000123. One that
    was withdrawn has a `tombstone`; one that is asked for by name has its `relations` to others.
    """

    package: str
    portable: str
    copies: tuple[CopyStatus, ...]
    enough: bool
    tombstone: Tombstone | None = None
    relations: tuple[Relation, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of its copies; UNKNOWN if there are too few."""
        enough = Outcome.PASS if self.enough else Outcome.UNKNOWN
        return Outcome.worst((enough, *(copy.state.outcome for copy in self.copies)))


def list_packages(
    archive: ArchivalStorage, storage: str | None = None, wanted: Wanted = ANY
) -> Listing:
    """The wanted packages of a storage (the primary one if not named), without those withdrawn.

    Raises StorageError.
    """
    listing = Listing()
    for item in each_listed(archive, storage, wanted):
        if isinstance(item, Listed):
            listing.packages.append(item)
        else:
            listing.findings.append(item)
    listing.packages.sort(key=lambda listed: listed.package)
    return listing


def each_listed(
    archive: ArchivalStorage, storage: str | None = None, wanted: Wanted = ANY
) -> Iterator[Listed | Finding]:
    """The same, one by one: those that the ledger knows by their names, then any others.

    Raises StorageError.
    """
    store = archive.store(storage) if storage else archive.primary
    store.known_identity()
    withdrawn = tombstones(archive.ledger)
    known = sorted(archive.ledger.copies.packages(store.id))
    for uri in known:
        path = store.root.path_of(uri)
        if uri not in withdrawn and store.storage.stat(path) is not None:
            yield from _listed_at(archive, store, path, wanted)
    passed = frozenset(store.root.path_of(uri) for uri in (*known, *withdrawn))
    for found in store.root.survey(layout.ROOT, passed):
        if isinstance(found, str) and found not in passed:
            yield from _listed_at(archive, store, found, wanted)


def _listed_at(
    archive: ArchivalStorage, store: Store, path: str, wanted: Wanted
) -> Iterator[Listed | Finding]:
    """The object in a folder, if it is wanted; a finding if it cannot be read."""
    try:
        seen = glance_at(store.root, path, NAMES)
        package = PackageId.parse(seen.glance.identifier)
        title = title_at(store.storage, seen)
        if not fits(archive, package, title, wanted, store.id):
            return
    except (Damaged, StorageError, ValueError) as error:
        yield Finding(Code.INVENTORY_INVALID, path, seen=str(error))
        return
    versions, files = len(seen.glance.versions), seen.glance.files
    yield Listed(package.uri, package.portable, versions, files, title)


def status(
    archive: ArchivalStorage, package: PackageId | None = None, wanted: Wanted = ANY
) -> list[Status]:
    """The copies of a package, or of every package that the ledger or a storage of ours knows.

    With `wanted`, only packages that the primary storage lists. Withdrawn packages are included
    only if they are named.

    Looking at a copy never improves its state in the ledger, but may worsen it. Raises NotFound if
    no storage holds the package named, and the ledger knows of none; WrongLedger if the primary
    storage has seen more of the ledger.
    """
    if package is not None or wanted:
        return list(each_status(archive, package, wanted))
    return sorted(each_status(archive), key=lambda status: status.package)


def each_status(
    archive: ArchivalStorage, package: PackageId | None = None, wanted: Wanted = ANY
) -> Iterator[Status]:
    """The same, one by one: those that the ledger knows by their names, then any others."""
    archive.refuse_outdated(archive.primary)
    rules = rules_of(archive)
    if package is not None:
        yield _status_of(archive, package, rules)
    elif wanted:
        for listed_package in list_packages(archive, wanted=wanted).packages:
            yield _status_of(archive, PackageId.parse(listed_package.package), rules)
    else:
        for judgement in judgements(archive, rules):
            if not judgement.withdrawn:
                yield _status(archive, judgement, _parsed(judgement.package))
        yield from _strangers(archive, rules)


def _status_of(archive: ArchivalStorage, package: PackageId, rules: Rules) -> Status:
    """The copies of one package. Raises NotFound if there are none anywhere."""
    known = archive.ledger.copies.of(package.uri)
    asked = _status(archive, judge(package.uri, known, rules), package)
    if all(copy.state in {State.ABSENT, State.UNREACHABLE} for copy in asked.copies):
        raise NotFound(_("there is no package {id}").format(id=package))
    related = relations_of(package.uri, relations(archive.ledger))
    return replace(asked, relations=tuple(related))


def _strangers(archive: ArchivalStorage, rules: Rules) -> Iterator[Status]:
    """Packages of which the ledger knows no copy; of the others, their own status tells it."""
    judged: dict[str, Judgement] = {}
    for store in archive.stores():
        listing = listed(archive, store)
        for stranger in () if listing is None else unrecorded(archive, store, listing):
            known = archive.ledger.copies.of(stranger.name)
            if not known:
                before = judged.get(stranger.name) or judge(stranger.name, (), rules)
                judged[stranger.name] = with_stranger(before, stranger.storage)
    for name in sorted(judged):
        if not judged[name].withdrawn:
            yield _status(archive, judged[name], _parsed(name))


def _parsed(name: str) -> PackageId | None:
    try:
        return PackageId.parse(name)
    except ValueError:
        return None


def _status(archive: ArchivalStorage, judgement: Judgement, package: PackageId | None) -> Status:
    """What is known about a package, and what a look at the storages adds; None if it is none.

    Our own packages do not belong in storages held for others, nor theirs in ours.
    """
    known = {copy.known.storage: copy for copy in judgement.copies}
    copies = []
    for store in archive.stores():
        judged = known.get(store.id)
        there = package is not None and _is_there(StoredCopy(archive, store, package))
        elsewhere = (store.config.role is Role.HELD) is judgement.own
        if judged is None and known and (package is None or (elsewhere and not there)):
            continue
        if package is None:
            copies.append(CopyStatus(store.id, State.UNRECORDED))
        else:
            copies.append(_copy(StoredCopy(archive, store, package), judged, judgement))
    counting = {storage for storage, copy in known.items() if copy.counted}
    counted = sum(copy.storage in counting and copy.state.counts for copy in copies)
    return Status(
        judgement.package,
        judgement.package if package is None else package.portable,
        tuple(copies),
        judgement.withdrawn
        or (not judgement.few and (not judgement.own or counted >= judgement.wanted)),
        tombstones(archive.ledger).get(judgement.package) if judgement.withdrawn else None,
    )


def _is_there(stored: StoredCopy) -> bool:
    try:
        return stored.is_there()
    except StorageError:
        return False


_SETTLED = {State.WITHDRAWN, State.REMOVED, State.RETIRED}
"""States that two persons decided, whatever is there."""


def _copy(stored: StoredCopy, judged: JudgedCopy | None, judgement: Judgement) -> CopyStatus:
    last = stored.last(FIXITY_CHECK)
    checked, outcome = (last.time, last.outcome) if last else (None, None)
    known = State.ABSENT if judged is None else judged.state
    acknowledged = judged.known.version or 0 if judged is not None and stored.belongs else 0
    versions: tuple[str, ...] = ()
    reason = None
    try:
        copied = stored.glance()
        versions = copied.glance.versions
        state = _held(stored, copied, acknowledged, judgement.newest)
    except Damaged:
        state = State.DAMAGED if acknowledged else State.UNRECORDED
    except NotFound:
        state = State.MISSING if acknowledged else State.ABSENT
    except StorageError as error:
        state, reason = State.UNREACHABLE, str(error)
    state = known if known in _SETTLED else State.worst(state, known)
    return CopyStatus(stored.store.id, state, versions, checked, outcome, reason)


def _held(stored: StoredCopy, found: GlancedObject, acknowledged: int, newest: int) -> State:
    """What the inventory of a copy shows, given the number of versions acknowledged there."""
    versions = len(found.glance.versions)
    if not acknowledged:
        return State.UNRECORDED
    recorded = stored.recorded.inventories().get(found.glance.head, found.digest)
    if versions < acknowledged or recorded != found.digest:
        return State.DAMAGED
    if versions > newest and stored.store.config.role is not Role.HELD:
        begun = stored.last(START, END)  # a run that was interrupted is no version of a stranger
        return State.SOUND if begun is not None and begun.type == START else State.DAMAGED
    return State.INCOMPLETE if versions < newest else State.SOUND
