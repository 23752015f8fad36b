"""Amends METS.xml and premis.xml of a stored package; the rest is kept.

Both are small, whatever the number of pages: the files are listed elsewhere.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import unquote_to_bytes

from lxml import etree

from preserva.core.eark.aip import OtherFile
from preserva.core.eark.mets import CHECKSUM, FileEntry, MetadataFile, group_id, href
from preserva.core.eark.premis import (
    Agent,
    Event,
    Identifier,
    IntellectualEntity,
    Object,
    Relationship,
    write_premis,
)
from preserva.core.eark.rights import RightsStatement
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Observed
from preserva.core.xml.safe import parse

_METS = "{http://www.loc.gov/METS/}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_PREMIS = "{http://www.loc.gov/premis/v3}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ENTITY = "intellectualEntity"
NO_REPRESENTATIONS: Mapping[str, FileEntry] = {}


def amended_mets(
    mets: bytes,
    *,
    time: str,
    descriptive: Sequence[MetadataFile] | None,
    changed: Mapping[str, Observed],
    documentation: Sequence[OtherFile] = (),
    removed: Collection[str] = (),
    representations: Mapping[str, FileEntry] = NO_REPRESENTATIONS,
) -> bytes:
    """The package's METS.xml with these descriptions and further documents, changed at `time`.

    Without `descriptive` the descriptions are kept. `changed` holds the other changed files by
    path; `removed` documents are no longer listed; `representations` are further ones, the METS.xml
    of each by its name. Raises ValueError for a METS.xml that is not
    structured like ours.
    """
    root = parse(mets)
    header, map_ = root.find(f"{_METS}metsHdr"), root.find(f".//{_METS}div[@ID='div-metadata']")
    group = root.find(f".//{_METS}fileGrp[@ID='grp-documentation']")
    if header is None or map_ is None or group is None:
        raise ValueError("not the METS.xml of a package of preserva")
    header.set("LASTMODDATE", time)
    for element in list(root.iter(f"{_METS}mdRef", f"{_METS}file")):
        seen = changed.get(_path(element))
        if seen is not None:
            _integrity(element, seen, time)
    if descriptive is not None:
        map_.set("DMDID", " ".join(_describe(root, header, descriptive, time)))
    last = max((_number(file) for file in group), default=0)
    for file in [file for file in group if _path(file) in removed]:
        group.remove(file)
    for number, entry in enumerate(documentation, last + 1):
        file = etree.SubElement(group, f"{_METS}file", ID=f"ID-documentation-{number}")
        file.set("MIMETYPE", entry.mime)
        _integrity(file, entry.file, time)
        _link(etree.SubElement(file, f"{_METS}FLocat", LOCTYPE="URL"), entry.file.path)
    for number, file in enumerate(group, 1):
        file.set("SEQ", str(number))
    for name, metadata in representations.items():
        _add_representation(root, name, metadata, time)
    return _serialised(root)


def _add_representation(root: etree._Element, name: str, entry: FileEntry, time: str) -> None:
    """Its group of files, and its division with the pointers to both."""
    groups = root.findall(f".//{_METS}fileGrp")
    group = etree.Element(f"{_METS}fileGrp")
    group.attrib.update(groups[-1].attrib)
    group.set("USE", "Representations")
    group.set("ID", group_id(name))
    groups[-1].addnext(group)
    file = etree.SubElement(group, f"{_METS}file", ID=entry.id, SEQ="1", MIMETYPE=entry.mime)
    _integrity(file, entry.file, time)
    _link(etree.SubElement(file, f"{_METS}FLocat", LOCTYPE="URL"), entry.file.path)
    division = root.find(f".//{_METS}div[@ID='div-representations']")
    if division is None:
        raise ValueError("not the METS.xml of a package of preserva")
    pointers = division.findall(f"{_METS}fptr")
    division.insert(len(pointers), etree.Element(f"{_METS}fptr", FILEID=group_id(name)))
    part = etree.SubElement(division, f"{_METS}div", ID=f"div-representation-{name}")
    part.set("LABEL", f"Representations/{name}")
    pointer = etree.SubElement(part, f"{_METS}mptr", LOCTYPE="URL")
    _link(pointer, entry.file.path)
    pointer.set(f"{_XLINK}title", group_id(name))


def _number(file: etree._Element) -> int:
    """The number at the end of a file's ID; 0 where there is none."""
    number = file.get("ID", "").rpartition("-")[2]
    return int(number) if number.isascii() and number.isdecimal() else 0


def _describe(
    root: etree._Element, header: etree._Element, items: Sequence[MetadataFile], time: str
) -> list[str]:
    """Replace the descriptions; return their IDs."""
    held = {_path(section[0]): section for section in root.findall(f"{_METS}dmdSec")}
    numbers = [int(section.get("ID", "dmd-0").rpartition("-")[2]) for section in held.values()]
    for section in held.values():
        root.remove(section)
    identifiers, place = [], list(root).index(header) + 1
    for item in items:
        if item.file.path in held:
            section = held[item.file.path]
        else:
            numbers.append(max(numbers, default=0) + 1)
            section = etree.Element(f"{_METS}dmdSec", ID=f"dmd-{numbers[-1]}", STATUS="CURRENT")
        if not len(section) or section[0].get("CHECKSUM") != item.file.digests[CHECKSUM]:
            _refer(section, item, time)
        identifiers.append(str(section.get("ID")))
        root.insert(place, section)
        place += 1
    return identifiers


def _refer(section: etree._Element, item: MetadataFile, time: str) -> None:
    for old in list(section):
        section.remove(old)
    section.set("CREATED", time)
    reference = etree.SubElement(section, f"{_METS}mdRef", LOCTYPE="URL")
    _link(reference, item.file.path)
    named = {"MDTYPE": item.type, "OTHERMDTYPE": item.other, "MDTYPEVERSION": item.version}
    for name, value in {**named, "MIMETYPE": item.mime}.items():
        if value is not None:
            reference.set(name, value)
    _integrity(reference, item.file, time)


def _integrity(element: etree._Element, seen: Observed, time: str) -> None:
    element.set("SIZE", str(seen.size))
    element.set("CREATED", time)
    element.set("CHECKSUM", seen.digests[CHECKSUM])
    element.set("CHECKSUMTYPE", ALGORITHMS[CHECKSUM].label)


def _link(element: etree._Element, path: str) -> None:
    element.set(f"{_XLINK}type", "simple")
    element.set(f"{_XLINK}href", href(path))


def _path(element: etree._Element) -> str:
    """The file that a reference names."""
    link = element.get(f"{_XLINK}href")
    if link is None:
        link = element[0].get(f"{_XLINK}href", "") if len(element) else ""
    return unquote_to_bytes(link).decode("utf-8", "surrogateescape")


def amended_premis(
    premis: bytes,
    events: Sequence[Event],
    agents: Sequence[Agent],
    *,
    objects: Sequence[Object] = (),
    rights: Sequence[RightsStatement] | None = None,
    without: Collection[Identifier] = (),
    related: Sequence[Relationship] | None = None,
) -> bytes:
    """The package's premis.xml with further events at the end of its history.

    `objects` are further ones, `rights` take the place of those that are there, the events
    `without` are taken out: someone else told them, and corrected that. The relations of the book
    to other packages are those that are `related`, if these are given.
    """
    root = parse(premis)
    if related is not None:
        _relate(root, related)
    known = {_agent(element) for element in root.findall(f"{_PREMIS}agent")}
    more = io.BytesIO()
    write_premis(more, objects=objects, events=events, agents=agents, rights=rights or ())
    written = parse(more.getvalue())
    gone = {(identifier.type, identifier.value) for identifier in without}
    for event in root.findall(f"{_PREMIS}event"):
        if _linked(event, "eventIdentifier") & gone:
            root.remove(event)
    if rights is not None:
        for statement in root.findall(f"{_PREMIS}rights"):
            root.remove(statement)
        root.extend(written.findall(f"{_PREMIS}rights"))
    _insert(root, "object", (), written.findall(f"{_PREMIS}object"))
    _insert(root, "event", ("object",), written.findall(f"{_PREMIS}event"))
    new = [agent for agent in written.findall(f"{_PREMIS}agent") if _agent(agent) not in known]
    _insert(root, "agent", ("object", "event"), new)
    return _serialised(root)


def _relate(root: etree._Element, related: Sequence[Relationship]) -> None:
    """Let the book, the one intellectual entity of the document, stand in these relations."""
    book = next(
        (part for part in root.findall(f"{_PREMIS}object") if part.get(_TYPE) == _ENTITY), None
    )
    if book is None:  # a package of others, which says so in its own way
        return
    for relation in book.findall(f"{_PREMIS}relationship"):
        book.remove(relation)
    written = io.BytesIO()
    entity = IntellectualEntity((Identifier("", ""),), relationships=tuple(related))
    write_premis(written, objects=[entity], events=(), agents=())
    links = [n for n, part in enumerate(book) if str(part.tag).startswith(f"{_PREMIS}linking")]
    place = links[0] if links else len(book)
    book[place:place] = parse(written.getvalue()).findall(f".//{_PREMIS}relationship")


def premis_of_part(premis: bytes, without: Collection[Identifier]) -> bytes:
    """The package's premis.xml as it is without some of its representations.

    They are no longer described or linked; events and rights statements that concern nothing else
    are omitted.
    """
    root = parse(premis)
    gone = {(identifier.type, identifier.value) for identifier in without}
    for part in list(root):
        if _linked(part, "objectIdentifier") & gone and part.tag == f"{_PREMIS}object":
            root.remove(part)
            continue
        for relationship in part.findall(f"{_PREMIS}relationship"):
            if _linked(relationship, "relatedObjectIdentifier") <= gone:
                part.remove(relationship)
        if linked := _linked(part, "linkingObjectIdentifier"):
            for link in part.findall(f"{_PREMIS}linkingObjectIdentifier"):
                if _values(link) in gone:
                    part.remove(link)
            if linked <= gone:
                root.remove(part)
    return _serialised(root)


def _linked(part: etree._Element, name: str) -> set[tuple[str, ...]]:
    return {_values(identifier) for identifier in part.findall(f"{_PREMIS}{name}")}


def _values(identifier: etree._Element) -> tuple[str, ...]:
    return tuple((part.text or "").strip() for part in identifier)[:2]


def _agent(element: etree._Element) -> tuple[str, ...]:
    identifier = element.find(f"{_PREMIS}agentIdentifier")
    return () if identifier is None else tuple(part.text or "" for part in identifier)


def _insert(
    root: etree._Element, name: str, before: tuple[str, ...], more: Sequence[etree._Element]
) -> None:
    """Put elements behind the last of their name, or of those that stand before them."""
    names = {f"{_PREMIS}{tag}" for tag in (name, *before)}
    place = max(n for n, element in enumerate(root, 1) if element.tag in names)
    for element in more:
        root.insert(place, element)
        place += 1


def _serialised(root: etree._Element) -> bytes:
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
