"""A package of ours as another kind of package: what is handed over (SIP), kept (AIP), used (DIP).

Pages, descriptions and the PREMIS of each file are copied as they are; METS and the history of the
whole are written anew, for they say what kind of package this is and what is in it.
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
from preserva.core.eark.aip import representation_id
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

_Said = TypeVar("_Said")

_PREMIS = "metadata/preservation/premis.xml"
_README = "documentation/README.txt"


@dataclass(frozen=True, slots=True)
class Original:
    """The package as it is: the paths of its files below the package's own folder, and its bytes.

    `chunks` gives those of a file, `size` how many there are.
    """

    paths: Sequence[str]
    chunks: Callable[[str], Iterator[bytes]]
    size: Callable[[str], int]

    def open(self, path: str) -> BinaryIO:
        """A file as a stream, to be read once."""
        return as_stream(self.chunks(path))


@dataclass(frozen=True, slots=True)
class Repackaging:
    """Writes the bag of the other package into a staging folder."""

    archive: ArchivalStorage
    package: PackageId
    original: Original
    staging: Staging
    kind: PackageType
    title: str
    events: Sequence[Event] = ()

    def make(self) -> None:
        """Write it whole. Raises PackageError if nothing of the package is of that kind."""
        said = _read(self.original, "METS.xml", read_package)
        kept = {
            name: path
            for name, path in said.representations.items()
            if self.kind is not PackageType.DIP or name in USED
        }
        if not kept:
            message = _("{id} has neither access copies nor text, so there is nothing to use")
            raise PackageError(message.format(id=self.package))
        parts = {
            name: _read(self.original, path, read_representation)
            for name, path in said.representations.items()
        }
        documentation = [one for one in said.documentation if self._goes_along(one.file.path)]
        for some in (said.descriptive, documentation, said.schemas):
            for file in some:
                self._copy(file.file.path)
        structure = next((one.structure for one in parts.values() if one.structure), None)
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
                descriptive=said.descriptive,
                preservation=[MetadataFile("digiprov-1", premis, "text/xml", "PREMIS", VERSION)],
                documentation=documentation,
                schemas=said.schemas,
                representations=documents,
            ),
        )
        self._bag()

    def _goes_along(self, path: str) -> bool:
        """Of the documents, people who use a book get only the one that explains the package."""
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

    def _representation(self, name: str, said: StoredRepresentation) -> FileEntry:
        folder = f"representations/{name}/"
        for some in (said.preservation, said.files):
            for file in some:
                self._copy(folder + file.file.path)
        seen = self._put(
            f"{folder}METS.xml",
            partial(
                write_representation_mets,
                header=self._header(name),
                preservation=said.preservation,
                files=said.files,
                structure=said.structure,
            ),
        )
        return FileEntry(f"ID-representation-{name}", seen, "text/xml")

    def _history(self, gone: set[str]) -> Observed:
        """The history of the whole, and what is done now."""
        with self.original.open(_PREMIS) as stream:
            premis = stream.read()
        if gone:
            premis = premis_of_part(premis, [representation_id(name) for name in gone])
        agents = history.agents(self.archive.config.institution)
        data = amended_premis(premis, self.events, agents)
        return self._put(_PREMIS, lambda stream: _write(stream, data))

    def _bag(self) -> None:
        institution: Institution = self.archive.config.institution
        date = self.archive.now().partition("T")[0]
        said = bag_info(institution, self.package, self.title, date, self.staging)
        info = [(label, self.kind.value if label == TYPE else value) for label, value in said]
        write_tag_files(self.staging, info)


def _write(stream: BinaryIO, data: bytes) -> None:
    stream.write(data)


def _read(original: Original, path: str, read: Callable[[BinaryIO], _Said]) -> _Said:
    with original.open(path) as stream:
        return read(stream)


def _structured(
    said: StoredRepresentation, structure: Division | None
) -> tuple[StoredRepresentation, Division | None]:
    """The representation with the parts of the book, if it is the first that has its pages."""
    pages = {one.page: one.page for one in said.files if one.page is not None}
    if structure is None or not pages:
        return replace(said, structure=None), structure
    return replace(said, structure=renumbered(structure, pages)), None
