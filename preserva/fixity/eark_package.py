"""An E-ARK package that is not in a bag: whether it agrees with its own METS and PREMIS.

Each file is read once as it passes, in a folder or a container. A package that preserva made is
also checked against our profile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from preserva.bag.container.spool import Shelf
from preserva.bag.source import LIMITS, NamesInDoubt, Source, as_stream, hand_on
from preserva.core.eark.check import check_package
from preserva.core.eark.contents import Contents
from preserva.core.eark.mets import PackageType
from preserva.core.eark.mets_read import HeaderFacts, Root, read_mets
from preserva.core.eark.received import METS, receive
from preserva.core.policy.name_encodings import spell
from preserva.core.values.codes import Code
from preserva.core.values.digest import MultiHash
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Ended, Finding, Observer, Report, Started
from preserva.core.values.subjects import Named
from preserva.errors import StorageError
from preserva.files.opening import unreadable
from preserva.i18n import _
from preserva.information_package.consistency import profile_findings
from preserva.information_package.listed_names import listed_names
from preserva.information_package.official_schemas import OfficialSchemas

_USUAL = ("md5", "sha1", "sha256", "sha512")
_DOCUMENT = re.compile(r"(representations/[^/]+/)?(METS|metadata/.+)\.xml", re.DOTALL)
_A_METS = re.compile(r"(representations/[^/]+/)?METS\.xml", re.DOTALL)
_OURS = re.compile(rb"<(?:\w+:)?name>preserva</")
_HEAD = 1 << 16


def check_eark(
    open_source: Callable[[], Source],
    name: str | None,
    official: OfficialSchemas | None,
    observer: Observer,
) -> Report:
    """Check the package in a folder or container that has a METS.xml and no bag declaration.

    `open_source` opens it; a second time if its METS has digests by uncommon algorithms. `name` is
    that of the package's folder; a container does not show it. Raises StorageError.
    """
    source = open_source()
    report = Report(Named(source.name))
    return _Check(open_source, source, name, official, observer, report).run()


@dataclass(slots=True)
class _Check:
    open_source: Callable[[], Source]
    source: Source
    name: str | None
    official: OfficialSchemas | None
    observer: Observer
    report: Report
    files: dict[str, Observed] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)
    respelled: Mapping[str, str] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)

    def run(self) -> Report:
        self.observer(Started("validate", self.report.subject))
        try:
            self._read()
            self._spell()
            findings = self._judged()
            if self.lacking:
                self._read_again()
                findings = self._judged()
            self.report.add(findings)
        finally:
            self.shelf.close()
        self.observer(Ended("validate", self.report.subject))
        return self.report

    def _read(self) -> None:
        """Every file, once: its digests, and the content of metadata."""

        def take(path: str, size: int, pieces: Iterator[bytes]) -> None:
            if path in self.files:
                self.report.add([Finding(Code.NAME_TWICE, path)])
            hashes = MultiHash(_USUAL)
            is_kept = _DOCUMENT.fullmatch(path) is not None
            kept = self.shelf.keep(path, pieces, LIMITS.manifest) if is_kept else pieces
            self.report.listed += 1
            try:
                for piece in kept:
                    hashes.update(piece)
                    self.observer(Advanced(len(piece)))
            except StorageError as error:
                self.report.add([unreadable(path, error)])
                return
            self.observer(Advanced(0, path))
            self.report.checked += 1
            self.report.bytes_read += hashes.size
            self.files[path] = Observed(path, hashes.size, hashes.digests())

        for entry in hand_on(self.source, take):
            if isinstance(entry, Finding):
                self.report.add([entry])
            elif isinstance(entry, Entry) and entry.kind not in {Kind.FILE, Kind.FOLDER}:
                self.report.add([Finding(Code.NOT_REGULAR, entry.path, seen=entry.kind.value)])

    def _read_again(self) -> None:
        """Every file once more, for the digests that METS and PREMIS need besides the usual ones.

        A file that is not the same any more gets none, so it stays uncompared.
        """

        def take(path: str, size: int, pieces: Iterator[bytes]) -> None:
            known = self.files.get(self.respelled.get(path, path))
            if known is None:
                return
            hashes = MultiHash(self.lacking)
            with suppress(StorageError):
                for piece in pieces:
                    hashes.update(piece)
                    self.observer(Advanced(len(piece)))
            if hashes.size == known.size:
                digests = {**known.digests, **hashes.digests()}
                self.files[known.path] = known._replace(digests=digests)

        for _entry in hand_on(self.open_source(), take):
            pass

    def _spell(self) -> None:
        """Decide names whose encoding is not declared, by METS."""
        if not isinstance(self.source, NamesInDoubt) or not self.source.in_doubt:
            return
        documents = [path for path in self.files if _A_METS.fullmatch(path)]
        lists = {path: b"".join(self.shelf.pieces(path)) for path in documents}
        spelling = spell(self.source.in_doubt & self.files.keys(), listed_names(lists))
        names = {path: name for path, name in spelling.names.items() if path != name}
        self.respelled = names
        self.shelf.respell({path: name for path, name in names.items() if path in self.shelf})
        moved = {name: self.files.pop(path)._replace(path=name) for path, name in names.items()}
        self.files |= moved
        self.report.add(Finding(Code.NAME_UNKNOWN, path) for path in sorted(spelling.unsure))
        usual = self.source.usual_encoding
        if strange := [name for name in spelling.encodings if name != usual]:
            self.report.add([Finding(Code.NAMES_UNDECLARED, seen=", ".join(strange))])

    def _open(self, path: str) -> BinaryIO:
        if path not in self.shelf:
            message = _("{path} is larger than such a document can be")
            raise StorageError(message.format(path=path), path=path)
        return as_stream(self.shelf.pieces(path))

    def _digest(self, path: str, algorithm: str) -> str:
        digests = self.files[path].digests
        if algorithm not in digests:
            self.lacking.add(algorithm)
        return digests.get(algorithm, "")

    def _judged(self) -> list[Finding]:
        """What is wrong with the package, by the digests that there are."""
        if METS not in self.files:
            return [Finding(Code.METS_MISSING, METS)]
        with self._open(METS) as stream:
            is_ours = _OURS.search(stream.read(_HEAD)) is not None
        contents = Contents(self._open, self.files)
        if is_ours:
            kind, name = self._kind_and_name()
            findings = list(check_package(self._open, self.files, folder=name, kind=kind))
        else:
            findings = list(self._of_others())
        findings += profile_findings(contents, findings, self.official, ours=is_ours)
        unsure = {
            finding.path for finding in self.report.findings if finding.code is Code.NAME_UNKNOWN
        }
        if unsure:  # what seems missing may be one of these
            findings = [
                finding
                for finding in findings
                if finding.path not in unsure
                and (finding.code is not Code.HREF_DANGLING or (finding.path or "").isascii())
            ]
        return findings

    def _kind_and_name(self) -> tuple[PackageType, str]:
        """The kind of package that it claims to be, and the name of its folder."""
        kind, name = PackageType.AIP, self.name or ""
        kinds = {each.value: each for each in PackageType}
        try:
            with self._open(METS) as stream:
                for fact in read_mets(stream):
                    if isinstance(fact, Root):
                        name = self.name or fact.objid or ""
                    elif isinstance(fact, HeaderFacts):
                        return kinds.get(fact.package_type or "", kind), name
        except ValueError:  # the check itself reports it
            pass
        return kind, name

    def _of_others(self) -> Iterator[Finding]:
        """What METS and PREMIS say about the files, in whatever way other programs write it."""
        try:
            received = receive(self.files, self._open, self._digest)
        except ValueError as error:
            yield Finding(Code.METADATA_XML, METS, seen=str(error))
            return
        yield from received.problems
        yield from received.doubts(self.files)
