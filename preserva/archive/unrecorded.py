"""Objects in a storage that the ledger does not know: nobody of ours put them there.

Or the ledger is older than the storage. Either way nothing is known of them, and every view names
them. Looking costs a listing of the storage root; no content is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_object
from preserva.archive.store import Store
from preserva.config import Role
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, START
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome, Report
from preserva.core.values.subjects import ObjectInStorage
from preserva.errors import Damaged, StorageError


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """An object: its folder, and the identifier of the package that it says it is, if it may be."""

    storage: str
    path: str
    package: PackageId | None

    @property
    def name(self) -> str:
        """What it is called in the ledger."""
        return self.path if self.package is None else self.package.uri

    @property
    def report(self) -> Report:
        """The report on it."""
        subject = ObjectInStorage(self.name, self.storage)
        return Report(subject, [Finding(Code.NOT_RECORDED, self.path)])


def listed(store: Store) -> frozenset[str] | None:
    """The folders of all objects in a storage; None if it cannot be listed.

    None for those that we hold for others as well: what is new there waits for `receive`.
    """
    if store.config.role is Role.HELD:
        return None
    try:
        return frozenset(store.root.objects())
    except StorageError:
        return None


def unrecorded(archive: ArchivalStorage, store: Store, paths: Set[str]) -> list[Unrecorded]:
    """Those of these objects that the ledger does not know, and that are still there.

    Raises StorageError.
    """
    unknown = sorted(paths - set(_known(archive, store)))
    seen = (_look(store, path) for path in unknown)
    return [strange for strange in seen if strange is not None]


def note_unrecorded(archive: ArchivalStorage, storage: str, strangers: list[Unrecorded]) -> None:
    """Record those that were not known to be there, and that others are gone."""
    names = {strange.name for strange in strangers}
    open_ = {
        trouble.package
        for trouble in archive.ledger.copies.troubled()
        if trouble.storage == storage and trouble.trouble is State.UNRECORDED
    }
    for name in sorted(names - open_):
        record_object(archive, storage, name, Outcome.UNKNOWN)
    for name in sorted(open_ - names):
        record_object(archive, storage, name, Outcome.PASS)


def _known(archive: ArchivalStorage, store: Store) -> Iterator[str]:
    """The folders of what was stored here, and of what is being stored."""
    for uri in archive.ledger.copies.packages(store.id):
        yield store.root.path_of(uri)
    begun = archive.ledger.last(storage=store.id, types=(START, END))
    if begun is not None and begun.type == START and begun.package is not None:
        yield store.root.path_of(begun.package)


def _look(store: Store, path: str) -> Unrecorded | None:
    try:
        if store.storage.stat(path) is None:
            return None
        package = PackageId.parse(store.root.read_at(path).inventory.identifier)
    except (Damaged, StorageError, ValueError):
        return Unrecorded(store.id, path, None)
    right = store.root.path_of(package.uri) == path
    return Unrecorded(store.id, path, package if right else None)
