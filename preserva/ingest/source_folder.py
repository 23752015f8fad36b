"""Reads the folder of scans: never changes it, and names the file in every refusal.

It is listed and read from one descriptor downwards: nobody can have files from elsewhere stored by
replacing one of its folders by a link.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.core.values.report import Finding
from preserva.errors import PackageError, StorageError
from preserva.files.opening import Folder
from preserva.i18n import _, system_reason
from preserva.ingest.advice import advice
from preserva.storage.base import CHUNK

FileState = tuple[int, int, int]
"""Of a file: its size in bytes, when its content and when anything of it last changed, in ns."""


@dataclass(frozen=True, slots=True)
class Watch:
    """The time of this machine, in seconds, and a way to wait; tests give others."""

    now: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep


MACHINE = Watch()


@dataclass(frozen=True, slots=True)
class Look:
    """What lay in a folder at one moment: the entries, and the state of each file by its path."""

    entries: tuple[Entry, ...]
    states: Mapping[str, FileState]

    def newest(self) -> float:
        """When something last changed, in seconds since 1970."""
        return max((max(state[1:]) for state in self.states.values()), default=0) / 1e9

    def differences(self, later: Look) -> list[Finding]:
        """The files that appeared, vanished or changed until a later look."""
        paths = sorted(self.states.keys() | later.states.keys())
        return [
            Finding(Code.SOURCE_UNSETTLED, path)
            for path in paths
            if self.states.get(path) != later.states.get(path)
        ]


def look(folder: Folder, leave_out: Container[str] = ()) -> Look:
    """The content of a folder now. Raises PackageError with each problem."""
    entries = [entry for entry in list_source(folder) if entry.path not in leave_out]
    states = {}
    for entry in entries:
        if entry.kind is Kind.FILE:
            try:
                status = folder.state(entry.path)
            except OSError:  # it went meanwhile, which another look tells
                continue
            states[entry.path] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return Look(tuple(entries), states)


def settled_look(
    folder: Folder, leave_out: Container[str], seconds: float, watch: Watch
) -> tuple[Look, list[Finding]]:
    """The content of a folder, and what still changes in it.

    If something changed within so many seconds, or after now as our clock has it, they are waited
    for, and a second look is taken.
    """
    first = look(folder, leave_out)
    if seconds <= 0 or watch.now() - first.newest() >= seconds:
        return first, []
    watch.wait(seconds)
    second = look(folder, leave_out)
    return second, first.differences(second)


def list_source(folder: Folder) -> list[Entry]:
    """Everything below a folder, without following links. Raises PackageError with each problem."""
    entries: list[Entry] = []
    problems: list[Finding] = []
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with folder.scan(prefix) as names:
                inside = [_entry(prefix, name) for name in names]
        except OSError as error:
            reason = system_reason(error)
            problems.append(Finding(Code.SOURCE_UNREADABLE, prefix or ".", seen=reason))
            continue
        entries += inside
        waiting += [entry.path for entry in inside if entry.kind is Kind.FOLDER]
    refuse(folder.path, problems)
    return entries


def _entry(prefix: str, entry: os.DirEntry[str]) -> Entry:
    path = f"{prefix}/{entry.name}" if prefix else entry.name
    if entry.is_symlink():
        return Entry(path, Kind.LINK)
    if entry.is_dir(follow_symlinks=False):
        return Entry(path, Kind.FOLDER)
    if entry.is_file(follow_symlinks=False):
        return Entry(path, Kind.FILE, entry.stat(follow_symlinks=False).st_size)
    return Entry(path, Kind.OTHER)


def refuse(folder: Path, problems: list[Finding]) -> None:
    """Raise PackageError with all problems, if there are any."""
    if problems:
        message = _("{folder} cannot become a package:").format(folder=folder)
        raise _unusable(message, problems)


def _unusable(message: str, findings: Sequence[Finding]) -> PackageError:
    """The error with all findings, and what to do about them."""
    problems = [finding.message() for finding in findings]
    return PackageError(message, problems, findings=findings, hint=advice(findings))


def findings_of(error: PackageError) -> list[Finding]:
    """The findings for which a source was refused."""
    return [finding for finding in error.findings if isinstance(finding, Finding)]


class SourceReader:
    """Reads files of a source and detects whether any of them changed since."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._seen: dict[str, os.stat_result] = {}

    def size(self, path: str) -> int:
        """The size of one file in bytes."""
        return self._folder.state(path).st_size

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of one file. Raises PackageError if it cannot be read, or changes meanwhile."""
        try:
            descriptor = self._folder.open_regular(path)
        except StorageError as error:
            raise self._refusal(Code.SOURCE_UNREADABLE, path, str(error)) from error
        try:
            before = os.fstat(descriptor)
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
            count = 0
            while chunk := os.read(descriptor, CHUNK):
                count += len(chunk)
                yield chunk
            self._seen[path] = before
            if count != before.st_size or _differs(before, os.fstat(descriptor)):
                raise self._refusal(Code.SOURCE_CHANGED, path)
        except OSError as error:
            raise self._refusal(Code.SOURCE_UNREADABLE, path, system_reason(error)) from error
        finally:
            os.close(descriptor)

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        """A file that was read before, for what seeks in it. Raises PackageError."""
        try:
            descriptor = self._folder.open_regular(path)
        except StorageError as error:
            raise self._refusal(Code.SOURCE_UNREADABLE, path, str(error)) from error
        with os.fdopen(descriptor, "rb") as stream:
            yield stream

    def check_unchanged(self) -> None:
        """Raise PackageError naming every file that changed after it was read."""
        problems = []
        for path, before in self._seen.items():
            try:
                changed = _differs(before, self._folder.state(path))
            except OSError:
                changed = True
            if changed:
                problems.append(Finding(Code.SOURCE_CHANGED, path))
        refuse(self._folder.path, problems)

    def _refusal(self, code: Code, path: str, seen: str | None = None) -> PackageError:
        message = _("{folder} cannot become a package:").format(folder=self._folder.path)
        return _unusable(message, [Finding(code, path, seen=seen)])


def _differs(before: os.stat_result, after: os.stat_result) -> bool:
    def identity(status: os.stat_result) -> tuple[int, ...]:
        return (
            status.st_dev,
            status.st_ino,
            stat.S_IFMT(status.st_mode),
            status.st_size,
            status.st_mtime_ns,
        )

    return identity(before) != identity(after)
