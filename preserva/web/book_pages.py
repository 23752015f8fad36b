"""The pages of a stored version: which file shows each, and what is printed on it.

A version never changes, so what was read of it once is remembered.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Config
from preserva.core.eark.mets import Division, FileEntry
from preserva.core.eark.stored import read_package, read_representation
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import PackageId
from preserva.errors import Damaged, NotFound, StorageError
from preserva.i18n import _
from preserva.storage.base import Storage, chunks_of, read_all
from preserva.storage.ocfl import StoredObject
from preserva.web.pictures import NoPictureError, OpenImage, spool

_LARGEST = 1 << 28
_REMEMBERED = 16


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page and the file that shows it: an access copy, if there is one, or else the master.

    `path` is that of the file below the bag, `digest` what the inventory says of it, `master` the
    name of the file of the master.
    """

    number: int
    label: str | None
    type: str
    path: str
    digest: str
    master: str


@dataclass(frozen=True, slots=True)
class BookPages:
    """The pages of a version, in their order, and the parts of the book.

    `written` is the structure file (TOML) that the version keeps, if it keeps one.
    """

    package: PackageId
    version: str
    algorithm: str
    pages: tuple[ShownPage, ...]
    parts: Division | None = None
    written: str | None = None

    def page(self, number: int) -> ShownPage | None:
        """The page with this number, from 1."""
        return next((page for page in self.pages if page.number == number), None)


class BookShelf:
    """The pages of books that people look at now."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: OrderedDict[tuple[PackageId, str], BookPages] = OrderedDict()
        self._alone = threading.Lock()

    def pages(self, package: PackageId, version: str) -> BookPages:
        """The pages of a version. Raises NotFound; StorageError if no storage has it soundly."""
        key = (package, version)
        with self._alone:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        with open_archive(self._config.path, person="", reading=True) as archive:
            found = read_pages(archive, package, version)
        with self._alone:
            self._known[key] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def source(self, book: BookPages, page: ShownPage) -> OpenImage:
        """The file of a page, from the first storage that gives what was stored."""
        return partial(self._opened, book, page)

    def _opened(self, book: BookPages, page: ShownPage) -> BinaryIO:
        problem: Exception = NoPictureError(_("No storage gives this file now."))
        with open_archive(self._config.path, person="", reading=True) as archive:
            for store, stored in _copies(archive, book.package, book.version):
                path = stored.inventory.locate(book.version)[page.path]
                try:
                    with store.storage.open(f"{stored.path}/{path}") as reader:
                        return spool(chunks_of(reader), (book.algorithm, page.digest))
                except (StorageError, NoPictureError) as error:
                    problem = error
        raise problem


def read_pages(archive: ArchivalStorage, package: PackageId, version: str) -> BookPages:
    """The pages of a version, by the METS of its representations.

    Raises NotFound for a version that there is not; Damaged or StorageError if no copy is sound.
    """
    problem: StorageError | Damaged | None = None
    for store, stored in _copies(archive, package, version):
        try:
            return _Reading(package, version, store.storage, stored).pages()
        except (StorageError, Damaged) as error:
            problem = error
    if problem is not None:
        raise problem
    message = _("no storage has a sound copy of version {version} of {id} now")
    raise NotFound(message.format(version=version, id=package.portable))


def _copies(
    archive: ArchivalStorage, package: PackageId, version: str
) -> Iterator[tuple[Store, StoredObject]]:
    """The copies that have a version and are what the ledger recorded, primary storages first."""
    for store in archive.stores():
        try:
            stored = StoredCopy(archive, store, package).read_recorded()
        except (StorageError, Damaged):
            continue
        if version in stored.inventory.versions:
            yield store, stored


@dataclass(frozen=True, slots=True)
class _Reading:
    """A version in a storage, of which documents are read."""

    package: PackageId
    version: str
    storage: Storage
    stored: StoredObject

    def pages(self) -> BookPages:
        """The pages. Raises StorageError, Damaged."""
        inventory = self.stored.inventory
        base = f"data/{self.package.portable}/"
        digests = inventory.versions[self.version].files()
        files: dict[str, dict[int, FileEntry]] = {}
        places: dict[str, str] = {}
        parts = None
        try:
            package = read_package(io.BytesIO(self._content(f"{base}METS.xml")))
            for name, path in package.representations.items():
                read = read_representation(io.BytesIO(self._content(base + path)))
                files[name] = {
                    file.page: file for file in read.files if file.page and _is_image(file.mime)
                }
                places[name] = (base + path).rpartition("/")[0]
                parts = parts or read.structure
        except ValueError as error:
            raise Damaged(
                _("its METS.xml cannot be read: {reason}").format(reason=error)
            ) from error
        master, access = files.get("master", {}), files.get("access", {})
        shown = []
        for number in sorted(master.keys() | access.keys()):
            file = access.get(number) or master[number]
            first = master.get(number) or file
            place = places["access" if number in access else "master"]
            path = f"{place}/{file.file.path}"
            if path in digests:
                name = first.file.path.rpartition("/")[2]
                page = ShownPage(number, first.label, first.type, path, digests[path], name)
                shown.append(page)
        written = self._written(f"{base}documentation/structure.toml")
        algorithm = inventory.algorithm
        return BookPages(self.package, self.version, algorithm, tuple(shown), parts, written)

    def _written(self, path: str) -> str | None:
        try:
            return self._content(path).decode("utf-8-sig")
        except (NotFound, UnicodeDecodeError):
            return None

    def _content(self, path: str) -> bytes:
        """A document of the version, as the inventory has it."""
        inventory = self.stored.inventory
        located = inventory.locate(self.version).get(path)
        if located is None:
            raise NotFound(_("{path} is not there").format(path=path), path=path)
        data = read_all(self.storage, f"{self.stored.path}/{located}", _LARGEST)
        digest = digest_bytes(data, [inventory.algorithm])[inventory.algorithm]
        if digest != inventory.versions[self.version].files()[path]:
            raise Damaged(_("{path} has changed since it was stored").format(path=located))
        return data


def _is_image(mime: str) -> bool:
    return mime.startswith("image/")
