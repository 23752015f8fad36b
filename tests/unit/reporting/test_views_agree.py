"""After any sequence of verbs, faults and lies all views agree, and none is better than the bytes.

Two packages in two storages in memory, by the real code and a clock that only the test moves. What
is true is what the bytes are: a copy is good if it holds every file that its owner made, as it was
made, in a storage that is there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, create_archive
from preserva.archive.judgements import judgements, rules_of, tally_of
from preserva.core.formats import layout
from preserva.core.policy.judgement import State
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import PreservaError
from preserva.fixity.audit import Audit, audit
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.levels import evidence
from preserva.reporting.overview import copy_states, overview
from preserva.reporting.status import status
from preserva.storage.memory import MemoryStorage
from tests.support.books import RECORD, make_book

START = datetime(2026, 12, 1, tzinfo=UTC)
BOOKS = (PackageId("aonb", "kp-0"), PackageId("aonb", "kp-1"))
STRANGER = PackageId("aonb", "kp-9")
STORAGES = ("aonb-main", "nlb-copy")
WANTED = 2
LONG = os.environ.get("PRESERVA_LONG") == "1"

_names = count()

Files = dict[str, bytes]


class World:
    """An archive, the bytes in its storages, and what its owner made."""

    def __init__(self, sources: Path, place: Path) -> None:
        self.sources = sources
        self.now = START
        place.mkdir()
        path, name = place / configuration.NAME, f"agree-{next(_names)}"
        path.write_text(configuration.TEMPLATE, "utf-8")
        config = configuration.load(path)
        self.config = replace(
            config,
            storages={
                one.id: replace(one, url=f"memory://{name}-{one.id}")
                for one in config.storages.values()
            },
        )
        create_archive(self.config)
        self.files = {
            storage: MemoryStorage(f"memory://{name}-{storage}")._shared.files
            for storage in STORAGES
        }
        self.away: dict[str, Files] = {}
        self.made: dict[PackageId, Files] = {}
        self.records = count()

    @contextmanager
    def archive(self) -> Iterator[ArchivalStorage]:
        """The archive, a second later."""
        self.now += timedelta(seconds=1)
        with ArchivalStorage(self.config, clock=lambda: self.now) as archive:
            yield archive

    def folder(self, book: PackageId) -> str:
        """Where a package lies in every storage."""
        return f"{layout.ROOT}/{layout.object_path(book.uri)}/"

    def copy(self, book: PackageId, storage: str) -> Files:
        """The files of a copy without the records of events, by their path in it."""
        folder = self.folder(book)
        return {
            path.removeprefix(folder): data
            for path, data in self.files[storage].items()
            if path.startswith(folder) and not path.startswith(f"{folder}logs/")
        }

    def good(self, book: PackageId) -> set[str]:
        """The storages that have all of a package as it was made."""
        made = self.made.get(book)
        return {one for one in STORAGES if made is not None and self.copy(book, one) == made}

    # what people and programs do

    def store(self, book: PackageId) -> None:
        """Package a book, or correct its record if it is stored already."""
        before = self.copy(book, "aonb-main")
        with self.archive() as archive:
            if book in self.made:
                record = self.sources / f"record-{next(self.records)}.xml"
                record.write_text(RECORD.replace("Повѣсть", f"Повѣсть {self.now}"), "utf-8")
                update(archive, book, Change(record))
            else:
                source = self.sources / book.local
                package(source, source.with_suffix(".xml"), archive, local=book.local)
        after = self.copy(book, "aonb-main")
        # what an update builds on was read, but not all of it: what was damaged stays so
        whole = self.made.get(book, {})
        self.made[book] = {
            path: data if before.get(path) != data else whole.get(path, data)
            for path, data in {**whole, **after}.items()
        }

    def replicate(self, _book: PackageId) -> None:
        with self.archive() as archive:
            replicate(archive)

    def audit(self, _book: PackageId) -> None:
        with self.archive() as archive:
            audit(archive)

    def repair(self, _book: PackageId) -> None:
        with self.archive() as archive:
            repair(archive, apply=True)

    def wait(self, _book: PackageId) -> None:
        self.now += timedelta(days=60)

    # what happens to the storages, and what a partner may do

    def delete(self, book: PackageId, storage: str) -> None:
        """A copy is gone."""
        for path in [path for path in self.files[storage] if path.startswith(self.folder(book))]:
            del self.files[storage][path]

    def flip(self, book: PackageId, storage: str) -> None:
        """One bit of a page is another."""
        pages = [path for path in self.files[storage] if path.startswith(self.folder(book))]
        for path in [path for path in sorted(pages) if path.endswith("0001.tif")][:1]:
            data = self.files[storage][path]
            self.files[storage][path] = data[:-1] + bytes([data[-1] ^ 1])

    def replace(self, book: PackageId, storage: str) -> None:
        """Another sound package lies in its place."""
        other = BOOKS[1 - BOOKS.index(book)]
        strange = self.copy(other, storage)
        if strange and self.copy(book, storage):
            self.delete(book, storage)
            for path, data in strange.items():
                self.files[storage][self.folder(book) + path] = data

    def roll_back(self, book: PackageId, storage: str) -> None:
        """The newest version is gone, and the inventory says that it never was."""
        folder, files = self.folder(book), self.files[storage]
        tops = {path.partition("/")[0] for path in self.copy(book, storage)}
        versions = sorted(top for top in tops if top.startswith("v"))
        if len(versions) > 1:
            for path in [path for path in files if path.startswith(f"{folder}{versions[-1]}/")]:
                del files[path]
            for name in ("inventory.json", "inventory.json.sha512"):
                files[folder + name] = files[f"{folder}{versions[-2]}/{name}"]

    def put_stranger(self, book: PackageId, storage: str) -> None:
        """Somebody puts a package into a storage that the ledger does not know."""
        for path, data in self.copy(book, storage).items():
            renamed = data.replace(book.uri.encode(), STRANGER.uri.encode())
            self.files[storage][self.folder(STRANGER) + path] = renamed

    def take_away(self, _book: PackageId, storage: str) -> None:
        """The disk is not mounted."""
        if storage not in self.away:
            self.away[storage] = dict(self.files[storage])
            self.files[storage].clear()

    def bring_back(self, _book: PackageId, storage: str) -> None:
        """The disk is mounted again."""
        if storage in self.away:
            self.files[storage].clear()
            self.files[storage].update(self.away.pop(storage))


VERBS: tuple[Callable[[World, PackageId], None], ...] = (
    World.store,
    World.replicate,
    World.audit,
    World.repair,
    World.wait,
)
FAULTS: tuple[Callable[[World, PackageId, str], None], ...] = (
    World.delete,
    World.flip,
    World.replace,
    World.roll_back,
    World.put_stranger,
    World.take_away,
    World.bring_back,
)

steps = st.one_of(
    st.tuples(st.sampled_from(VERBS), st.sampled_from(BOOKS)),
    st.tuples(st.sampled_from(FAULTS), st.sampled_from(BOOKS), st.sampled_from(STORAGES)),
)


def in_danger(archive: ArchivalStorage) -> set[str]:
    """The packages in danger, in which all that the ledger shows must agree; "" is a storage."""
    rules = rules_of(archive)
    judged = list(judgements(archive, rules))
    danger = {each.package for each in judged if each.outcome is not Outcome.PASS}
    report, incidents, shown = overview(archive), open_incidents(archive), evidence(archive)
    away = {one.storage for one in incidents if one.package is None}
    named = {package for package, _counted in report.few}
    named |= {one.package for one in incidents if one.package is not None}
    states = list(copy_states(archive))
    named |= {one.package for one in states if one.storage in away}
    assert named == danger
    assert report.incidents == tuple(incidents)
    late = Outcome.UNKNOWN if report.forecast.overdue else Outcome.PASS
    tally = tally_of(archive)
    assert report.outcome is Outcome.worst((tally.outcome, late))
    assert (tally.outcome is Outcome.PASS) == (not danger and not away)
    own = [each for each in judged if each.own and each.newest]
    assert shown.packages == len(own)
    assert shown.copies <= min((each.counted for each in own), default=0)
    assert shown.damaged == sum(each.state in {State.DAMAGED, State.MISSING} for each in states)
    return danger


def audit_everything(world: World) -> Audit:
    """An audit when an interval has passed."""
    world.now += timedelta(days=100)
    with world.archive() as archive:
        return audit(archive, moved=STORAGES)


def hold_to_the_bytes(world: World) -> None:
    """When an audit interval has passed, no view is better than the bytes, and all agree."""
    done = audit_everything(world)
    with world.archive() as archive:
        danger = in_danger(archive)
        rows = status(archive)
        assert {one.package for one in rows if one.outcome is not Outcome.PASS} == danger
        assert (done.outcome is Outcome.PASS) == (
            not danger and not [one for one in open_incidents(archive) if one.package is None]
        )
        for judgement in judgements(archive, rules_of(archive)):
            good = set()
            with suppress(ValueError, KeyError):
                good = world.good(PackageId.parse(judgement.package))
            counted = {copy.known.storage for copy in judgement.copies if copy.counted}
            assert counted <= good, judgement
        for book in world.made:
            assert book.uri in danger or len(world.good(book)) >= WANTED
        names = {STRANGER.uri, world.folder(STRANGER).rstrip("/")}
        named = {one.storage for one in open_incidents(archive) if one.package in names}
    assert named == {one for one in STORAGES if world.copy(STRANGER, one)}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scans of both books."""
    folder = tmp_path_factory.mktemp("sources")
    for number, book in enumerate(BOOKS):
        make_book(folder / book.local, pages=1, size=300, seed=number)
    return folder


Step = tuple[Callable[..., None], PackageId] | tuple[Callable[..., None], PackageId, str]
ONE, OTHER = BOOKS
STORED: list[Step] = [(World.store, ONE), (World.replicate, ONE), (World.audit, ONE)]


@pytest.mark.slow
@settings(max_examples=1000 if LONG else 30)
@given(st.lists(steps, min_size=3, max_size=12))
@example([*STORED, (World.store, ONE), (World.audit, ONE)])
@example([*STORED, (World.delete, ONE, "nlb-copy"), (World.replicate, ONE)])
@example([*STORED, (World.flip, ONE, "nlb-copy"), (World.wait, ONE), (World.audit, ONE)])
@example([*STORED, (World.delete, ONE, "aonb-main"), (World.replicate, ONE)])
@example([(World.store, OTHER), *STORED, (World.replace, ONE, "nlb-copy"), (World.replicate, ONE)])
@example([*STORED, (World.store, ONE), (World.replicate, ONE), (World.roll_back, ONE, "nlb-copy"),
          (World.replicate, ONE), (World.audit, ONE)])  # fmt: skip
@example([*STORED, (World.put_stranger, ONE, "nlb-copy"), (World.audit, ONE)])
@example([*STORED, (World.take_away, ONE, "nlb-copy"), (World.replicate, ONE),
          (World.bring_back, ONE, "nlb-copy"), (World.audit, ONE)])  # fmt: skip
def test_all_views_agree_and_none_is_better_than_the_bytes(
    sources: Path, tmp_path_factory: pytest.TempPathFactory, sequence: list[Step]
) -> None:
    """After each step the views of the ledger agree, and a look at the storages sees no less."""
    world = World(sources, tmp_path_factory.mktemp("world") / "archive")
    for step, *arguments in sequence:
        with suppress(PreservaError):  # a verb may refuse, as where a disk is away
            step(world, *arguments)
        with world.archive() as archive:
            danger = in_danger(archive)
            seen = {one.package for one in status(archive) if one.outcome is not Outcome.PASS}
            assert danger <= seen
    hold_to_the_bytes(world)
