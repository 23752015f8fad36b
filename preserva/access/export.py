"""Exports a version of a stored package as a bag: a folder, or a reproducible tar or zip."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from preserva.access.handover import UNSTATED, Handover, record_export
from preserva.archive import events as history
from preserva.archive.archive import ArchivalStorage
from preserva.archive.staging import Staging, beside, confirm, new_folder, refuse_place
from preserva.archive.stored_copy import StoredCopy
from preserva.bag.container.tar_write import write_tar
from preserva.bag.container.zip_write import write_zip
from preserva.bag.open import open_bag
from preserva.bag.validate import validate_source
from preserva.core.eark.mets import PackageType
from preserva.core.eark.vocabulary import EventType
from preserva.core.formats import layout
from preserva.core.values.digest import MultiHash
from preserva.core.values.model import PackageId
from preserva.core.values.report import Advanced, Observer, Outcome, ignore
from preserva.errors import Damaged, NotFound, UsageError
from preserva.files.disk import publish, writing
from preserva.i18n import _
from preserva.information_package.consistency import own_findings
from preserva.information_package.conversion import Original, Repackaging
from preserva.information_package.tag_files import title_of
from preserva.storage.base import Storage, chunks_of
from preserva.storage.local import LocalStorage
from preserva.storage.ocfl import StoredObject


def export(
    archive: ArchivalStorage,
    package: PackageId,
    destination: Path,
    *,
    kind: PackageType = PackageType.AIP,
    version: str | None = None,
    storage: str | None = None,
    handover: Handover = UNSTATED,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Path:
    """Write a version (by default the newest) as a bag; return the folder, the .tar or the .zip.

    `destination` is a new .tar, for a DIP also a new .zip, or a folder in which the bag is given
    the package's portable name. An AIP is the bag that was stored; a SIP contains the same files, a
    DIP only access copies and text. The package must be the one that the ledger recorded. Every
    file is compared with the inventory as it is read, and the result is validated as a bag: if
    anything is damaged, nothing is published. The ledger records the export with its `handover`.

    Raises Damaged, NotFound, Refused, UsageError, StorageError; PackageError for a DIP of a package
    that has masters only.
    """
    container = _container(destination, kind)
    store = archive.store(storage) if storage else archive.primary
    stored = StoredCopy(archive, store, package).read_recorded()
    chosen = stored.version(version)
    target = destination if container else destination / package.portable
    refuse_place(target)
    if not dry_run:
        outgoing = Outgoing(store.storage, stored, chosen, observer)
        if kind is not PackageType.AIP:
            _repackaged(archive, package, kind, outgoing, target, observer)
        elif container:
            outgoing.to_tar(target, package.portable)
        else:
            outgoing.to_folder(target)
        record_export(StoredCopy(archive, store, package), chosen, kind.value, handover)
    return target


def made_of(kind: PackageType, version: str) -> str:
    """The kind and version of an exported package, as stated in its history."""
    return f"E-ARK {kind} 2.2.0 of {version}"


def _repackaged(
    archive: ArchivalStorage,
    package: PackageId,
    kind: PackageType,
    outgoing: Outgoing,
    target: Path,
    observer: Observer,
) -> None:
    """Make another kind of package beside the target, validate it and publish it."""
    base = f"data/{package.portable}/"
    paths = [path.removeprefix(base) for path in outgoing.located if path.startswith(base)]
    original = Original(
        paths, lambda path: outgoing.chunks(base + path), lambda path: outgoing.size(base + path)
    )
    made = history.event(
        EventType.INFORMATION_PACKAGE_CREATION,
        identifier=archive.identifiers(),
        time=archive.now(),
        actor=archive.actor,
        detail=f"{made_of(kind, outgoing.version)}, in a BagIt 1.0 bag",
        package=package,
    )
    title = outgoing.title()
    with beside(target) as scratch:
        storage = LocalStorage(scratch)
        folder = f"{layout.STAGING}/{package.portable}"
        staging = Staging(storage, folder, archive.config.policy.digests, observer)
        Repackaging(archive, package, original, staging, kind, title, [made]).make()
        outgoing.refuse_damage()
        confirm(staging)
        _refuse_invalid(scratch / folder, target)
        if container := _container(target, kind):
            files = (
                (path, seen.size, chunks_of(storage.open(f"{folder}/{path}")))
                for path, seen in sorted(staging.files.items())
            )
            write = _write_zip if container == "zip" else _write_tar
            write(files, scratch / target.name, package.portable, archive.clock())
        else:
            storage.publish(folder, target.name)
        publish(scratch / target.name, target)


def _write_tar(
    files: Iterable[tuple[str, int, Iterator[bytes]]], path: Path, top: str, time: datetime
) -> None:
    with writing(path), path.open("xb") as stream:
        write_tar(files, stream, top=top, mtime=int(time.timestamp()))
        stream.flush()
        os.fsync(stream.fileno())


def _write_zip(
    files: Iterable[tuple[str, int, Iterator[bytes]]], path: Path, top: str, time: datetime
) -> None:
    with writing(path), path.open("xb") as stream:
        write_zip(files, stream, top=top, mtime=int(time.timestamp()))
        stream.flush()
        os.fsync(stream.fileno())


def _container(destination: Path, kind: PackageType) -> str:
    """The container that a name implies: "tar", "zip" (DIP only), or "" for a folder.

    Raises UsageError for one that we do not write.
    """
    name = destination.name.lower()
    if name.endswith(".zip") and kind is PackageType.DIP:
        return "zip"
    if name.endswith((".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2", ".zip", ".7z")):
        message = _("{path}: packages are exported as folders or as .tar, not compressed")
        hint = _("Export a .tar and compress that: page images hardly become smaller.")
        raise UsageError(message.format(path=destination), hint=hint)
    return "tar" if name.endswith(".tar") else ""


class Outgoing:
    """A version that is being exported."""

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
        """The bytes of a file, compared with the inventory once all are read."""
        algorithm = self.stored.inventory.algorithm
        hashes = MultiHash([algorithm])
        with self.storage.open(f"{self.stored.path}/{self.located[path]}") as reader:
            for chunk in chunks_of(reader):
                hashes.update(chunk)
                self.observer(Advanced(len(chunk)))
                yield chunk
        if hashes.digests()[algorithm] != self.digests[path]:
            self.damaged.append(path)

    def title(self) -> str:
        """The title of the package."""
        return title_of(self.storage, self.stored, self.version)

    def size(self, path: str) -> int:
        """The size of a file in bytes. Raises NotFound."""
        content = f"{self.stored.path}/{self.located[path]}"
        entry = self.storage.stat(content)
        if entry is None:
            raise NotFound(_("{path} is not there").format(path=content), path=content)
        return entry.size

    def refuse_damage(self) -> None:
        """Raise Damaged with every file that has changed since it was stored."""
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
        """A tar whose bytes depend only on the version: its times are those of the version."""
        created = datetime.fromisoformat(self.stored.inventory.versions[self.version].created)
        with beside(target) as scratch:
            unfinished = scratch / target.name
            files = ((path, self.size(path), self.chunks(path)) for path in self.located)
            _write_tar(files, unfinished, top, created)
            self.refuse_damage()
            _refuse_invalid(unfinished, target)
            publish(unfinished, target)


def _refuse_invalid(written: Path, target: Path) -> None:
    """Raise Damaged unless the result is a valid bag."""
    source = open_bag(written)
    report = validate_source(source)
    report.add(own_findings(report, source))
    if report.outcome is not Outcome.PASS:
        problems = [finding.message() for finding in report.findings]
        message = _("{path} was not read back as it was written:")
        raise Damaged(message.format(path=target), problems)
