"""Which file is which page, by the METS of others.

The pages are the divisions of the type `page` in a physical map, in their order, as the DFG's
application profile for digitised works, Kitodo, and packages of ours have them. A map of folders
has none. A file that several pages share is of none of them. Source: METS 1.12.1 (structMap, fptr).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from lxml import etree

from preserva.core.eark.locations import locate
from preserva.core.eark.mets import NAMESPACE
from preserva.core.values.report import printable
from preserva.core.xml.safe import UnsafeXMLError, parse
from preserva.core.xml.write import XLINK

_UNCOUNTED = frozenset({"-", "–", "uncounted", "unnumbered", "ohne zählung"})
"""What programs write where a page has no number of its own."""

_LONGEST = 100
"""Characters of a label that are kept."""

_REPRESENTATION = re.compile(r"(?:^|/)representations/[^/]+/METS\.xml\Z")

FindFile = Callable[[str | None, str | None], str | None]
"""The path of the file that an href with its LOCTYPE names, if it is there."""


@dataclass(frozen=True, slots=True)
class ReceivedPage:
    """The page of a file: its number in the map, from 1, and what is printed on it."""

    number: int
    label: str | None


def pages_of_package(
    documents: Iterable[str], files: Container[str], read: Callable[[str], bytes]
) -> dict[str, ReceivedPage]:
    """The page of each file of a package, by the METS documents that it has, its own one first.

    Representations of E-ARK have the same pages; other documents may be of other volumes. One that
    cannot be read is passed over: that was reported when it was compared.
    """
    pages: dict[str, ReceivedPage] = {}
    for mets in documents:
        if not pages or _REPRESENTATION.search(mets):
            find = partial(_find, mets[: mets.rfind("/") + 1], files)
            with suppress(UnsafeXMLError):
                pages = received_pages(read(mets), find) | pages
    return pages


def in_page_order(files: Collection[str], pages: Mapping[str, ReceivedPage]) -> list[str]:
    """The files of pages in their order, then the others."""
    last = max((page.number for page in pages.values()), default=0) + 1
    return sorted(files, key=lambda path: (pages[path].number if path in pages else last, path))


def _find(folder: str, files: Container[str], href: str | None, loctype: str | None) -> str | None:
    path = locate(folder, href, files, loctype)
    return path if isinstance(path, str) else None


def received_pages(mets: bytes, find: FindFile) -> dict[str, ReceivedPage]:
    """The page of each file that is there, by its path. Raises UnsafeXMLError (a ValueError)."""
    root = parse(mets)
    places = _places(root, find)
    found: dict[str, ReceivedPage] = {}
    shared: set[str] = set()
    for number, division in enumerate(_pages(root), 1):
        label = _label(division)
        for pointer in division.iterdescendants(f"{{{NAMESPACE}}}fptr"):
            for identifier in _files(pointer):
                path = places.get(identifier)
                if path is None:
                    continue
                if found.setdefault(path, ReceivedPage(number, label)).number != number:
                    shared.add(path)
    return {path: page for path, page in found.items() if path not in shared}


def _pages(root: etree._Element) -> Iterator[etree._Element]:
    """The pages of the first physical map that has any."""
    for structure in root.iterchildren(f"{{{NAMESPACE}}}structMap"):
        if str(structure.get("TYPE") or "").upper() == "PHYSICAL":
            pages = [
                division
                for division in structure.iterdescendants(f"{{{NAMESPACE}}}div")
                if str(division.get("TYPE") or "").casefold() == "page" or _in_sequence(division)
            ]
            if pages:
                yield from pages
                return


def _in_sequence(division: etree._Element) -> bool:
    """Whether it is an element of a sequence of pages, whatever kind of page it is."""
    parent = division.getparent()
    return parent is not None and parent.get("TYPE") == "physSequence"


def _label(division: etree._Element) -> str | None:
    label = " ".join(printable(str(division.get("ORDERLABEL") or "")[:_LONGEST]).split())
    return label if label and label.casefold() not in _UNCOUNTED else None


def _files(pointer: etree._Element) -> Iterator[str]:
    for node in (pointer, *pointer.iterdescendants(f"{{{NAMESPACE}}}area")):
        if node.get("FILEID"):
            yield str(node.get("FILEID"))


def _places(root: etree._Element, find: FindFile) -> dict[str, str]:
    """The path of each file that is there, by its ID."""
    places: dict[str, str] = {}
    for file in root.iter(f"{{{NAMESPACE}}}file"):
        for location in file.iterchildren(f"{{{NAMESPACE}}}FLocat"):
            path = find(location.get(f"{{{XLINK}}}href"), location.get("LOCTYPE"))
            if path is not None:
                places.setdefault(str(file.get("ID")), path)
    return places
