"""The next version of a stored package while it is made: what it keeps, and what is rewritten.

The previous version is kept unchanged. What the new one shares with it is neither read nor written
again, even where it gets another name: OCFL keeps the content of a file apart from its name.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from preserva.archive.archive import ArchivalStorage
from preserva.archive.commit import ingest
from preserva.archive.staging import Staging, update_folder
from preserva.archive.stored_copy import StoredCopy
from preserva.bag.source import as_stream
from preserva.bag.tag_files import read_tag_files
from preserva.core.eark.check import check_package
from preserva.core.formats import inventory as formats
from preserva.core.values.codes import Severity
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Observed, PackageId
from preserva.core.values.report import Ended, Observer, Started, ignore
from preserva.core.values.subjects import WholePackage
from preserva.errors import Damaged, PackageError, Refused
from preserva.i18n import _
from preserva.information_package.tag_files import (
    bag_info,
    external_description,
    manifest_algorithms,
    write_tag_files,
)
from preserva.ingest.revised import Revised
from preserva.storage.base import chunks_of, read_all
from preserva.storage.local import LocalStorage

_LARGEST = 1 << 30


class Draft:
    """The next version. Paths are those in the bag; `base` is the package's own folder in it."""

    def __init__(self, archive: ArchivalStorage, package: PackageId, staging: Staging) -> None:
        self.archive = archive
        self.store = archive.primary
        self.package = package
        self.staging = staging
        self.stored = stored = StoredCopy(archive, self.store, package).read_recorded()
        self.base = f"data/{package.portable}/"
        self.located = stored.inventory.locate(stored.inventory.head)
        self.before = stored.inventory.versions[stored.inventory.head].files()
        self.time = archive.now()
        tag_files = [path for path in self.before if "/" not in path]
        self._bag = read_tag_files({path: self.content(path) for path in tag_files})
        self.former_title = external_description(self._bag.bag_info) or ""
        self.title = self.former_title
        staging.kept.update(self._state())

    def _state(self) -> dict[str, Observed]:
        """Every file of the present version, with the digests in its manifests."""
        state = {}
        for path in self.before:
            entry = self.store.storage.stat(f"{self.stored.path}/{self.located[path]}")
            if entry is None:
                raise Damaged(_("{path} is not there").format(path=self.located[path]))
            table = self._bag.payload if path.startswith("data/") else self._bag.tags
            digests = table.digests(path) if path in table else {}
            state[path] = Observed(path, entry.size, digests)
        return state

    @property
    def algorithm(self) -> str:
        """The digest algorithm of the inventory."""
        return self.stored.inventory.algorithm

    def content(self, path: str) -> bytes:
        """A small file of the present version. Raises Damaged if it changed since it was stored."""
        content = f"{self.stored.path}/{self.located[path]}"
        data = read_all(self.store.storage, content, _LARGEST)
        if digest_bytes(data, [self.algorithm])[self.algorithm] != self.before[path]:
            message = _("{path} has changed since it was stored, so nothing was updated")
            raise Damaged(message.format(path=content))
        return data

    def stream(self, path: str) -> BinaryIO:
        """A small file of the present version, by its path in the package."""
        return io.BytesIO(self.content(self.base + path))

    def rename(self, below: str, kept: Mapping[str, str]) -> None:
        """Of the files below a folder of the package, keep only those in `kept`: new by old path.

        Nothing is written for that.
        """
        start = self.base + below
        seen = self.staging.kept
        files = {path: seen.pop(path) for path in list(seen) if path.startswith(start)}
        places = {path: self.located[path] for path in files}
        for old, new in kept.items():
            path = self.base + new
            seen[path] = files[self.base + old]._replace(path=path)
            self.located = {**self.located, path: places[self.base + old]}

    def remove(self, path: str) -> None:
        """Leave out a file of the present version, by its path in the package."""
        self.staging.kept.pop(self.base + path, None)

    def write(self, path: str, data: bytes) -> Observed:
        """Write a small file of the package; what was seen of it, by its path there."""
        return self.staging.write(self.base + path, data)._replace(path=path)

    def changed(self) -> list[str]:
        """The files of the new version that did not exist with this content under this name."""
        return [
            path
            for path, seen in self.staging.state().items()
            if self.algorithm in seen.digests
            and self.before.get(path) != seen.digests[self.algorithm]
        ]

    def gone(self) -> list[str]:
        """The files of the present version that the new one does not have."""
        return sorted(self.before.keys() - self.staging.state().keys())

    def is_new(self) -> bool:
        """Whether anything differs from the present version."""
        return bool(self.changed() or self.gone())

    def revised(self, *, created: bool) -> Revised:
        """What becomes of the package, before anything is published."""
        inventory = self.stored.inventory
        new = self.is_new()
        size = sum(
            seen.size
            for seen in self.staging.files.values()
            if seen.digests[self.algorithm] not in inventory.manifest
        )
        return Revised(
            self.package,
            formats.next_name(inventory) if new else inventory.head,
            self.title,
            created and new,
            tuple(self.changed()),
            size if new else 0,
            self.former_title,
            removed=tuple(self.gone()),
        )

    def finish(self) -> None:
        """Write the tag files of the bag, and check the whole."""
        institution = self.archive.config.institution
        date = self.time.partition("T")[0]
        info = bag_info(institution, self.package, self.title, date, self.staging)
        for path in [path for path in self.staging.kept if "/" not in path]:
            del self.staging.kept[path]
        write_tag_files(self.staging, info)
        self._check()

    def _check(self) -> None:
        """Check the new METS and PREMIS completely: a bug of ours must not be stored."""
        start = len(self.base)
        files: Mapping[str, Observed] = {
            path[start:]: seen._replace(path=path[start:])
            for path, seen in self.staging.state().items()
            if path.startswith(self.base)
        }
        wrong = [
            finding.message()
            for finding in check_package(self._open, files, folder=self.package.portable)
            if finding.code.severity is not Severity.WARNING
        ]
        if wrong:
            raise PackageError(
                _("the new version contradicts itself, so it was not stored:"), wrong
            )

    def _open(self, path: str) -> BinaryIO:
        return as_stream(self.chunks(self.base + path))

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file of the new version."""
        storage, name = self.store.storage, f"{self.stored.path}/{self.located.get(path)}"
        if path in self.staging.files:
            storage, name = self.staging.storage, f"{self.staging.folder}/{path}"
        with storage.open(name) as reader:
            yield from chunks_of(reader)


def revise(
    archive: ArchivalStorage,
    package: PackageId,
    make: Callable[[Draft], None],
    reason: str | None,
    *,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Revised:
    """Store what `make` makes of a draft as a new version, if anything differs.

    The ledger records the `reason`.

    Raises Refused for a package of another institution, NotFound, Damaged or StorageError if the
    package is not what the ledger recorded, Locked, and whatever `make` raises. Then nothing was
    stored.
    """
    if package.institution != archive.config.institution.id:
        problem = _("{id} belongs to another institution; only that institution may change it")
        raise Refused(problem.format(id=package))
    if dry_run:
        with tempfile.TemporaryDirectory() as scratch:
            present = StoredCopy(archive, archive.primary, package).read().inventory
            storage = LocalStorage(Path(scratch))
            staging = Staging(storage, "staging", manifest_algorithms(present), ignore)
            draft = Draft(archive, package, staging)
            make(draft)
            return draft.revised(created=False)
    store, staged = archive.primary, update_folder(package)
    copy = StoredCopy(archive, store, package)
    with archive.writing(store):
        before = copy.read().inventory
        folder = f"{staged}/{formats.next_name(before)}/content"
        staging = Staging(store.storage, folder, manifest_algorithms(before), observer)
        observer(Started("update", WholePackage(package)))
        try:
            draft = Draft(archive, package, staging)
            make(draft)
            revised = draft.revised(created=True)
        except BaseException:
            store.storage.discard(staged)
            raise
        if revised.created:
            # after a failure from here on, the next run completes what is in staging
            ingest(copy, staging, previous=draft.stored.inventory, reason=reason)
        else:
            store.storage.discard(staged)
        observer(Ended("update", WholePackage(package)))
    return revised
