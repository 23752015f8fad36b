"""A version of a stored package as a bag outside: a folder, or a tar, the same bytes each time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from preserva.archive import Archive
from preserva.bag.open import open_bag
from preserva.bag.validate import validate_source
from preserva.bag.write_disk import publish, writing
from preserva.bag.write_tar import write_tar
from preserva.core.digest import MultiHash
from preserva.core.model import PackageId
from preserva.core.report import Advanced, Observer, Outcome, ignore
from preserva.errors import Damaged, NotFound, UsageError
from preserva.i18n import _
from preserva.services.ingest import refuse_unrecorded
from preserva.services.staging import beside, new_folder, refuse_place
from preserva.storage.base import Storage, chunks_of
from preserva.storage.local import LocalStorage
from preserva.storage.ocfl import StoredObject


def export(
    archive: Archive,
    package: PackageId,
    destination: Path,
    *,
    version: str | None = None,
    storage: str | None = None,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Path:
    """Write a version (the newest, or one named) as a bag; the folder or the .tar that was made.

    `destination` is a new .tar, or a folder in which the bag gets the package's portable name.
    The package must be the one that the ledger recorded. Every file is compared with the inventory
    on its way, and what was written is validated as a bag: on damage nothing appears. Raises
    Damaged, NotFound, Refused, UsageError, StorageError.
    """
    as_tar = _is_tar(destination)
    store = archive.store(storage) if storage else archive.primary
    stored = store.root.read(package.uri)
    chosen = stored.version(version)
    refuse_unrecorded(archive, store, package, stored)
    target = destination if as_tar else destination / package.portable
    refuse_place(target)
    if not dry_run:
        outgoing = _Outgoing(store.storage, stored, chosen, observer)
        if as_tar:
            outgoing.to_tar(target, package.portable)
        else:
            outgoing.to_folder(target)
    return target


def _is_tar(destination: Path) -> bool:
    """Whether a name asks for a tar. Raises UsageError for a container that we do not write."""
    name = destination.name.lower()
    if name.endswith((".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2", ".zip", ".7z")):
        message = _("{path}: packages are exported as folders or as .tar, not compressed")
        hint = _("Export a .tar and compress that: page images hardly become smaller.")
        raise UsageError(message.format(path=destination), hint=hint)
    return name.endswith(".tar")


class _Outgoing:
    """One version on its way out."""

    def __init__(
        self, storage: Storage, stored: StoredObject, version: str, observer: Observer
    ) -> None:
        self.storage = storage
        self.stored = stored
        self.version = version
        self.observer = observer
        self.located: Mapping[str, str] = stored.inventory.locate(version)
        self.digests = stored.inventory.versions[version].files()
        self.damaged: list[str] = []

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file; at its end it is known whether they are those that were stored."""
        algorithm = self.stored.inventory.algorithm
        hashes = MultiHash([algorithm])
        with self.storage.open(f"{self.stored.path}/{self.located[path]}") as reader:
            for chunk in chunks_of(reader):
                hashes.update(chunk)
                self.observer(Advanced(len(chunk)))
                yield chunk
        if hashes.digests()[algorithm] != self.digests[path]:
            self.damaged.append(path)

    def size(self, path: str) -> int:
        """The size of a file in bytes. Raises NotFound."""
        content = f"{self.stored.path}/{self.located[path]}"
        entry = self.storage.stat(content)
        if entry is None:
            raise NotFound(_("{path} is not there").format(path=content), path=content)
        return entry.size

    def refuse_damage(self) -> None:
        """Raise Damaged with every file that is not as it was stored."""
        if self.damaged:
            message = _("{id} is damaged, so it was not exported:")
            raise Damaged(message.format(id=self.stored.inventory.identifier), self.damaged)

    def to_folder(self, target: Path) -> None:
        """A bag folder."""
        with new_folder(target, [self.stored.inventory.algorithm], self.observer) as staging:
            for path in sorted(self.located):
                staging.copy(path, self.chunks(path), self.size(path))
            self.refuse_damage()
            assert isinstance(staging.storage, LocalStorage)
            _refuse_invalid(staging.storage.root / staging.folder, target)

    def to_tar(self, target: Path, top: str) -> None:
        """A tar whose bytes hang on nothing but the version: its times are the version's."""
        created = datetime.fromisoformat(self.stored.inventory.versions[self.version].created)
        with beside(target) as scratch:
            unfinished = scratch / target.name
            with writing(target), unfinished.open("xb") as stream:
                files = ((path, self.size(path), self.chunks(path)) for path in self.located)
                write_tar(files, stream, top=top, mtime=int(created.timestamp()))
                stream.flush()
                os.fsync(stream.fileno())
            self.refuse_damage()
            _refuse_invalid(unfinished, target)
            publish(unfinished, target)


def _refuse_invalid(written: Path, target: Path) -> None:
    """Raise Damaged unless what was written is a valid bag."""
    report = validate_source(open_bag(written))
    if report.outcome is not Outcome.PASS:
        problems = [finding.message() for finding in report.findings]
        message = _("{path} came back other than it was written:")
        raise Damaged(message.format(path=target), problems)
