"""What befalls a storage, and what a hostile partner does to one that it can write to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from preserva.core.formats import layout
from preserva.core.formats.canonical_json import canonical
from preserva.core.values.model import PackageId
from tests.simulator.world import (
    AONB,
    BOOKS,
    NLB,
    STRANGERS,
    THIRD,
    Files,
    World,
    folder_of,
    object_files,
)
from tests.support.partners import chained_anew, idle, replaced

Fault = Callable[[World, str, PackageId], None]
"""What happens to a package in a storage, or to the storage."""


def delete(world: World, storage: str, book: PackageId) -> None:
    """A copy is gone."""
    _remove(world.disks[storage], folder_of(book))


def flip(world: World, storage: str, book: PackageId) -> None:
    """One bit of a page is another."""
    _change(world, storage, book, "0001.tif", lambda data: data[:-1] + bytes([data[-1] ^ 1]))


def flip_inventory(world: World, storage: str, book: PackageId) -> None:
    """One bit of an inventory is another."""
    _change(world, storage, book, "v1/inventory.json", lambda data: bytes([data[0] ^ 1]) + data[1:])


def cut(world: World, storage: str, book: PackageId) -> None:
    """A file ends in the middle."""
    _change(world, storage, book, "mets.xml", lambda data: data[: len(data) // 2])


def delete_file(world: World, storage: str, book: PackageId) -> None:
    """A page is gone."""
    for path in _named(world.disks[storage], book, "0001.tif"):
        del world.disks[storage][path]


def delete_logs(world: World, storage: str, book: PackageId) -> None:
    """The records of events are gone."""
    _remove(world.disks[storage], f"{folder_of(book)}logs/")


def roll_back(world: World, storage: str, book: PackageId) -> None:
    """The newest version is gone, and the inventory says that it never was."""
    folder, files = folder_of(book), world.disks[storage]
    tops = {path.partition("/")[0] for path in world.copy_of(book, storage)}
    versions = sorted(top for top in tops if top.startswith("v"))
    older = f"{folder}{versions[-2]}/" if len(versions) > 1 else ""
    if older + "inventory.json" in files:
        _remove(files, f"{folder}{versions[-1]}/")
        for name in ("inventory.json", "inventory.json.sha512"):
            if older + name in files:
                files[folder + name] = files[older + name]


def swap_packages(world: World, storage: str, book: PackageId) -> None:
    """Another sound package of the same institution lies in its place."""
    books = BOOKS.get(book.institution, (book,))
    other = books[1 - books.index(book)] if len(books) > 1 else STRANGERS[book.institution]
    strange = world.copy_of(other, storage)
    if strange and world.copy_of(book, storage):
        _put_object(world.disks[storage], book, strange)


def take_away(world: World, storage: str, _book: PackageId) -> None:
    """The disk is not mounted."""
    _shelve(world, storage, {})


def wipe(world: World, storage: str, _book: PackageId) -> None:
    """The disk is a new, empty one: what was on it is lost, and nobody else's lies there."""
    world.disks[storage].clear()
    world.foreign.discard(storage)


def put_back(world: World, storage: str, _book: PackageId) -> None:
    """The right disk is mounted again."""
    if storage in world.shelf:
        world.mount(storage, world.shelf.pop(storage))
        world.foreign.discard(storage)


def take_snapshot(world: World, storage: str, _book: PackageId) -> None:
    """Somebody copies the whole disk."""
    if storage not in world.shelf:
        world.snapshots[storage] = dict(world.disks[storage])


def go_back(world: World, storage: str, _book: PackageId) -> None:
    """The disk is what it was when somebody copied it."""
    if storage in world.snapshots and storage not in world.shelf:
        world.mount(storage, world.snapshots[storage])


def _shelve(world: World, storage: str, instead: Files) -> None:
    if storage not in world.shelf:
        world.shelf[storage] = dict(world.disks[storage])
        world.mount(storage, instead)


ACCIDENTS: tuple[Fault, ...] = (
    delete,
    flip,
    flip_inventory,
    cut,
    delete_file,
    delete_logs,
    roll_back,
    swap_packages,
    take_away,
    wipe,
    put_back,
    take_snapshot,
    go_back,
)


@dataclass(frozen=True, slots=True)
class Forgeries:
    """What anybody can make who calls himself by our name: packages, and a whole other archive."""

    objects: dict[PackageId, Files]
    later: dict[PackageId, Files]
    disks: dict[str, Files]
    chain: Files

    def swap_disk(self, world: World, storage: str, _book: PackageId) -> None:
        """The disk of another archive, under the same name."""
        if storage not in world.shelf:
            _shelve(world, storage, self.disks[storage])
            world.foreign.add(storage)

    def forge(self, world: World, storage: str, book: PackageId) -> None:
        """A consistent package of others in the place of one of ours, or where none is yet."""
        _put_object(world.disks[storage], book, self.objects[book])

    def forge_later(self, world: World, storage: str, book: PackageId) -> None:
        """The same with a further version."""
        _put_object(world.disks[storage], book, self.later[book])

    def plant_stranger(self, world: World, storage: str, book: PackageId) -> None:
        """A package with an identifier of ours that we never made."""
        stranger = STRANGERS[book.institution]
        _put_object(world.disks[storage], stranger, self.objects[stranger])

    def plant_other(self, world: World, storage: str, book: PackageId) -> None:
        """A package that has no place in this storage: of the other institution."""
        other = BOOKS[NLB if book.institution == AONB else AONB][0]
        _put_object(world.disks[storage], other, self.objects[other])

    def misplace(self, world: World, storage: str, book: PackageId) -> None:
        """A package of ours, as it is, in the place of another one."""
        there = world.copy_of(book, storage) or self.objects[book]
        _put_object(world.disks[storage], THIRD, there)

    def rewrite_ledger(self, world: World, storage: str, book: PackageId) -> None:
        """Our ledger copied there, with the digest of a forged package in the place of ours."""
        entries = _chain(world.disks[storage], book.institution)
        ours = world.copy_of(book, storage).get("v1/inventory.json")
        theirs = self.objects[book]["v1/inventory.json"]
        if entries and ours is not None:
            digests = (hashlib.sha512(data).hexdigest() for data in (ours, theirs))
            _write_chain(world.disks[storage], book.institution, replaced(entries, *digests))
            self.forge(world, storage, book)

    def replace_ledger(self, world: World, storage: str, book: PackageId) -> None:
        """The whole ledger of another archive in the place of our copy."""
        folder = f"{layout.LEDGERS}/{book.institution}/"
        _remove(world.disks[storage], folder)
        if book.institution == AONB:
            world.disks[storage].update(self.chain)


def stray_file(world: World, storage: str, _book: PackageId) -> None:
    """A file where none may be."""
    if layout.IDENTITY in world.disks[storage]:
        world.disks[storage][f"{layout.ROOT}/нечто.txt"] = b"?"


def further_version(world: World, storage: str, book: PackageId) -> None:
    """A consistent version that goes on from ours."""
    folder, files = folder_of(book), world.disks[storage]
    try:
        inventory = json.loads(files[f"{folder}inventory.json"])
        head = inventory["head"]
        later = f"v{int(head[1:]) + 1}"
        inventory["versions"][later] = inventory["versions"][head] | {"message": "forged"}
    except (KeyError, ValueError):
        return
    data = json.dumps(inventory | {"head": later}).encode()
    sidecar = f"{hashlib.sha512(data).hexdigest()} inventory.json\n".encode()
    for place in (folder, f"{folder}{later}/"):
        files[f"{place}inventory.json"] = data
        files[f"{place}inventory.json.sha512"] = sidecar


def lengthen_ledger(world: World, storage: str, book: PackageId) -> None:
    """Our ledger goes on, in the copy there, with what we never did."""
    entries = _chain(world.disks[storage], book.institution)
    if entries:
        said = idle(2)
        stored = [entry for entry in entries if entry["type"] == "ingestion end"]
        if stored:
            said.append({**stored[-1], "package": STRANGERS[book.institution].uri})
        _write_chain(world.disks[storage], book.institution, entries + said)


def cut_ledger(world: World, storage: str, book: PackageId) -> None:
    """The copy of our ledger ends earlier."""
    entries = _chain(world.disks[storage], book.institution)
    if len(entries) > 1:
        _write_chain(world.disks[storage], book.institution, entries[: len(entries) // 2])


def forge_mark(world: World, storage: str, _book: PackageId) -> None:
    """The storage says that it has seen more of our ledger than there is."""
    try:
        mark = json.loads(world.disks[storage][layout.LEDGER_MARK])
    except (KeyError, ValueError):
        return
    mark |= {"entry": mark["entry"] + 100, "digest": "0" * 64}
    world.disks[storage][layout.LEDGER_MARK] = canonical(mark)


def forge_identity(world: World, storage: str, _book: PackageId) -> None:
    """The storage says that it is another one."""
    try:
        identity = json.loads(world.disks[storage][layout.IDENTITY])
    except (KeyError, ValueError):
        return
    if storage not in world.shelf:
        _shelve(world, storage, world.disks[storage])
        forged = canonical(identity | {"id": "00000000-0000-4000-8000-999999999999"})
        world.disks[storage][layout.IDENTITY] = forged


def call_us_otherwise(world: World, storage: str, _book: PackageId) -> None:
    """The storage says that the institutions have other names, and are elsewhere."""
    try:
        identity = json.loads(world.disks[storage][layout.IDENTITY])
    except (KeyError, ValueError):
        return
    for institution in identity["institutions"].values():
        institution |= {"name": dict.fromkeys(institution["name"], "X"), "country": "XX"}
    world.disks[storage][layout.IDENTITY] = canonical(identity)


LIES: tuple[Fault, ...] = (
    stray_file,
    further_version,
    lengthen_ledger,
    cut_ledger,
    forge_mark,
    forge_identity,
    call_us_otherwise,
)
DISKS = ("swap_disk",)
FORGED = (
    "swap_disk",
    "forge",
    "forge_later",
    "plant_stranger",
    "plant_other",
    "misplace",
    "rewrite_ledger",
    "replace_ledger",
)
"""Those of `Forgeries`; a disk may be swapped anywhere."""


def _remove(files: Files, prefix: str) -> None:
    for path in [path for path in files if path.startswith(prefix)]:
        del files[path]


def _put_object(files: Files, book: PackageId, content: Files) -> None:
    if layout.IDENTITY not in files:
        return  # nothing is mounted
    _remove(files, folder_of(book))
    for path, data in content.items():
        files[folder_of(book) + path] = data


def _named(files: Files, book: PackageId, ending: str) -> list[str]:
    folder = folder_of(book)
    return sorted(path for path in files if path.startswith(folder) and path.endswith(ending))[:1]


def _change(
    world: World, storage: str, book: PackageId, ending: str, change: Callable[[bytes], bytes]
) -> None:
    for path in _named(world.disks[storage], book, ending):
        if world.disks[storage][path]:
            world.disks[storage][path] = change(world.disks[storage][path])


def _chain(files: Files, own: str) -> list[dict[str, Any]]:
    folder = f"{layout.LEDGERS}/{own}/"
    parts = sorted(path for path in files if path.startswith(folder))
    return [json.loads(line) for part in parts for line in files[part].splitlines()]


def _write_chain(files: Files, own: str, entries: list[dict[str, Any]]) -> None:
    folder = f"{layout.LEDGERS}/{own}/"
    _remove(files, folder)
    lines, _digests = chained_anew(entries)
    files[f"{folder}{1:012}-{len(lines):012}.jsonl"] = b"".join(lines)


def forgeries(evil: World) -> Forgeries:
    """What a world of liars that was packaged, replicated and updated gives to lie with."""
    from tests.simulator import verbs

    objects: dict[PackageId, Files] = {}
    later: dict[PackageId, Files] = {}
    for name, who in evil.people.items():
        books = (*BOOKS[name], STRANGERS[name])
        for book in books:
            verbs.store(evil, who, book, who.main)
            objects[book] = evil.copy_of(book, who.main)
        verbs.replicate(evil, who, books[0], who.main)
        for book in books:
            verbs.store(evil, who, book, who.main)
            later[book] = evil.copy_of(book, who.main)
    disks = {name: dict(files) for name, files in evil.disks.items()}
    folder = f"{layout.LEDGERS}/{AONB}/"
    copied = disks["aonb-copy"].items()
    chain = {path: data for path, data in copied if path.startswith(folder)}
    assert object_files(disks["aonb-copy"], BOOKS[AONB][0]), "the liars are whole"
    return Forgeries(objects, later, disks, chain)
