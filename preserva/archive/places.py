"""The place of a storage: whether one is there, and how an empty one is made."""

from __future__ import annotations

from preserva.archive.store import Store
from preserva.config import Config
from preserva.core.formats import layout
from preserva.core.formats.storage_identity import FORMAT, parse_members, serialise
from preserva.storage.ocfl import OcflRoot
from preserva.storage.published import replace


def is_made(store: Store) -> bool:
    """Whether the storage exists already. Raises Refused for a place that holds something else."""
    storage = store.storage
    if storage.stat("") is None:
        return False
    if storage.stat(layout.IDENTITY) is not None:
        store.check_identity()
        return True
    OcflRoot.refuse_strange(storage)
    return False


def make_place(store: Store, config: Config, identifier: str) -> None:
    """Create an empty storage that records what it is, and who the institutions are."""
    storage = store.storage
    with storage.lock("preserva init"):
        OcflRoot.create(storage)
        text = serialise(_identity(store, config, identifier))
        replace(storage, layout.IDENTITY, text)


def renew_place(store: Store, config: Config) -> None:
    """Rewrite what a storage says of itself, where names or roles were changed since.

    Hold its lock. Its ids stay, and so does what a later version may have written there.
    """
    identity = store.check_identity()
    if identity.id is None:
        return
    before = parse_members(store.identity_data())
    now = {**before, **_identity(store, config, identity.id)}
    if now != before:
        replace(store.storage, layout.IDENTITY, serialise(now))
        store.asked.clear()


def _identity(store: Store, config: Config, identifier: str) -> dict[str, object]:
    """What a lost configuration cannot tell: docs/adr/0004-storage-folder.md."""
    return {
        "storage": store.id,
        "institution": store.config.institution,
        "format": FORMAT,
        "id": identifier,
        "name": store.config.name,
        "role": store.config.role.value,
        "configured_by": config.institution.id,
        **({"held_for": store.config.held_for} if store.config.held_for else {}),
        "institutions": {
            institution.id: {
                "name": dict(institution.names),
                "country": institution.country,
                **({"isil": institution.isil} if institution.isil else {}),
            }
            for institution in config.institutions.values()
        },
    }
