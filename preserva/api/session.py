"""An open archive, as all verbs see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preserva.api.arguments import package_id
from preserva.api.closing import Closing

if TYPE_CHECKING:
    from preserva import Config, PackageId
    from preserva.archive.archive import ArchivalStorage as Opened


class Session(Closing):
    """The resources that are open while verbs are called; a context manager."""

    def __init__(self, opened: Opened) -> None:
        self._archive = opened

    @property
    def config(self) -> Config:
        """The configuration that the archive was opened with."""
        return self._archive.config

    def _id(self, package: PackageId | str) -> PackageId:
        """The identifier, with or without our institution. Raises UsageError."""
        return package_id(package, self._archive.config, self._archive.ledger)

    def close(self) -> None:
        """Close the ledger and the storages. The end of a `with` block does the same."""
        self._archive.__exit__(None, None, None)
