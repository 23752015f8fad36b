"""One storage of the archive: its configuration, its files, its OCFL storage root."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from preserva.config import StorageConfig
from preserva.core.formats import layout
from preserva.core.formats.storage_identity import (
    LARGEST,
    NewerFormatError,
    StatedIdentity,
    parse_identity,
)
from preserva.core.values.codes import Code
from preserva.errors import NEWER_FORMAT, NotFound, StorageError, Unfit, WrongStorage
from preserva.i18n import _
from preserva.storage.base import Storage, read_all
from preserva.storage.ocfl import OcflRoot

_KNOWN_FOR = 60.0
"""Seconds for which a remote storage's own description need not be read again."""


def _unknown() -> None:
    """The id of a storage about which nothing is remembered."""


def absence(error: StorageError) -> Code:
    """The code for a storage that could not be used: unavailable, or not the right one."""
    if isinstance(error, WrongStorage):
        return Code.STORAGE_WRONG
    return Code.STORAGE_UNFIT if isinstance(error, Unfit) else Code.STORAGE_UNREACHABLE


@dataclass(frozen=True)
class Store:
    """A storage of the archive: its configuration, its files, its OCFL root.

    `remembered` is the id by which the ledger knows it; None if there is none.
    """

    config: StorageConfig
    storage: Storage
    remembered: Callable[[], str | None] = _unknown
    asked: list[tuple[float, StatedIdentity]] = field(
        default_factory=list, compare=False, repr=False
    )

    @property
    def id(self) -> str:
        """Its id in the configuration."""
        return self.config.id

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this computer."""
        return "://" not in self.storage.url

    @cached_property
    def root(self) -> OcflRoot:
        """Its OCFL storage root. Raises StorageError if this is not the storage it should be."""
        self.known_identity()
        root = OcflRoot(self.storage)
        root.refuse_newer()
        return root

    def identity_data(self) -> bytes:
        """`preserva-storage.json` as it is. Raises StorageError if it is not there."""
        try:
            return read_all(self.storage, layout.IDENTITY, LARGEST)
        except NotFound as error:
            message = _("{name} is not a storage of preserva (no {file} in {url})")
            hint = _("Is the disk mounted? `preserva init` prepares a new, empty storage.")
            if self.remembered() is not None:
                hint = _("Is the disk mounted? If it is lost, use `preserva rebuild storage`.")
            raise StorageError(
                message.format(name=self.id, file=layout.IDENTITY, url=self.storage.url), hint=hint
            ) from error

    def read_identity(self) -> StatedIdentity:
        """The storage's description of itself. Raises WrongStorage, StorageError."""
        data = self.identity_data()
        place = {"file": layout.IDENTITY, "url": self.storage.url}
        try:
            return parse_identity(data)
        except NewerFormatError as error:
            message = _("{file} in {url} was written by a newer preserva (format {number})")
            raise WrongStorage(
                message.format(**place, number=error.number), hint=NEWER_FORMAT
            ) from error
        except ValueError as error:
            raise StorageError(_("{file} in {url} cannot be read").format(**place)) from error

    def check_identity(self) -> StatedIdentity:
        """The storage's description of itself, if it is the one that the configuration means.

        An empty mount point must never look like a storage that lost all its packages, nor another
        archive's disk like ours. Raises WrongStorage, StorageError.
        """
        self.asked.clear()
        identity = self.read_identity()
        url = self.storage.url
        if identity.storage != self.id:
            message = _("{url} is the storage {found}, not {name}")
            raise WrongStorage(message.format(url=url, found=identity.storage, name=self.id))
        if identity.institution != self.config.institution:
            message = _("{name} in {url} belongs to {owner}, and the configuration says {said}")
            names = {"owner": identity.institution, "said": self.config.institution}
            raise WrongStorage(message.format(name=self.id, url=url, **names))
        remembered = self.remembered()
        if remembered is not None and identity.id != remembered:
            message = _(
                "{url} is a storage named {name}, but not ours: its id is {found}, and the ledger"
                " knows {name} by the id {remembered}"
            )
            raise WrongStorage(
                message.format(
                    url=url, name=self.id, found=identity.id or "-", remembered=remembered
                ),
                hint=_(
                    "Nothing was written there. Is it the disk of another archive, or an older one?"
                    " Put the right one in its place. If it is the right one and was rebuilt, use"
                    " `preserva accept`. Disks that are used in turn are separate storages, each"
                    " with its own name in preserva.toml."
                ),
            )
        self.asked[:] = [(time.monotonic(), identity)]
        return identity

    def known_identity(self) -> StatedIdentity:
        """The same, but a remote storage is asked at most once a minute.

        A local disk can be removed at any time; the URL of a server names one place.
        """
        if not self.is_local and self.asked:
            when, identity = self.asked[-1]
            if time.monotonic() - when < _KNOWN_FOR:
                return identity
        return self.check_identity()

    def answers(self) -> bool:
        """Whether it can be reached and is the right storage."""
        try:
            self.check_identity()
        except StorageError:
            return False
        return True
