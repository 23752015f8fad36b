"""A scratch archive with the names and the policy of the real one, in folders of its own.

What the real site keeps lies in `site`, what is elsewhere in `elsewhere`, whatever the URLs are.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.archive.store import Store
from preserva.config import NAME, Config, Role, StorageConfig, load
from preserva.core.values.model import PackageId
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.ingest.package import package
from preserva.specimen.book import draw_book
from preserva.storage.base import Storage
from preserva.tomlfile import quoted

SITE, ELSEWHERE = "site", "elsewhere"
_BOOKS = ((1, 2), (3, 4))
"""The pages of the specimen book that become the books of the archive: a few are enough."""

Truth = dict[PackageId, dict[str, str]]
"""The digest of each file of each package, by its path in the object, as it was first stored."""


@dataclass
class Scratch:
    """An archive below the folder `place`, in which time passes only as the drill says.

    `truth` is what its books are, `wraps` storages that are used through another one.
    """

    place: Path
    now: datetime
    truth: Truth = field(default_factory=dict)
    wraps: dict[str, Callable[[Storage], Storage]] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its configuration."""
        return self.place / NAME

    @property
    def backups(self) -> Path:
        """The folder for backups of its ledger."""
        return self.place / SITE / "backups"

    @property
    def config(self) -> Config:
        """Its configuration, read each time: a drill may lose it. Raises ArchiveNotFound."""
        return load(self.path)

    def open(self, *, reading: bool = False) -> ArchivalStorage:
        """The archive, a second later; nobody acts. Raises what `open_archive` does."""
        self.now += timedelta(seconds=1)
        archive = open_archive(self.path, clock=lambda: self.now, person="", reading=reading)
        for name, wrap in self.wraps.items():
            archive.work_through(name, wrap)
        return archive

    def later(self, days: int) -> None:
        """Let days pass."""
        self.now += timedelta(days=days)

    def replica(self) -> StorageConfig:
        """The replica in which troubles are planted: one that is elsewhere, if there is one."""
        replicas = [each for each in self.config.storages.values() if each.role is Role.REPLICA]
        return min(replicas, key=lambda each: (self.is_on_site(each), each.id))

    def is_on_site(self, storage: StorageConfig) -> bool:
        """Whether a storage would be lost with the site."""
        return Path(storage.url).is_relative_to((self.place / SITE).resolve())

    def add_book(self) -> PackageId:
        """Package the next book, and remember what it is. Raises PreservaError."""
        number = len(self.truth)
        folder = self.place / f"book-{number + 1}" / "scans"
        folder.parent.mkdir()
        record = draw_book(folder, _BOOKS[number])
        with self.open() as archive:
            book = package(folder, record, archive, local=f"drill-{number + 1}").package
            self.truth[book] = digests(archive.primary, book)
        return book

    def differing(self) -> tuple[str, ...]:
        """The files of all copies that are not what they were when the books were stored."""
        with self.open(reading=True) as archive:
            return tuple(
                f"{store.id}/{path}"
                for store in archive.stores()
                for book, expected in self.truth.items()
                for path in sorted(_different(digests(store, book), expected))
            )

    def copied(self, place: Path) -> Scratch:
        """A copy of all of it in a new folder."""
        shutil.copytree(self.place, place)
        return replace(self, place=place, truth=dict(self.truth), wraps={})


def make_scratch(config: Config, place: Path, now: datetime) -> Scratch:
    """A new archive below `place`, which is like that of a configuration, with one book in it.

    Raises UsageError if the configuration has no replica, StorageError.
    """
    if not any(each.role is Role.REPLICA for each in config.storages.values()):
        raise UsageError(
            _("{path} names no replica, so nothing could be brought back").format(path=config.path),
            hint=_('Add a storage with role = "replica" first: two copies are the least.'),
        )
    scratch = Scratch(place, now)
    place.mkdir(parents=True)
    scratch.path.write_text("\n".join(_lines(config)) + "\n", "utf-8")
    create_archive(scratch.config, person="")
    scratch.add_book()
    return scratch


def folder_of(store: Store, book: PackageId) -> Path:
    """Where a copy lies."""
    return Path(store.storage.url) / store.root.path_of(book.uri)


def digests(store: Store, book: PackageId) -> dict[str, str]:
    """The digest of each file of a copy, but for records of events; read past preserva's checks."""
    folder = folder_of(store, book)
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != "logs"
    }


def _different(seen: dict[str, str], expected: dict[str, str]) -> set[str]:
    return {path for path, _digest in seen.items() ^ expected.items()}


def _lines(config: Config) -> Iterator[str]:
    """A configuration of folders with the names and the policy of another; nobody is notified.

    Storages that are held for others, and storages of others, have no part in it.
    """
    own, policy = config.institution.id, config.policy
    ours = {
        each.id: each
        for each in config.storages.values()
        if each.role is Role.REPLICA or each.id == config.primary().id
    }
    yield f'[archive]\ninstitution = {quoted(own)}\nledger = "{SITE}/ledger.sqlite"'
    if config.language is not None:
        yield f"language = {quoted(config.language)}"
    for institution in config.institutions.values():
        yield f"\n[institutions.{quoted(institution.id)}]"
        yield f"country = {quoted(institution.country)}"
        yield from (f"name.{key} = {quoted(name)}" for key, name in institution.names.items())
    for storage in ours.values():
        on_site = storage.institution == own and "://" not in storage.url
        url = f"{SITE if on_site else ELSEWHERE}/{storage.id}"
        yield f"\n[storages.{quoted(storage.id)}]"
        yield f"name = {quoted(storage.name)}"
        yield f"institution = {quoted(storage.institution)}"
        yield f"role = {quoted(storage.role.value)}"
        yield f"url = {quoted(url)}"
    yield "\n[policy]"
    yield f"digests = [{', '.join(map(quoted, policy.digests))}]"
    yield f"copies = {min(policy.copies, len(ours))}"
    yield f"audit_interval_days = {policy.audit_interval_days}"
    yield f"\n[health]\nreplicate_days = {config.health.replicate_days}"
