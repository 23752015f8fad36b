"""One METS document against itself and against the files that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from preserva.core.eark.contents import Contents, compare_digest, compare_size, resolve
from preserva.core.eark.mets import NAMESPACE, PackageType
from preserva.core.eark.mets_read import (
    Div,
    Fact,
    HeaderFacts,
    Identified,
    Map,
    Reference,
    Refers,
    Root,
    read_mets,
)
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding

_PARTS = "Logical structure"
_ENDS = {"xlink:from": "LOGICAL div", "xlink:to": "PHYSICAL div"}


@dataclass(frozen=True, slots=True)
class Demands:
    """What a METS document of this kind must have."""

    objid: str
    profile: str
    divisions: frozenset[str]
    maps: frozenset[str]
    kind: PackageType = PackageType.AIP


@dataclass(frozen=True, slots=True)
class ReferencedFile:
    """A file that METS names: where it lies, and which metadata sections describe it."""

    path: str
    sections: tuple[str, ...]
    number: int


@dataclass(slots=True)
class MetsCheck:
    """Reads a METS document, yields what is wrong, and keeps what other checks need.

    `metadata` are the metadata files by path, `files` the content files by ID, `pages` the labels
    (and types) by number, `documents` the METS documents of representations; `understood` says
    whether the document was METS and was read to its end.
    """

    contents: Contents
    path: str
    demands: Demands
    metadata: dict[str, Reference] = field(default_factory=dict)
    files: dict[str, ReferencedFile] = field(default_factory=dict)
    pages: dict[int, str | None] = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)
    understood: bool = False
    _pointers: list[str] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _refers: dict[str, str] = field(default_factory=dict)
    _maps: list[str | None] = field(default_factory=list)
    _divisions: set[str | None] = field(default_factory=set)
    _linked: set[str] = field(default_factory=set)
    _paged: set[str] = field(default_factory=set)
    _links: set[tuple[str, str]] = field(default_factory=set)
    _ends: dict[str, str] = field(default_factory=dict)
    _has_header: bool = False
    _page: int = 0
    _number: int = -1

    def run(self, stream: BinaryIO) -> Iterator[Finding]:
        """Every finding in the document; one that is not METS is not looked at further."""
        for fact in read_mets(stream):
            if isinstance(fact, Root) and fact.tag != f"{{{NAMESPACE}}}mets":
                yield self._finding(Code.METADATA_ROOT, f"{{{NAMESPACE}}}mets", fact.tag)
                return
            yield from self._fact(fact)
        yield from self._end()
        self.understood = True

    @property
    def folder(self) -> str:
        """The folder of the document, empty or ending in `/`."""
        return self.path[: self.path.rfind("/") + 1]

    def _finding(self, code: Code, expected: str | None = None, seen: str | None = None) -> Finding:
        return Finding(code, self.path, expected, seen)

    def _fact(self, fact: Fact) -> Iterator[Finding]:
        match fact:
            case Identified():
                if fact.id in self._ids:
                    yield self._finding(Code.ID_TWICE, seen=fact.id)
                self._ids.add(fact.id)
            case Refers():
                self._refers.setdefault(fact.id, fact.attribute)
                if fact.attribute in _ENDS:
                    self._links.add((fact.attribute, fact.id))
            case Reference(section="mptr"):
                yield from self._pointer(fact)
            case Reference():
                yield from self._reference(fact)
            case Div():
                yield from self._division(fact)
            case Map():
                self._maps.append(fact.label)
            case HeaderFacts():
                yield from self._header(fact)
            case Root():
                yield from self._root(fact)

    def _root(self, root: Root) -> Iterator[Finding]:
        if root.objid != self.demands.objid:
            yield self._finding(Code.OBJID_WRONG, self.demands.objid, root.objid)
        if root.profile != self.demands.profile:
            yield self._finding(Code.PROFILE_RULE, f"PROFILE {self.demands.profile}", root.profile)
        yield from self._must({"TYPE": root.type, "csip:CONTENTINFORMATIONTYPE": root.content_type})

    def _header(self, header: HeaderFacts) -> Iterator[Finding]:
        self._has_header = True
        yield from self._must({"metsHdr/@CREATEDATE": header.created})
        if header.package_type != self.demands.kind:
            expected = f"OAISPACKAGETYPE {self.demands.kind}"
            yield self._finding(Code.PROFILE_RULE, expected, header.package_type)
        if len(header.software) != 1:
            yield self._finding(
                Code.PROFILE_RULE, "metsHdr/agent SOFTWARE", ", ".join(header.software)
            )

    def _must(self, values: dict[str, str | None]) -> Iterator[Finding]:
        for name, value in values.items():
            if not value:
                yield self._finding(Code.PROFILE_RULE, name, value)

    def _reference(self, reference: Reference) -> Iterator[Finding]:
        path = resolve(self.folder, reference.href)
        if path is None:
            yield self._finding(Code.HREF_UNSAFE, seen=reference.href)
            return
        facts = {
            "ID": reference.id,
            "MIMETYPE": reference.mime,
            "SIZE": reference.size,
            "CREATED": reference.created,
            "CHECKSUM": reference.checksum,
            "CHECKSUMTYPE": reference.checksum_type,
        }
        for name, value in facts.items():
            if not value:
                yield Finding(Code.REFERENCE_INCOMPLETE, path, expected=name)
        yield from self._named(path, reference)
        self._keep(path, reference)

    def _named(self, path: str, reference: Reference) -> Iterator[Finding]:
        if path in self.contents.named or path == "METS.xml":
            yield Finding(Code.REFERENCED_TWICE, path)
        self.contents.named.add(path)
        file = self.contents.files.get(path)
        if file is None:
            yield Finding(Code.HREF_DANGLING, path)
            return
        if reference.size:
            yield from compare_size(Code.METS_SIZE, path, file, reference.size)
        if reference.checksum and reference.checksum_type:
            yield from compare_digest(
                Code.METS_DIGEST, path, file, reference.checksum_type, reference.checksum
            )

    def _keep(self, path: str, reference: Reference) -> None:
        if reference.section != "file":
            self.metadata[path] = reference
        elif reference.use == "Representations":
            self.documents.append(path)
        elif reference.use == "Data" and reference.id is not None:
            self.files[reference.id] = ReferencedFile(path, reference.admid, len(self.files))

    def _pointer(self, reference: Reference) -> Iterator[Finding]:
        path = resolve(self.folder, reference.href)
        if path is None:
            yield self._finding(Code.HREF_UNSAFE, seen=reference.href)
        else:
            self._pointers.append(path)

    def _division(self, div: Div) -> Iterator[Finding]:
        if div.map == "CSIP":
            self._divisions.add(div.label)
            self._linked.update(div.sections)
        elif div.map == _PARTS:
            self._ends[div.id or ""] = "xlink:from"
        elif div.map == "Files":
            for identifier in div.files:
                yield from self._page_file(div, identifier)
        elif div.map == "Pages":
            self._ends[div.id or ""] = "xlink:to"
            if div.type != "physSequence":
                yield from self._page_order(div)
            for identifier in div.files:
                yield from self._page_file(div, identifier)

    def _page_order(self, div: Div) -> Iterator[Finding]:
        order = div.order or ""
        number = int(order) if order.isascii() and order.isdecimal() and len(order) < 10 else 0
        if number > self._page:
            self._page = number
            kind = "" if div.type == "page" else f"({div.type})"
            self.pages[number] = " ".join(filter(None, (div.order_label, kind))) or None
        else:
            yield self._finding(Code.PAGE_ORDER, f"ORDER > {self._page}", f"{div.id} {div.order}")
        if not div.files:
            yield self._finding(Code.PAGE_WITHOUT_FILE, seen=div.id)

    def _page_file(self, div: Div, identifier: str) -> Iterator[Finding]:
        listed = self.files.get(identifier)
        if listed is None or identifier in self._paged:
            yield self._finding(Code.FILE_WITHOUT_PAGE, seen=identifier)
            return
        self._paged.add(identifier)
        if div.map == "Pages" and div.type != "physSequence":
            if listed.number < self._number:
                yield Finding(Code.PAGE_ORDER, listed.path, seen=div.id)
            self._number = max(listed.number, self._number)

    def _end(self) -> Iterator[Finding]:
        for identifier, attribute in self._refers.items():
            if identifier not in self._ids:
                yield self._finding(Code.REFERENCE_DANGLING, seen=f"{attribute} {identifier}")
        for attribute, identifier in sorted(self._links):
            if identifier in self._ids and self._ends.get(identifier) != attribute:
                yield self._finding(Code.PART_LINK, _ENDS[attribute], f"{attribute} {identifier}")
        if not self._has_header:
            yield self._finding(Code.PROFILE_RULE, "metsHdr")
        for label in sorted(self.demands.maps):
            if self._maps.count(label) != 1:
                yield self._finding(Code.PROFILE_RULE, f"structMap {label}")
        for label in sorted(self.demands.divisions - self._divisions):
            yield self._finding(Code.PROFILE_RULE, f"div {label}")
        for path, reference in self.metadata.items():
            if reference.id not in self._linked:
                yield Finding(Code.METADATA_UNLINKED, path, seen=reference.id)
        if not any(reference.mdtype == "PREMIS" for reference in self.metadata.values()):
            yield self._finding(Code.PROFILE_RULE, "digiprovMD PREMIS")
        for path in sorted({*self.documents} ^ {*self._pointers}):
            yield Finding(Code.PROFILE_RULE, path, expected="fileGrp + mptr")
        if "Pages" in self.demands.maps:
            for identifier, listed in self.files.items():
                if identifier not in self._paged:
                    yield Finding(Code.FILE_WITHOUT_PAGE, listed.path, seen=identifier)
