"""An information package made elsewhere: what its METS says about its files and its subject.

Only what every METS has is used: references with sizes and digests, and descriptions. Source: METS
1.12.1; E-ARK CSIP 2.2.0 for where the documents lie.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from lxml import etree

from preserva.core.eark.contents import resolve
from preserva.core.eark.mets_read import Reference, Root, read_mets
from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Observed
from preserva.core.values.report import Finding
from preserva.core.xml.safe import parse

METS = "METS.xml"
_IN_BAG = re.compile(r"data/([^/]+/)?(METS|mets)(\.(?P<uuid>[0-9a-f-]+))?\.xml")
_ALGORITHMS = {algorithm.label: name for name, algorithm in ALGORITHMS.items()}
_METS = "{http://www.loc.gov/METS/}"
_DESCRIPTIONS = ("MODS", "MARC", "DC")
"""The kinds of description that we understand, the richest first."""

Digest = Callable[[str, str], str]
"""The digest of a file, by path and algorithm."""


@dataclass(slots=True)
class Received:
    """The content of the METS documents of a package. `problems` are mismatches with its files.

    `mets` is its own METS document, if it has one; `identifiers` are what that calls the package,
    with their types. `descriptions` are the files of descriptions by their kind; `compared` counts
    the files whose digest was compared, `uncompared` names those that are named without one.
    """

    mets: str | None = None
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    descriptions: dict[str, str] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    compared: int = 0
    uncompared: list[str] = field(default_factory=list)


def receive(
    files: Mapping[str, Observed],
    open_file: Callable[[str], BinaryIO],
    digest: Digest,
    mets: str = METS,
) -> Received:
    """Check every METS.xml that the package's own one leads to against the files.

    `files` are all received files by path; an address outside the package is not followed. Raises
    UnsafeXMLError (a ValueError).
    """
    received = Received(mets)
    waiting, seen = [mets], {mets}
    while waiting:
        path = waiting.pop()
        folder = path[: path.rfind("/") + 1]
        with open_file(path) as stream:
            for fact in read_mets(stream):
                if isinstance(fact, Root) and fact.tag != f"{_METS}mets":
                    received.problems.append(Finding(Code.METADATA_ROOT, path, "mets", fact.tag))
                    break
                if isinstance(fact, Root) and fact.objid and path == mets:
                    received.identifiers.append(("METS OBJID", fact.objid))
                elif isinstance(fact, Reference):
                    target = _compare(received, fact, folder, files, digest)
                    if target is not None and fact.section == "dmdSec" and path == mets:
                        received.descriptions.setdefault(fact.mdtype or "", target)
                    name = posixpath.basename(target or "")
                    if target in files and name == METS and target not in seen:
                        seen.add(str(target))
                        waiting.append(str(target))
    return received


def _compare(
    received: Received,
    reference: Reference,
    folder: str,
    files: Mapping[str, Observed],
    digest: Digest,
) -> str | None:
    """The file that a reference names; mismatches are recorded."""
    path = resolve(folder, reference.href)
    if path is None:
        if reference.href is None or "://" not in reference.href:
            received.problems.append(Finding(Code.HREF_UNSAFE, folder + METS, seen=reference.href))
        return None
    file = files.get(path)
    if file is None:
        received.problems.append(Finding(Code.HREF_DANGLING, path))
        return None
    if reference.size and reference.size != str(file.size):
        received.problems.append(
            Finding(Code.METS_SIZE, path, expected=reference.size, seen=str(file.size))
        )
    if reference.section == "mptr":
        return path
    algorithm = _ALGORITHMS.get(reference.checksum_type or "")
    if algorithm is None or not reference.checksum:
        received.uncompared.append(path)
        return path
    received.compared += 1
    seen = digest(path, algorithm)
    if seen != reference.checksum.lower():
        received.problems.append(Finding(Code.METS_DIGEST, path, reference.checksum, seen))
    return path


def description(received: Received, read: Callable[[str], bytes]) -> tuple[bytes, str] | None:
    """The richest description that the METS points to, or else contains; and its place.

    Raises UnsafeXMLError (a ValueError).
    """
    kinds = (received.descriptions.get(kind) for kind in _DESCRIPTIONS)
    path = next((path for path in kinds if path is not None), None)
    if path is not None:
        return read(path), path
    if received.mets is None:
        return None
    held = embedded_description(read(received.mets))
    return None if held is None else (held, received.mets)


def embedded_description(mets: bytes) -> bytes | None:
    """The richest description inside a METS document, as a document of its own.

    Raises UnsafeXMLError (a ValueError).
    """
    held: dict[str, etree._Element] = {}
    for wrap in parse(mets).iterfind(f"{_METS}dmdSec/{_METS}mdWrap"):
        data = wrap.find(f"{_METS}xmlData")
        if data is not None and len(data):
            held.setdefault(str(wrap.get("MDTYPE")), data[0])
    for kind in _DESCRIPTIONS:
        if kind in held:
            return etree.tostring(held[kind], encoding="UTF-8", xml_declaration=True)
    return None


def described_by(fields: Mapping[str, list[str]]) -> bytes:
    """Dublin Core of fields by name: `title`, `identifier`, `description` ..."""
    oai, dc = "http://www.openarchives.org/OAI/2.0/oai_dc/", "http://purl.org/dc/elements/1.1/"
    root = etree.Element(f"{{{oai}}}dc", nsmap={"oai_dc": oai, "dc": dc})
    for name, values in fields.items():
        for value in values:
            etree.SubElement(root, f"{{{dc}}}{name}").text = value
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def mets_in_bag(files: Iterable[str]) -> re.Match[str] | None:
    """The METS document of the package in a bag: at the top of its payload, or in a folder there.

    The group `uuid` is what Archivematica has in its name.
    """
    matches = map(_IN_BAG.fullmatch, sorted(files, key=lambda path: path.count("/")))
    return next((match for match in matches if match), None)
