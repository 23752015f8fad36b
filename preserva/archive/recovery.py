"""Cleans up after an interrupted run in a storage, before anybody writes there again.

`Archive.writing` does it for every writer: it holds the lock by then, so nothing in staging belongs
to a running process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count

from preserva.archive.staging import update_folder
from preserva.archive.store import Store
from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.entries import (
    ARRIVALS,
    END,
    FAIL,
    REMOVAL,
    REMOVAL_START,
    START,
    SUCCESS,
)
from preserva.core.values.facts import Arrival
from preserva.core.values.model import Kind, PackageId
from preserva.core.values.report import Finding
from preserva.errors import Damaged, NotFound, StorageError, StorageFull, Unreachable
from preserva.ledger import Ledger, LedgerEntry
from preserva.logs import get_logger
from preserva.storage.base import Storage
from preserva.storage.published import quarantine

_logger = get_logger(__name__)

STAGED = "staging"
"""The folder of quarantine for leftovers in staging that could not be removed."""


def recover(
    ledger: Ledger, store: Store, now: Callable[[], str], tell: Callable[[Finding], object]
) -> None:
    """Record how an interrupted ingest ended, and clear away what was never finished.

    Only replications and removals are kept: the next run resumes them. Leftovers that cannot be
    read or removed are set aside, so that they block nobody, and `tell` gets a finding for each.
    Call it while holding the storage's lock; `now` gives the time for the ledger. Raises
    StorageError, LedgerError.
    """
    pending = ledger.last(storage=store.id, types=(START, END))
    if pending is not None and pending.type == START:
        _end_ingest(ledger, store, pending, now(), tell)
    try:
        left = store.storage.children(layout.STAGING)
    except NotFound:  # where a folder is nothing but the files in it
        return
    for entry in left:
        name = entry.path.rpartition("/")[2]
        if entry.path == layout.REMOVED:
            _clear_removed(ledger, store, tell)
        elif entry.path not in layout.OF_DRIVERS and not name.startswith("replicate-"):
            _clear(store.storage, entry.path, tell)


def _clear_removed(ledger: Ledger, store: Store, tell: Callable[[Finding], object]) -> None:
    """Remove what came back of packages whose removal is over; one under way goes on from there."""
    under_way: set[str] = set()
    for entry in ledger.entries(storage=store.id, types=(REMOVAL_START, REMOVAL)):
        name = PackageId.parse(str(entry.package)).portable
        (under_way.add if entry.type == REMOVAL_START else under_way.discard)(name)
    for left in store.storage.children(layout.REMOVED):
        if left.path.rpartition("/")[2] not in under_way:
            _clear(store.storage, left.path, tell)


def _clear(storage: Storage, path: str, tell: Callable[[Finding], object]) -> None:
    """Empty staging; anything that cannot be removed goes to quarantine."""
    try:
        storage.discard(path)
    except (Unreachable, StorageFull):
        raise
    except StorageError as error:
        _logger.warning("%s cannot be removed: %s", path, error)
        name = path.rpartition("/")[2]
        places = (f"{layout.QUARANTINE}/{STAGED}/{name}-{number}" for number in count(1))
        target = next(place for place in places if storage.stat(place) is None)
        moved = _move_aside(storage, path, target)
        tell(Finding(Code.STAGING_SET_ASIDE if moved else Code.IN_THE_WAY, path, seen=target))


def _move_aside(storage: Storage, path: str, target: str) -> bool:
    """Set aside something that may be unreadable; returns whether its place is free."""
    try:
        quarantine(storage, path, target)
    except (Unreachable, StorageFull):
        raise
    except StorageError:  # it could not be listed, so nothing was moved
        with suppress(StorageError):
            storage.quarantine(path, target)
    return storage.stat(path) is None


def _end_ingest(
    ledger: Ledger,
    store: Store,
    start: LedgerEntry,
    time: str,
    tell: Callable[[Finding], object],
) -> None:
    """The version counts if it is completely the one that the ledger announced."""
    assert start.package is not None and start.version is not None
    _logger.warning("recovering an interrupted ingest: entry %d of the ledger", start.number)
    path = store.root.path_of(start.package)
    store.root.recover(path)
    arrival = start.facts_as(Arrival)
    stored = _is_whole(store, path, start.version, arrival)
    package = PackageId.parse(start.package)
    aside = None
    if stored:
        store.root.take_logs(update_folder(package), path)
    else:
        aside = _set_aside(ledger, store, package, start, tell)
    ledger.append(
        END,
        time=time,
        outcome=SUCCESS if stored else FAIL,
        package=start.package,
        storage=store.id,
        version=start.version,
        facts=replace(arrival, after_interruption=True, quarantine=aside),
    )


def _is_whole(store: Store, path: str, version: str, arrival: Arrival) -> bool:
    """Whether every file of the announced version is in its place, with its recorded size.

    An unreadable version does not count: nobody has acknowledged it. Raises Unreachable.
    """
    place = f"{path}/{version}"
    try:
        sealed = store.root.read_version(path, version)
        entered = store.root.read_at(path)
        entries = {entry.path: entry for entry in store.storage.walk(place)}
    except Unreachable:
        raise
    except (StorageError, Damaged):
        store.check_identity()  # it raises where it is the storage that cannot be read
        return False
    if sealed.digest != arrival.inventory or version not in entered.inventory.versions:
        return False
    content = f"{place}/{sealed.inventory.content_directory}/"
    sizes = {
        name: entry.size
        for name, entry in entries.items()
        if entry.kind is Kind.FILE and name.startswith(content)
    }
    listed = {f"{path}/{name}" for name in sealed.inventory.content()}
    expected = {name for name in listed if name.startswith(f"{place}/")}
    return sizes.keys() == expected and sum(sizes.values()) == arrival.size


def _set_aside(
    ledger: Ledger,
    store: Store,
    package: PackageId,
    start: LedgerEntry,
    tell: Callable[[Finding], object],
) -> str | None:
    """Move a half-done publication in the place of a version to quarantine; returns where.

    Anything acknowledged in that place stays: validation reports it.
    """
    assert start.version is not None
    path = store.root.path_of(package.uri)
    place = path if start.version == "v1" else f"{path}/{start.version}"
    arrivals = ledger.entries(package=package.uri, storage=store.id, types=ARRIVALS)
    acknowledged = {entry.version for entry in arrivals if entry.outcome == SUCCESS}
    kept = acknowledged if start.version == "v1" else acknowledged & {start.version}
    if kept or store.storage.stat(place) is None:
        return None
    if start.version != "v1":
        try:
            store.root.step_back(path, start.version)
        except Unreachable:
            raise
        except (StorageError, Damaged):  # without the version before, nothing is moved
            tell(Finding(Code.IN_THE_WAY, place))
            return None
    _logger.warning("%s was never acknowledged: it goes to quarantine", place)
    event = start.facts_as(Arrival).event or f"entry-{start.number}"
    aside = f"{layout.QUARANTINE}/{package.portable}/{event}/{start.version}"
    moved = _move_aside(store.storage, place, aside)
    tell(Finding(Code.SET_ASIDE if moved else Code.IN_THE_WAY, place, seen=aside))
    return aside if moved else None
