"""Rebuilds a lost storage from the others; the ledger says what belongs there."""

from __future__ import annotations

from collections.abc import Callable

from preserva.archive.archive import ArchivalStorage, make_storage
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.places import is_made, make_place
from preserva.archive.retirement import refuse_retired, retired
from preserva.archive.store import Store
from preserva.archive.withdrawal import tombstones
from preserva.config import Role
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer, ignore, unheard
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.replication.repair import Repair, repair_in
from preserva.storage.open import open_storage


def rebuild_storage(
    archive: ArchivalStorage,
    storage: str,
    *,
    dry_run: bool = False,
    observer: Observer = ignore,
    each: Callable[[Repair], object] = unheard,
) -> list[Repair]:
    """Restore every copy that the ledger acknowledged in a storage, each proved.

    Packages whose bytes were removed by decision, and copies that were retired, stay away.

    The storage is a new, empty place, or one in which something is left. Raises Refused for one
    that was retired or a place that holds something else, UsageError for a storage that another
    institution writes, and what `repair` raises.
    """
    store = archive.store(storage)
    if store.config.role is Role.HELD:
        message = _(
            "{storage} is kept here for another institution, and only that institution rebuilds it"
        )
        raise UsageError(message.format(storage=storage))
    refuse_retired(archive, storage)
    known, gone = archive.ledger.copies.packages(storage), tombstones(archive.ledger)
    unwanted = {uri for uri in gone if gone[uri].removed}
    unwanted |= retired(archive.ledger).copies.get(storage, frozenset())
    packages = [PackageId.parse(uri) for uri in known if uri not in unwanted]
    prove_ledger(archive, record=not dry_run)
    if dry_run and not is_made(store):  # what is not there is empty
        store = Store(store.config, open_storage(f"memory://{archive.identifiers()}"))
        make_place(store, archive.config, archive.identifiers())
    if not is_made(store):
        make_storage(archive, store)
    return repair_in(
        archive,
        store,
        packages,
        apply=not dry_run,
        limit=len(packages),
        observer=observer,
        each=each,
    )
