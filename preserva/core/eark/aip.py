"""The layout of a package (AIP): its metadata files, their places and their content.

    METS.xml
    metadata/descriptive/...            already stored: MODS, DC, the supplied record
    metadata/preservation/premis.xml    the book, its representations, history, agents, rights
    documentation/README.txt            what this is, for a reader without our software
    schemas/standards.xml               which standards, and where to read them
    representations/<name>/
        METS.xml
        data/...                        already stored: the pages
        metadata/preservation/premis.xml, or premis-0001.xml ... for every thousand files

Source: E-ARK CSIP 2.2.0, AIP 2.2.0, CS Preservation Metadata 1.0.1. The reason for every name and
attribute is given in docs/reference/package.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from itertools import islice
from typing import BinaryIO

from preserva.core.book.image import Image
from preserva.core.eark import readme
from preserva.core.eark.mets import (
    Division,
    FileEntry,
    Header,
    MetadataFile,
    href,
    write_package_mets,
    write_representation_mets,
)
from preserva.core.eark.premis import (
    VERSION as PREMIS_VERSION,
)
from preserva.core.eark.premis import (
    Agent,
    Event,
    FileObject,
    Format,
    Identifier,
    IntellectualEntity,
    Object,
    Relationship,
    Representation,
    carried_name,
    write_premis,
)
from preserva.core.eark.rights import RightsStatement
from preserva.core.eark.vocabulary import RelationshipSubType, RelationshipType
from preserva.core.values.model import Observed, PackageId

SHARD = 1000
"""File objects in one PREMIS document: any browser and any parser opens two megabytes."""

ORIGINAL = "original"
"""The representation that holds a package of others unchanged."""

PREMIS_DIGESTS = ("sha512", "sha256", "sha384")
"""Those of a file's digests that PREMIS states: the vocabulary has no SHA-3. Manifests have all."""

Render = Callable[[BinaryIO], None]
PutFile = Callable[[str, Render], Observed]
"""Stores one metadata file at a path relative to the package folder, and says what it became."""

_REPRESENTATION_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9.-]")


class DescriptiveType(Enum):
    """What a descriptive file is: its METS MDTYPE, the version, the name of a type METS lacks."""

    MODS = ("MODS", "3.8", None)
    DC = ("DC", None, None)
    MARC = ("MARC", None, None)
    MARCXCHANGE = ("OTHER", "2.0", "MARCXCHANGE")
    SOURCE = ("OTHER", None, "source record")


@dataclass(frozen=True, slots=True)
class DescriptiveFile:
    """A descriptive file that is already stored; paths are relative to the package folder."""

    file: Observed
    mime: str
    type: DescriptiveType


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file of documentation/ or schemas/ that is already stored, and what it was called."""

    file: Observed
    mime: str
    original_name: str | None = None


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file of the book that is already stored, with at least sha512.

    `page` is its page's number in the book, from 1, equal in every representation; `label` is what
    the page is called (12r), `type` what it is; a file of the whole book has neither page nor
    label. `image` is its technical metadata, if it is an image; `created` the time since when it is
    in the package, if not that of the METS.
    """

    file: Observed
    format: Format
    original_name: str
    page: int | None = None
    label: str | None = None
    image: Image | None = None
    type: str = "page"
    created: str | None = None


@dataclass(frozen=True, slots=True)
class RepresentationSpec:
    """A representation: its files in the order of pages, and its chapters.

    `files` is iterated several times and must give the same each time: memory stays flat if it
    reads them from a file. Files without a page may be at any position: they are of the whole
    book, or, in `original`, of no known use.
    """

    name: str
    files: Iterable[ContentFile]
    structure: Division | None = None

    @property
    def mixed(self) -> bool:
        """Whether it is what others handed over, with whatever is in it."""
        return self.name == ORIGINAL


@dataclass(frozen=True, slots=True)
class AipSpec:
    """The content of a package's metadata. `created` is an ISO 8601 time with its zone.

    An event or rights statement without objects concerns the whole book. `identifiers` are its
    former ones, `digests` the algorithms of its manifests; `contacts` are lines on how to reach
    the institution, `remarks` on what a reader should know before anything else.
    """

    id: PackageId
    title: str
    created: str
    software_version: str
    institution: str
    descriptive: Sequence[DescriptiveFile]
    representations: Sequence[RepresentationSpec]
    events: Sequence[Event]
    agents: Sequence[Agent]
    rights: Sequence[RightsStatement] = ()
    documentation: Sequence[OtherFile] = ()
    schemas: Sequence[OtherFile] = ()
    identifiers: Sequence[Identifier] = ()
    digests: Sequence[str] = ("sha512", "sha256")
    contacts: Sequence[str] = ()
    remarks: Sequence[str] = ()


def entity_id(package: PackageId) -> Identifier:
    """The PREMIS identifier of the book itself."""
    return Identifier("URI", package.uri)


def representation_id(name: str) -> Identifier:
    """The PREMIS identifier of a representation."""
    return Identifier("local", f"representation-{name}")


def file_id(representation: str, path: str) -> str:
    """The identifier of a content file: METS file/@ID and PREMIS objectIdentifier alike.

    `path` is relative to the representation's data folder. The identifier depends only on these
    two, so a page added later changes no other. A character that an XML ID cannot contain is
    written as `_` and the hexadecimal of its UTF-8 bytes.
    """
    return f"ID-{representation}.{_NOT_IN_ID.sub(_escape, path)}"


def _escape(match: re.Match[str]) -> str:
    return "".join(f"_{byte:02x}" for byte in match[0].encode("utf-8", "surrogatepass"))


def build_aip(spec: AipSpec, put: PutFile) -> None:
    """Pass every metadata file of the package to `put`, in order of dependency.

    The package's METS.xml comes last: it holds the digests of all the others. Raises ValueError
    for links that name no agent or object here, for a representation's name that is not lower
    case ASCII letters, digits and inner hyphens, for pages out of order, for a page in the
    structure that no file has, and for text that XML cannot carry.
    """
    _check(spec)
    documentation = [
        OtherFile(put("documentation/README.txt", partial(_write_readme, spec)), "text/plain"),
        *spec.documentation,
    ]
    schemas = [
        OtherFile(put("schemas/standards.xml", readme.write_standards), "text/xml"),
        *spec.schemas,
    ]
    representations = {
        item.name: FileEntry(
            f"ID-representation-{item.name}",
            build_representation(item, _header(spec, item.name), put),
            "text/xml",
        )
        for item in spec.representations
    }
    premis = put("metadata/preservation/premis.xml", partial(_write_package_premis, spec))
    write = partial(
        write_package_mets,
        header=_header(spec, spec.id.portable, spec.id.uri),
        descriptive=[
            MetadataFile(f"dmd-{number}", item.file, item.mime, *item.type.value)
            for number, item in enumerate(spec.descriptive, 1)
        ],
        preservation=[_premis_file("digiprov-1", premis)],
        documentation=_entries("ID-documentation", documentation),
        schemas=_entries("ID-schema", schemas),
        representations=representations,
    )
    put("METS.xml", write)


def _header(spec: AipSpec, objid: str, uri: str | None = None) -> Header:
    return Header(objid, spec.created, spec.software_version, spec.institution, uri)


def _entries(prefix: str, files: Iterable[OtherFile]) -> list[FileEntry]:
    return [
        FileEntry(f"{prefix}-{number}", item.file, item.mime, original_name=_carried(item))
        for number, item in enumerate(files, 1)
    ]


def _carried(item: OtherFile) -> str | None:
    """The name as XML can carry it: percent-encoded where it must be."""
    return None if item.original_name is None else carried_name(item.original_name)[0]


def _premis_file(identifier: str, file: Observed) -> MetadataFile:
    return MetadataFile(identifier, file, "text/xml", "PREMIS", PREMIS_VERSION)


def _write_readme(spec: AipSpec, stream: BinaryIO) -> None:
    text = readme.readme(
        title=spec.title,
        identifier=spec.id.uri,
        folder=spec.id.portable,
        created=spec.created,
        institution=spec.institution,
        software=f"preserva {spec.software_version}",
        digests=spec.digests,
        contacts=spec.contacts,
        remarks=spec.remarks,
    )
    stream.write(text.encode())


def _write_package_premis(spec: AipSpec, stream: BinaryIO) -> None:
    book = entity_id(spec.id)
    represents = Relationship(RelationshipType.STRUCTURAL, RelationshipSubType.REPRESENTS, (book,))
    local = Identifier("local", spec.id.portable)
    objects: list[Object] = [IntellectualEntity((book, local, *spec.identifiers))]
    objects += [
        Representation(representation_id(item.name), relationships=(represents,))
        for item in spec.representations
    ]
    write_premis(
        stream,
        objects=objects,
        events=[replace(event, objects=event.objects or (book,)) for event in spec.events],
        agents=spec.agents,
        rights=[replace(item, objects=item.objects or (book,)) for item in spec.rights],
    )


def build_representation(item: RepresentationSpec, header: Header, put: PutFile) -> Observed:
    """Pass the PREMIS and then the METS.xml of a representation to `put`; return the METS.xml."""
    folder = f"representations/{item.name}/"
    premis = [
        replace(
            _premis_file(f"digiprov-{number}", _below(folder, put(folder + path, write))),
            created=header.modified,
        )
        for number, (path, write) in enumerate(_premis_shards(item), 1)
    ]
    write = partial(
        write_representation_mets,
        header=header,
        preservation=premis,
        files=_Entries(item),
        structure=item.structure,
        mixed=item.mixed,
    )
    return put(folder + "METS.xml", write)


def _below(folder: str, file: Observed) -> Observed:
    """The same file with its path from inside the folder."""
    if not file.path.startswith(folder):
        raise ValueError(f"{file.path!r} does not lie in {folder!r}")
    return file._replace(path=file.path.removeprefix(folder))


def _premis_shards(item: RepresentationSpec) -> Iterator[tuple[str, Render]]:
    """The path and the writer of each PREMIS document of a representation."""
    files = iter(item.files)
    shard = list(islice(files, SHARD))
    following = list(islice(files, SHARD))
    single = not following
    number = 1
    while shard:
        name = "premis.xml" if single else f"premis-{number:04}.xml"
        yield f"metadata/preservation/{name}", partial(_write_file_premis, item.name, shard)
        shard, following = following, list(islice(files, SHARD))
        number += 1


def _write_file_premis(name: str, files: Iterable[ContentFile], stream: BinaryIO) -> None:
    included = Relationship(
        RelationshipType.STRUCTURAL,
        RelationshipSubType.IS_INCLUDED_IN,
        (representation_id(name),),
    )
    write_premis(stream, objects=(_file_object(name, item, included) for item in files))


def _file_object(name: str, item: ContentFile, included: Relationship) -> FileObject:
    local = _below(f"representations/{name}/", item.file)
    return FileObject(
        identifier=Identifier("local", _content_id(name, item)),
        size=local.size,
        digests={name: local.digests[name] for name in PREMIS_DIGESTS if name in local.digests},
        format=item.format,
        original_name=item.original_name,
        location=href(local.path),
        image=item.image,
        relationships=(included,),
    )


def _content_id(name: str, item: ContentFile) -> str:
    return file_id(name, _below(f"representations/{name}/data/", item.file).path)


@dataclass(frozen=True, slots=True)
class _Entries:
    """The files of a representation as METS lists them, as often as they are asked for."""

    item: RepresentationSpec

    def __iter__(self) -> Iterator[FileEntry]:
        name = self.item.name
        for number, content in enumerate(self.item.files):
            yield FileEntry(
                id=_content_id(name, content),
                file=_below(f"representations/{name}/", content.file),
                mime=content.format.mime,
                page=content.page,
                label=content.label,
                admid=f"digiprov-{number // SHARD + 1}",
                type=content.type,
                created=content.created,
            )


def _check(spec: AipSpec) -> None:
    names = [item.name for item in spec.representations]
    for name in names:
        if not _REPRESENTATION_NAME.fullmatch(name) or names.count(name) > 1:
            raise ValueError(f"not a name for a representation: {name!r}")
    objects = {entity_id(spec.id), *(representation_id(name) for name in names)}
    agents = {agent.identifier for agent in spec.agents}
    for event in spec.events:
        _check_links(event.objects, objects, event.identifier)
        _check_links((agent.identifier for agent in event.agents), agents, event.identifier)
    for statement in spec.rights:
        _check_links(statement.objects, objects, statement.identifier)


def _check_links(
    links: Iterable[Identifier], known: Collection[Identifier], source: Identifier
) -> None:
    for link in links:
        if link not in known:
            raise ValueError(f"{source.value} links to {link.value}, which is not described here")
