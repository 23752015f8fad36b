"""METS 1.12 for an E-ARK package: one document for the package, one for each representation.

Written as streams: memory does not grow with the number of pages. The package's METS only points
at the representations', so its size does not grow either.

Source: METS 1.12.1; E-ARK CSIP 2.2.0 and AIP 2.2.0. Where a rule leaves a choice, the choice is one
that both public validators (commons-ip, eark-validator) accept: see docs/reference/package.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import BinaryIO
from urllib.parse import quote_from_bytes

from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Observed
from preserva.core.xml.write import XLINK, XSI, XmlWriter, document

NAMESPACE = "http://www.loc.gov/METS/"
CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"


class PackageType(StrEnum):
    """The kinds of information packages (OAIS): for submission, archiving, dissemination."""

    SIP = "SIP"
    AIP = "AIP"
    DIP = "DIP"

    @property
    def profile(self) -> str:
        """The METS profile of the package; the host of the AIP's is AIPM2's own."""
        host = "earksip" if self is PackageType.SIP else "earkdip"
        return f"https://{host}.dilcis.eu/profile/E-ARK-{self}-v2-2-0.xml"

    @property
    def representation_profile(self) -> str:
        """The METS profile of a representation in it."""
        return self.profile if self is PackageType.SIP else CSIP_PROFILE


CSIP_PROFILE = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP-v2-2-0.xml"
CONTENT_CATEGORY = "Textual works – Print"
CONTENT_TYPE = "digitised book"
CHECKSUM = "sha512"

_NAMESPACES: Mapping[str | None, str] = {
    None: NAMESPACE,
    "xlink": XLINK,
    "csip": CSIP,
    "xsi": XSI,
}
_SCHEMA_LOCATION = (
    f"{NAMESPACE} http://www.loc.gov/standards/mets/mets.xsd "
    f"{CSIP} https://earkcsip.dilcis.eu/schema/DILCISExtensionMETS.xsd"
)
_CONTENT_TYPE: Mapping[str, str] = {
    "csip:CONTENTINFORMATIONTYPE": "OTHER",
    "csip:OTHERCONTENTINFORMATIONTYPE": CONTENT_TYPE,
}


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a METS document. `created` is an ISO 8601 time with its zone.

    `modified` is one too, if it was rewritten later. `objid` is the name of the folder that
    contains the METS; `uri` is the package's identifier.
    """

    objid: str
    created: str
    software_version: str
    institution: str
    uri: str | None = None
    kind: PackageType = PackageType.AIP
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """A metadata file and its METS MDTYPE. `file.path` is relative to the METS' own folder.

    `other` names the type where MDTYPE is OTHER; `created` is that of a `FileEntry`.
    """

    id: str
    file: Observed
    mime: str
    type: str
    version: str | None = None
    other: str | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the fileSec. `file.path` is relative to the METS' own folder.

    `page` is the number of the page in the book, from 1, `label` what is printed on it, `type`
    what it is; a file of the whole book has neither page nor label. `admid` names the metadata
    that describes the file, `created` the time since when it is there, if not that of the document.
    `original_name` is what a document was called that PREMIS does not describe.
    """

    id: str
    file: Observed
    mime: str
    page: int | None = None
    label: str | None = None
    admid: str | None = None
    type: str = "page"
    created: str | None = None
    original_name: str | None = None


@dataclass(frozen=True, slots=True)
class Division:
    """A part of the book (title page, chapter, plate ...), its pages by number, and its parts."""

    type: str
    label: str | None = None
    pages: tuple[int, ...] = ()
    parts: tuple[Division, ...] = ()


def href(path: str) -> str:
    """The path as a relative URI reference; bytes of a name that are not UTF-8 survive."""
    return quote_from_bytes(path.encode("utf-8", "surrogateescape"), safe="/-._~")


def write_package_mets(
    stream: BinaryIO,
    *,
    header: Header,
    descriptive: Sequence[MetadataFile],
    preservation: Sequence[MetadataFile],
    documentation: Sequence[FileEntry],
    schemas: Sequence[FileEntry],
    representations: Mapping[str, FileEntry],
) -> None:
    """Write the METS.xml of the package: pointers only.

    `representations` holds the METS.xml of each representation by its name. Raises ValueError for
    text that XML cannot carry.
    """
    with _mets(stream, header, header.kind.profile) as writer:
        _write_header(writer, header)
        for item in descriptive:
            with writer.element(
                "dmdSec", {"ID": item.id, "CREATED": header.created, "STATUS": "CURRENT"}
            ):
                _write_reference(writer, item, header.created)
        _write_preservation(writer, preservation, header.created)
        with writer.element("fileSec", {"ID": "fileSec"}):
            _write_group(writer, "Documentation", "grp-documentation", documentation, header)
            _write_group(writer, "Schemas", "grp-schemas", schemas, header)
            for name, entry in representations.items():
                _write_group(writer, "Representations", group_id(name), (entry,), header)
        with _csip_map(writer, header):
            _write_metadata_division(writer, preservation, descriptive)
            _write_group_division(writer, "Documentation", "grp-documentation")
            _write_group_division(writer, "Schemas", "grp-schemas")
            _write_representations_division(writer, representations)


def write_representation_mets(
    stream: BinaryIO,
    *,
    header: Header,
    preservation: Sequence[MetadataFile],
    files: Iterable[FileEntry],
    structure: Division | None = None,
    mixed: bool = False,
) -> None:
    """Write the METS.xml of a representation: its files, its pages, its chapters.

    A file without a page is of the whole book; or, where files are `mixed`, of no known use.
    `files` is iterated several times and must give the same each time, in the order of pages.
    Raises ValueError for pages out of order, for a page of `structure` that no file has, and for
    text that XML cannot carry.
    """
    with _mets(stream, header, header.kind.representation_profile) as writer:
        _write_header(writer, header)
        _write_preservation(writer, preservation, header.created)
        with writer.element("fileSec", {"ID": "fileSec"}):
            _write_group(writer, "Data", "grp-data", files, header)
        with _csip_map(writer, header):
            _write_metadata_division(writer, preservation)
            _write_group_division(writer, "Data", "grp-data")
        missing = set() if structure is None else set(_pages(structure))
        _write_pages(writer, files, missing, mixed=mixed)
        if mixed:
            _write_others(writer, files)
        if missing:
            raise ValueError(f"the structure names page {min(missing)}, but no file is of it")
        if structure is not None:
            _write_structure(writer, structure)


def _mets(stream: BinaryIO, header: Header, profile: str) -> AbstractContextManager[XmlWriter]:
    attributes = {
        "OBJID": header.objid,
        "TYPE": CONTENT_CATEGORY,
        "PROFILE": profile,
        **_CONTENT_TYPE,
        "xsi:schemaLocation": _SCHEMA_LOCATION,
    }
    return document(stream, "mets", _NAMESPACES, attributes)


def _write_header(writer: XmlWriter, header: Header) -> None:
    attributes = {
        "CREATEDATE": header.created,
        "LASTMODDATE": header.modified or header.created,
        "csip:OAISPACKAGETYPE": header.kind.value,
    }
    with writer.element("metsHdr", attributes):
        software = {"ROLE": "CREATOR", "TYPE": "OTHER", "OTHERTYPE": "SOFTWARE"}
        with writer.element("agent", software):
            writer.leaf("name", "preserva")
            note = {"csip:NOTETYPE": "SOFTWARE VERSION"}
            writer.leaf("note", header.software_version, note)
        if header.kind is PackageType.SIP:  # SIP15 to SIP18: who hands it over
            with writer.element("agent", {"ROLE": "CREATOR", "TYPE": "ORGANIZATION"}):
                writer.leaf("name", header.institution)
        with writer.element("agent", {"ROLE": "PRESERVATION", "TYPE": "ORGANIZATION"}):
            writer.leaf("name", header.institution)
        if header.uri is not None:
            writer.leaf("altRecordID", header.uri, {"TYPE": "URI"})


def _integrity(file: Observed, mime: str, created: str) -> dict[str, str | None]:
    return {
        "MIMETYPE": mime,
        "SIZE": str(file.size),
        "CREATED": created,
        "CHECKSUM": file.digests[CHECKSUM],
        "CHECKSUMTYPE": ALGORITHMS[CHECKSUM].label,
    }


def _link(path: str) -> dict[str, str | None]:
    return {"LOCTYPE": "URL", "xlink:type": "simple", "xlink:href": href(path)}


def _write_reference(writer: XmlWriter, item: MetadataFile, created: str) -> None:
    attributes = {
        **_link(item.file.path),
        "MDTYPE": item.type,
        "OTHERMDTYPE": item.other,
        "MDTYPEVERSION": item.version,
        **_integrity(item.file, item.mime, created),
    }
    writer.leaf("mdRef", attributes=attributes)


def _write_preservation(writer: XmlWriter, items: Iterable[MetadataFile], created: str) -> None:
    with writer.element("amdSec", {"ID": "amdSec"}):
        for item in items:
            since = item.created or created
            attributes = {"ID": item.id, "CREATED": since, "STATUS": "CURRENT"}
            with writer.element("digiprovMD", attributes):
                _write_reference(writer, item, since)


def _write_group(
    writer: XmlWriter, use: str, identifier: str, entries: Iterable[FileEntry], header: Header
) -> None:
    with writer.element("fileGrp", {"USE": use, "ID": identifier, **_CONTENT_TYPE}):
        for number, entry in enumerate(entries, 1):
            attributes = {
                "ID": entry.id,
                "SEQ": str(number),
                **_integrity(entry.file, entry.mime, entry.created or header.created),
                "ADMID": entry.admid,
            }
            with writer.element("file", attributes):
                location = {**_link(entry.file.path), "xlink:title": entry.original_name}
                writer.leaf("FLocat", attributes=location)


@contextmanager
def _csip_map(writer: XmlWriter, header: Header) -> Iterator[None]:
    attributes = {"ID": "structMap-csip", "TYPE": "PHYSICAL", "LABEL": "CSIP"}
    root = {"ID": "div-root", "LABEL": header.objid}
    with writer.element("structMap", attributes), writer.element("div", root):
        yield


def _write_metadata_division(
    writer: XmlWriter,
    preservation: Sequence[MetadataFile],
    descriptive: Sequence[MetadataFile] = (),
) -> None:
    sections = {"ADMID": preservation, "DMDID": descriptive}
    links = {name: " ".join(item.id for item in items) or None for name, items in sections.items()}
    writer.leaf("div", attributes={"ID": "div-metadata", "LABEL": "Metadata", **links})


def _write_group_division(writer: XmlWriter, label: str, group: str) -> None:
    with writer.element("div", {"ID": f"div-{label.lower()}", "LABEL": label}):
        writer.leaf("fptr", attributes={"FILEID": group})


def group_id(representation: str) -> str:
    """The ID of the fileGrp by which the package's METS names a representation."""
    return f"grp-representation-{representation}"


def _write_representations_division(
    writer: XmlWriter, representations: Mapping[str, FileEntry]
) -> None:
    with writer.element("div", {"ID": "div-representations", "LABEL": "Representations"}):
        for name in representations:
            writer.leaf("fptr", attributes={"FILEID": group_id(name)})
        for name, entry in representations.items():
            attributes = {"ID": f"div-representation-{name}", "LABEL": f"Representations/{name}"}
            with writer.element("div", attributes):
                pointer = {**_link(entry.file.path), "xlink:title": group_id(name)}
                writer.leaf("mptr", attributes=pointer)


def _page_id(number: int) -> str:
    return f"page-{number:05}"


def _pages(division: Division) -> Iterator[int]:
    yield from division.pages
    for part in division.parts:
        yield from _pages(part)


def _write_others(writer: XmlWriter, files: Iterable[FileEntry]) -> None:
    """Write the map of files that are of no page."""
    attributes = {"ID": "structMap-files", "TYPE": "PHYSICAL", "LABEL": "Files"}
    division = {"ID": "div-files", "TYPE": "files", "LABEL": "Files that are not known as pages"}
    with writer.element("structMap", attributes), writer.element("div", division):
        for entry in files:
            if entry.page is None:
                writer.leaf("fptr", attributes={"FILEID": entry.id})


def _write_pages(
    writer: XmlWriter, files: Iterable[FileEntry], missing: set[int], *, mixed: bool
) -> None:
    """Write the page map; take each page that is written out of `missing`."""
    attributes = {"ID": "structMap-pages", "TYPE": "PHYSICAL", "LABEL": "Pages"}
    sequence = {"ID": "div-pages", "TYPE": "physSequence", "LABEL": "Pages"}
    last = 0
    with writer.element("structMap", attributes), writer.element("div", sequence):
        for entry in () if mixed else files:
            if entry.page is None:
                writer.leaf("fptr", attributes={"FILEID": entry.id})
        paged = (entry for entry in files if entry.page is not None)
        for number, entries in groupby(paged, key=lambda entry: entry.page or 0):
            if number <= last:
                raise ValueError(f"page {number} comes after page {last}")
            _write_page(writer, number, list(entries))
            missing.discard(number)
            last = number


def _write_page(writer: XmlWriter, number: int, entries: Sequence[FileEntry]) -> None:
    attributes = {
        "ID": _page_id(number),
        "TYPE": entries[0].type,
        "ORDER": str(number),
        "ORDERLABEL": entries[0].label,
    }
    with writer.element("div", attributes):
        for entry in entries:
            writer.leaf("fptr", attributes={"FILEID": entry.id})


def _write_structure(writer: XmlWriter, structure: Division) -> None:
    links: list[tuple[str, int]] = []
    attributes = {"ID": "structMap-logical", "TYPE": "LOGICAL", "LABEL": "Logical structure"}
    with writer.element("structMap", attributes):
        _write_division(writer, structure, "part-1", links)
    if links:
        with writer.element("structLink"):
            for identifier, page in links:
                link = {"xlink:from": identifier, "xlink:to": _page_id(page)}
                writer.leaf("smLink", attributes=link)


def _write_division(
    writer: XmlWriter, division: Division, identifier: str, links: list[tuple[str, int]]
) -> None:
    links.extend((identifier, page) for page in division.pages)
    attributes = {"ID": identifier, "TYPE": division.type, "LABEL": division.label}
    with writer.element("div", attributes):
        for number, part in enumerate(division.parts, 1):
            _write_division(writer, part, f"{identifier}.{number}", links)
