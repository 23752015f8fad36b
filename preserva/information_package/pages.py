"""The page of the book that a finding is about: what a librarian must know of a damaged file.

The METS of a representation says which of its files is which page, and what is printed on it
(structMap of the type PHYSICAL: ORDER, ORDERLABEL). It is read only if there is a finding, and
believed only if it is sound. Otherwise the file's name still gives the number of its page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from preserva.bag.report import BagReport
from preserva.bag.source import Source, as_stream
from preserva.core.eark.stored import read_representation
from preserva.core.formats.inventory import Inventory
from preserva.core.values.digest import digest_bytes
from preserva.core.values.report import BookPage, Finding
from preserva.errors import StorageError
from preserva.storage.base import Storage, read_all

_LARGEST = 1 << 28
"""Bytes of a METS document that are read at most."""

_FILE = re.compile(r"(data/[^/]+/representations/[^/]+/)(data/.+)", re.DOTALL)
_NUMBER = re.compile(r"data/([0-9]{4,6})\.[^./]+")
"""Files of pages have the number of the page as their name (docs/reference/package.md)."""

ReadFile = Callable[[str], bytes | None]
"""The content of a file of the bag, by its path; None if it cannot be read or is not sound."""
PageOf = Callable[[str], BookPage | None]
"""The page of the book that a path is about, if it is about one."""


def no_page(_path: str) -> None:
    """The result for each path while the pages are not known."""


def with_pages(findings: Iterable[Finding], page_of: PageOf) -> list[Finding]:
    """The findings, each with the page of the book that its path is about."""
    return [
        finding
        if finding.page is not None or finding.path is None
        else replace(finding, page=page_of(finding.path))
        for finding in findings
    ]


class BagPages:
    """The pages of the package in a bag, by paths in the bag."""

    def __init__(self, read: ReadFile) -> None:
        self._read = read
        self._known: dict[str, dict[str, BookPage] | None] = {}

    def __call__(self, path: str) -> BookPage | None:
        """The page that a file is; None for any other path."""
        file = _FILE.fullmatch(path)
        if file is None:
            return None
        folder, name = file.groups()
        if folder not in self._known:
            self._known[folder] = self._pages(f"{folder}METS.xml")
        pages = self._known[folder]
        if pages is not None:
            return pages.get(name)
        number = _NUMBER.fullmatch(name)
        return BookPage(int(number[1])) if number else None

    def _pages(self, mets: str) -> dict[str, BookPage] | None:
        data = self._read(mets)
        if data is None:
            return None
        try:
            files = read_representation(io.BytesIO(data)).files
        except ValueError:
            return None
        return {file.file.path: BookPage(file.page, file.label) for file in files if file.page}


def bag_pages(source: Source, report: BagReport) -> BagPages:
    """The pages of a bag that was validated: a METS about which anything was found is not read."""
    doubtful = {finding.path for finding in report.findings}

    def read(path: str) -> bytes | None:
        size = report.payload.size(path)
        if size is None or size > _LARGEST or path in doubtful:
            return None
        try:
            return as_stream(source.stream(path)).read()
        except StorageError:
            return None

    return BagPages(read)


class ObjectPages:
    """The pages of the package in an OCFL object, by paths in the object or in its storage.

    `inventory` is sound. METS is read from the first storage in which it matches the inventory.
    """

    def __init__(self, storages: Sequence[Storage], path: str, inventory: Inventory) -> None:
        self._storages = storages
        self._prefix = f"{path}/" if path else ""
        self._inventory = inventory
        self._versions: dict[str, BagPages] = {}

    def __call__(self, path: str) -> BookPage | None:
        """The page that a file is, in the newest version that has it; None for any other path."""
        path = path.removeprefix(self._prefix)
        version, _slash, rest = path.partition("/")
        logical = rest.removeprefix(f"{self._inventory.content_directory}/")
        if version not in self._inventory.versions or not _FILE.fullmatch(logical):
            return None
        head = self._inventory.head
        digest = self._content.get(path)
        for name in self._inventory.versions[head].state.get(digest or "", ()):
            if (page := self._in_version(head)(name)) is not None:
                return page
        return self._in_version(version)(logical)

    @cached_property
    def _content(self) -> dict[str, str]:
        return self._inventory.content()

    def _in_version(self, version: str) -> BagPages:
        if version not in self._versions:
            located = self._inventory.locate(version)
            self._versions[version] = BagPages(lambda path: self._sound(located.get(path)))
        return self._versions[version]

    def _sound(self, path: str | None) -> bytes | None:
        if path is None:
            return None
        algorithm = self._inventory.algorithm
        for storage in self._storages:
            try:
                data = read_all(storage, self._prefix + path, _LARGEST)
            except StorageError:
                continue
            if digest_bytes(data, [algorithm])[algorithm] == self._content[path]:
                return data
        return None
