"""Whether a bag is complete and valid: RFC 8493 section 3, in one pass over its files."""

from __future__ import annotations

from collections.abc import Iterator

from preserva.bag.report import BagReport, BagVerdict
from preserva.bag.source import LIMITS, Limits, Listens, NamesInDoubt, ReadsEarly, Source
from preserva.bag.tag_files import TagFiles
from preserva.core.formats.bagit import old_spelling
from preserva.core.policy.completeness import ManifestListing, Table
from preserva.core.policy.name_encodings import spell
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.names import foreign_to_windows, is_unsafe, nfc, told_apart, twins
from preserva.core.values.report import Ended, Finding, Observer, Started, ignore
from preserva.core.values.subjects import Named
from preserva.errors import StorageError
from preserva.files.opening import unreadable
from preserva.i18n import _

__all__ = ["BagReport", "BagVerdict", "validate_source"]


def validate_source(
    source: Source,
    *,
    observer: Observer = ignore,
    completeness: bool = False,
    fast: bool = False,
    limits: Limits = LIMITS,
) -> BagReport:
    """Validate a bag; report every finding, not only the first.

    `completeness` checks only names; the verdict is at best COMPLETE. `fast` compares number and
    size of the payload files with Payload-Oxum, which proves nothing: the verdict is at best
    UNKNOWN. Raises StorageError if there is nothing to check; a bag in any state is a result.
    """
    report = BagReport(Named(source.name), media_type=source.media_type)
    report.completeness_only = completeness and not fast
    validation = _Validation(source, report, limits)
    observer(Started("validate", report.subject))
    if isinstance(source, Listens):
        source.listen(observer)
    if isinstance(source, ReadsEarly) and not (completeness or fast):
        source.read_early()
    validation.list_entries()
    if validation.tags.read_declaration():
        validation.tags.read_info()
        if fast:
            validation.compare_oxum()
        else:
            validation.compare_names()
        if not fast and not completeness:
            validation.compare_content(observer)
        else:
            report.findings.append(Finding(Code.NOT_DIGESTED))
    observer(Ended("validate", report.subject))
    return report


def _with_all_above(folders: set[str]) -> set[str]:
    """The folders and all their parents."""
    parents = set[str]()
    for folder in folders:
        above = folder
        while above and above not in parents:
            parents.add(above)
            above = above.rpartition("/")[0]
    return parents


class _Validation:
    """One validation: entries, then names, then content."""

    def __init__(self, source: Source, report: BagReport, limits: Limits) -> None:
        self.source = source
        self.report = report
        self.limits = limits
        self.tags = TagFiles(source, report, limits)
        self.refused: set[str] = set()  # links and devices: present, but not read
        self.unread: list[str] = []  # folders that could not be listed, with a slash
        self.listed_all = True
        self.unsure: set[str] = set()  # files of which nobody knows what they are called

    def _find(
        self,
        code: Code,
        path: str | None = None,
        *,
        expected: str | None = None,
        seen: str | None = None,
    ) -> None:
        self.report.findings.append(Finding(code, path, expected, seen))

    def list_entries(self) -> None:
        """List everything in the bag."""
        folders, filled = set[str](), set[str]()
        payload, tags = self.report.payload, self.report.tags
        for number, entry in enumerate(self.source.entries()):
            if number >= self.limits.files:
                self._find(Code.LIMIT_REACHED, seen=_("too many files"))
                self.listed_all = False
                break
            if isinstance(entry, Finding):
                self.report.findings.append(entry)
                self._note_gap(entry)
                continue
            path = entry.path
            filled.add(path.rpartition("/")[0])
            if entry.kind is Kind.FILE:
                table = payload if path.startswith("data/") else tags
                if not table.found(path, entry.size):
                    self._find(Code.NAME_TWICE, path)
            elif entry.kind is Kind.FOLDER:
                folders.add(path)
            else:
                self._find(Code.NOT_REGULAR, path, seen=entry.kind.value)
                self.refused.add(path)
        around = folders | filled | self.refused
        if self.listed_all and not any(path.split("/", 1)[0] == "data" for path in around):
            self._find(Code.NO_PAYLOAD_FOLDER)
        for path in sorted(_with_all_above(filled)):
            if payload.size(path) is not None or tags.size(path) is not None:
                self._find(Code.FILE_AND_FOLDER, path)
        for path in sorted(folders - filled):
            if path.startswith("data/") and f"{path}/" not in self.unread:
                self._find(Code.EMPTY_BAG_FOLDER, path)

    def _note_gap(self, finding: Finding) -> None:
        if finding.code is Code.UNREADABLE and finding.path not in {None, "."}:
            self.unread.append(f"{finding.path}/")
        elif finding.code in {Code.UNREADABLE, Code.LIMIT_REACHED, Code.CONTAINER_UNSUPPORTED}:
            self.listed_all = False

    def compare_names(self) -> None:
        """Whether the bag is complete: names in manifests, fetch.txt and the bag itself."""
        report = self.report
        self.tags.read_manifests()
        self.tags.read_fetch()
        if self.tags.declaration.strict and self.tags.all_read:
            for path, algorithm in report.payload.not_in_every():
                self._find(Code.NOT_IN_EVERY_MANIFEST, path, expected=f"manifest-{algorithm}.txt")
        self._check_end()
        self._spell()
        for table in (report.payload, report.tags):
            self._match_raw(table)
            self._match_forms(table)
        holes = self._compare_fetch()
        for table in (report.payload, report.tags):
            for path in table.missing():
                if self._is_missing(path) and path not in holes:
                    self._find(Code.MISSING_FILE, path)
            self._check_names(table)
        if self.tags.all_read:
            for path in report.payload.unlisted():
                if path not in self.unsure:
                    self._find(Code.UNLISTED_FILE, path)
        if not holes:
            self.compare_oxum()
        report.listed = sum(table.count_listed() for table in (report.payload, report.tags))

    def _is_missing(self, path: str) -> bool:
        """Whether a listed file that was not found is certain to be missing."""
        return (
            self.listed_all
            and path not in self.refused
            and (path.isascii() or not self.unsure)
            and not any(path.startswith(folder) for folder in self.unread)
        )

    def _check_end(self) -> None:
        """Without an end mark, only a tag manifest shows whether anything is missing at the end."""
        codes = {finding.code for finding in self.report.findings}
        if Code.NO_END_MARK in codes and not self.report.tag_algorithms:
            self._find(Code.END_UNKNOWN)

    def _spell(self) -> None:
        """Decide names whose encoding is not declared, by the manifests."""
        source = self.source
        if not isinstance(source, NamesInDoubt) or not source.in_doubt:
            return
        tables = (self.report.payload, self.report.tags)
        listed = {path for path in source.in_doubt if any(t.is_listed(path) for t in tables)}
        for table in tables:
            listed |= {path for path in table.missing() if not path.isascii()}
        there = [path for path in source.in_doubt if self._is_there(path)]
        spelling = spell(there, listed)
        names = {
            path: name
            for path, name in spelling.names.items()
            if path != name and (name in spelling.names or not self._is_there(name))
        }
        for table in tables:
            table.respell(
                {path: name for path, name in names.items() if table.size(path) is not None}
            )
        source.respell(names)
        self.unsure = spelling.unsure
        for path in sorted(spelling.unsure):
            self._find(Code.NAME_UNKNOWN, path)
        if strange := [name for name in spelling.encodings if name != source.usual_encoding]:
            self._find(Code.NAMES_UNDECLARED, seen=", ".join(strange))

    def _is_there(self, path: str) -> bool:
        """Whether there is a file of this name."""
        table = self.report.payload if path.startswith("data/") else self.report.tags
        return table.size(path) is not None

    def _match_raw(self, table: Table) -> None:
        """Before 1.0, `%0A` in a manifest may be part of the name itself, if such a file exists."""
        if not self.tags.raw_paths:
            return
        there = {old_spelling(path): path for path in table.unlisted() if not is_unsafe(path)}
        for path in list(table.missing()):
            raw = self.tags.raw_paths.get(path)
            present = there.get(old_spelling(raw)) if raw is not None else None
            if present is not None and not table.is_listed(present):
                table.rename(path, present)
                self._find(Code.LISTED_RAW, present)

    def _match_forms(self, table: Table) -> None:
        """A name in another Unicode form is the same file if the listed form does not exist."""
        wanted = {nfc(path): path for path in table.missing() if not path.isascii()}
        for path in list(table.there()) if wanted else ():
            listed = wanted.get(nfc(path))
            if listed is None or (table.is_listed(path) and self.tags.declaration.strict):
                continue
            del wanted[nfc(path)]
            self._find(Code.NAME_FORM, path, expected=listed)
            if table.rename(listed, path) is ManifestListing.CONTRADICTS:
                self._find(Code.LISTED_TWICE, path, seen=listed)

    def _compare_fetch(self) -> set[str]:
        """Report the files in fetch.txt that were not fetched yet."""
        payload, holes = self.report.payload, set[str]()
        for entry in self.report.fetch:
            size = payload.size(entry.path)
            if not payload.is_listed(entry.path):
                if self.tags.all_read:
                    self._find(Code.FETCH_NOT_LISTED, entry.path)
            elif size is None and entry.path not in holes and self._is_missing(entry.path):
                holes.add(entry.path)
                self._find(Code.HOLE, entry.path, expected=entry.url)
            if size is not None and entry.length not in {None, size}:
                self._find(
                    Code.FETCH_LENGTH, entry.path, expected=str(entry.length), seen=str(size)
                )
        return holes

    def _check_names(self, table: Table) -> None:
        for path in foreign_to_windows(table.there()):
            self._find(Code.WINDOWS_NAME, path)
        for path, other in twins(table.there):
            code = Code.FORM_TWINS if nfc(path) == nfc(other) else Code.CASE_TWINS
            self._find(code, path, seen=told_apart(other, path))

    def compare_oxum(self) -> None:
        """Compare size and number of payload files with Payload-Oxum."""
        if self.tags.oxum is None or not self.listed_all or self.unread:
            return
        expected, seen = self.tags.oxum, self.report.payload.total()
        if expected != seen:
            self._find(
                Code.OXUM_MISMATCH,
                self.tags.declaration.info_file,
                expected=f"{expected[0]}.{expected[1]}",
                seen=f"{seen[0]}.{seen[1]}",
            )

    def compare_content(self, observer: Observer) -> None:
        """Read every listed file to its end and compare its digests."""
        tables = (self.report.payload, self.report.tags)
        sizes = [table.size_to_read() for table in tables]
        files, size = sum(n for n, _size in sizes), sum(size for _n, size in sizes)
        observer(Started("digest", self.report.subject, files, size))
        for table in tables:
            for algorithms, files_to_read in table.to_read():
                for seen in self._observe(files_to_read, algorithms, observer):
                    self._enter(table, seen)
            for path in list(table.unsettled()):
                self._find(Code.UNREADABLE, path)
        self._read_unlisted(observer)
        observer(Ended("digest", self.report.subject))

    def _read_unlisted(self, observer: Observer) -> None:
        """Read the tag files that no manifest lists: they must be readable."""
        tags = self.report.tags
        files = [Entry(path, Kind.FILE, tags.size(path) or 0) for path in tags.unlisted()]
        for seen in self._observe(iter(files), frozenset(), observer):
            if isinstance(seen, Finding):
                self.report.findings.append(seen)

    def _observe(
        self, files: Iterator[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        try:
            yield from self.source.observe(files, algorithms, observer)
        except StorageError as error:
            yield unreadable(error.path or self.source.name, error)

    def _enter(self, table: Table, seen: Observed | Finding) -> None:
        if isinstance(seen, Observed):
            if wrong := table.compare(seen):
                self.report.findings.extend(wrong)
            self.report.checked += 1
            self.report.bytes_read += seen.size
            return
        self.report.findings.append(seen)
        if seen.path is not None and seen.path in table:
            table.settle(seen.path)
