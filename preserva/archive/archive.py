"""The archive: a configuration, its ledger and its storages, opened together."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import permutations
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from preserva import config as configuration
from preserva.archive.acting import Actor, acting_person
from preserva.archive.identities import remember, storage_id
from preserva.archive.ledger_mark import advance, claim, read_mark, refuse_outdated
from preserva.archive.patience import NO_PATIENCE, name_of_process
from preserva.archive.places import is_made, make_place
from preserva.archive.recovery import recover
from preserva.archive.runs import note_seconds, usual_seconds
from preserva.archive.store import Store
from preserva.config import Config
from preserva.core.formats import layout
from preserva.core.values.report import Finding
from preserva.errors import (
    ArchiveNotFound,
    LedgerError,
    PreservaError,
    Refused,
    StorageError,
    UsageError,
)
from preserva.files.disk import writing
from preserva.i18n import N_, _, joined
from preserva.ledger import Ledger
from preserva.local_time import local_time
from preserva.logs import get_logger
from preserva.storage.base import Storage
from preserva.storage.open import open_storage

_logger = get_logger(__name__)

_VERIFIED = 5_000
"""How many entries are verified whenever an archive is opened, in a fraction of a second."""

Clock = Callable[[], datetime]
Identifiers = Callable[[], str]


def unverified(problems: list[str]) -> LedgerError:
    """What to tell people when the chain of the ledger is broken."""
    return LedgerError(
        joined("\n  ", [_("the ledger does not verify:"), *problems[:20]]),
        hint=_("Nothing was touched. Keep this file, and restore the ledger from its backup."),
    )


def _ignore(finding: Finding) -> None:
    """Ignores reports about what is set aside; the ledger has what matters."""


def utc_now() -> datetime:
    """The time of this machine, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def new_identifier() -> str:
    """A random UUID."""
    return str(uuid.uuid4())


class ArchivalStorage:
    """An open archive; a context manager. Clock and identifiers can be given, for tests."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock = utc_now,
        identifiers: Identifiers = new_identifier,
        person: str | None = None,
        rebuilding: bool = False,
        reading: bool = False,
        verified: tuple[int, str] | None = None,
    ) -> None:
        """Open the ledger, only for `reading` or to write; storages are opened when needed.

        `verified` is an entry and its digest up to which this process has verified it before.

        `person` is the code of who acts (`acting.acting_person` says who does without one).

        A primary storage on this computer is asked how much of the ledger it has seen. A ledger
        that is `rebuilding` is compared with nothing: it is made from what the storages hold.
        """
        self.config = config
        self.clock = clock
        self.identifiers = identifiers
        self.tell: Callable[[Finding], object] = _ignore  # what was set aside before writing
        self.patience = NO_PATIENCE
        self.work: str | None = None  # what those who wait for us are told
        self._began = monotonic()
        self._held = False
        self._stores: dict[str, Store] = {}
        self._written: dict[str, Store] = {}
        self._rebuilding = rebuilding
        self.actor = Actor(config.institution, acting_person(config.people, person))
        if not config.ledger.exists():
            raise _no_ledger(config)
        self.ledger = Ledger(config.ledger, person=self.actor.person, read_only=reading)
        self._noted = self.ledger.size
        try:
            if problems := self.ledger.verify(since=self._unverified(verified)):
                raise unverified(problems)
            _logger.info(
                "archive of %s: configuration %s, ledger %s with %d entries",
                config.institution.id, config.path, config.ledger, self._noted,
            )  # fmt: skip
            if not rebuilding and "://" not in config.primary().url:
                self.refuse_outdated(self.primary)
        except PreservaError:
            self.ledger.close()
            raise

    def __enter__(self) -> Self:
        return self

    def _unverified(self, verified: tuple[int, str] | None) -> int:
        """The first entry to verify: among the newest, and after those that were before."""
        first = max(1, self._noted - _VERIFIED)
        if verified is None or self.ledger.digest_of(verified[0]) != verified[1]:
            return first
        return max(first, verified[0] + 1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if kind is None or issubclass(kind, Exception):
            self.renew_guides()
            with suppress(PreservaError):  # what was acknowledged stays so
                self._tell_primary()
        if kind is None and self._held and self.work is not None:
            with suppress(StorageError):
                note_seconds(self.config, self.work, round(monotonic() - self._began))
        for store in self._stores.values():
            store.storage.close()
        self.ledger.close()

    def now(self) -> str:
        """The time, as METS, PREMIS, OCFL and the ledger write it."""
        return self.clock().isoformat()

    def store(self, name: str) -> Store:
        """One of the storages. Raises UsageError for a name that is not in the configuration."""
        if name not in self.config.storages:
            known = ", ".join(sorted(self.config.storages))
            message = _("there is no storage {name}; known ones: {known}")
            raise UsageError(message.format(name=name, known=known))
        if name not in self._stores:
            config = self.config.storages[name]
            storage = open_storage(config.url, read_only=config.role is configuration.Role.HELD)
            store = Store(config, storage, partial(storage_id, self.ledger, name))
            self._stores[name] = Store(config, storage) if self._rebuilding else store
        return self._stores[name]

    def work_through(self, name: str, wrap: Callable[[Storage], Storage]) -> None:
        """Use a storage through another one from now on, such as one that plays a full disk."""
        store = self.store(name)
        self._stores[name] = replace(store, storage=wrap(store.storage))

    def stores(self) -> list[Store]:
        """All storages, primary ones first."""
        ordered = sorted(self.config.storages.values(), key=lambda config: (config.role, config.id))
        return [self.store(config.id) for config in ordered]

    @property
    def primary(self) -> Store:
        """The storage where our own packages are made."""
        return self.store(self.config.primary().id)

    @contextmanager
    def writing(self, store: Store) -> Iterator[None]:
        """Be the only writer of a storage, after recovering what an interrupted writer left.

        Raises Locked, StorageError, LedgerError; WrongLedger and WrongStorage where the storage has
        seen more of the ledger, or is not ours, and then nothing was written.
        """
        store.known_identity()  # first: a lock is a file, and another's disk gets none
        with self.patience.locked(lambda: store.storage.lock(self.own_name())):
            _logger.info("writing to %s", store.id)
            self._held = True
            claim(self, store)
            recover(self.ledger, store, self.now, self.tell)
            self._written[store.id] = store
            try:
                yield
            finally:
                advance(self, store)
                if store.id == self.primary.id:
                    self._noted = self.ledger.size

    def refuse_outdated(self, *stores: Store) -> None:
        """Refuse the ledger if one of the storages has seen more of it, or of another.

        A storage that is unavailable, or not the right one, is ignored here: whoever uses it finds
        out. Raises WrongLedger.
        """
        for store in stores:
            with suppress(StorageError):
                refuse_outdated(self.ledger, store, self.config.institution.id)

    def _tell_primary(self) -> None:
        """Record in the primary storage how far the ledger has grown, unless somebody writes there.

        So it has also seen what was done in the other storages. Raises LedgerError, StorageError,
        Locked.
        """
        if self._rebuilding or self.ledger.size == self._noted:
            return
        store = self.primary
        store.check_identity()
        with store.storage.lock(self.own_name()):
            claim(self, store)

    def renew_guides(self) -> None:
        """Renew the guides of storages that this run wrote to: many books, one list."""
        from preserva.archive.guide import renew_guides  # it needs this module

        written, self._written = self._written, {}
        if not self._rebuilding:
            renew_guides(self, written.values())

    def audits_of(self, storage: str) -> Path:
        """The folder in which audits of a storage keep state between runs."""
        ledger = self.config.ledger
        return ledger.parent / f"{ledger.stem}-audits" / storage

    @contextmanager
    def auditing(self, storage: str) -> Iterator[None]:
        """Be the only audit of a storage, which itself is not written to. Raises Locked."""
        place = open_storage(str(self.audits_of(storage)))
        with self.patience.locked(lambda: place.lock(self.own_name())):
            self._held = True
            yield

    def own_name(self) -> str:
        """The name of this process, for those who wait for its lock."""
        usual = None if self.work is None else usual_seconds(self.config, self.work)
        return name_of_process(self.now(), self.work, usual)


def find_config(path: Path | None = None) -> Path:
    """The configuration to use: the one named, PRESERVA_CONFIG, or preserva.toml here."""
    if path is not None:
        return path
    if named := os.environ.get("PRESERVA_CONFIG"):
        return Path(named)
    return Path(configuration.NAME)


def open_archive(
    path: Path | None = None,
    *,
    clock: Clock = utc_now,
    identifiers: Identifiers = new_identifier,
    person: str | None = None,
    reading: bool = False,
) -> ArchivalStorage:
    """The archive of a configuration. Raises ArchiveNotFound, ConfigError, LedgerError, UsageError.

    `person` is the code of who acts; who is only `reading` needs no right to write the ledger.
    """
    config = configuration.load(find_config(path))
    return ArchivalStorage(
        config, clock=clock, identifiers=identifiers, person=person, reading=reading
    )


def create_archive(
    config: Config, *, identifiers: Identifiers = new_identifier, person: str | None = None
) -> None:
    """Create the ledger and the storages of a configuration, unless they exist.

    What exists is left unchanged. Everything is checked before anything is created: raises Refused,
    with nothing created, for a folder that holds something else, a storage that is a different one
    or is listed twice, and a ledger or storage that is gone although the others prove that it
    existed.
    """
    from preserva.archive.guide import look_at_guides  # it needs this module

    stores = [Store(place, open_storage(place.url)) for place in config.storages.values()]
    _refuse_twice(stores)
    made = [store for store in stores if is_made(store)]
    _refuse_lost_ledger(config, made)
    if config.ledger.exists():
        with ArchivalStorage(config, person=person) as archive:
            _refuse_lost_storages(archive, made)
    with writing(config.ledger.parent):
        config.ledger.parent.mkdir(parents=True, exist_ok=True)
    Ledger(config.ledger).close()
    with ArchivalStorage(config, identifiers=identifiers, person=person) as archive:
        for store in stores:
            if store not in made:
                make_storage(archive, store)
        look_at_guides(archive, made)


def _refuse_twice(stores: list[Store]) -> None:
    """Refuse one folder under two names, or one inside the other: that is not a second copy."""
    real = {store.id: os.path.realpath(store.storage.url) for store in stores if store.is_local}
    for outer, inner in permutations(real, 2):
        if Path(real[inner]).is_relative_to(real[outer]):
            message = _("the storages {one} and {other} are in the same folder, {path}")
            raise Refused(message.format(one=outer, other=inner, path=real[outer]))


def _no_ledger(config: Config) -> ArchiveNotFound:
    """What to tell people who have no ledger: whether to make one, or to find theirs."""
    missing = _("there is no ledger at {path}").format(path=config.ledger)
    hint = _("`preserva init` makes a new one. If it was lost, restore it from a backup.")
    for place in config.storages.values():  # the primary one may be lost as well
        if "://" not in place.url and place.role is not configuration.Role.HELD:
            with suppress(StorageError):
                store = Store(place, open_storage(place.url, read_only=True))
                if store.storage.stat(layout.IDENTITY) is not None:
                    hint = _LOST_LEDGER
    return ArchiveNotFound(missing, hint=hint)


_LOST_LEDGER = N_(
    "The storages belong to a ledger that is not here. If it is on another computer, work there:"
    " docs/how-to/two-people.md says how. If it was lost, restore it from its backup; without one,"
    " `preserva rebuild ledger` begins a new one, which replaces the old one for good."
)


def _refuse_lost_ledger(config: Config, made: list[Store]) -> None:
    if config.ledger.exists() and config.ledger.stat().st_size:
        return
    for store in made:
        if store.config.role is configuration.Role.HELD:
            continue  # others brought what is there, and their ledger knows of it
        if (package := next(store.root.objects(), None)) is not None:
            message = _("{name} holds packages ({path} …), and their ledger {ledger} is not there")
            raise Refused(
                message.format(name=store.id, path=package, ledger=config.ledger),
                hint=_LOST_LEDGER,
            )
        if read_mark(store) is not None:
            message = _("{name} belongs to a ledger, and {ledger} is not there")
            raise Refused(message.format(name=store.id, ledger=config.ledger), hint=_LOST_LEDGER)
    if config.ledger.exists():
        message = _("{path} is empty, so it is not a ledger; it was not touched")
        raise Refused(
            message.format(path=config.ledger),
            hint=_("Restore it from its backup, or move it away to start over."),
        )


def _refuse_lost_storages(archive: ArchivalStorage, made: list[Store]) -> None:
    for store in made:
        archive.store(store.id).check_identity()
    there = {store.id for store in made}
    for name in sorted(archive.config.storages.keys() - there):
        entry = archive.ledger.last(storage=name)
        if entry is not None:
            message = _("{name} held packages when the ledger last saw it ({time}); {url} is empty")
            if not archive.ledger.copies.packages(name):
                message = _("the ledger has known {name} since {time}; {url} is empty")
            url = archive.config.storages[name].url
            raise Refused(
                message.format(name=name, time=local_time(entry.time), url=url),
                hint=_("Is the disk mounted? If it is lost, use `preserva rebuild storage`."),
            )


def make_storage(archive: ArchivalStorage, store: Store) -> None:
    """Create an empty storage and record it in the ledger.

    A storage held for another institution is written by them, so our ledger does not mark it.
    """
    identifier = archive.identifiers()
    if storage_id(archive.ledger, store.id) is not None:
        remember(archive, store, identifier)  # first: a crash must not leave a disk that is refused
    make_place(store, archive.config, identifier)
    if store.config.role is configuration.Role.HELD:
        remember(archive, store, identifier)
        return
    with archive.writing(store):
        pass  # the writer's first steps are all that is wanted
