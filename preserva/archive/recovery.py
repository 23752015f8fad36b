"""What an interrupted run left in a storage is put in order, before anybody writes there again.

`Archive.writing` does it for every writer: the lock is held by then, so whatever lies in staging
belongs to no process any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from preserva.archive.staging import update_folder
from preserva.archive.store import Store
from preserva.core.formats import layout
from preserva.core.values.entries import ARRIVALS, END, FAIL, START, SUCCESS
from preserva.core.values.facts import Arrival
from preserva.core.values.model import Kind, PackageId
from preserva.errors import Damaged, NotAFile, NotFound
from preserva.ledger import Ledger, LedgerEntry
from preserva.logs import get_logger
from preserva.storage.published import quarantine

_logger = get_logger(__name__)


def recover(ledger: Ledger, store: Store, now: Callable[[], str]) -> None:
    """Record how an interrupted ingest ended, and clear away what was never finished.

    Only replications are kept: the next run resumes them. Call it while holding the storage's
    lock; `now` gives the time for the ledger. Raises StorageError, LedgerError.
    """
    pending = ledger.last(storage=store.id, types=(START, END))
    if pending is not None and pending.type == START:
        _end_ingest(ledger, store, pending, now())
    try:
        left = store.storage.children(layout.STAGING)
    except NotFound:  # where a folder is nothing but the files in it
        return
    for entry in left:
        name = entry.path.rpartition("/")[2]
        if entry.path not in layout.OF_DRIVERS and not name.startswith("replicate-"):
            store.storage.discard(entry.path)


def _end_ingest(ledger: Ledger, store: Store, start: LedgerEntry, time: str) -> None:
    """The version counts if it is, whole, the one that the ledger announced."""
    assert start.package is not None and start.version is not None
    _logger.warning("recovering an interrupted ingest: entry %d of the ledger", start.number)
    path = store.root.path_of(start.package)
    store.root.recover(path)
    arrival = start.facts_as(Arrival)
    stored = _is_whole(store, path, start.version, arrival)
    package = PackageId.parse(start.package)
    if stored:
        store.root.take_logs(update_folder(package), path)
    else:
        _set_aside(ledger, store, package, start)
    ledger.append(
        END,
        time=time,
        outcome=SUCCESS if stored else FAIL,
        package=start.package,
        storage=store.id,
        version=start.version,
        facts=replace(arrival, after_interruption=True),
    )


def _is_whole(store: Store, path: str, version: str, arrival: Arrival) -> bool:
    """Whether every file of the announced version is in its place, all of them of the same size.

    Raises StorageError if that cannot be established.
    """
    place = f"{path}/{version}"
    try:
        sealed = store.root.read_version(path, version)
        entered = store.root.read_at(path)
        entries = {entry.path: entry for entry in store.storage.walk(place)}
    except (NotFound, NotAFile, Damaged):
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


def _set_aside(ledger: Ledger, store: Store, package: PackageId, start: LedgerEntry) -> None:
    """What a publication done by halves left in the place of a version goes to quarantine.

    What was ever acknowledged in that place stays: validation reports it.
    """
    path = store.root.path_of(package.uri)
    place = path if start.version == "v1" else f"{path}/{start.version}"
    arrivals = ledger.entries(package=package.uri, storage=store.id, types=ARRIVALS)
    acknowledged = {entry.version for entry in arrivals if entry.outcome == SUCCESS}
    kept = acknowledged if start.version == "v1" else acknowledged & {start.version}
    if kept or store.storage.stat(place) is None:
        return
    _logger.warning("%s was never acknowledged: it goes to quarantine", place)
    event = start.facts_as(Arrival).event or f"entry-{start.number}"
    aside = f"{layout.QUARANTINE}/{package.portable}/{event}/{start.version}"
    quarantine(store.storage, place, aside)
