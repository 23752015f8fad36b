"""One storage of the archive: its configuration, its files, its OCFL storage root."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from preserva.config import StorageConfig
from preserva.core.formats import layout
from preserva.core.formats.guarded_json import read_json
from preserva.errors import StorageError
from preserva.i18n import _
from preserva.storage.base import Storage, read_all
from preserva.storage.ocfl import OcflRoot


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
            identity = read_json(read_all(self.storage, layout.IDENTITY, 65_536))
            found, owner = str(identity["storage"]), str(identity["institution"])
        except (ValueError, KeyError, TypeError) as error:
            message = _("{file} in {url} cannot be read")
            raise StorageError(
                message.format(file=layout.IDENTITY, url=self.storage.url)
            ) from error
        if found != self.id:
            message = _("{url} is the storage {found}, not {name}")
            raise StorageError(message.format(url=self.storage.url, found=found, name=self.id))
        if owner != self.config.institution:
            message = _("{name} in {url} belongs to {owner}, and the configuration says {said}")
            raise StorageError(
                message.format(
                    name=self.id, url=self.storage.url, owner=owner, said=self.config.institution
                )
            )

    def answers(self) -> bool:
        """Whether it can be reached, and is the storage that it should be."""
        try:
            self.check_identity()
        except StorageError:
            return False
        return True
