"""Filling the holes of a bag from its fetch.txt: RFC 8493 section 2.2.3.

Only on request, only from what the caller allowed. A file is downloaded beside the bag, compared
with every manifest, and takes its place only then. The next run resumes an interrupted download.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from preserva.bag.folder import FolderSource
from preserva.bag.validate import BagReport, Verdict, validate_source
from preserva.core.formats.bagit import FetchEntry
from preserva.core.values.codes import Code
from preserva.core.values.digest import Digests, MultiHash
from preserva.core.values.report import (
    Advanced,
    Ended,
    Finding,
    Observer,
    Outcome,
    Report,
    Started,
    ignore,
)
from preserva.errors import NotAFile, Refused, UsageError
from preserva.files.disk import locked_folder, publish, synchronise, write_all, writing
from preserva.http_client.client import Answer, AnswerError, ask
from preserva.http_client.policy import SCHEMES, AddressError, Policy, shown
from preserva.i18n import _

CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Fetched:
    """The report on the files that were missing, and the paths of those that are there now.

    Of a dry run: the paths of those that would be fetched.
    """

    report: Report
    paths: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def outcome(self) -> Outcome:
        """That of the report; PASS for a dry run that found nothing in the way."""
        planned = self.dry_run and not self.report.findings
        return Outcome.PASS if planned else self.report.outcome


def fetch_missing(
    bag: Path,
    *,
    allow_hosts: Iterable[str],
    allow_schemes: Iterable[str] = ("https",),
    max_bytes: int,
    timeout: float = 60.0,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Fetched:
    """Fetch what fetch.txt names and the bag lacks; the report passes if nothing is missing now.

    `allow_hosts` and `timeout` are those of `Policy`; no host is allowed by itself. `max_bytes` is
    the most for one file, and a length that fetch.txt states is a limit as well. With `dry_run`
    nothing is asked and nothing written: the findings name what would not be fetched. A bag that
    is wrong in any other way than by its holes stays as it is, and the report says what is wrong.

    Raises UsageError for wrong arguments, NotAFile, Locked, StorageError.
    """
    policy = Policy(frozenset(allow_schemes), tuple(allow_hosts), timeout)
    if policy.schemes - SCHEMES:
        raise UsageError(_("only http and https can be fetched"))
    if not bag.is_dir() or bag.is_symlink():
        raise NotAFile(_("{path} is not a folder").format(path=bag), path=os.fspath(bag))
    bag = bag.resolve()
    with locked_folder(bag):
        source = FolderSource(bag)
        checked = validate_source(source, completeness=True)
        report = Report(checked.subject)
        if checked.verdict not in {Verdict.INCOMPLETE, Verdict.COMPLETE}:
            report.add(
                finding for finding in checked.findings if finding.code is not Code.NOT_DIGESTED
            )
            return Fetched(report, dry_run=dry_run)
        wanted = _holes(checked)
        report.listed = len(wanted)
        work = _Work(bag, policy, max_bytes, report, observer)
        if dry_run:
            refused = {path: work.refusals(path, entries) for path, entries in wanted.items()}
            for findings in refused.values():
                report.add(findings)
            paths = tuple(path for path in wanted if not refused[path])
            return Fetched(report, paths, dry_run=True)
        expected: dict[str, Digests] = {path: checked.payload.digests(path) for path in wanted}
        return Fetched(report, tuple(work.fetch(wanted, expected)))


def _holes(checked: BagReport) -> dict[str, list[FetchEntry]]:
    """The entries of fetch.txt for each file that is missing, sorted by path."""
    missing = {finding.path for finding in checked.findings if finding.code is Code.HOLE}
    holes: dict[str, list[FetchEntry]] = {}
    for entry in sorted(checked.fetch, key=lambda entry: entry.path):
        if entry.path in missing:
            holes.setdefault(entry.path, []).append(entry)
    return holes


@dataclass(frozen=True, slots=True)
class _Work:
    """One run over the holes of a bag."""

    bag: Path
    policy: Policy
    max_bytes: int
    report: Report
    observer: Observer

    @property
    def staging(self) -> Path:
        """Where downloads lie, across runs, until they are whole."""
        return self.bag.parent / f".{self.bag.name}.preserva-fetch"

    def fetch(self, wanted: dict[str, list[FetchEntry]], expected: dict[str, Digests]) -> list[str]:
        """The paths that could be filled."""
        if not wanted:
            return []
        stated = [entries[0].length for entries in wanted.values()]
        size = None if None in stated else sum(length or 0 for length in stated)
        self.observer(Started("fetch", self.report.subject, len(wanted), size))
        with writing(self.staging):
            self.staging.mkdir(exist_ok=True)
        filled = [
            path for path, entries in wanted.items() if self._fill(path, entries, expected[path])
        ]
        with suppress(OSError):
            self.staging.rmdir()  # unless a part lies there for the next run
        self.observer(Ended("fetch", self.report.subject))
        return filled

    def refusals(self, path: str, entries: list[FetchEntry]) -> list[Finding]:
        """Why none of these may be fetched; nothing if one may."""
        findings: list[Finding] = []
        for entry in entries:
            refusal = self._refusal(path, entry)
            if refusal is None:
                return []
            findings.append(refusal)
        return findings

    def _refusal(self, path: str, entry: FetchEntry) -> Finding | None:
        try:
            self.policy.check(entry.url)
        except AddressError as error:
            return Finding(Code.FETCH_NOT_ALLOWED, path, expected=str(error), seen=shown(entry.url))
        if entry.length is not None and entry.length > self.max_bytes:
            return Finding(
                Code.FETCH_TOO_LONG, path, expected=f"<= {self.max_bytes}", seen=str(entry.length)
            )
        return None

    def _fill(self, path: str, entries: list[FetchEntry], expected: Digests) -> bool:
        """Whether one of the addresses gave the file. Otherwise each has its finding."""
        findings: list[Finding] = []
        for entry in entries:
            finding = self._refusal(path, entry) or self._download(path, entry, expected)
            if finding is None:
                self.report.checked += 1
                return True
            findings.append(finding)
        self.report.add(findings)
        return False

    def _download(self, path: str, entry: FetchEntry, expected: Digests) -> Finding | None:
        """Download, compare and put in place; or why not."""
        key = hashlib.sha256(f"{entry.url}\n{path}".encode()).hexdigest()
        part = _Part(self.staging / f"{key}.part", expected)
        limit = self.max_bytes if entry.length is None else entry.length
        resumed = part.open()
        try:
            finding = None if part.is_whole() else self._transfer(path, entry.url, part, limit)
            if resumed and finding is not None and finding.code is not Code.FETCH_FAILED:
                part.restart()  # what was left of an earlier run may be of another file
                finding = self._transfer(path, entry.url, part, limit)
        finally:
            part.close()
        if finding is None:
            self._put(part.path, path)
        elif finding.code is not Code.FETCH_FAILED or not part.size:
            with writing(part.path):
                part.path.unlink()
        return finding

    def _transfer(self, path: str, url: str, part: _Part, limit: int) -> Finding | None:
        try:
            with ask(url, part.size, self.policy) as answer:
                if not self._take(answer, part, limit):
                    most = f"<= {limit}"
                    return Finding(Code.FETCH_TOO_LONG, path, expected=most, seen=shown(url))
        except AddressError as error:
            return Finding(Code.FETCH_NOT_ALLOWED, path, expected=str(error), seen=shown(url))
        except AnswerError as error:
            if error.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and part.size:
                part.restart()
                return self._transfer(path, url, part, limit)
            return Finding(Code.FETCH_FAILED, path, expected=shown(url), seen=str(error))
        if part.is_whole():
            return None
        return Finding(Code.FETCH_MISMATCH, path, _shown(part.expected), _shown(part.digests()))

    def _take(self, answer: Answer, part: _Part, limit: int) -> bool:
        """Write the answer; False if it is longer than it may be. Raises AnswerError."""
        if answer.offset != part.size:
            part.restart()
        if answer.length is not None and part.size + answer.length > limit:
            return False
        while chunk := answer.read(CHUNK):
            if part.size + len(chunk) > limit:
                return False
            part.write(chunk)
            self.report.bytes_read += len(chunk)
            self.observer(Advanced(len(chunk)))
        return True

    def _put(self, part: Path, path: str) -> None:
        """Give the file its place, durably. Raises Refused if something stands there."""
        target = self.bag / path
        folder = self.bag
        for name in path.split("/")[:-1]:
            folder = folder / name
            if not folder.is_dir():
                with writing(folder):
                    folder.mkdir()
                synchronise(folder.parent)
        if not target.resolve().is_relative_to(self.bag):
            raise Refused(_("{path} leads out of the bag").format(path=path))
        publish(part, target)
        self.observer(Advanced(0, path))


class _Part:
    """A file that is being downloaded, with the digests of what is there of it."""

    def __init__(self, path: Path, expected: Digests) -> None:
        self.path = path
        self.expected = expected
        self._descriptor = -1
        self._hashes = MultiHash(expected)

    @property
    def size(self) -> int:
        """The bytes that are there."""
        return self._hashes.size

    def open(self) -> bool:
        """Go on with what an earlier run left; whether there was anything."""
        with writing(self.path):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self.path, flags, 0o666)
            while chunk := os.read(self._descriptor, CHUNK):
                self._hashes.update(chunk)
        return self.size > 0

    def restart(self) -> None:
        """Forget what is there."""
        with writing(self.path):
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._hashes = MultiHash(self.expected)

    def write(self, chunk: bytes) -> None:
        """Add the next bytes."""
        with writing(self.path):
            write_all(self._descriptor, chunk)
        self._hashes.update(chunk)

    def digests(self) -> Digests:
        """The digests of what is there."""
        return self._hashes.digests()

    def is_whole(self) -> bool:
        """Whether this is the file that the manifests list."""
        return bool(self.expected) and dict(self.digests()) == dict(self.expected)

    def close(self) -> None:
        """Make it durable."""
        with writing(self.path):
            os.fsync(self._descriptor)
            os.close(self._descriptor)


def _shown(digests: Digests) -> str:
    return ", ".join(f"{name} {digest}" for name, digest in sorted(digests.items()))
