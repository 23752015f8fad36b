"""Fetches the missing files listed in a bag's fetch.txt: RFC 8493 section 2.2.3.

Only on request, and only from the hosts that the caller allows. A file is downloaded beside the
bag, compared with every manifest, and takes its place only then. The next run resumes an
interrupted download.
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
from preserva.bag.validate import BagReport, BagVerdict, validate_source
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
from preserva.http_client.policy import SCHEMES, AddressError, RequestPolicy, shown
from preserva.i18n import _

CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Fetched:
    """The report on the missing files, and the paths of those that are present now.

    Of a dry run: the paths of those that would be fetched.
    """

    report: Report
    paths: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def outcome(self) -> Outcome:
        """The outcome of the report; PASS for a dry run without problems."""
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
    """Fetch the files in fetch.txt that the bag lacks; the report passes if none is missing now.

    `allow_hosts` and `timeout` are those of `Policy`; no host is allowed by default. `max_bytes`
    limits the size of one file, and so does a length in fetch.txt. With `dry_run` there are no
    requests and nothing is written: the findings name what would not be fetched. A bag with any
    other problem than missing files is not changed, and the report names the problem.

    Raises UsageError for wrong arguments, NotAFile, Locked, StorageError.
    """
    policy = RequestPolicy(frozenset(allow_schemes), tuple(allow_hosts), timeout)
    if policy.schemes - SCHEMES:
        raise UsageError(_("only http and https are supported"))
    if not bag.is_dir() or bag.is_symlink():
        raise NotAFile(_("{path} is not a folder").format(path=bag), path=os.fspath(bag))
    bag = bag.resolve()
    with locked_folder(bag):
        source = FolderSource(bag)
        checked = validate_source(source, completeness=True)
        report = Report(checked.subject)
        if checked.verdict not in {BagVerdict.INCOMPLETE, BagVerdict.COMPLETE}:
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
    """One run over the missing files of a bag."""

    bag: Path
    policy: RequestPolicy
    max_bytes: int
    report: Report
    observer: Observer

    @property
    def staging(self) -> Path:
        """The folder in which downloads are kept, across runs, until they are complete."""
        return self.bag.parent / f".{self.bag.name}.preserva-fetch"

    def fetch(self, wanted: dict[str, list[FetchEntry]], expected: dict[str, Digests]) -> list[str]:
        """Fetch the files; return the paths of those fetched."""
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
            self.staging.rmdir()  # unless a partial file is kept for the next run
        self.observer(Ended("fetch", self.report.subject))
        return filled

    def refusals(self, path: str, entries: list[FetchEntry]) -> list[Finding]:
        """Why none of these may be fetched; empty if one may."""
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
        """Try each URL; return whether one gave the file. Otherwise each has its finding."""
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
        """Download a file, compare it and move it into place; return the finding if that failed."""
        key = hashlib.sha256(f"{entry.url}\n{path}".encode()).hexdigest()
        part = _Part(self.staging / f"{key}.part", expected)
        limit = self.max_bytes if entry.length is None else entry.length
        resumed = part.open()
        try:
            finding = None if part.is_whole() else self._transfer(path, entry.url, part, limit)
            if resumed and finding is not None and finding.code is not Code.FETCH_FAILED:
                part.restart()  # the partial file of an earlier run may be of another file
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
        """Write the response; False if it is longer than allowed. Raises AnswerError."""
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
        """Move the file to its place, durably. Raises Refused if something is there already."""
        target = self.bag / path
        folder = self.bag
        for name in path.split("/")[:-1]:
            folder = folder / name
            if not folder.is_dir():
                with writing(folder):
                    folder.mkdir()
                synchronise(folder.parent)
        if not target.resolve().is_relative_to(self.bag):
            raise Refused(_("{path} leads outside the bag").format(path=path))
        publish(part, target)
        self.observer(Advanced(0, path))


class _Part:
    """A partly downloaded file, with the digests of the bytes so far."""

    def __init__(self, path: Path, expected: Digests) -> None:
        self.path = path
        self.expected = expected
        self._descriptor = -1
        self._hashes = MultiHash(expected)

    @property
    def size(self) -> int:
        """The number of bytes so far."""
        return self._hashes.size

    def open(self) -> bool:
        """Resume an earlier download; return whether there was one."""
        with writing(self.path):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self.path, flags, 0o666)
            while chunk := os.read(self._descriptor, CHUNK):
                self._hashes.update(chunk)
        return self.size > 0

    def restart(self) -> None:
        """Discard the bytes so far."""
        with writing(self.path):
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._hashes = MultiHash(self.expected)

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        with writing(self.path):
            write_all(self._descriptor, chunk)
        self._hashes.update(chunk)

    def digests(self) -> Digests:
        """The digests of the bytes so far."""
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
