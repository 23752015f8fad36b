"""The structure in a METS document, of our own packages or anyone's: its pages and its parts.

Source: METS 1.12.1 structMap, structLink; the application profile of the DFG for digitised works,
in which scanning programs such as Kitodo export.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from preserva.core.eark.mets import NAMESPACE, Division
from preserva.core.xml.safe import parse
from preserva.core.xml.write import XLINK

_SEQUENCE = "physSequence"
_HREF = f"{{{XLINK}}}href"


@dataclass(frozen=True, slots=True)
class MetsPage:
    """A division of the page map. `files` are the names, without folders, of its files."""

    line: int
    order: str | None
    label: str | None
    type: str | None
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetsStructure:
    """The pages in their order, and the parts. The parts' pages are places in `pages`, from 1."""

    pages: tuple[MetsPage, ...]
    root: Division | None


def read_structure(data: bytes) -> MetsStructure:
    """What a METS document says of the structure. Raises UnsafeXMLError (a ValueError).

    Pages are the divisions below the physSequence of the first physical map that has one; parts
    are those of the first logical map. The part that is linked to the whole sequence gets the pages
    that belong to no other part.
    """
    root = parse(data)
    names = dict(_file_names(root))
    sequence = next((div for div in root.iter(_tag("div")) if div.get("TYPE") == _SEQUENCE), None)
    divisions = [] if sequence is None else list(sequence.iterchildren(_tag("div")))
    places = {str(div.get("ID")): place for place, div in enumerate(divisions, 1) if div.get("ID")}
    links: dict[str, list[int]] = {}
    whole: list[str] = []
    for link in root.iter(_tag("smLink")):
        source, target = (str(link.get(f"{{{XLINK}}}{end}")) for end in ("from", "to"))
        if target in places:
            links.setdefault(source, []).append(places[target])
        elif sequence is not None and target == sequence.get("ID"):
            whole.append(source)
    if whole:
        linked = {place for pages in links.values() for place in pages}
        rest = [place for place in range(1, len(divisions) + 1) if place not in linked]
        links.setdefault(whole[0], []).extend(rest)
    return MetsStructure(
        tuple(_page(div, names) for div in divisions),
        next(_logical(root, links), None),
    )


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _text(element: etree._Element, name: str) -> str | None:
    value = element.get(name)
    return None if value is None else str(value)


def _file_names(root: etree._Element) -> Iterator[tuple[str, str]]:
    for file in root.iter(_tag("file")):
        for location in file.iterchildren(_tag("FLocat")):
            path = unquote(str(location.get(_HREF) or ""))
            yield str(file.get("ID")), posixpath.basename(path.replace("\\", "/"))


def _page(div: etree._Element, names: Mapping[str, str]) -> MetsPage:
    pointers = (str(pointer.get("FILEID")) for pointer in div.iter(_tag("fptr")))
    return MetsPage(
        div.sourceline if isinstance(div.sourceline, int) else 0,
        _text(div, "ORDER"),
        _text(div, "ORDERLABEL"),
        _text(div, "TYPE"),
        tuple(names[pointer] for pointer in pointers if pointer in names),
    )


def _logical(root: etree._Element, links: dict[str, list[int]]) -> Iterator[Division]:
    for structure in root.iterchildren(_tag("structMap")):
        if str(structure.get("TYPE") or "").upper() == "LOGICAL":
            for div in structure.iterchildren(_tag("div")):
                yield _division(_without_anchors(div), links)


def _without_anchors(div: etree._Element) -> etree._Element:
    """The book itself, below divisions for works that have METS documents of their own."""
    inner = list(div.iterchildren(_tag("div")))
    while div.find(_tag("mptr")) is not None and len(inner) == 1:
        div = inner[0]
        inner = list(div.iterchildren(_tag("div")))
    return div


def _division(div: etree._Element, links: dict[str, list[int]]) -> Division:
    """The division; the tree is no deeper than the parser allows, so recursion ends.

    Links are given out once: an ID that is hostile enough to stand twice gains nothing.
    """
    return Division(
        _text(div, "TYPE") or "part",
        _text(div, "LABEL") or _text(div, "ORDERLABEL"),
        tuple(links.pop(str(div.get("ID")), ())),
        tuple(_division(inner, links) for inner in div.iterchildren(_tag("div"))),
    )
