"""The values that the parts of preserva exchange."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from preserva.core.values.digest import Digests


class Kind(StrEnum):
    """The kind of an entry. Only files are ever read."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"  # symbolic or hard link in an archive, symbolic link in a file system
    OTHER = "other"  # FIFO, socket, device


class Entry(NamedTuple):  # there are millions: a tuple is created in half the time
    """An entry in a bag or a storage: relative path with `/`, kind, size in bytes.

    Bytes that are not UTF-8 are surrogate escapes in the path (PEP 383).
    """

    path: str
    kind: Kind
    size: int = 0


class StorageTraits(NamedTuple):
    """What a storage reports about a file just written there, and about the space around it.

    `modified` is when, in seconds, by the storage's clock; `permissions` are POSIX permission bits;
    `free` is in bytes. None where the storage does not say. `unchecked` is True if it stores bytes
    that do not match their checksum.
    """

    modified: float | None = None
    permissions: int | None = None
    free: int | None = None
    unchecked: bool | None = None


class Observed(NamedTuple):
    """A file that was read to the end: size in bytes and digests."""

    path: str
    size: int
    digests: Digests


_LOCAL = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
_INSTITUTION = re.compile(r"[a-z][a-z0-9]*")


@dataclass(frozen=True, slots=True)
class PackageId:
    """The identifier of a package: institution and local part.

    As a URI (`urn:preserva:aonb:kp-000123`) it names the OCFL object; in its portable form
    (`aonb-kp-000123`) it names folders, and is METS' OBJID.
    """

    institution: str
    local: str

    def __post_init__(self) -> None:
        if not _INSTITUTION.fullmatch(self.institution):
            raise ValueError(f"not an institution id: {self.institution!r}")
        if not _LOCAL.fullmatch(self.local) or len(self.local) > 100:
            raise ValueError(f"not a local package id: {self.local!r}")

    @property
    def uri(self) -> str:
        """The identifier that never changes."""
        return f"urn:preserva:{self.institution}:{self.local}"

    @property
    def portable(self) -> str:
        """The same as a folder name: ASCII, no character that any file system refuses."""
        return f"{self.institution}-{self.local}"

    def __str__(self) -> str:
        return self.uri

    @classmethod
    def parse(cls, text: str) -> PackageId:
        """Read the URI or the portable form. Raises ValueError for anything else."""
        if text.startswith("urn:preserva:"):
            institution, _, local = text.removeprefix("urn:preserva:").partition(":")
        else:
            institution, _, local = text.partition("-")
        return cls(institution, local)
