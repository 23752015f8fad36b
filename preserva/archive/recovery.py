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
from preserva.core.values.entries import END, FAIL, START, SUCCESS
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.errors import Damaged, StorageError
from preserva.ledger import Ledger, LedgerEntry
from preserva.logs import get_logger

_logger = get_logger(__name__)


def recover(ledger: Ledger, store: Store, now: Callable[[], str]) -> None:
    """Record how an interrupted ingest ended, and clear away what was never finished.

    Only replications are kept: the next run resumes them. Call it while holding the storage's
    lock; `now` gives the time for the ledger. Raises StorageError, LedgerError.
    """
    pending = ledger.last(storage=store.id, types=(START, END))
    if pending is not None and pending.type == START:
        _end_ingest(ledger, store, pending, now())
    if store.storage.stat(layout.STAGING) is None:
        return  # where a folder is nothing but the files in it
    for entry in store.storage.children(layout.STAGING):
        name = entry.path.rpartition("/")[2]
        if entry.path not in layout.OF_DRIVERS and not name.startswith("replicate-"):
            store.storage.discard(entry.path)


def _end_ingest(ledger: Ledger, store: Store, start: LedgerEntry, time: str) -> None:
    """The version counts if its inventory is the one that the ledger announced."""
    assert start.package is not None and start.version is not None
    _logger.warning("recovering an interrupted ingest: entry %d of the ledger", start.number)
    path = store.root.path_of(start.package)
    store.root.recover(path)
    try:
        digest = store.root.read_version(path, start.version).digest
    except (StorageError, Damaged):
        digest = None
    arrival = start.facts_as(Arrival)
    stored = digest == arrival.inventory
    if stored:
        store.root.take_logs(update_folder(PackageId.parse(start.package)), path)
    ledger.append(
        END,
        time=time,
        outcome=SUCCESS if stored else FAIL,
        package=start.package,
        storage=store.id,
        version=start.version,
        facts=replace(arrival, after_interruption=True),
    )
