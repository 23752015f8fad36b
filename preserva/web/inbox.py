"""The inbox: folders of scans in the places that the configuration names, and in no other.

A folder is called by the number of its place and its own name, which must be that of an entry
there: no path comes from a form or an address. Nothing in the inbox is ever changed.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from preserva.config import Config
from preserva.core.book.file_names import natural_key
from preserva.core.book.submission import Arrangement, SourceFile
from preserva.core.values.report import Finding
from preserva.errors import NotFound, PreservaError
from preserva.files.opening import Folder
from preserva.i18n import _
from preserva.ingest.scans import open_scans
from preserva.web.pictures import OpenImage

AT_REST = 60.0
"""Seconds without a change after which nobody seems to be writing a folder."""
MOST_FILES = 20_000
"""Entries of a folder that are looked at; one with more is checked and packaged all the same."""
_MOST_FOLDERS = 10_000
_FRESH = 15.0


@dataclass(frozen=True, slots=True)
class InboxFolder:
    """A folder of scans: how much is in it, and when something in it last changed.

    `more` says that only the first of its files were counted. Times are seconds since 1970.
    """

    place: int
    name: str
    path: Path
    files: int
    size: int
    newest: float
    more: bool = False

    def rests(self, now: float) -> bool:
        """Whether nothing has changed for a while."""
        return now - self.newest >= AT_REST


def names(config: Config, place: int) -> list[str]:
    """The folders in a place of the inbox, in their natural order. Raises NotFound."""
    try:
        with os.scandir(_root(config, place)) as entries:
            found = [
                entry.name
                for entry in islice(entries, _MOST_FOLDERS)
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            ]
    except OSError as error:
        message = _("the inbox {path} cannot be read")
        raise NotFound(message.format(path=_root(config, place))) from error
    return sorted(filter(_is_text, found), key=natural_key)


def folder(config: Config, place: int, name: str) -> InboxFolder:
    """A folder of the inbox, as it is now. Raises NotFound."""
    root = _root(config, place)
    if name in {"", ".", ".."} or "/" in name or "\0" in name or not _is_text(name):
        raise _no_folder(name)
    opened = Folder(root)
    try:
        state = opened.state(name)
        if not stat.S_ISDIR(state.st_mode):
            raise _no_folder(name)
        states = list(islice(_states(opened, name), MOST_FILES + 1))
    except (OSError, PreservaError) as error:
        raise _no_folder(name) from error
    finally:
        opened.close()
    counted = states[:MOST_FILES]
    newest = max([state.st_mtime, *(max(one.st_mtime, one.st_ctime) for one in counted)])
    size = sum(one.st_size for one in counted)
    return InboxFolder(
        place, name, root / name, len(counted), size, newest, len(states) > MOST_FILES
    )


def _states(opened: Folder, top: str) -> Iterator[os.stat_result]:
    """What is known of each file below a folder; no link is followed."""
    waiting = [top]
    while waiting:
        prefix = waiting.pop()
        with suppress(OSError), opened.scan(prefix) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{prefix}/{entry.name}")
                elif entry.is_file(follow_symlinks=False):
                    with suppress(OSError):
                        yield entry.stat(follow_symlinks=False)


def _root(config: Config, place: int) -> Path:
    if not 0 <= place < len(config.web.inbox):
        raise _no_folder(str(place))
    return config.web.inbox[place]


def _no_folder(name: str) -> NotFound:
    return NotFound(_("there is no folder {name} in the inbox").format(name=name))


def _is_text(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The pages of a folder as packaging would arrange them, and what its names show."""

    arrangement: Arrangement
    findings: tuple[Finding, ...]
    problem: str = ""

    @property
    def pages(self) -> list[SourceFile]:
        """The file that shows each page, in their order: the masters, if there are any."""
        known = self.arrangement.representations
        files = known.get("master") or known.get("access") or ()
        return sorted((file for file in files if file.page), key=lambda file: file.page or 0)


class InboxSheets:
    """The sheets that people look at now: a browser asks for each picture by itself."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[Path, tuple[float, Sheet]] = {}
        self._alone = threading.Lock()

    def sheet(self, one: InboxFolder) -> Sheet:
        """The sheet of a folder, at most some seconds old."""
        now = time.monotonic()
        with self._alone:
            self._known = {
                path: (seen, sheet)
                for path, (seen, sheet) in self._known.items()
                if now - seen < _FRESH
            }
            if one.path in self._known:
                return self._known[one.path][1]
        sheet = _sheet(self._config, one)
        with self._alone:
            self._known[one.path] = (now, sheet)
        return sheet

    def picture(self, one: InboxFolder, file: SourceFile) -> tuple[str, OpenImage]:
        """A key for a file as it is now, and how it is opened. Raises NotFound."""
        opened = Folder(one.path)
        try:
            state = opened.state(file.source)
        except OSError as error:
            raise NotFound(_("There is no such page")) from error
        finally:
            opened.close()
        times = (state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        key = f"inbox\n{state.st_dev}\n{state.st_ino}\n{times}"
        return key, partial(_opened, one.path, file.source)


def _opened(top: Path, path: str) -> BinaryIO:
    folder = Folder(top)
    try:
        return os.fdopen(folder.open_regular(path), "rb")
    finally:
        folder.close()


def _sheet(config: Config, one: InboxFolder) -> Sheet:
    try:
        scans = open_scans(one.path, (), replace(config.images, settle_seconds=0))
    except PreservaError as error:
        return Sheet(Arrangement({}, (), (), ()), (), str(error))
    findings = (*scans.problems, *scans.arrangement.warnings)
    return Sheet(scans.arrangement, findings)
