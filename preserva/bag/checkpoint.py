"""Resume state of an interrupted validation.

The file holds digests, not verdicts: a resumed run compares every file with the manifests again,
and takes a digest from here only if size, inode and both times of the file are unchanged. It is for
resuming an interrupted run, not a cache between audits: those read the medium.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType

from preserva.core.formats.guarded_json import read_json
from preserva.core.values.digest import Digests
from preserva.core.values.model import Observed
from preserva.files.opening import storage_error

_FLUSH = 256  # files between two writes: what a kill may cost


class Checkpoint:
    """A `Memory` in a file of JSON lines: a context manager.

    After `finished()` the file is removed; otherwise it stays for the next run. Raises StorageError
    if it cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recalled = 0
        self._finished = False
        self._places: dict[int, int] = {}  # hash of the path -> place of its line, to save memory
        self._unwritten: list[bytes] = []

    def __enter__(self) -> Checkpoint:
        try:
            self._file = self.path.open("a+b")
            self._file.seek(0)
            place = 0
            for line in self._file:
                if line.endswith(b"\n"):
                    self._places[hash(_parse(line)[0])] = place
                place += len(line)
            if place and not line.endswith(b"\n"):
                self._file.write(b"\n")  # the run was killed while it wrote a line
        except OSError as error:
            raise storage_error(str(self.path), error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._write()
        self._file.close()
        if self._finished and kind is None:
            self.path.unlink(missing_ok=True)

    def finished(self) -> None:
        """The validation was completed: there is nothing to resume."""
        self._finished = True

    def recall(self, path: str, now: os.stat_result) -> Digests | None:
        """The digests of the file if it was read before and has not changed since."""
        place = self._places.get(hash(path))
        if place is None:
            return None
        self._file.seek(place)
        known, stamp, digests = _parse(self._file.readline())
        if known != path or stamp != _stamp(now):
            return None
        self.recalled += 1
        return digests

    def remember(self, observed: Observed, now: os.stat_result) -> None:
        """Save the digests."""
        line = [observed.path, _stamp(now), dict(observed.digests)]
        self._unwritten.append(json.dumps(line).encode() + b"\n")
        if len(self._unwritten) >= _FLUSH or observed.size > 1 << 24:
            self._write()

    def _write(self) -> None:
        try:
            self._file.seek(0, os.SEEK_END)
            self._file.write(b"".join(self._unwritten))
            self._file.flush()
        except OSError as error:
            raise storage_error(str(self.path), error) from error
        self._unwritten.clear()


def _stamp(state: os.stat_result) -> str:
    return f"{state.st_dev}.{state.st_ino}.{state.st_size}.{state.st_mtime_ns}.{state.st_ctime_ns}"


def _parse(line: bytes) -> tuple[str, str, dict[str, str]]:
    """Path, stamp and digests of a line; a damaged line names no file."""
    try:
        path, stamp, digests = read_json(line)
    except ValueError:
        return "", "", {}
    if isinstance(path, str) and isinstance(stamp, str) and isinstance(digests, dict):
        return path, stamp, {str(name): str(value) for name, value in digests.items()}
    return "", "", {}
