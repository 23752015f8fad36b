"""The METS documents of a stored package, as values from which new ones can be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from preserva.core.eark.mets import CHECKSUM, Division, FileEntry, MetadataFile
from preserva.core.eark.mets_read import Div, HeaderFacts, Reference, Refers, read_mets
from preserva.core.values.model import Observed


@dataclass(slots=True)
class StoredPackage:
    """The METS.xml of a package: what it points to, except its PREMIS.

    `representations` holds the METS.xml of each by its name; paths are relative to the package.
    """

    descriptive: list[MetadataFile] = field(default_factory=list)
    documentation: list[FileEntry] = field(default_factory=list)
    schemas: list[FileEntry] = field(default_factory=list)
    representations: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class StoredRepresentation:
    """The METS.xml of a representation; paths are relative to its folder.

    `created` and `software` (its version) are what its header says.
    """

    preservation: list[MetadataFile] = field(default_factory=list)
    files: list[FileEntry] = field(default_factory=list)
    structure: Division | None = None
    created: str = ""
    software: str = ""


def read_package(stream: BinaryIO) -> StoredPackage:
    """The content of the METS.xml of one of our packages. Raises UnsafeXMLError (a ValueError)."""
    package = StoredPackage()
    for fact in read_mets(stream):
        if not isinstance(fact, Reference) or fact.section == "mptr":
            continue
        if fact.section == "dmdSec":
            package.descriptive.append(_metadata(fact))
        elif fact.use == "Documentation":
            package.documentation.append(_file(fact))
        elif fact.use == "Schemas":
            package.schemas.append(_file(fact))
        elif fact.use == "Representations":
            path = _path(fact)
            package.representations[path.split("/")[-2]] = path
    return package


def read_representation(stream: BinaryIO) -> StoredRepresentation:
    """The METS.xml of one of our representations. Raises UnsafeXMLError (a ValueError)."""
    representation = StoredRepresentation()
    files: list[Reference] = []
    pages: dict[str, Div] = {}
    divisions: dict[str, Div] = {}
    links: list[str] = []
    for fact in read_mets(stream):
        match fact:
            case HeaderFacts():
                representation.created = fact.created or ""
                representation.software = fact.software[0] if fact.software else ""
            case Reference(section="file"):
                files.append(fact)
            case Reference(section="digiprovMD"):
                representation.preservation.append(_metadata(fact))
            case Div(map="Pages") if fact.order is not None:
                pages.update(dict.fromkeys(fact.files, fact))
            case Div(map="Logical structure") if fact.id is not None:
                divisions[fact.id] = fact
            case Refers(attribute="xlink:from" | "xlink:to"):
                links.append(fact.id)
    representation.files = [_file(file, pages) for file in files]
    representation.structure = next(_parts(divisions, _linked(pages, links), ""), None)
    return representation


def _linked(pages: Mapping[str, Div], links: list[str]) -> dict[str, list[int]]:
    """The pages of each part: links come as pairs, from a part, to a page."""
    numbers = {page.id: int(page.order or 0) for page in pages.values()}
    linked: dict[str, list[int]] = {}
    for part, page in zip(links[::2], links[1::2], strict=True):
        if page in numbers:
            linked.setdefault(part, []).append(numbers[page])
    return linked


def _parts(
    divisions: Mapping[str, Div], pages: Mapping[str, list[int]], above: str
) -> Iterator[Division]:
    """The parts of a part in their order: `part-1.2` is the second of `part-1`."""
    prefix = f"{above}." if above else "part-"
    number = 1
    while (division := divisions.get(f"{prefix}{number}")) is not None:
        identifier = f"{prefix}{number}"
        yield Division(
            division.type or "part",
            division.label,
            tuple(pages.get(identifier, ())),
            tuple(_parts(divisions, pages, identifier)),
        )
        number += 1


def _metadata(fact: Reference) -> MetadataFile:
    return MetadataFile(
        fact.id or "",
        _observed(fact),
        fact.mime or "",
        fact.mdtype or "",
        fact.version,
        fact.other,
        fact.created,
    )


def _file(fact: Reference, pages: Mapping[str, Div] | None = None) -> FileEntry:
    identifier = fact.id or ""
    page = None if pages is None else pages.get(identifier)
    return FileEntry(
        identifier,
        _observed(fact),
        fact.mime or "",
        page=None if page is None else int(page.order or 0),
        label=None if page is None else page.order_label,
        admid=" ".join(fact.admid) or None,
        type="page" if page is None else page.type or "page",
        created=fact.created if pages is not None else None,
        original_name=fact.title,
    )


def _observed(fact: Reference) -> Observed:
    return Observed(_path(fact), int(fact.size or 0), {CHECKSUM: fact.checksum or ""})


def _path(fact: Reference) -> str:
    return unquote_to_bytes(fact.href or "").decode("utf-8", "surrogateescape")
