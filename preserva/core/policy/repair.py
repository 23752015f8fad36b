"""Plans which files of an object are quarantined and which are restored.

Only commitments decide: a file is sound if it has the digest that was recorded before any damage,
never because another copy looks the same.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.formats.inventory import Inventory
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Entry, Kind

_LOGS, _EXTENSIONS = "logs", "extensions"
"""Folders of an object whose files no inventory lists (OCFL 1.1 sections 3.9 and 3.10)."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A file of an object with its recorded digest.

    `data` is its content if that follows from the record, so that no copy is needed.
    """

    path: str
    algorithm: str
    digest: str
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The files to quarantine and the files to restore, by path in the object."""

    aside: tuple[str, ...]
    put: tuple[Committed, ...]


def commitments(
    head: Inventory, digests: Mapping[str, str], found: Mapping[str, bytes]
) -> dict[str, Committed]:
    """Every file that an object must have, by path.

    `head` is the inventory of its newest version; `digests` are those recorded of each version's
    inventory, and `found` the bytes that have them. That of the newest must be among them.
    """
    algorithm = head.algorithm
    name, declaration = layout.OBJECT_DECLARATION
    made = {name: declaration}
    files = {}
    newest = digests[head.head]
    for folder, digest, data in [
        ("", newest, found[head.head]),
        *((f"{version}/", digests[version], found.get(version)) for version in digests),
    ]:
        path = f"{folder}{formats.NAME}"
        files[path] = Committed(path, algorithm, digest, data)
        made[f"{folder}{head.sidecar}"] = formats.sidecar_line(digest)
    for path, data in made.items():
        files[path] = Committed(path, algorithm, digest_bytes(data, [algorithm])[algorithm], data)
    for path, digest in head.content().items():
        files[path] = Committed(path, algorithm, digest)
    return files


def plan(
    committed: Mapping[str, Committed],
    entries: Mapping[str, Entry],
    sound: Container[str],
    lost: Container[str] = (),
) -> Plan:
    """How to restore an object as far as possible; empty if it is sound.

    `entries` is everything in it, `sound` are the files that were read and had their committed
    digest, `lost` those without any good copy: they are not touched. Files in `logs/` or
    `extensions/` are left there, unless they are in the way.
    """
    folders = {above for path in committed for above in _above(path)}
    aside: list[str] = []
    left: set[str] = set()  # everything below one of these is treated like it
    for path, entry in sorted(entries.items()):
        if any(above in left for above in _above(path)):
            continue
        if path in lost:
            left.add(path)
        elif not _may_stay(path, entry.kind, committed, folders, sound):
            left.add(path)
            aside.append(path)
    needed = (one for path, one in sorted(committed.items()) if path not in sound)
    return Plan(tuple(aside), tuple(one for one in needed if one.path not in lost))


def _may_stay(
    path: str,
    kind: Kind,
    committed: Container[str],
    folders: Container[str],
    sound: Container[str],
) -> bool:
    if path in committed:
        return path in sound
    if path in folders or path in {_LOGS, _EXTENSIONS}:
        return kind is Kind.FOLDER
    top, *below = path.split("/")
    if kind is Kind.FILE:  # that of an extension is in the extension's own folder
        return (top == _LOGS and bool(below)) or (top == _EXTENSIONS and len(below) > 1)
    return kind is Kind.FOLDER and top in {_LOGS, _EXTENSIONS}


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
