"""Checks METS, PREMIS and the files of a package against each other.

Digests are not computed here: they are those of the single read by the validation of the bag. Only
METS, PREMIS and descriptive XML are read, as streams.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from preserva.core.eark.aip import representation_id
from preserva.core.eark.check_mets import Demands, MetsCheck
from preserva.core.eark.check_premis import PremisCheck
from preserva.core.eark.contents import Contents, Open
from preserva.core.eark.mets import PackageType
from preserva.core.eark.mets_read import Reference
from preserva.core.eark.premis import Identifier
from preserva.core.eark.verdicts import JudgedPart, Verdicts
from preserva.core.values.codes import Code
from preserva.core.values.model import Observed
from preserva.core.values.report import Finding
from preserva.core.xml.safe import iterparse
from preserva.core.xml.stream import chunks, release

METS = "METS.xml"

_PACKAGE = frozenset({"Metadata", "Documentation", "Schemas", "Representations"})
_REPRESENTATION = frozenset({"Metadata", "Data"})
_XML = frozenset({"text/xml", "application/xml"})
_ROOTS = {"MODS": "{http://www.loc.gov/mods/v3}mods"}


def check_package(
    open_file: Open,
    files: Mapping[str, Observed],
    *,
    folder: str,
    kind: PackageType = PackageType.AIP,
    verdicts: Verdicts | None = None,
    parts: Mapping[str, str] | None = None,
) -> Iterator[Finding]:
    """Every contradiction inside a package that preserva made (CSIP, SIP, AIP, DIP 2.2.0).

    `files` are all files of the package folder as they were read, by path relative to it, with
    the digests of the manifests; `open_file` opens one of them; `folder` is the folder's name.
    Representations found sound according to `verdicts` are not judged again: `parts` has a digest
    of all their files, by their folders.
    Each finding's path is relative to the folder as well. Memory grows with the number of files
    by their identifiers and paths only. What cannot be read is a finding (U101), never an error.
    """
    contents = Contents(open_file, files)
    yield from _PackageCheck(contents, folder, kind, verdicts or Verdicts(), parts or {}).run()


@dataclass(slots=True)
class _PackageCheck:
    contents: Contents
    name: str
    kind: PackageType
    verdicts: Verdicts
    parts: Mapping[str, str]
    pages: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    pending: dict[Identifier, str] = field(default_factory=dict)

    def run(self) -> Iterator[Finding]:
        demands = Demands(self.name, self.kind.profile, _PACKAGE, frozenset({"CSIP"}), self.kind)
        mets = MetsCheck(self.contents, METS, demands)
        yield from self._mets(mets)
        premis = PremisCheck(self.contents, "", {})
        complete = yield from self._metadata(mets, premis)
        if complete:
            yield from self._package_premis(mets, premis)
        self.pending = dict(premis.links)
        for path in dict.fromkeys(mets.documents):
            yield from self._representation(path, premis, complete=complete)
        if complete:
            premis.links = self.pending
            yield from premis.dangling()
        yield from self._unnamed()

    def _package_premis(self, mets: MetsCheck, premis: PremisCheck) -> Iterator[Finding]:
        path = next((path for path, item in mets.metadata.items() if item.mdtype == "PREMIS"), METS)
        yield from premis.history(path)
        for document in mets.documents:
            identifier = representation_id(_folder_name(document))
            if identifier not in premis.objects:
                yield Finding(Code.PREMIS_INCOMPLETE, path, f"object {identifier.value}")

    def _mets(self, mets: MetsCheck) -> Iterator[Finding]:
        if mets.path not in self.contents.files:
            if mets.path not in self.contents.named:
                yield Finding(Code.METS_MISSING, mets.path)
            self.contents.unknown.append(mets.folder)
            return
        yield from self.contents.reading(mets.path, mets.run)
        if not mets.understood:
            self.contents.unknown.append(mets.folder)

    def _metadata(self, mets: MetsCheck, premis: PremisCheck) -> Generator[Finding, None, bool]:
        """Check the metadata files of a METS document; was all PREMIS read to its end?"""
        complete = mets.folder not in self.contents.unknown
        for path, reference in mets.metadata.items():
            if path not in self.contents.files:
                complete = complete and reference.mdtype != "PREMIS"
            elif reference.mdtype == "PREMIS":
                run = partial(premis.run, path, reference.id)
                reading = self.contents.reading(path, run)
                yield from reading
                complete = complete and reading.complete
            elif reference.mime in _XML:
                run = partial(_descriptive, path, reference)
                yield from self.contents.reading(path, run)
        return complete

    def _representation(
        self, path: str, package: PremisCheck, *, complete: bool
    ) -> Iterator[Finding]:
        key = self._key(path)
        part = self.verdicts.part(key)
        if part is None:
            part = yield from self._judged(path, key)
        else:
            self.contents.named |= part.named
        if part.complete and complete:
            yield from part.agents
            for link, where in part.links.items():
                if link not in package.objects:
                    yield Finding(Code.PREMIS_LINK_DANGLING, where, seen=link.value)
        for identifier in part.objects & self.pending.keys():
            del self.pending[identifier]
        yield from self._labels(path, part.pages)

    def _key(self, path: str) -> Hashable | None:
        """All that decides what is found in a representation; None if it cannot be known again."""
        folder = path[: path.rfind("/") + 1]
        digest = self.parts.get(folder)
        if digest is None or folder in self.contents.unknown:
            return None
        named = frozenset(name for name in self.contents.named if name.startswith(folder))
        return path, digest, self.kind, named

    def _judged(self, path: str, key: Hashable | None) -> Generator[Finding, None, JudgedPart]:
        """Judge a representation by its documents."""
        demands = Demands(
            _folder_name(path),
            self.kind.representation_profile,
            _REPRESENTATION,
            frozenset({"CSIP", "Pages"}),
            self.kind,
        )
        mets = MetsCheck(self.contents, path, demands)
        premis = PremisCheck(self.contents, mets.folder, mets.files)
        is_sound = True
        complete = False

        def findings() -> Iterator[Finding]:
            nonlocal complete
            yield from self._mets(mets)
            complete = yield from self._metadata(mets, premis)
            if complete:
                yield from premis.undescribed()

        for finding in findings():
            is_sound = False
            yield finding
        part = JudgedPart(
            frozenset(name for name in self.contents.named if name.startswith(mets.folder)),
            mets.pages,
            frozenset(premis.objects),
            premis.loose_links(),
            tuple(premis.loose_agents()),
            complete,
        )
        if is_sound and complete:
            self.verdicts.keep_part(key, part)
        return part

    def _labels(self, path: str, pages: Mapping[int, str | None]) -> Iterator[Finding]:
        for number, label in pages.items():
            where, first = self.pages.setdefault(number, (path, label))
            if label != first:
                yield Finding(Code.PAGES_DIFFER, path, f"{number}: {first} ({where})", label)

    def _unnamed(self) -> Iterator[Finding]:
        unknown = tuple(self.contents.unknown)
        for path in self.contents.files:
            if path != METS and path not in self.contents.named and not path.startswith(unknown):
                yield Finding(Code.NOT_REFERENCED, path)


def _folder_name(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[2]


def _descriptive(path: str, reference: Reference, stream: BinaryIO) -> Iterator[Finding]:
    expected = _ROOTS.get(reference.mdtype or "")
    for event, element in iterparse(chunks(stream), events=("start", "end")):
        if event == "end":
            release(element)
        elif element.getparent() is None and expected and element.tag != expected:
            yield Finding(Code.METADATA_ROOT, path, expected, str(element.tag))
