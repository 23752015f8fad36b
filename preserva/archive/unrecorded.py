"""Things in a storage that the ledger does not know: none of us put them there.

Or the ledger is older than the storage. Either way nothing is known about them, and every view
reports them. Looking costs a listing of the storage root; no content is read. In a storage that is
held for another institution, only things that may not be there are reported: its new packages wait
for `receive`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preserva.archive.archive import ArchivalStorage
from preserva.archive.events import LOGS
from preserva.archive.fixity_events import record_object
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Role
from preserva.core.formats import layout
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, START
from preserva.core.values.model import Kind, PackageId
from preserva.core.values.report import Finding, Outcome, Report
from preserva.core.values.subjects import ObjectInStorage
from preserva.errors import Damaged, StorageError

_MOST = 100
"""The most objects of one storage that one run records; it reports all of them."""


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """An object or a file: its path, what it is, and the package that it claims to be.

    `code` is NOT_RECORDED if nothing forbids it there, otherwise what is wrong with it. Every view
    treats it alike: as something unknown to the ledger.
    """

    storage: str
    path: str
    package: PackageId | None
    code: Code = Code.NOT_RECORDED

    @property
    def name(self) -> str:
        """Its name in the ledger."""
        return self.path if self.package is None else self.package.uri

    @property
    def report(self) -> Report:
        """The report on it."""
        subject = ObjectInStorage(self.name, self.storage)
        wrong = None if self.code is Code.NOT_RECORDED else Finding(self.code).message()
        return Report(subject, [Finding(Code.NOT_RECORDED, self.path, seen=wrong)])


@dataclass(frozen=True, slots=True)
class RootListing:
    """The content of a storage root: the folders of all objects, and everything else."""

    objects: frozenset[str]
    strange: tuple[Finding, ...]


def list_root(store: Store, known: frozenset[str] = frozenset()) -> RootListing:
    """List a storage root, but do not look into the folders of `known` objects.

    An empty folder is ignored: an interrupted publication leaves some. Raises StorageError.
    """
    store.known_identity()
    root = store.storage.stat(layout.ROOT)
    if root is None or root.kind is not Kind.FOLDER:
        kind = None if root is None else root.kind.value
        return RootListing(frozenset(), (Finding(Code.ROOT_LINK, layout.ROOT, seen=kind),))
    objects, strange = set(), []
    for item in (*store.root.survey(layout.ROOT, known), *_files_of_root(store)):
        if isinstance(item, str):
            objects.add(item)
        elif item.code is not Code.ROOT_EMPTY_FOLDER:
            strange.append(item)
    return RootListing(frozenset(objects), tuple(strange))


def _files_of_root(store: Store) -> Iterator[Finding]:
    """Files in the root itself that none of us wrote; an OCFL validator ignores them."""
    for entry in store.storage.children(layout.ROOT):
        name = entry.path.rpartition("/")[2]
        if entry.kind is Kind.FILE and not name.startswith(("0=", "ocfl_")):
            yield Finding(Code.ROOT_FILE, entry.path)


def listed(archive: ArchivalStorage, store: Store) -> RootListing | None:
    """The content of a storage root; None if it cannot be listed, or is held for nobody known."""
    if store.config.role is Role.HELD and store.config.held_for is None:
        return None
    try:
        return list_root(store, frozenset(_known(archive, store)))
    except StorageError:
        return None


def unrecorded(archive: ArchivalStorage, store: Store, there: RootListing) -> list[Unrecorded]:
    """Those that the ledger does not know and that are still there. Raises StorageError."""
    unknown = sorted(there.objects - set(_known(archive, store)))
    seen = (_look(archive, store, path) for path in unknown)
    strange = [
        Unrecorded(store.id, finding.path or layout.ROOT, None, finding.code)
        for finding in there.strange
    ]
    return [*(thing for thing in seen if thing is not None), *strange]


def note_unrecorded(archive: ArchivalStorage, storage: str, strangers: list[Unrecorded]) -> None:
    """Record those that are new, and those that are gone."""
    names = {stranger.name for stranger in strangers}
    open_ = {
        trouble.package
        for trouble in archive.ledger.copies.troubled()
        if trouble.storage == storage
        and (trouble.trouble is State.UNRECORDED or not _belongs(archive, trouble.package, storage))
    }
    for name in sorted(names - open_)[:_MOST]:
        record_object(archive, storage, name, Outcome.UNKNOWN)
    for name in sorted(open_ - names):
        record_object(archive, storage, name, Outcome.PASS)


def unrecorded_logs(copy: StoredCopy) -> list[Finding]:
    """The records of events in a copy that are, by their names, unknown to the ledger.

    Raises StorageError.
    """
    if not copy.is_there():
        return []
    events = [event.log.event for event in copy.recorded.logged()]
    return [
        Finding(Code.LOG_UNKNOWN, f"{LOGS}/{name}")
        for name in copy.log_names()
        if not any(event in name for event in events)
    ]


def _known(archive: ArchivalStorage, store: Store) -> Iterator[str]:
    """The folders of packages stored here, where they belong, and of those being stored."""
    for uri in archive.ledger.copies.packages(store.id):
        if _belongs(archive, uri, store.id):
            yield store.root.path_of(uri)
    begun = archive.ledger.last(storage=store.id, types=(START, END))
    if begun is not None and begun.type == START and begun.package is not None:
        yield store.root.path_of(begun.package)


def _belongs(archive: ArchivalStorage, name: str, storage: str) -> bool:
    try:
        return archive.config.custody.belongs(PackageId.parse(name), storage)
    except ValueError:
        return True  # it is no package, so it is nobody's


def _look(archive: ArchivalStorage, store: Store, path: str) -> Unrecorded | None:
    """What an unacknowledged object is; None if it is gone, or may be here."""
    try:
        if store.storage.stat(path) is None:
            return None
        package = PackageId.parse(store.root.read_at(path).inventory.identifier)
    except (Damaged, StorageError, ValueError):
        return Unrecorded(store.id, path, None)
    custody = archive.config.custody
    if store.root.path_of(package.uri) != path:
        return Unrecorded(store.id, path, None, Code.MISPLACED_OBJECT)
    if not custody.belongs(package, store.id):
        return Unrecorded(store.id, path, package, custody.intruder(package, store.id))
    return None if store.config.role is Role.HELD else Unrecorded(store.id, path, package)
