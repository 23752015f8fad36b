"""Which description in the METS of others is the book's: not simply the first one.

A METS document describes many things: chapters, single files, the series that a volume belongs to,
states that were replaced. The book's description is the one that the top division of the logical
map names, or else of the physical map. Sources: METS 1.12.1 (dmdSec, structMap, mptr); CSIP 2.2.0
CSIP20 (STATUS); the DFG's application profile for digitised works (volumes below an anchor);
Archivematica's METS (STATUS of replaced metadata).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from preserva.core.eark.mets import NAMESPACE
from preserva.core.xml.safe import parse
from preserva.core.xml.write import XLINK

_DESCRIPTIONS = ("MODS", "MARC", "DC")
"""The kinds of description that we understand, the richest first."""

_REPLACED = re.compile(r"superseded|deleted|obsolete", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_MAPS = ("LOGICAL", "PHYSICAL")
_LAST = 1 << 16  # behind everything that a division names
_MOST = 20


@dataclass(frozen=True, slots=True)
class Description:
    """A description in METS: the `document` itself, or the reference `href` to a file."""

    document: bytes | None
    href: str | None
    loctype: str | None = None


def descriptions(mets: bytes) -> list[Description]:
    """The descriptions of the book, the one that counts first. Raises UnsafeXMLError.

    Those that were replaced or deleted are not among them. Behind those that a division at the top
    names are the ones that nothing names, in their order; of equals, the richer comes first.
    """
    root = parse(mets)
    ranks = _ranks(root)
    candidates: list[tuple[tuple[int, int], Description]] = []
    for section in root.iterchildren(_tag("dmdSec")):
        if _REPLACED.search(str(section.get("STATUS") or "")):
            continue
        rank = ranks.get(str(section.get("ID")), _LAST)
        for kind, description in _held(section):
            candidates.append(((rank, _DESCRIPTIONS.index(kind)), description))
    candidates.sort(key=lambda candidate: candidate[0])
    return [description for _rank, description in candidates[:_MOST]]


def is_a_title(text: str) -> bool:
    """Whether a title says anything: one that is a bare UUID names nothing."""
    return bool(text.strip()) and _UUID.fullmatch(text.strip()) is None


def without_uuid(name: str) -> str:
    """A name without a UUID that a program appended; unchanged if nothing else is left."""
    return _UUID.sub("", name).strip(" -_.") or name


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _held(section: etree._Element) -> Iterator[tuple[str, Description]]:
    for reference in section.iterchildren(_tag("mdRef")):
        kind, href = str(reference.get("MDTYPE")), reference.get(f"{{{XLINK}}}href")
        if kind in _DESCRIPTIONS and href:
            yield kind, Description(None, str(href), str(reference.get("LOCTYPE") or ""))
    for wrap in section.iterchildren(_tag("mdWrap")):
        data = wrap.find(_tag("xmlData"))
        if data is not None and len(data) and str(wrap.get("MDTYPE")) in _DESCRIPTIONS:
            document = etree.tostring(data[0], encoding="UTF-8", xml_declaration=True)
            yield str(wrap.get("MDTYPE")), Description(document, None)


def _ranks(root: etree._Element) -> Mapping[str, int]:
    """By the ID of a dmdSec, how far it is from the top of the map that is asked first."""
    ranks: dict[str, int] = {}

    def place(structure: etree._Element) -> int:
        kind = str(structure.get("TYPE") or "").upper()
        return _MAPS.index(kind) if kind in _MAPS else len(_MAPS)

    start = 0
    for structure in sorted(root.iterchildren(_tag("structMap")), key=place):
        level = list(structure.iterchildren(_tag("div")))
        while level:
            for division in level:
                for name in str(division.get("DMDID") or "").split():
                    ranks.setdefault(name, start + (_LAST // 2) * _is_of_another(division))
            start += 1
            level = [inner for division in level for inner in division.iterchildren(_tag("div"))]
    return ranks


def _is_of_another(division: etree._Element) -> bool:
    """Whether a division represents the work of which the book is a part: METS of its own has it.

    The book itself is then a division below it that has a description too.
    """
    below = division.iterdescendants(_tag("div"))
    return division.find(_tag("mptr")) is not None and any(each.get("DMDID") for each in below)
