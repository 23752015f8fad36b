"""Reads the folder of scans: never changes it, and names the file in every refusal.

It is listed and read from one descriptor downwards: whoever puts a link in the place of one of its
folders meanwhile does not have files from elsewhere stored.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.core.values.report import Finding
from preserva.errors import PackageError, StorageError
from preserva.files.opening import Folder
from preserva.i18n import _
from preserva.storage.base import CHUNK


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
            problems.append(Finding(Code.SOURCE_UNREADABLE, prefix or ".", seen=error.strerror))
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
        raise PackageError(message, [finding.message() for finding in problems])


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
            raise self._refusal(Code.SOURCE_UNREADABLE, path, error.strerror) from error
        finally:
            os.close(descriptor)

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
        return PackageError(message, [Finding(code, path, seen=seen).message()])


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
