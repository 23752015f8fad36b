"""Objects at a glance: what a list needs of them, in memory that does not grow with their files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from preserva.core.formats import inventory as formats
from preserva.core.formats.inventory_glance import Glance, glance, glance_of
from preserva.core.values.digest import MultiHash
from preserva.storage.base import Reader, chunks_of
from preserva.storage.ocfl import OcflRoot, refuse_other

_ALGORITHM = "sha512"


@dataclass(frozen=True, slots=True)
class GlancedObject:
    """An object: its folder in the storage, its newest version, the digest of its inventory."""

    path: str
    glance: Glance
    digest: str


def glance_by_id(root: OcflRoot, identifier: str, names: Sequence[str] = ()) -> GlancedObject:
    """An object, by its id. `names` are files of its newest version whose places are asked for.

    Raises NotFound, or Damaged if its inventory cannot be trusted.
    """
    seen = glance_at(root, root.find(identifier), names)
    refuse_other(seen.path, seen.glance.identifier, identifier)
    return seen


def glance_at(root: OcflRoot, path: str, names: Sequence[str] = ()) -> GlancedObject:
    """The object in a folder. Raises StorageError, or Damaged if its inventory is not sound."""
    hashes = MultiHash([_ALGORITHM])

    def pieces(reader: Reader) -> Iterator[bytes]:
        for piece in chunks_of(reader):
            hashes.update(piece)
            if hashes.size > formats.LARGEST:
                return  # the careful reader says why
            yield piece

    with root.storage.open(f"{path}/{formats.NAME}") as reader:
        seen = glance(pieces(reader), names)
    if seen is None or seen.algorithm != _ALGORITHM:
        stored = root.read_at(path)
        return GlancedObject(path, glance_of(stored.inventory, names), stored.digest)
    digest = hashes.digests()[_ALGORITHM]
    root.refuse_unlike(path, f"{formats.NAME}.{_ALGORITHM}", digest)
    return GlancedObject(path, seen, digest)
