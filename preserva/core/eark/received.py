"""An information package made elsewhere: what its METS and PREMIS say of its files.

Only what every METS has is used: references with sizes and digests. Which description is the
book's is told in `core.eark.description`. Sources: METS 1.12.1; E-ARK CSIP 2.2.0 for where the
documents lie; PREMIS 3.0 (objectCharacteristics, contentLocation).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from lxml import etree

from preserva.core.eark.contents import Contents, compare_size
from preserva.core.eark.locations import Astray, expected_at, locate
from preserva.core.eark.mets_read import Reference, Root, read_mets
from preserva.core.eark.premis_read import ObjectFacts, read_premis
from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Observed
from preserva.core.values.report import Finding

METS = "METS.xml"
_IN_BAG = re.compile(r"data/([^/]+/)?(METS|mets)(\.(?P<uuid>[0-9a-f-]+))?\.xml")
_A_METS = re.compile(r"(representations/[^/]+/)?METS\.xml", re.DOTALL)
_PREMIS = re.compile(r"((?:representations/[^/]+/)?)metadata/preservation/[^/]+\.xml", re.DOTALL)
_METS = "{http://www.loc.gov/METS/}"
_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9]")

Digest = Callable[[str, str], str]
"""The digest of a file, by path and algorithm; empty if it was not computed."""


@dataclass(slots=True)
class Received:
    """What METS and PREMIS say of the files of a package. `problems` are mismatches.

    `mets` is its own METS document, if it has one; `identifiers` are what that calls the package,
    with their types. `vouched` are the files that have a digest in METS or PREMIS, which was
    compared; `elsewhere` are the addresses of files that METS names and that were not received,
    of `named` files in all. `documents` are the METS documents that were read, its own one first.
    """

    mets: str | None = None
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    vouched: set[str] = field(default_factory=set)
    elsewhere: list[str] = field(default_factory=list)
    named: int = 0
    documents: list[str] = field(default_factory=list)

    def doubts(self, files: Iterable[str]) -> Iterator[Finding]:
        """The files of which nothing says what they must be, and those that are elsewhere."""
        for path in sorted(files):
            if path not in self.vouched and not _A_METS.fullmatch(path):
                yield Finding(Code.UNVOUCHED, path)
        for address in self.elsewhere:
            yield Finding(Code.FILE_ELSEWHERE, seen=address)


@dataclass(slots=True)
class _Receiving:
    contents: Contents
    digest: Digest
    received: Received
    addresses: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """By METS document and file: where it is elsewhere; None for a file that is here."""

    def document(self, path: str) -> Iterator[str]:
        """Compare what one METS document names; further METS documents that it leads to."""
        folder = path[: path.rfind("/") + 1]
        with self.contents.open(path) as stream:
            for fact in read_mets(stream):
                if isinstance(fact, Root) and fact.tag != f"{_METS}mets":
                    self._problem(Finding(Code.METADATA_ROOT, path, "mets", fact.tag))
                    break
                if isinstance(fact, Root) and fact.objid and path == self.received.mets:
                    self.received.identifiers.append(("METS OBJID", fact.objid))
                elif isinstance(fact, Reference):
                    target = self._compare(fact, path, folder)
                    if target is not None and posixpath.basename(target) == METS:
                        yield target

    def _compare(self, reference: Reference, document: str, folder: str) -> str | None:
        """The file that a reference names; mismatches are recorded."""
        files = self.contents.files
        path = locate(folder, reference.href, files, reference.loctype)
        self._locate(reference, document, path)
        if path is Astray.OUTSIDE:
            self._problem(Finding(Code.HREF_UNSAFE, document, seen=reference.href))
        elif path is Astray.MISSING:
            self._problem(Finding(Code.HREF_DANGLING, expected_at(folder, reference.href or "")))
        if isinstance(path, Astray):
            return None
        file = files[path]
        if reference.size:
            for problem in compare_size(Code.METS_SIZE, path, file, reference.size):
                self._problem(problem)
        if reference.section != "mptr":
            self._digest(Code.METS_DIGEST, path, reference.checksum_type, reference.checksum)
        return path

    def _locate(self, reference: Reference, document: str, path: str | Astray) -> None:
        """Remember whether any address of a file leads into the package."""
        if reference.section == "file" and reference.href:
            key = (document, reference.id or reference.href)
            if isinstance(path, str):
                self.addresses[key] = None
            elif path is Astray.ELSEWHERE:
                self.addresses.setdefault(key, reference.href)

    def _digest(self, code: Code, path: str, label: str | None, digest: str | None) -> None:
        """Compare a digest, if the algorithm is known by any spelling of its name."""
        algorithm = algorithm_of(label)
        if algorithm is None or not digest:
            return
        seen = self.digest(path, algorithm)
        self.received.vouched.add(path)
        if not seen:
            self._problem(Finding(Code.DIGEST_NOT_COMPARED, path, expected=label))
        elif seen != digest.strip().lower():
            self._problem(Finding(code, path, digest, seen))

    def premis(self, path: str, folder: str) -> None:
        """Compare sizes and digests of the files that a PREMIS document names recognisably."""
        for finding in self.contents.reading(path, partial(self._objects, folder)):
            self._problem(finding)

    def _objects(self, folder: str, stream: BinaryIO) -> Iterator[Finding]:
        for fact in read_premis(stream, images=False):
            file = self._described(folder, fact) if isinstance(fact, ObjectFacts) else None
            if file is None or not isinstance(fact, ObjectFacts):
                continue
            if fact.size:
                yield from compare_size(Code.PREMIS_SIZE, file.path, file, fact.size)
            for name, digest in fact.digests.items():
                self._digest(Code.PREMIS_DIGEST, file.path, name, digest)

    def _described(self, folder: str, fact: ObjectFacts) -> Observed | None:
        identifiers = (identifier.value for identifier in fact.identifiers)
        names = (fact.location, fact.original_name or "", *identifiers)
        for name in names:
            for start in (folder, ""):
                path = locate(start, name, self.contents.files) if name else None
                if isinstance(path, str):
                    return self.contents.files[path]
        return None

    def _problem(self, finding: Finding) -> None:
        self.received.problems.append(finding)


def algorithm_of(label: str | None) -> str | None:
    """The algorithm of a label, in METS or PREMIS, whatever its spelling: SHA256, sha-256."""
    return _ALGORITHMS.get(_NOT_IN_A_LABEL.sub("", (label or "").lower()))


_ALGORITHMS = {
    _NOT_IN_A_LABEL.sub("", spelling.lower()): name
    for name, algorithm in ALGORITHMS.items()
    for spelling in (name, algorithm.label)
} | {"sha": "sha1"}  # its name in Java, which commons-ip writes into METS


def receive(
    files: Mapping[str, Observed],
    open_file: Callable[[str], BinaryIO],
    digest: Digest,
    mets: str = METS,
) -> Received:
    """Check every METS.xml that the package's own one leads to against the files, and its PREMIS.

    `files` are all received files by path; an address outside the package is not followed. Raises
    UnsafeXMLError (a ValueError).
    """
    work = _Receiving(Contents(open_file, files), digest, Received(mets))
    waiting, seen = [mets], {mets}
    while waiting:
        for target in work.document(waiting.pop()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    work.received.documents = [mets, *sorted(seen - {mets})]
    for path in files:
        if match := _PREMIS.fullmatch(path):
            work.premis(path, match[1])
    work.received.named = len(work.addresses)
    work.received.elsewhere = [address for address in work.addresses.values() if address]
    return work.received


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
