"""What one storage alone says that we made, while our ledger and our primary storage are lost.

Whoever can write to that storage could have put it there, and nothing is left to contradict him. So
it is named, and a person decides. While our primary storage is there, it tells what we made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from preserva.archive.archive import ArchivalStorage
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.model import PackageId
from preserva.errors import Damaged, Refused
from preserva.i18n import _, joined, ngettext

_NAMED = 20


def refuse_lone_claims(archive: ArchivalStorage, stores: Sequence[Store]) -> None:
    """Refuse versions of ours that one of our storages alone has and the ledger does not know.

    Only inventories are read. Raises Refused, StorageError.
    """
    having: dict[str, list[str]] = defaultdict(list)
    for store in stores:
        for version in _unknown_versions(archive, store):
            having[version].append(store.id)
    claims: dict[str, list[str]] = defaultdict(list)
    for version, storages in having.items():
        if len(storages) == 1:
            claims[storages[0]].append(version)
    if not claims:
        return
    message = _("only {storage} has these, and no copy of the ledger knows them:")
    lines = [
        line
        for storage, versions in sorted(claims.items())
        for line in named(message.format(storage=storage), versions)
    ]
    raise Refused(
        joined("\n  ", [_("no ledger is made on the word of one storage:"), *lines]),
        hint=_(
            "Whoever can write there may have put them there. Find out whether we made them. If we"
            " did, say whose word counts: --from {storage}. If not, take them out of the storage."
        ).format(storage=min(claims)),
    )


def _unknown_versions(archive: ArchivalStorage, store: Store) -> Iterator[str]:
    """The versions of our packages in a storage that the ledger does not know."""
    for path in store.root.objects():
        try:
            inventory = store.root.read_at(path).inventory
            copy = StoredCopy(archive, store, PackageId.parse(inventory.identifier))
        except (Damaged, ValueError):
            continue  # it testifies nothing; the report on it says what is wrong
        if copy.belongs and copy.path == path:
            known = copy.recorded.inventories()
            yield from (
                f"{copy.package.portable} {version}"
                for version in inventory.versions
                if version not in known
            )


def named(title: str, versions: Sequence[str]) -> list[str]:
    """The lines of a message that name some versions, and how many more there are."""
    if not versions:
        return []
    lines = [title, *sorted(versions)[:_NAMED]]
    if (more := len(versions) - _NAMED) > 0:
        lines.append(ngettext("and {count} more", "and {count} more", more).format(count=more))
    return lines
