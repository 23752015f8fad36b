"""The tag files of a bag, read through its source into a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from preserva.bag.report import BagReport
from preserva.bag.source import LIMITS, Limits, Source
from preserva.core.formats import bagit
from preserva.core.formats.bagit import Declaration
from preserva.core.policy.completeness import ManifestListing, Table
from preserva.core.values.codes import Code, Severity
from preserva.core.values.digest import ALGORITHMS, digest_bytes
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Finding, Observer
from preserva.core.values.subjects import Named
from preserva.errors import StorageError
from preserva.files.opening import unreadable
from preserva.i18n import _

FALLBACK = Declaration(bagit.STRICT, "UTF-8")
_TOO_MANY = 10_000  # findings in one tag file after which nobody needs the rest


class TagFiles:
    """Reads the tag files of a bag whose entries are already in the report's tables."""

    def __init__(self, source: Source, report: BagReport, limits: Limits) -> None:
        self.source = source
        self.report = report
        self.limits = limits
        self.declaration = FALLBACK
        self.oxum: tuple[int, int] | None = None
        self.all_read = True  # every payload manifest, to its end
        self.raw_paths: dict[str, str] = {}  # before 1.0: decoded path -> as it was written

    def _find(self, finding: Finding) -> None:
        self.report.findings.append(finding)

    def read_declaration(self) -> bool:
        """Whether the rules of the bag's version are known well enough to go on."""
        if self.report.tags.size("bagit.txt") is None:
            self._find(Finding(Code.DECLARATION_MISSING, "bagit.txt"))
            return True
        data = b"".join(self._pieces("bagit.txt", self.limits.line))
        declaration = bagit.parse_declaration(data, self._find)
        if declaration is None:
            return True
        self.declaration = declaration
        self.report.version = declaration.version_text
        self.report.encoding = declaration.encoding
        if declaration.version not in bagit.VERSIONS:
            known = ", ".join(f"{major}.{minor}" for major, minor in sorted(bagit.VERSIONS))
            seen = declaration.version_text
            self._find(Finding(Code.VERSION_UNSUPPORTED, "bagit.txt", known, seen))
        return declaration.version[0] in {major for major, _minor in bagit.VERSIONS}

    def read_info(self) -> None:
        """The bag's metadata and its Payload-Oxum."""
        path, strict = self.declaration.info_file, self.declaration.strict
        if self.report.tags.size(path) is None:
            return
        lines = self._lines(path, self.limits.tag_file)
        self.report.bag_info = bagit.parse_bag_info(lines, path, strict=strict, report=self._find)
        self.oxum = bagit.check_bag_info(
            self.report.bag_info, path, strict=strict, report=self._find
        )

    def read_fetch(self) -> None:
        """What fetch.txt says; it is compared with the manifests later."""
        if self.report.tags.size("fetch.txt") is not None:
            lines = self._lines("fetch.txt", self.limits.manifest)
            self.report.fetch = bagit.parse_fetch(
                lines, strict=self.declaration.strict, report=self._find
            )

    def read_manifests(self) -> None:
        """All payload and tag manifests, into the report's tables."""
        manifests: dict[str, dict[str, str]] = {"manifest": {}, "tagmanifest": {}}
        for path in sorted(path for path in self.report.tags.there() if "/" not in path):
            if name := bagit.manifest_algorithm(path):
                kind, algorithm = name
                if path != f"{kind}-{algorithm.lower()}.txt":
                    self._find(Finding(Code.MANIFEST_NAME, path))
                elif algorithm not in ALGORITHMS:
                    self._find(Finding(Code.ALGORITHM_UNKNOWN, path, seen=algorithm))
                else:
                    manifests[kind][algorithm] = path
        self._use(manifests["manifest"], manifests["tagmanifest"])
        for algorithm, path in manifests["manifest"].items():
            self._read_manifest(path, algorithm, self.report.payload)
        for algorithm, path in manifests["tagmanifest"].items():
            self._read_manifest(path, algorithm, self.report.tags)
        self._check_tag_manifests(manifests["tagmanifest"])

    def _use(self, payload: dict[str, str], tags: dict[str, str]) -> None:
        self.report.payload.use(payload)
        self.report.tags.use(tags)
        self.report.algorithms = tuple(self.report.payload.algorithms)
        self.report.tag_algorithms = tuple(self.report.tags.algorithms)
        if not payload:
            self.all_read = False
            self._find(Finding(Code.NO_MANIFEST))
        elif all(ALGORITHMS[name].weak for name in payload):
            self._find(Finding(Code.WEAK_ALGORITHM, seen=", ".join(payload)))

    def _read_manifest(self, path: str, algorithm: str, table: Table) -> None:
        strict, is_payload = self.declaration.strict, table is self.report.payload
        before = len(self.report.findings)
        lines = self._lines(path, self.limits.manifest)
        for name, raw, digest in bagit.parse_manifest(
            lines, path, algorithm, strict=strict, report=self._find
        ):
            if code := self._misplaced(name, is_payload):
                self._find(Finding(code, path, seen=name))
                continue
            if not strict and raw != name:
                self.raw_paths[name] = raw
            listing = table.expect(name, algorithm, digest)
            if listing is not ManifestListing.NEW:
                tolerated = listing is ManifestListing.SAME and not strict
                code = Code.REPEATED_LINE if tolerated else Code.LISTED_TWICE
                self._find(Finding(code, path, seen=name))
        if any(_unread(finding, path) for finding in self.report.findings[before:]):
            self.all_read = self.all_read and not is_payload

    @staticmethod
    def _misplaced(name: str, is_payload: bool) -> Code | None:
        """The finding about a path in a manifest of this kind, if any."""
        if name == "data":
            return Code.MANIFEST_FOLDER
        if is_payload:
            return None if name.startswith("data/") else Code.MANIFEST_NOT_PAYLOAD
        manifest = bagit.manifest_algorithm(name)
        forbidden = name.startswith("data/") or (
            manifest is not None and manifest[0] == "tagmanifest"
        )
        return Code.TAGMANIFEST_FORBIDDEN if forbidden else None

    def _check_tag_manifests(self, tag_manifests: dict[str, str]) -> None:
        """Section 2.2.1: each tag manifest lists every payload manifest."""
        code = Code.TAGMANIFEST_INCOMPLETE
        if not self.declaration.strict:
            code = Code.OLD_TAGMANIFEST_INCOMPLETE
        for name in sorted(self.report.tags.there()):
            manifest = bagit.manifest_algorithm(name)
            if manifest is None or manifest[0] != "manifest" or "/" in name:
                continue
            listed_by = self.report.tags.listed_by(name)
            for algorithm in tag_manifests.keys() - listed_by:
                self._find(Finding(code, tag_manifests[algorithm], expected=name))

    def _pieces(self, path: str, limit: int) -> Iterator[bytes]:
        """The content of a tag file up to a limit; a failure is a finding and ends it."""
        total = 0
        try:
            for piece in self.source.stream(path):
                total += len(piece)
                if total > limit:
                    self._find(Finding(Code.LIMIT_REACHED, path, seen=_("the file is too large")))
                    return
                yield piece
        except StorageError as error:
            self._find(unreadable(path, error))

    def _lines(self, path: str, limit: int) -> Iterator[str]:
        before = len(self.report.findings)
        lines = bagit.read_lines(
            self._pieces(path, limit), self.declaration.encoding, path, self._find, self.limits.line
        )
        for number, line in enumerate(lines):
            yield line
            if number % 256 == 0 and (excess := self._excess(before)):
                self._find(Finding(Code.LIMIT_REACHED, path, seen=excess))
                return

    def _excess(self, before: int) -> str | None:
        """Why the reading of a tag file ends here, if it does."""
        if len(self.report.findings) - before > _TOO_MANY:
            return _("it has too many errors")
        if len(self.report.payload) + len(self.report.tags) > self.limits.files:
            return _("too many files")
        return None


def read_tag_files(files: Mapping[str, bytes]) -> BagReport:
    """What the tag files of a bag say, as validation reads them, without looking at the payload.

    `files` are the available files at its top, by name; all others count as absent.
    """
    report = BagReport(Named("bagit.txt"))
    for name, data in files.items():
        report.tags.found(name, len(data))
    tags = TagFiles(_AtHand(files), report, LIMITS)
    if tags.read_declaration():
        tags.read_info()
        tags.read_manifests()
    return report


@dataclass(frozen=True)
class _AtHand(Source):
    """A `Source` of small files that were read already."""

    files: Mapping[str, bytes]
    name = "bagit.txt"
    media_type = None

    def entries(self) -> Iterator[Entry | Finding]:
        """The files."""
        return (Entry(path, Kind.FILE, len(data)) for path, data in self.files.items())

    def stream(self, path: str) -> Iterator[bytes]:
        """The content of one file, in one piece."""
        yield self.files[path]

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """The digests of the files."""
        for entry in files:
            data = self.files[entry.path]
            yield Observed(entry.path, len(data), digest_bytes(data, algorithms))


def _unread(finding: Finding, path: str) -> bool:
    """Whether the finding says that a tag file was not understood to its end."""
    unknown = finding.code.severity is Severity.UNKNOWN or finding.code is Code.UNDECODABLE
    return unknown and finding.path == path
