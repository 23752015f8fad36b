"""The identities that the ledger keeps: its own, and those of the storages that it has met.

Each is an entry, so it goes with every copy of the ledger, and the newest one counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from preserva.core.formats import layout
from preserva.core.formats.storage_identity import with_id
from preserva.core.values.entries import LEDGER_IDENTITY, STORAGE_IDENTITY, SUCCESS
from preserva.core.values.facts import IdentityLearned, LedgerIdentity
from preserva.ledger import Ledger
from preserva.storage.published import replace

if TYPE_CHECKING:
    from preserva.archive.archive import ArchivalStorage
    from preserva.archive.store import Store


def ledger_id(ledger: Ledger) -> str | None:
    """The id of a ledger; None if it is older than ids and has not been written to since."""
    entry = ledger.newest(LEDGER_IDENTITY)
    return None if entry is None else entry.facts_as(LedgerIdentity).ledger


def former_ids(ledger: Ledger) -> set[str]:
    """The ids of the ledgers that were lost and that this one replaces."""
    ids: set[str] = set()
    for entry in ledger.entries(types=(LEDGER_IDENTITY,)):
        facts = entry.facts_as(LedgerIdentity)
        ids |= {facts.ledger, *facts.replaces}
    return ids - {ledger_id(ledger) or ""}


def begin_ledger(archive: ArchivalStorage, replaces: Iterable[str] = ()) -> None:
    """Give the ledger a new id, replacing those of the ledgers that it replaces."""
    facts = LedgerIdentity(archive.identifiers(), tuple(sorted(replaces)))
    archive.ledger.append(LEDGER_IDENTITY, time=archive.now(), outcome=SUCCESS, facts=facts)


def storage_id(ledger: Ledger, name: str) -> str | None:
    """The id by which a ledger knows a storage; None if it does not know it."""
    entry = ledger.last(storage=name, types=(STORAGE_IDENTITY,))
    return None if entry is None else entry.facts_as(IdentityLearned).id


def remember(archive: ArchivalStorage, store: Store, identifier: str) -> None:
    """Record the id by which the ledger knows a storage from now on."""
    if storage_id(archive.ledger, store.id) != identifier:
        archive.ledger.append(
            STORAGE_IDENTITY,
            time=archive.now(),
            outcome=SUCCESS,
            storage=store.id,
            facts=IdentityLearned(identifier),
        )


def give_id(archive: ArchivalStorage, store: Store) -> str:
    """The id of a storage, which gets one if it was made before there were any.

    Hold the storage's lock. The previous `preserva-storage.json` is kept beside the new one.
    """
    identity = store.known_identity()
    if identity.id is not None:
        return identity.id
    identifier = archive.identifiers()
    data = store.identity_data()
    replace(store.storage, layout.FIRST_IDENTITY, data)
    replace(store.storage, layout.IDENTITY, with_id(data, identifier))
    store.asked.clear()
    return identifier
