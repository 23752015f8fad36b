"""Converts a package to another kind: to hand over (SIP), to keep (AIP) or to use (DIP).

Pages, descriptions and the PREMIS of each file are copied unchanged; METS and the history of the
whole are rewritten, because they state the kind and the content of the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, TypeVar

from preserva.archive import events as history
from preserva.archive.archive import ArchivalStorage
from preserva.archive.staging import Staging
from preserva.bag.source import as_stream
from preserva.config import Institution
from preserva.core.book.structure import renumbered
from preserva.core.eark.aip import ORIGINAL, representation_id
from preserva.core.eark.amend import amended_premis, premis_of_part
from preserva.core.eark.mets import (
    Division,
    FileEntry,
    Header,
    MetadataFile,
    PackageType,
    write_package_mets,
    write_representation_mets,
)
from preserva.core.eark.premis import VERSION, Event
from preserva.core.eark.stored import StoredRepresentation, read_package, read_representation
from preserva.core.values.model import Observed, PackageId
from preserva.errors import PackageError
from preserva.i18n import _
from preserva.information_package.consistency import TYPE
from preserva.information_package.tag_files import bag_info, write_tag_files
from preserva.version import __version__

USED = ("access", "text")
"""The representations of a DIP: what people read and search, not the masters."""

_Stored = TypeVar("_Stored")

_PREMIS = "metadata/preservation/premis.xml"
_README = "documentation/README.txt"


@dataclass(frozen=True, slots=True)
class Original:
    """The stored package: the paths of its files below the package's own folder, and their bytes.

    `chunks` returns the bytes of a file, `size` their number.
    """

    paths: Sequence[str]
    chunks: Callable[[str], Iterator[bytes]]
    size: Callable[[str], int]

    def open(self, path: str) -> BinaryIO:
        """A file as a stream, to be read once."""
        return as_stream(self.chunks(path))


@dataclass(frozen=True, slots=True)
class Repackaging:
    """Writes the bag of the new package into a staging folder."""

    archive: ArchivalStorage
    package: PackageId
    original: Original
    staging: Staging
    kind: PackageType
    title: str
    events: Sequence[Event] = ()

    def make(self) -> None:
        """Write the whole bag. Raises PackageError if the package has no content for that kind."""
        stored = _read(self.original, "METS.xml", read_package)
        kept = {
            name: path
            for name, path in stored.representations.items()
            if self.kind is not PackageType.DIP or name in USED
        }
        if not kept:
            message = _("{id} has neither access copies nor text, so it cannot become a DIP")
            raise PackageError(
                message.format(id=self.package),
                hint=_(
                    "`preserva derive ID --access` makes access copies of the masters;"
                    " `preserva update ID --access FOLDER` adds those that you have."
                ),
            )
        parts = {
            name: _read(self.original, path, read_representation)
            for name, path in stored.representations.items()
        }
        documentation = [
            entry for entry in stored.documentation if self._goes_along(entry.file.path)
        ]
        for section in (stored.descriptive, documentation, stored.schemas):
            for entry in section:
                self._copy(entry.file.path)
        structure = next((part.structure for part in parts.values() if part.structure), None)
        documents = {}
        for name in kept:
            mine, structure = _structured(parts[name], structure)
            documents[name] = self._representation(name, mine)
        premis = self._history(set(parts) - set(kept))
        self._put(
            "METS.xml",
            partial(
                write_package_mets,
                header=self._header(self.package.portable, self.package.uri),
                descriptive=stored.descriptive,
                preservation=[MetadataFile("digiprov-1", premis, "text/xml", "PREMIS", VERSION)],
                documentation=documentation,
                schemas=stored.schemas,
                representations=documents,
            ),
        )
        self._bag()

    def _goes_along(self, path: str) -> bool:
        """A DIP includes only the document that explains the package."""
        return self.kind is not PackageType.DIP or path == _README

    def _header(self, objid: str, uri: str | None = None) -> Header:
        name = self.archive.config.institution.names["en"]
        return Header(objid, self.archive.now(), __version__, name, uri, self.kind)

    def _copy(self, path: str) -> None:
        target = f"data/{self.package.portable}/{path}"
        self.staging.copy(target, self.original.chunks(path), self.original.size(path))

    def _put(self, path: str, render: Callable[[BinaryIO], None]) -> Observed:
        seen = self.staging.render(f"data/{self.package.portable}/{path}", render)
        return seen._replace(path=path)

    def _representation(self, name: str, stored: StoredRepresentation) -> FileEntry:
        folder = f"representations/{name}/"
        for section in (stored.preservation, stored.files):
            for entry in section:
                self._copy(folder + entry.file.path)
        seen = self._put(
            f"{folder}METS.xml",
            partial(
                write_representation_mets,
                header=self._header(name),
                preservation=[replace(item, created=None) for item in stored.preservation],
                files=[replace(entry, created=None) for entry in stored.files],  # made now, here
                structure=stored.structure,
                mixed=name == ORIGINAL,
            ),
        )
        return FileEntry(f"ID-representation-{name}", seen, "text/xml")

    def _history(self, gone: set[str]) -> Observed:
        """The history of the whole, with the event of this conversion."""
        with self.original.open(_PREMIS) as stream:
            premis = stream.read()
        if gone:
            premis = premis_of_part(premis, [representation_id(name) for name in gone])
        agents = history.agents(self.archive.actor)
        data = amended_premis(premis, self.events, agents)
        return self._put(_PREMIS, lambda stream: _write(stream, data))

    def _bag(self) -> None:
        institution: Institution = self.archive.config.institution
        date = self.archive.now().partition("T")[0]
        fields = bag_info(institution, self.package, self.title, date, self.staging)
        info = [(label, self.kind.value if label == TYPE else value) for label, value in fields]
        write_tag_files(self.staging, info)


def _write(stream: BinaryIO, data: bytes) -> None:
    stream.write(data)


def _read(original: Original, path: str, read: Callable[[BinaryIO], _Stored]) -> _Stored:
    with original.open(path) as stream:
        return read(stream)


def _structured(
    stored: StoredRepresentation, structure: Division | None
) -> tuple[StoredRepresentation, Division | None]:
    """The representation with the parts of the book, if it is the first that has its pages."""
    pages = {entry.page: entry.page for entry in stored.files if entry.page is not None}
    if structure is None or not pages:
        return replace(stored, structure=None), structure
    return replace(stored, structure=renumbered(structure, pages)), None
