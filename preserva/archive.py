"""The archive: a configuration, its ledger and its storages, opened together."""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from preserva import config as configuration
from preserva.config import Config, StorageConfig
from preserva.core import layout
from preserva.errors import ArchiveNotFound, StorageError, UsageError
from preserva.i18n import _
from preserva.ledger import Ledger
from preserva.storage.base import Storage, read_all
from preserva.storage.ocfl import OcflRoot
from preserva.storage.open import open_storage

Clock = Callable[[], datetime]
Identifiers = Callable[[], str]


def utc_now() -> datetime:
    """The time of this machine, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def new_identifier() -> str:
    """A random UUID."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Store:
    """A storage of the archive: its configuration, its files, its OCFL root."""

    config: StorageConfig
    storage: Storage

    @property
    def id(self) -> str:
        """Its id in the configuration."""
        return self.config.id

    @cached_property
    def root(self) -> OcflRoot:
        """Its OCFL storage root. Raises StorageError if this is not the storage it should be."""
        self.check_identity()
        return OcflRoot(self.storage)

    def check_identity(self) -> None:
        """Raise StorageError if this is not the storage that the configuration means.

        An empty mount point must never look like a storage that lost all its packages.
        """
        if self.storage.stat(layout.IDENTITY) is None:
            message = _("{name} is not a storage of preserva (no {file} in {url})")
            raise StorageError(
                message.format(name=self.id, file=layout.IDENTITY, url=self.storage.url),
                hint=_("Is the disk mounted? `preserva init` prepares a new, empty storage."),
            )
        try:
            identity = json.loads(read_all(self.storage, layout.IDENTITY, 65_536))
            found = identity["storage"]
        except (ValueError, KeyError, TypeError) as error:
            message = _("{file} in {url} cannot be read")
            raise StorageError(
                message.format(file=layout.IDENTITY, url=self.storage.url)
            ) from error
        if found != self.id:
            message = _("{url} is the storage {found}, not {name}")
            raise StorageError(message.format(url=self.storage.url, found=found, name=self.id))


class Archive:
    """An open archive; a context manager. Clock and identifiers can be given, for tests."""

    def __init__(
        self, config: Config, *, clock: Clock = utc_now, identifiers: Identifiers = new_identifier
    ) -> None:
        """Open the ledger; storages are opened when they are needed."""
        self.config = config
        self.clock = clock
        self.identifiers = identifiers
        self._stores: dict[str, Store] = {}
        if not config.ledger.exists():
            raise ArchiveNotFound(
                _("there is no ledger at {path}").format(path=config.ledger),
                hint=_(
                    "`preserva init` makes a new one. If it was lost, restore it from a backup."
                ),
            )
        self.ledger = Ledger(config.ledger)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.ledger.close()

    def now(self) -> str:
        """The time, as METS, PREMIS, OCFL and the ledger write it."""
        return self.clock().isoformat()

    def store(self, name: str) -> Store:
        """One of the storages. Raises UsageError for a name that is not in the configuration."""
        if name not in self.config.storages:
            known = ", ".join(sorted(self.config.storages))
            message = _("there is no storage {name}; there are: {known}")
            raise UsageError(message.format(name=name, known=known))
        if name not in self._stores:
            config = self.config.storages[name]
            self._stores[name] = Store(config, open_storage(config.url))
        return self._stores[name]

    def stores(self) -> list[Store]:
        """All storages, primary ones first."""
        ordered = sorted(self.config.storages.values(), key=lambda one: (one.role, one.id))
        return [self.store(one.id) for one in ordered]

    @property
    def primary(self) -> Store:
        """The storage where our own packages are made."""
        return self.store(self.config.primary().id)

    @contextmanager
    def writing(self, store: Store) -> Iterator[None]:
        """Be the only writer of a storage. Raises Locked."""
        with store.storage.lock(
            f"{socket.gethostname()}, process {os.getpid()}, since {self.now()}"
        ):
            yield


def find_config(path: Path | None = None) -> Path:
    """The configuration to use: the one named, PRESERVA_CONFIG, or preserva.toml here."""
    if path is not None:
        return path
    if named := os.environ.get("PRESERVA_CONFIG"):
        return Path(named)
    return Path(configuration.NAME)


def open_archive(
    path: Path | None = None, *, clock: Clock = utc_now, identifiers: Identifiers = new_identifier
) -> Archive:
    """The archive of a configuration. Raises ArchiveNotFound, ConfigError, LedgerError."""
    return Archive(configuration.load(find_config(path)), clock=clock, identifiers=identifiers)


def create_archive(config: Config) -> None:
    """Make the ledger and the storages of a configuration, where they are not there yet.

    What exists is left as it is. A folder that holds something else is refused.
    """
    config.ledger.parent.mkdir(parents=True, exist_ok=True)
    Ledger(config.ledger).close()
    for one in config.storages.values():
        storage = open_storage(one.url)
        with storage.lock("preserva init"):
            if storage.stat(layout.IDENTITY) is None:
                OcflRoot.create(storage)
                identity = {"storage": one.id, "institution": one.institution, "format": 1}
                storage.replace(layout.IDENTITY, json.dumps(identity, indent=2).encode() + b"\n")
