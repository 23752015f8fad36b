"""METS read as a stream of facts; memory does not grow with the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from lxml import etree

from preserva.core.eark.mets import CSIP, NAMESPACE
from preserva.core.xml.safe import streamed
from preserva.core.xml.stream import ReleaseElement, chunks, release
from preserva.core.xml.write import XLINK

_XLINK_HREF = f"{{{XLINK}}}href"
_PREFIX = len(f"{{{NAMESPACE}}}")
_IDREFS = ("ADMID", "DMDID", "FILEID")
_SECTIONS = ("dmdSec", "digiprovMD", "rightsMD", "techMD", "sourceMD")
_ENDS = {*_SECTIONS, "file", "div", "metsHdr", "smLink"}


@dataclass(frozen=True, slots=True)
class Root:
    """The root element: its qualified name, and the attributes that CSIP asks for."""

    tag: str
    objid: str | None
    type: str | None
    profile: str | None
    content_type: str | None


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """The header: when written, what kind of package, the versions of the software agents."""

    created: str | None
    package_type: str | None
    software: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """An element has this ID."""

    id: str


@dataclass(frozen=True, slots=True)
class Refers:
    """An element names another one of the document by its ID."""

    attribute: str
    id: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A file outside that the document names.

    `section` is `file`, `mptr` or the metadata section's name; `use` that of the fileGrp;
    `admid` the metadata sections of a `file`; `loctype` the kind of location, `title` its title.
    """

    section: str
    id: str | None
    href: str | None
    use: str | None = None
    mdtype: str | None = None
    mime: str | None = None
    created: str | None = None
    size: str | None = None
    checksum: str | None = None
    checksum_type: str | None = None
    admid: tuple[str, ...] = ()
    other: str | None = None
    version: str | None = None
    loctype: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """A structural map begins."""

    label: str | None


@dataclass(frozen=True, slots=True)
class Div:
    """A division has ended: the map that it is in, what it is, the files that it names itself."""

    map: str | None
    id: str | None
    type: str | None
    label: str | None
    order: str | None
    order_label: str | None
    files: tuple[str, ...]
    sections: tuple[str, ...]


Fact = Root | HeaderFacts | Identified | Refers | Reference | Map | Div


def read_mets(stream: BinaryIO, done: ReleaseElement = release) -> Iterator[Fact]:
    """The facts of a METS document in its order. Raises UnsafeXMLError (a ValueError).

    `done` gets each part that was read, and finally the root, and frees what it can.
    """
    label: str | None = None
    pointers: list[list[str]] = [[]]  # of each open division: it is freed bit by bit
    events = streamed(chunks(stream), (f"{{{NAMESPACE}}}*",), events=("start", "end"))
    _event, root = next(events)
    yield _root(root)
    for event, element in events:
        name = _name(element)
        if event == "start":
            if name == "structMap":
                label = _get(element, "LABEL")
                yield Map(label)
            if name == "div":
                pointers.append([])
            elif name == "fptr":
                pointers[-1].append(_get(element, "FILEID") or "")
            yield from _identifiers(element, name)
        elif name in _ENDS:
            files = pointers.pop() if name == "div" else ()
            yield from _ended(element, name, label, files)
            done(element)
    done(element)


def _name(element: etree._Element) -> str:
    return str(element.tag)[_PREFIX:]


def _get(element: etree._Element, name: str) -> str | None:
    value = element.get(name)
    return None if value is None else str(value)


def _words(element: etree._Element, name: str) -> tuple[str, ...]:
    value = element.get(name)
    return () if value is None else tuple(str(value).split())


def _root(element: etree._Element) -> Root:
    return Root(
        tag=str(element.tag),
        objid=_get(element, "OBJID"),
        type=_get(element, "TYPE"),
        profile=_get(element, "PROFILE"),
        content_type=_get(element, f"{{{CSIP}}}CONTENTINFORMATIONTYPE"),
    )


def _identifiers(element: etree._Element, name: str) -> Iterator[Identified | Refers]:
    identifier = _get(element, "ID")
    if identifier is not None:
        yield Identified(identifier)
    for attribute in _IDREFS:
        for reference in _words(element, attribute):
            yield Refers(attribute, reference)
    if name == "smLink":
        for end in ("from", "to"):
            yield Refers(f"xlink:{end}", _get(element, f"{{{XLINK}}}{end}") or "")
    elif name == "mptr":
        yield Refers("xlink:title", _get(element, f"{{{XLINK}}}title") or "")


def _ended(
    element: etree._Element, name: str, label: str | None, files: Sequence[str]
) -> Iterator[Fact]:
    if name == "metsHdr":
        yield _header(element)
    elif name == "file":
        yield from _file(element)
    elif name in _SECTIONS:
        for child in element.iterchildren(f"{{{NAMESPACE}}}mdRef"):
            yield _reference(name, element, child, child)
    elif name == "div":
        for child in element.iterchildren(f"{{{NAMESPACE}}}mptr"):
            href, loctype = _get(child, _XLINK_HREF), _get(child, "LOCTYPE")
            yield Reference("mptr", _get(element, "ID"), href, loctype=loctype)
        yield _div(element, label, files)


def _header(element: etree._Element) -> HeaderFacts:
    notes = [
        (note.text or "").strip()
        for agent in element.iterchildren(f"{{{NAMESPACE}}}agent")
        if _get(agent, "OTHERTYPE") == "SOFTWARE" and _get(agent, "ROLE") == "CREATOR"
        for note in agent.iterchildren(f"{{{NAMESPACE}}}note")
        if _get(note, f"{{{CSIP}}}NOTETYPE") == "SOFTWARE VERSION"
    ]
    return HeaderFacts(
        created=_get(element, "CREATEDATE"),
        package_type=_get(element, f"{{{CSIP}}}OAISPACKAGETYPE"),
        software=tuple(notes),
    )


def _file(element: etree._Element) -> Iterator[Reference]:
    locations = list(element.iterchildren(f"{{{NAMESPACE}}}FLocat"))
    if not locations:
        yield _reference("file", element, element, None)
    for location in locations:
        yield _reference("file", element, element, location)


def _reference(
    section: str,
    owner: etree._Element,
    integrity: etree._Element,
    location: etree._Element | None,
) -> Reference:
    group = owner.getparent()
    return Reference(
        section=section,
        id=_get(owner, "ID"),
        href=None if location is None else _get(location, _XLINK_HREF),
        use=_get(group, "USE") if group is not None else None,
        mdtype=_get(integrity, "MDTYPE"),
        mime=_get(integrity, "MIMETYPE"),
        created=_get(integrity, "CREATED"),
        size=_get(integrity, "SIZE"),
        checksum=_get(integrity, "CHECKSUM"),
        checksum_type=_get(integrity, "CHECKSUMTYPE"),
        admid=_words(owner, "ADMID"),
        other=_get(integrity, "OTHERMDTYPE"),
        version=_get(integrity, "MDTYPEVERSION"),
        loctype=None if location is None else _get(location, "LOCTYPE"),
        title=None if location is None else _get(location, f"{{{XLINK}}}title"),
    )


def _div(element: etree._Element, label: str | None, files: Sequence[str]) -> Div:
    return Div(
        map=label,
        id=_get(element, "ID"),
        type=_get(element, "TYPE"),
        label=_get(element, "LABEL"),
        order=_get(element, "ORDER"),
        order_label=_get(element, "ORDERLABEL"),
        files=tuple(files),
        sections=_words(element, "ADMID") + _words(element, "DMDID"),
    )
