"""Whether an OCFL object is sound: its inventories, every file, and the bag in each version.

Each file is read once, for the digest in the inventory and those in the bag's manifests. Everything
that is wrong is found in one run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from preserva.bag.validate import validate_source
from preserva.core.eark.verdicts import Verdicts
from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.formats.inventory import Inventory, InventoryError
from preserva.core.formats.inventory_text import Beginnings, serialise
from preserva.core.values.codes import Code
from preserva.core.values.digest import MultiHash
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Observer, Outcome, Report, ignore
from preserva.core.values.subjects import Named, Subject
from preserva.errors import Damaged, NotAFile, NotFound, StorageError, TooLarge
from preserva.fixity.object_files import read_files
from preserva.fixity.resume import ResumeState
from preserva.fixity.version_source import VersionSource
from preserva.i18n import _
from preserva.information_package.consistency import own_findings
from preserva.information_package.official_schemas import OfficialSchemas
from preserva.information_package.pages import ObjectPages, bag_pages, with_pages
from preserva.storage.base import Storage, read_all
from preserva.storage.local import LocalStorage
from preserva.storage.ocfl import OcflRoot
from preserva.storage.paths import above
from preserva.storage.wrappers.remember import Remembering

_NO_PLACE = ("extensions", False)
_OF_OBJECT = re.compile(r"0=[^/]*|(?:v[0-9]+/)?inventory\.json(?:\.\w+)?")
_FIRST = (layout.OBJECT_DECLARATION[0], formats.NAME, f"{formats.NAME}.sha512")
_DIGESTS = ("sha512", "sha256")


@dataclass(slots=True)
class CheckedObject:
    """What a check found; `digests` are those of the inventory of each version, by version.

    `unusual` are digest files of an inventory that are right, but in another form than ours.
    """

    report: Report
    inventory: Inventory | None = None
    digests: dict[str, str] = field(default_factory=dict)
    unusual: list[str] = field(default_factory=list)


def check_object(
    storage: Storage,
    path: str,
    *,
    subject: Subject | None = None,
    official: OfficialSchemas | None = None,
    observer: Observer = ignore,
    resume: ResumeState | None = None,
    known: Mapping[str, str] | None = None,
    verdicts: Verdicts | None = None,
) -> CheckedObject:
    """Check the object in a folder of a storage. Raises StorageError if it cannot be listed.

    Files in the `resume` state are not read again; files that are as recorded are added to it.
    `known` are the digests of the inventories of versions that were valid when they were stored: if
    there are no others, the object is byte for byte what it was then and needs no second
    validation. Otherwise what is sound according to `verdicts` is not judged again.
    """
    check = _Check(
        storage, path, subject or Named(path), official, observer, resume or ResumeState()
    )
    check.known = known or {}
    check.verdicts = verdicts or Verdicts()
    return check.run()


class _Check:
    def __init__(
        self,
        storage: Storage,
        path: str,
        subject: Subject,
        official: OfficialSchemas | None,
        observer: Observer,
        resume: ResumeState,
    ) -> None:
        near = isinstance(storage, LocalStorage)
        self.storage = storage if near else Remembering(storage)
        self.resume = resume
        self.known: Mapping[str, str] = {}
        self.verdicts = Verdicts()
        self.path = path
        self.official = official
        self.observer = observer
        self.checked = CheckedObject(Report(subject))
        self.report = self.checked.report
        self.entries: dict[str, Entry] = {}
        self.data = b""  # of the object's inventory

    def run(self) -> CheckedObject:
        prefix = len(self.path) + 1 if self.path else 0
        for entry in self.storage.walk(self.path, self._likely()):
            name = entry.path[prefix:]
            self.entries[name] = Entry(name, entry.kind, entry.size)
        self._fetch(name for name in self.entries if _OF_OBJECT.fullmatch(name))
        self._declaration()
        inventory = self._inventory("")
        if inventory is None:
            return self.checked
        self.checked.inventory = inventory
        self._versions(inventory)
        self._names(inventory)
        proved = all(
            self.known.get(version) == self.checked.digests.get(version, "")
            for version in inventory.versions
        )
        algorithms = {inventory.algorithm} if proved else {inventory.algorithm, *_DIGESTS}
        seen = self._files(inventory, algorithms)
        if self.report.outcome is Outcome.PASS and not proved:
            for version in inventory.versions:
                self._bag(inventory, version, seen)
        pages = ObjectPages([self.storage], self.path, inventory)
        self.report.findings = with_pages(self.report.findings, pages)
        return self.checked

    def _fetch(self, names: Iterable[str]) -> None:
        """Remotely, read small files of the object at once, before each is requested."""
        if isinstance(self.storage, Remembering):
            self.storage.fetch(f"{self.path}/{name}" if self.path else name for name in names)

    def _likely(self) -> set[str]:
        """Remotely, the folders that the object has if its inventory is right."""
        if not isinstance(self.storage, Remembering):
            return set()
        self._fetch(_FIRST)
        prefix = f"{self.path}/" if self.path else ""
        try:
            inventory = formats.parse(
                read_all(self.storage, prefix + formats.NAME, formats.LARGEST)
            )
        except (StorageError, InventoryError):
            return set()
        return {prefix + folder for path in inventory.content() for folder in above(path)}

    def _find(
        self, code: Code, path: str, expected: str | None = None, seen: str | None = None
    ) -> None:
        self.report.add([Finding(code, path, expected, seen)])

    def _small(self, path: str, limit: int, wrong: Code) -> bytes | None:
        """The content of a file of the object itself; None with a finding if there is none.

        A file larger than permitted is not read: it is `wrong`.
        """
        self.report.listed += 1
        try:
            data = read_all(self.storage, f"{self.path}/{path}" if self.path else path, limit)
        except NotFound:
            self._find(Code.OBJECT_FILE_MISSING, path)
        except NotAFile:
            self._find(Code.NOT_A_FILE, path)
        except TooLarge as error:
            self.report.checked += 1
            self._find(wrong, path, seen=str(error))
        except StorageError as error:
            self._find(Code.UNREADABLE, path, seen=str(error))
        else:
            if self._is_stated(path, len(data)):
                self.report.checked += 1
                self.report.bytes_read += len(data)
                return data
        return None

    def _is_stated(self, path: str, size: int) -> bool:
        """Whether a file had as many bytes as the storage states; otherwise nothing is known."""
        entry = self.entries.get(path)
        if entry is None or entry.size == size:
            return True
        self._find(Code.SIZE_CONTRADICTED, path, str(entry.size), str(size))
        return False

    def _declaration(self) -> None:
        name, content = layout.OBJECT_DECLARATION
        data = self._small(name, 1024, Code.OBJECT_DECLARATION)
        if data is not None and data != content:
            self._find(Code.OBJECT_DECLARATION, name, content.decode(), repr(data[:100])[1:])

    def _inventory(
        self, folder: str, expected: bytes | None = None, inventory: Inventory | None = None
    ) -> Inventory | None:
        """The inventory in a folder of the object, with findings for what is wrong with it.

        One that is `expected`, byte for byte, says what `inventory` says, and is not parsed.
        """
        name = f"{folder}{formats.NAME}"
        data = self._small(name, formats.LARGEST, Code.INVENTORY_INVALID)
        if data is None:
            return None
        if not folder:
            self.data = data
        if expected is None or data != expected:
            inventory = self._parsed(name, data)
        algorithm = inventory.algorithm if inventory else "sha512"
        hashes = MultiHash([algorithm])
        hashes.update(data)
        digest = hashes.digests()[algorithm]
        sidecar = self._small(f"{name}.{algorithm}", 4096, Code.INVENTORY_SIDECAR)
        if sidecar is not None and formats.parse_sidecar(sidecar) != digest:
            listed = formats.parse_sidecar(sidecar) or repr(sidecar[:100])[1:]
            self._find(Code.INVENTORY_SIDECAR, name, listed, digest)
        elif sidecar is not None and sidecar != formats.sidecar_line(digest):
            self.checked.unusual.append(f"{name}.{algorithm}")
        if folder:
            self.checked.digests[folder.rstrip("/")] = digest
        return inventory

    def _parsed(self, name: str, data: bytes) -> Inventory | None:
        """The inventory in these bytes; None with findings for what is wrong with it."""
        try:
            return formats.parse(data)
        except InventoryError as error:
            for problem in error.problems:
                self._find(Code.INVENTORY_INVALID, name, seen=problem)
            return None

    def _versions(self, inventory: Inventory) -> None:
        """Each version's own inventory must say what the object's says."""
        before = Beginnings(inventory, self.data)
        for version in inventory.versions:
            expected = self.data if version == inventory.head else before.of(version)
            own = self._inventory(f"{version}/", expected, inventory)
            if own is None or own is inventory:
                continue
            problems = list(formats.differences(own, inventory))
            if own.head != version:
                problems.append(_("its head is {head}").format(head=own.head))
            if version == inventory.head and serialise(own) != serialise(inventory):
                problems.append(_("it differs from the object's inventory"))
            for problem in problems:
                self._find(Code.VERSION_INVENTORY, f"{version}/{formats.NAME}", seen=problem)

    def _names(self, inventory: Inventory) -> None:
        """Everything there must be known, and must be a file or a folder."""
        known = {layout.OBJECT_DECLARATION[0], formats.NAME, inventory.sidecar}
        for version in inventory.versions:
            known |= {f"{version}/{formats.NAME}", f"{version}/{inventory.sidecar}"}
        known |= set(inventory.content())
        unfinished = self._unfinished(inventory)
        filled = {path.rpartition("/")[0] for path in self.entries}
        for path, entry in sorted(self.entries.items()):
            top, _slash, below = path.partition("/")
            if entry.kind not in {Kind.FILE, Kind.FOLDER}:
                self._find(Code.NOT_A_FILE, path, seen=str(entry.kind))
            elif top in {"logs", "extensions"}:
                # a file has a place in logs/, and in the folder of an extension
                if entry.kind is Kind.FILE and (not below or (top, "/" in below) == _NO_PLACE):
                    self._find(Code.OBJECT_FILE_EXTRA, path)
            elif entry.kind is Kind.FOLDER:
                if not below and path not in inventory.versions and path not in filled:
                    self._find(Code.OBJECT_FOLDER_EXTRA, path)
                if path not in filled and path.split("/")[1:2] == [inventory.content_directory]:
                    self._find(Code.EMPTY_FOLDER, path)
            elif path not in known:
                waiting = path.split("/")[0] == unfinished
                self._find(Code.VERSION_UNFINISHED if waiting else Code.OBJECT_FILE_EXTRA, path)

    def _unfinished(self, inventory: Inventory) -> str | None:
        """The folder of a next version that a crash left complete; anything less is litter."""
        version = f"v{len(inventory.versions) + 1}"
        if f"{version}/{formats.NAME}" not in self.entries:
            return None
        folder = f"{self.path}/{version}" if self.path else version
        try:
            sealed = OcflRoot(self.storage).read_inventory(self.path, folder)
        except (Damaged, StorageError):
            return None
        continues = sealed.inventory.head == version
        return (
            version
            if continues and not any(formats.differences(inventory, sealed.inventory))
            else None
        )

    def _files(self, inventory: Inventory, algorithms: set[str]) -> dict[str, Observed]:
        """Read every file once; compare with the manifest of the inventory."""
        content = inventory.content()
        self.report.listed += len(content)
        there, seen = [], {}
        for path in sorted(content):
            entry = self.entries.get(path)
            if entry is None:
                self._find(Code.OBJECT_FILE_MISSING, path, seen=None)
                self.report.checked += 1  # established: it is not there
            elif entry.kind is not Kind.FILE:
                self.report.checked += 1  # established, and found above: it is no file
            elif known := self.resume.recall(path, entry.size, algorithms):
                self._compare(known, content[path], inventory.algorithm)
                seen[path] = known
            else:
                there.append(entry)
        failed: dict[str, StorageError] = {}
        with closing(read_files(self.storage, self.path, there, algorithms)) as read:
            for path, result in read:
                if isinstance(result, StorageError):
                    failed[path] = result
                    continue
                seen[path] = result
                if result.digests[inventory.algorithm] == content[path]:
                    self.resume.keep(result)
                self.observer(Advanced(result.size, path))
        for path in (entry.path for entry in there):  # findings in the order of the names
            if path in failed:
                self._find(Code.UNREADABLE, path, seen=str(failed[path]))
            elif seen[path].digests[inventory.algorithm] == content[path] or self._is_stated(
                path, seen[path].size
            ):
                self._compare(seen[path], content[path], inventory.algorithm)
        return seen

    def _compare(self, observed: Observed, expected: str, algorithm: str) -> None:
        """A finding if a file is not as the inventory says."""
        self.report.checked += 1
        self.report.bytes_read += observed.size
        digest = observed.digests[algorithm]
        if digest != expected:
            self._find(Code.OBJECT_DIGEST_MISMATCH, observed.path, expected, digest)

    def _bag(self, inventory: Inventory, version: str, seen: dict[str, Observed]) -> None:
        """The files of a version, each where its logical path says, must be a valid bag.

        Its inventory names them and their digests, which they have. So another copy with the same
        inventory is the same bag.
        """
        digest = self.checked.digests.get(version)
        key = None if digest is None else ("version", digest, self.official)
        if self.verdicts.is_sound(key):
            return
        source = VersionSource(self.storage, self.path, version, inventory.locate(version), seen)
        report = validate_source(source)
        report.add(own_findings(report, source, self.official, self.verdicts))
        if not report.findings and report.checked == report.listed:
            self.verdicts.keep(key)
        self.report.add(
            replace(finding, path=f"{version}: {finding.path or ''}".rstrip(": "))
            for finding in with_pages(report.findings, bag_pages(source, report))
        )
