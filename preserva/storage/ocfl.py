"""An OCFL 1.1 storage root on a storage: find, read and add objects and versions.

How a version is added, so that a crash at any instant leaves a sound object:

1. Everything of it is written below `staging/`, its inventory included.
2. A first version is published as a whole object, by one rename.
3. A later one is published as `vN`, by one rename; then the root's inventory is replaced, and then
   the inventory's digest file. `recover` finishes the last two steps after a crash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.formats.inventory import Inventory, InventoryError
from preserva.core.formats.inventory_text import serialise
from preserva.core.values.codes import Code
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Entry, Kind
from preserva.core.values.report import Finding
from preserva.errors import (
    NEWER_FORMAT,
    Damaged,
    NotFound,
    Refused,
    StorageError,
    UsageError,
    WrongStorage,
)
from preserva.files.parallel import bounded_map
from preserva.i18n import _
from preserva.storage import published
from preserva.storage.base import Storage, read_all

_OCFL = (1, 1)
_NONE: tuple[int, ...] = ()
_DECLARATION = re.compile(r"/0=ocfl_([0-9]{1,4}(?:\.[0-9]{1,4}){0,3})\Z")

_DEEPEST = 40
"""How many levels below the root objects are looked for."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as its root inventory describes it.

    `path` is its folder in the storage; `digest` is the inventory's, by the inventory's algorithm.
    """

    path: str
    inventory: Inventory
    data: bytes
    digest: str

    def version(self, name: str | None) -> str:
        """The version of this name, or the newest. Raises UsageError if there is none."""
        head = self.inventory.head
        if name is not None and name not in self.inventory.versions:
            message = _("{id} has no version {version}; the newest is {head}")
            identifier = self.inventory.identifier
            raise UsageError(message.format(id=identifier, version=name, head=head))
        return name or head


class OcflRoot:
    """The storage root in a storage."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    @classmethod
    def create(cls, storage: Storage) -> OcflRoot:
        """Make an empty storage root. A storage that holds anything else is refused."""
        cls.refuse_strange(storage)
        if storage.stat(layout.ROOT) is None:
            staged = f"{layout.STAGING}/root"
            storage.discard(staged)
            for name, data in layout.root_files().items():
                storage.create(f"{staged}/{name}", [data])
            published.publish(storage, staged, layout.ROOT)
        return cls(storage)

    @staticmethod
    def refuse_strange(storage: Storage) -> None:
        """Raise Refused for a storage that holds anything that is not ours."""
        ours = {layout.STAGING, layout.ROOT}
        strange = [entry.path for entry in storage.children("") if entry.path not in ours]
        if strange:
            message = _("{url} is not empty ({name} …); preserva needs a folder of its own")
            raise Refused(message.format(url=storage.url, name=strange[0]))

    def refuse_newer(self) -> None:
        """Raise WrongStorage for a storage root of an OCFL version that is not known here."""
        version = self._other_version()
        if version > _OCFL:
            raise self._wrong_version(version, NEWER_FORMAT)

    def refuse_older(self) -> None:
        """Raise WrongStorage for a root of OCFL 1.0, which is readable but must not hold 1.1."""
        version = self._other_version()
        if _NONE < version < _OCFL:
            hint = _(
                "It can be read. Before anything is written there, replace its declaration by"
                " {name}, as in OCFL 1.1, section 4.1; nothing else needs to change."
            ).format(name=layout.ROOT_DECLARATION[0])
            raise self._wrong_version(version, hint)

    def _other_version(self) -> tuple[int, ...]:
        """The newest OCFL version that the root declares, if it is not ours."""
        if self.storage.stat(f"{layout.ROOT}/{layout.ROOT_DECLARATION[0]}") is not None:
            return _NONE
        root = self.storage.stat(layout.ROOT)
        entries = self.storage.children(layout.ROOT) if root and root.kind is Kind.FOLDER else ()
        declared = (_DECLARATION.search(entry.path) for entry in entries)
        return max(
            (tuple(map(int, match[1].split("."))) for match in declared if match), default=_NONE
        )

    def _wrong_version(self, version: tuple[int, ...], hint: str) -> WrongStorage:
        message = _("{url} has a storage root of OCFL {version}; this preserva writes OCFL 1.1")
        number = ".".join(map(str, version))
        return WrongStorage(message.format(url=self.storage.url, version=number), hint=hint)

    def path_of(self, identifier: str) -> str:
        """The folder of an object, whether it is there or not."""
        return f"{layout.ROOT}/{layout.object_path(identifier)}"

    def objects(self) -> Iterator[str]:
        """The folders of all objects, in the order of the folders. Raises StorageError."""
        yield from (item for item in self.survey(layout.ROOT) if isinstance(item, str))

    def survey(self, root: str, known: frozenset[str] = frozenset()) -> Iterator[str | Finding]:
        """The folders of all objects in a storage root, and findings for everything foreign.

        Folders `known` to be objects are not looked into; others are, many at a time. What the
        standard tells validators to ignore is ignored: files in the root itself (E087) and
        extensions. No link is followed. Raises StorageError.
        """
        entries = self.storage.children(root)
        yield from self._declared(root, {entry.path.rpartition("/")[2] for entry in entries})
        extensions = f"{root}/extensions".lstrip("/")
        tops = [entry.path for entry in entries if entry.kind is Kind.FOLDER]
        listings = self._listings([path for path in tops if path != extensions], known)
        for entry in entries:
            if entry.kind is Kind.FOLDER and entry.path != extensions:
                yield from self._below(entry.path, listings, 1)
            elif entry.kind in {Kind.LINK, Kind.OTHER}:
                yield Finding(Code.ROOT_LINK, entry.path, seen=entry.kind.value)

    def _declared(self, root: str, names: set[str]) -> Iterator[Finding]:
        """What is wrong with the declaration of a root, for every known version of OCFL."""
        prefix = f"{root}/" if root else ""
        known = [name for name in layout.ROOT_DECLARATIONS if name in names]
        strange = {name for name in names if name.startswith("0=")} - set(known)
        if len(known) != 1 or strange:
            expected = layout.ROOT_DECLARATION[0]
            seen = ", ".join(sorted(strange.union(known))) or None
            yield Finding(Code.ROOT_DECLARATION, prefix + expected, expected, seen)
        for name in known:
            expected = f"{name[2:]}\n"
            try:
                data = read_all(self.storage, prefix + name, 1024)
            except StorageError:
                data = b""
            if data != expected.encode():
                yield Finding(Code.ROOT_DECLARATION, prefix + name, expected, repr(data)[1:100])

    def _listings(self, level: list[str], known: frozenset[str]) -> dict[str, list[Entry]]:
        """What is in these folders and those below them, down to the objects, level by level."""
        listings: dict[str, list[Entry]] = {}
        workers = self.storage.max_looks
        for _depth in range(_DEEPEST):
            asked = [folder for folder in level if folder not in known]
            level = []
            seen = bounded_map(self.storage.children, asked, workers=workers)
            for folder, entries in zip(asked, seen, strict=True):
                listings[folder] = entries
                if not _is_object(entries):
                    level += [entry.path for entry in entries if entry.kind is Kind.FOLDER]
            if not level:
                break
        return listings

    def _below(
        self, folder: str, listings: dict[str, list[Entry]], depth: int
    ) -> Iterator[str | Finding]:
        entries = listings.get(folder)
        if entries is None or _is_object(entries):
            yield folder
        elif not entries:
            yield Finding(Code.ROOT_EMPTY_FOLDER, folder)
        elif depth == _DEEPEST:
            yield Finding(Code.ROOT_TOO_DEEP, folder)
        else:
            for entry in entries:
                if entry.kind is Kind.FOLDER:
                    yield from self._below(entry.path, listings, depth + 1)
                elif entry.kind is Kind.FILE:
                    yield Finding(Code.ROOT_FILE, entry.path)
                else:
                    yield Finding(Code.ROOT_LINK, entry.path, seen=entry.kind.value)

    def holds(self, identifier: str) -> bool:
        """Whether there is an object with this id."""
        return self.storage.stat(self.path_of(identifier)) is not None

    def read(self, identifier: str) -> StoredObject:
        """An object, by its id. Raises NotFound, or Damaged if its inventory cannot be trusted."""
        stored = self.read_at(self.find(identifier))
        refuse_other(stored.path, stored.inventory.identifier, identifier)
        return stored

    def find(self, identifier: str) -> str:
        """The folder of an object that is there. Raises NotFound."""
        path = self.path_of(identifier)
        if self.storage.stat(path) is None:
            message = _("there is no package {id} in {url}")
            raise NotFound(message.format(id=identifier, url=self.storage.url), path=path)
        return path

    def read_at(self, path: str) -> StoredObject:
        """The object in a folder. Raises StorageError, or Damaged if its inventory is not sound."""
        return self.read_inventory(path, path)

    def read_version(self, path: str, version: str) -> StoredObject:
        """The object in a folder as it was at one version, from that version's own inventory."""
        return self.read_inventory(path, f"{path}/{version}")

    def read_inventory(self, path: str, folder: str) -> StoredObject:
        """The inventory in a folder, checked against its digest file."""
        if self.storage.stat(folder) is None:  # a hidden folder can be opened all the same
            raise NotFound(_("{path} is not there").format(path=folder), path=folder)
        name = f"{folder}/{formats.NAME}"
        data = read_all(self.storage, name, formats.LARGEST)
        try:
            inventory = formats.parse(data)
        except InventoryError as error:
            message = _("{path} is not a valid inventory:").format(path=name)
            raise Damaged(message, error.problems) from error
        digest = digest_bytes(data, [inventory.algorithm])[inventory.algorithm]
        self.refuse_unlike(folder, inventory.sidecar, digest)
        return StoredObject(path, inventory, data, digest)

    def refuse_unlike(self, folder: str, sidecar: str, digest: str) -> None:
        """Raise Damaged for an inventory that has another digest than the file beside it says."""
        if formats.parse_sidecar(read_all(self.storage, f"{folder}/{sidecar}", 4096)) != digest:
            name = f"{folder}/{formats.NAME}"
            raise Damaged(_("{path} does not match its digest file").format(path=name))

    def begin(self, staged: str, path: str, version: str) -> None:
        """Announce, before it is written, that `staged` will become a version of an object."""
        if version == "v1":
            self.storage.reserve(staged, path)
        else:
            self.storage.reserve(f"{staged}/{version}", f"{path}/{version}")

    def seal(self, staged: str, inventory: Inventory) -> StoredObject:
        """Write a new version's inventory into its folder in staging; nothing is visible yet."""
        data = serialise(inventory)
        digest = digest_bytes(data, [inventory.algorithm])[inventory.algorithm]
        sealed = StoredObject(self.path_of(inventory.identifier), inventory, data, digest)
        self.write_inventory(staged, sealed)
        return sealed

    def write_inventory(self, staged: str, sealed: StoredObject) -> None:
        """Write an inventory, byte for byte, into its version's folder in staging."""
        published.create_all(self.storage, _inventory(f"{staged}/{sealed.inventory.head}", sealed))

    def publish(self, staged: str, sealed: StoredObject) -> None:
        """Make a sealed version durable and visible, and see it there.

        `staged` holds its `vN` folder. Raises NotInPlace, StorageError.
        """
        head = sealed.inventory.head
        if head == "v1":
            name, declaration = layout.OBJECT_DECLARATION
            published.create_all(self.storage, _inventory(staged, sealed))
            self.storage.create(
                f"{staged}/{name}", [declaration]
            )  # last: it may already be visible to others
            names = [*_files_of(sealed), name, formats.NAME, sealed.inventory.sidecar]
            published.publish(self.storage, staged, sealed.path, names)
            self._see_entered(sealed)
            return
        names = [path.removeprefix(f"{head}/") for path in _files_of(sealed)]
        published.publish(self.storage, f"{staged}/{head}", f"{sealed.path}/{head}", names)
        self._enter(sealed)
        self.take_logs(staged, sealed.path)
        self.storage.discard(staged)

    def take_logs(self, staged: str, path: str) -> None:
        """Move the logs of a staged version into the `logs/` of its object."""
        folder = self.storage.stat(f"{staged}/logs")
        for entry in self.storage.children(f"{staged}/logs") if folder is not None else ():
            final = f"{path}/logs/{entry.path.rpartition('/')[2]}"
            if self.storage.stat(final) is None:
                published.publish(self.storage, entry.path, final)

    def _enter(self, sealed: StoredObject) -> None:
        self.storage.replace(f"{sealed.path}/{formats.NAME}", sealed.data)
        line = formats.sidecar_line(sealed.digest)
        self.storage.replace(f"{sealed.path}/{sealed.inventory.sidecar}", line)
        self._see_entered(sealed)

    def _see_entered(self, sealed: StoredObject) -> None:
        """Read, in its final place, what makes the object one with this version as its newest."""
        name, declaration = layout.OBJECT_DECLARATION
        files = {f"{sealed.path}/{name}": declaration, **_inventory(sealed.path, sealed)}
        published.see_all(self.storage, files)

    def recover(self, path: str) -> bool:
        """Finish a version if a crash came between its folder and the root's inventory.

        True if there was one. Other damage is left for validation to report.
        """
        try:
            newest = self._newest_version(path)
            if newest is None:
                return False
            sealed = self.read_version(path, newest)
            data = read_all(self.storage, f"{path}/{formats.NAME}", formats.LARGEST)
            sidecar = read_all(self.storage, f"{path}/{sealed.inventory.sidecar}", 4096)
            root = formats.parse(data)
        except (Damaged, StorageError, InventoryError):
            return False
        entered = data == sealed.data
        if entered and formats.parse_sidecar(sidecar) == sealed.digest:
            return False
        if not entered and any(formats.differences(root, sealed.inventory)):
            return False
        self._enter(sealed)
        return True

    def step_back(self, path: str, version: str) -> None:
        """Make the previous version the newest again, if a later one never counted.

        Raises Damaged, StorageError.
        """
        before = self.read_version(path, f"v{formats.version_number(version) - 1}")
        if read_all(self.storage, f"{path}/{formats.NAME}", formats.LARGEST) != before.data:
            self._enter(before)

    def _newest_version(self, path: str) -> str | None:
        numbers = []
        for entry in self.storage.children(path):
            name = entry.path.rpartition("/")[2]
            if entry.kind is Kind.FOLDER and name.startswith("v"):
                try:
                    numbers.append(formats.version_number(name))
                except ValueError:
                    continue
        return f"v{max(numbers)}" if numbers else None


def refuse_other(path: str, found: str, identifier: str) -> None:
    """Raise Damaged for an object that says that it is another one."""
    if found != identifier:
        message = _("{path} says that it is {found}, not {id}")
        raise Damaged(message.format(path=path, found=found, id=identifier))


def _is_object(entries: list[Entry]) -> bool:
    """Whether a folder with these entries is that of an object."""
    names = {entry.path.rpartition("/")[2] for entry in entries}
    return any(name.startswith("0=ocfl_object_") or name == formats.NAME for name in names)


def _inventory(folder: str, sealed: StoredObject) -> dict[str, bytes]:
    """The files of an inventory in a folder."""
    return {
        f"{folder}/{formats.NAME}": sealed.data,
        f"{folder}/{sealed.inventory.sidecar}": formats.sidecar_line(sealed.digest),
    }


def _files_of(sealed: StoredObject) -> list[str]:
    """The files of the newest version, below its object."""
    inventory = sealed.inventory
    folder = f"{inventory.head}/"
    own = [folder + formats.NAME, folder + inventory.sidecar]
    return own + [path for path in inventory.content() if path.startswith(folder)]
