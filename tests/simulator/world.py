"""Two institutions in memory: their storages, their ledgers, what they made, one clock.

A world is built once and put back to its beginning before each sequence, which costs milliseconds.
Identifiers are counted, so the same steps always write the same bytes.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, create_archive
from preserva.config import Config, Role
from preserva.core.formats import layout
from preserva.core.values.model import PackageId
from preserva.storage.memory import MemoryStorage
from tests.support.books import make_book

START = datetime(2026, 12, 1, tzinfo=UTC)
INTERVAL = timedelta(days=100)
"""More than the interval of any audit."""

WANTED = 2
"""Copies that the policy asks for."""

Files = dict[str, bytes]

AONB, NLB = "aonb", "nlb"
BOOKS = {
    AONB: (PackageId(AONB, "kp-0"), PackageId(AONB, "kp-1")),
    NLB: (PackageId(NLB, "bk-0"),),
}
STRANGERS = {AONB: PackageId(AONB, "kp-9"), NLB: PackageId(NLB, "bk-9")}
THIRD = PackageId("rsl", "x-1")

STORAGES = {
    "aonb-main": (AONB, {AONB: Role.PRIMARY}),
    "aonb-copy": (AONB, {AONB: Role.REPLICA}),
    "nlb-copy": (NLB, {AONB: Role.REPLICA, NLB: Role.HELD}),
    "nlb-main": (NLB, {NLB: Role.PRIMARY}),
    "from-nlb": (AONB, {NLB: Role.REPLICA, AONB: Role.HELD}),
}
"""Where each storage is, and what it is to whom."""

PARTNERS = ("nlb-copy", "from-nlb")
"""Storages that hold copies of the one and that the hostile other can write to."""


@dataclass
class Institution:
    """One of the two: its configuration, what it made, and what it accepted from the other.

    `made` and `received` are the files of each package without the records of events, by their path
    in the object. `brought` are the copies that were once whole. `doubted` are packages of which,
    when the ledger was rebuilt, nothing in its own hands said any more what they must be.
    """

    config: Config
    made: dict[PackageId, Files] = field(default_factory=dict)
    received: dict[PackageId, Files] = field(default_factory=dict)
    brought: set[tuple[PackageId, str]] = field(default_factory=set)
    doubted: set[PackageId] = field(default_factory=set)
    rebuilt: bool = False
    backups: list[bytes] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.config.institution.id

    @property
    def main(self) -> str:
        return self.config.primary().id

    def storages(self, *roles: Role) -> list[str]:
        """Its storages of these roles, or all."""
        kept = self.config.storages.values()
        return [each.id for each in kept if not roles or each.role in roles]

    @property
    def own(self) -> list[str]:
        """Those that it writes to."""
        return self.storages(Role.PRIMARY, Role.REPLICA)

    @property
    def in_hand(self) -> list[str]:
        """Those of them that the other one cannot write to."""
        return [name for name in self.own if name not in PARTNERS]


@dataclass
class Saved:
    """A world as it once was."""

    now: datetime
    identifiers: int
    disks: dict[str, Files]
    ledgers: dict[str, bytes]
    people: dict[str, Institution]


class World:
    """Both institutions; `disks` are the files that lie in each storage at the moment."""

    def __init__(self, place: Path, prefix: str = "", seed: int = 0) -> None:
        """Two new archives. Worlds of different prefixes know nothing of each other."""
        self.place = place
        self.now = START + timedelta(days=seed)
        self.identifiers = seed * 1_000_000
        self.disks: dict[str, Files] = {}
        for name in STORAGES:
            self.disks[name] = MemoryStorage(f"memory://{prefix}{name}")._shared.files
            self.disks[name].clear()
        self.shelf: dict[str, Files] = {}
        self.foreign: set[str] = set()
        self.snapshots: dict[str, Files] = {}
        self.people: dict[str, Institution] = {}
        for number, name in enumerate(BOOKS):
            path = place / name / configuration.NAME
            path.parent.mkdir(parents=True)
            path.write_text(_configuration(name), "utf-8")
            config = _in_memory(configuration.load(path), prefix)
            create_archive(config, identifiers=self._identifier)
            self.people[name] = Institution(config)
            for book, identifier in enumerate((*BOOKS[name], STRANGERS[name])):
                pixels = seed * 50 + number * 10 + book
                make_book(self.source(identifier), pages=1, size=300, seed=pixels)

    def _identifier(self) -> str:
        self.identifiers += 1
        return f"00000000-0000-4000-8000-{self.identifiers:012}"

    def source(self, book: PackageId) -> Path:
        """The scans of a book."""
        return self.place / book.institution / "books" / book.local

    @contextmanager
    def archive(self, who: Institution, person: str | None = None) -> Iterator[ArchivalStorage]:
        """The archive of an institution, a second later, for a person."""
        self.now += timedelta(seconds=1)
        with ArchivalStorage(
            who.config, clock=lambda: self.now, identifiers=self._identifier, person=person
        ) as archive:
            yield archive

    def save(self) -> Saved:
        """The world as it is now."""
        ledgers = {name: who.config.ledger.read_bytes() for name, who in self.people.items()}
        disks = {name: dict(files) for name, files in self.disks.items()}
        return Saved(self.now, self.identifiers, disks, ledgers, copy.deepcopy(self.people))

    def restore(self, saved: Saved) -> None:
        """Make it what it was; nothing is on a shelf, and no disk is foreign."""
        self.now, self.identifiers = saved.now, saved.identifiers
        self.people = copy.deepcopy(saved.people)
        for name, files in saved.disks.items():
            self.mount(name, files)
            MemoryStorage(f"memory://{name}")._shared.holder = None
        for name, data in saved.ledgers.items():
            self.put_ledger(self.people[name], data)
            audits = self.people[name].config.ledger
            shutil.rmtree(audits.parent / f"{audits.stem}-audits", ignore_errors=True)
        self.shelf.clear()
        self.foreign.clear()
        self.snapshots.clear()

    def mount(self, storage: str, files: Files) -> None:
        """Let these files lie in a storage."""
        copied = dict(files)
        self.disks[storage].clear()
        self.disks[storage].update(copied)

    def put_ledger(self, who: Institution, data: bytes | None) -> None:
        """Put the file of a ledger in its place, or none."""
        ledger = who.config.ledger
        for path in ledger.parent.glob(f"{ledger.name}*"):
            path.unlink()
        if data is not None:
            ledger.write_bytes(data)

    def copy_of(self, book: PackageId, storage: str) -> Files:
        """The files of a copy without the records of events, by their path in it."""
        return object_files(self.disks[storage], book)


def folder_of(book: PackageId) -> str:
    """Where a package lies in every storage."""
    return f"{layout.ROOT}/{layout.object_path(book.uri)}/"


def object_files(disk: Files, book: PackageId) -> Files:
    """The files of a package on a disk without the records of events, by their path in it."""
    folder = folder_of(book)
    return {
        path.removeprefix(folder): data
        for path, data in disk.items()
        if path.startswith(folder) and not path.startswith(f"{folder}logs/")
    }


def _in_memory(config: Config, prefix: str) -> Config:
    """The same with its storages in memory, which no configuration can name."""
    storages = config.storages.values()
    moved = {each.id: replace(each, url=f"memory://{prefix}{each.id}") for each in storages}
    return replace(config, storages=moved)


def _configuration(own: str) -> str:
    names = "".join(
        f'[institutions.{name}]\nname.ru = "{name}"\nname.be = "{name}"\nname.en = "{name}"\n'
        f'country = "{"RU" if name == AONB else "BY"}"\n'
        for name in BOOKS
    )
    storages = "".join(
        f'[storages.{name}]\ninstitution = "{at}"\nurl = "{name}"\nrole = "{roles[own].value}"\n'
        for name, (at, roles) in STORAGES.items()
        if own in roles
    )
    return f'[archive]\ninstitution = "{own}"\n[policy]\ncopies = {WANTED}\n{names}{storages}'
