"""What a tombstone in a storage says of a removal, for a ledger that has to be made anew.

`tombstones/ID/EVENT/removal.json` holds it as canonical JSON: the package, the storage, the time,
and the facts of the entries `withdrawal` and `deletion` without the numbers of other entries,
which mean nothing in another ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from preserva.archive.archive import ArchivalStorage
from preserva.archive.linked_entries import newest_number
from preserva.archive.store import Store
from preserva.archive.withdrawal import Tombstone, tombstones
from preserva.config import Role
from preserva.core.formats import layout
from preserva.core.formats.canonical_json import canonical
from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.values import entries
from preserva.core.values.facts import Removal, Withdrawal
from preserva.core.values.model import PackageId
from preserva.errors import NotFound, StorageError
from preserva.storage.base import read_all

STATED = "removal.json"
_LARGEST = 1 << 20


def is_ours(archive: ArchivalStorage, store: Store) -> bool:
    """Whether a storage is one of our institution, and not held for another."""
    own = store.config.institution == archive.config.institution.id
    return own and store.config.role is not Role.HELD


@dataclass(frozen=True, slots=True)
class StatedRemoval:
    """A package that was withdrawn and then removed from a storage at `time` (ISO 8601, UTC)."""

    package: str
    storage: str
    time: str
    withdrawal: Withdrawal
    removal: Removal

    @classmethod
    def of(cls, tombstone: Tombstone, storage: str, time: str, removal: Removal) -> StatedRemoval:
        """By what the ledger knows of it."""
        withdrawal = Withdrawal(
            tombstone.reason,
            requested_by=tombstone.requested_by,
            confirmed_by=tombstone.confirmed_by,
        )
        return cls(tombstone.package, storage, time, withdrawal, replace(removal, decision=None))

    @classmethod
    def read(cls, data: bytes) -> StatedRemoval:
        """From the file. Raises ValueError."""
        stated = read_json(data)
        try:
            return cls(
                PackageId.parse(stated["package"]).uri,
                str(stated["storage"]),
                datetime.fromisoformat(stated["time"]).isoformat(),
                Withdrawal.from_facts(stated["withdrawal"]),
                Removal.from_facts(stated["removal"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from error

    def written(self) -> bytes:
        """As the file."""
        return canonical(
            {
                "package": self.package,
                "storage": self.storage,
                "time": self.time,
                "withdrawal": self.withdrawal.to_facts(),
                "removal": self.removal.to_facts(),
            }
        )


def restore_removals(archive: ArchivalStorage, stores: list[Store]) -> None:
    """Let a ledger that is rebuilt know what was removed from these storages, where they are ours.

    Only where there is no such copy any more: what is there is there. Raises LedgerError,
    StorageError.
    """
    for store in stores:
        for stated in _stated(store) if is_ours(archive, store) else ():
            known = tombstones(archive.ledger).get(stated.package)
            if store.root.holds(stated.package) or (known and known.is_removed(store.id)):
                continue
            if known is None:
                number = newest_number(archive.ledger, entries.WITHDRAWAL)
                _append(archive, stated, stated.withdrawal.following(number))
            _append(archive, stated, stated.removal)


def _append(archive: ArchivalStorage, stated: StatedRemoval, facts: Withdrawal | Removal) -> None:
    removal = isinstance(facts, Removal)
    for type_ in facts.types if removal else (entries.WITHDRAWAL,):
        archive.ledger.append(
            type_,
            time=stated.time,
            outcome=entries.SUCCESS,
            package=stated.package,
            storage=stated.storage if removal else None,
            facts=facts,
        )


def _stated(store: Store) -> Iterator[StatedRemoval]:
    """What the tombstones of a storage say of it; a damaged one says nothing."""
    try:
        below = list(store.storage.walk(layout.TOMBSTONES))
    except NotFound:
        return
    for entry in sorted(below):
        if entry.path.count("/") == 3 and entry.path.endswith(f"/{STATED}"):
            try:
                stated = StatedRemoval.read(read_all(store.storage, entry.path, _LARGEST))
            except (ValueError, JSONError, StorageError):
                continue
            if stated.storage == store.id:
                yield stated
