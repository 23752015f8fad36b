"""Which packages have nothing new to send: remotely, one look at each copy, many concurrently.

Only that is concluded from a look, never that a copy is sound: that is the audit's work. A look
asks for the size of the root inventory and reads its digest file (OCFL 1.1, section 3.5.3). If the
size is that of the one at its owner, the digest the one that the ledger recorded for the newest
version, and every version was acknowledged there, then there is nothing to send. In every other
case the package is compared in full. See docs/adr/0036-long-lines.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from preserva.archive.archive import ArchivalStorage
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.formats.inventory import version_number
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Kind, PackageId
from preserva.core.values.report import Report
from preserva.core.values.subjects import ObjectToStorage
from preserva.errors import NotFound, StorageError, Unreachable
from preserva.files.parallel import bounded_map
from preserva.replication.pair import Replication
from preserva.storage.base import read_all

_ALGORITHMS = {128: "sha512", 64: "sha256"}
"""Those that OCFL allows for inventories, by the length of their digests."""

_LARGEST = 4096

_Look = tuple[str, str]
"""The folder of an object, and the digest that its root inventory must have."""


class Alike:
    """The packages, by the folders of their objects, whose copy is already up to date."""

    def __init__(
        self,
        archive: ArchivalStorage,
        source: Store,
        target: Store,
        packages: Mapping[str, PackageId | None],
    ) -> None:
        """Look at all of them. On a disk of this computer a full comparison costs little."""
        self._archive = archive
        self._source = source
        self._target = target
        self._packages = packages
        self._away = False
        self._alike: set[str] = set()
        if not target.is_local:
            workers = target.storage.max_looks
            looks = bounded_map(self._look, self._expected(), workers=workers)
            self._alike = {path for path in looks if path is not None}

    def result(self, path: str) -> Replication | None:
        """The result that nothing is to be done for an object; None if it must be compared."""
        package = self._packages[path]
        if package is None or path not in self._alike:
            return None
        report = Report(ObjectToStorage(path, self._target.id))
        return Replication(package.uri, self._target.id, report)

    def _expected(self) -> Iterator[_Look]:
        """The ledger's data on packages of which every version was acknowledged in the target."""
        begun = self._begun()
        for path, package in self._packages.items():
            if package is None or f"replicate-{package.portable}" in begun:
                continue
            copy = StoredCopy(self._archive, self._target, package)
            recorded = copy.recorded.inventories()
            if recorded and copy.path == path and copy.acknowledged() == recorded.keys():
                yield path, recorded[max(recorded, key=version_number)]

    def _begun(self) -> set[str]:
        """Leftovers of interrupted runs in staging: their packages are not skipped."""
        try:
            entries = self._target.storage.children(layout.STAGING)
        except NotFound:  # where a folder is nothing but the files in it
            return set()
        return {entry.path.rpartition("/")[2] for entry in entries}

    def _look(self, look: _Look) -> str | None:
        """The folder of the object, if both copies have the inventory that was recorded."""
        path, digest = look
        if self._away:  # nobody waits for each of them
            return None
        try:
            here = self._size(self._source, path, digest)
            same = here is not None and here == self._size(self._target, path, digest)
        except Unreachable:
            self._away = True
            return None
        except StorageError:  # a full comparison says what is the matter
            return None
        return path if same else None

    def _size(self, store: Store, path: str, digest: str) -> int | None:
        """The size of the root inventory in a storage; None if it cannot be the one with a digest.

        An inventory on a local disk is read whole. Raises StorageError.
        """
        algorithm = _ALGORITHMS.get(len(digest), "")
        name = f"{path}/{formats.NAME}"
        if store.is_local:
            data = read_all(store.storage, name, formats.LARGEST)
            return len(data) if digest_bytes(data, [algorithm])[algorithm] == digest else None
        entry = store.storage.stat(name)
        line = read_all(store.storage, f"{name}.{algorithm}", _LARGEST)
        if entry is None or entry.kind is not Kind.FILE or formats.parse_sidecar(line) != digest:
            return None
        return entry.size
