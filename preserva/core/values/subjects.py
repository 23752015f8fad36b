"""The subjects of reports and progress events. Only `outputs.subjects` puts them into words."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.core.values.model import PackageId


@dataclass(frozen=True, slots=True)
class WholePackage:
    """A package, wherever its copies are."""

    package: PackageId


@dataclass(frozen=True, slots=True)
class CopyInStorage:
    """The copy of a package in a storage, by the id of the storage."""

    package: PackageId
    storage: str


@dataclass(frozen=True, slots=True)
class ObjectInStorage:
    """An OCFL object in a storage that is not a known package, by its folder or identifier."""

    name: str
    storage: str


@dataclass(frozen=True, slots=True)
class ObjectToStorage:
    """An OCFL object, by its folder, on its way to another storage."""

    path: str
    storage: str


@dataclass(frozen=True, slots=True)
class WholeStorage:
    """A storage, by its id in the configuration."""

    storage: str


@dataclass(frozen=True, slots=True)
class LedgerInStorage:
    """The copy of our ledger in a storage."""

    storage: str


@dataclass(frozen=True, slots=True)
class Named:
    """A subject with the same name in every language: a bag, a file, a folder, a URL."""

    name: str


Subject = (
    WholePackage
    | CopyInStorage
    | ObjectInStorage
    | ObjectToStorage
    | WholeStorage
    | LedgerInStorage
    | Named
)
