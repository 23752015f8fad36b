"""Whether an OCFL object is valid, whoever made it: OCFL 1.0 and 1.1.

Its content is not checked here; `ocfl_object` does that for objects that are our packages. Each
finding names the code in the specification.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field

from preserva.core.formats import inventory as formats
from preserva.core.formats.ocfl_prior import prior_advice, prior_rules
from preserva.core.formats.ocfl_rules import ADDRESSING, SPECIFICATIONS, Judged, OcflRule, judge
from preserva.core.values.codes import Code
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Advanced, Finding, Observer, Report, ignore
from preserva.core.values.subjects import Subject
from preserva.errors import StorageError, TooLarge
from preserva.fixity.object_files import read_files
from preserva.i18n import _
from preserva.storage.base import Storage, chunks_of, read_all

_DECLARATION = "0=ocfl_object_"
_MUTABLE_HEAD = "extensions/0005-mutable-head/head"
_REGISTERED = re.compile(r"00(0[1-9]|1[0-2])-[a-z0-9-]+|initial")
_OURS = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha512": "sha512"}
_HASHES = {
    **{f"blake2b-{bits}": bits // 8 for bits in (160, 256, 384, 512)},
}


@dataclass(slots=True)
class JudgedObject:
    """The report on an object, and its inventory as far as it was understood."""

    report: Report
    inventory: Judged | None = None


def judge_object(
    storage: Storage, path: str, subject: Subject, observer: Observer = ignore
) -> JudgedObject:
    """Judge the object in a folder of a storage. Raises StorageError if it cannot be listed."""
    return _Judgement(storage, path, JudgedObject(Report(subject)), observer).run()


@dataclass(slots=True)
class _Judgement:
    """One object on its way to a report."""

    storage: Storage
    path: str
    result: JudgedObject
    observer: Observer
    entries: dict[str, Entry] = field(default_factory=dict)
    specification: str = "1.1"
    others: list[tuple[str, Judged]] = field(default_factory=list)  # by version

    def run(self) -> JudgedObject:
        prefix = len(self.path) + 1 if self.path else 0
        for entry in self.storage.walk(self.path):
            name = entry.path[prefix:]
            self.entries[name] = entry._replace(path=name)
        self._declaration()
        judged = self._inventory("")
        if judged is None:
            return self.result
        self.result.inventory = judged
        self._version_inventories(judged)
        self._places(judged)
        if not judged.problems:
            self._content(judged)
        return self.result

    def _find(
        self,
        code: Code,
        rule: str,
        path: str | None,
        *,
        expected: str | None = None,
        seen: str | None = None,
    ) -> None:
        source = f"OCFL {self.specification} {rule}"
        finding = Finding(code, path, expected=expected, seen=seen, rule=source)
        self.result.report.add([finding])

    def _rules(self, path: str, problems: Iterable[OcflRule], code: Code) -> None:
        for rule in problems:
            self._find(code, rule.code, path, seen=f"{rule.code} " + rule.text)

    def _read(self, path: str, limit: int) -> bytes | None:
        """The content of a small file; None with a finding if it could not be read."""
        report = self.result.report
        report.listed += 1
        try:
            data = read_all(self.storage, f"{self.path}/{path}" if self.path else path, limit)
        except TooLarge as error:
            report.checked += 1
            self._find(Code.INVENTORY_INVALID, "E033", path, seen=str(error))
            return None
        except StorageError as error:
            report.add([Finding(Code.UNREADABLE, path, seen=str(error))])
            return None
        report.checked += 1
        report.bytes_read += len(data)
        return data

    def _is_file(self, path: str) -> bool:
        return path in self.entries and self.entries[path].kind is Kind.FILE

    def _declaration(self) -> None:
        """Check the one file that declares an object and its version of OCFL."""
        names = sorted(name for name in self.entries if name.startswith("0=") and "/" not in name)
        known = {f"{_DECLARATION}{version}": version for version in SPECIFICATIONS}
        if not known.keys() & set(names):
            self._find(Code.OBJECT_DECLARATION, "E003", None)
        for name in names:
            version = known.get(name)
            if version is None:
                self._find(Code.OBJECT_DECLARATION, "E006", name)
            elif self._is_file(name):
                self.specification = version
                data = self._read(name, 1024)
                expected = f"{name[2:]}\n"
                if data is not None and data != expected.encode():
                    seen = repr(data[:100])[1:]
                    self._find(Code.OBJECT_DECLARATION, "E007", name, expected=expected, seen=seen)
        if len(names) > 1:
            self._find(Code.OBJECT_DECLARATION, "E003", ", ".join(names))

    def _inventory(self, folder: str) -> Judged | None:
        """The inventory in a folder of the object, with findings for what is wrong with it."""
        name = f"{folder}{formats.NAME}"
        if not self._is_file(name):
            self._find(Code.INVENTORY_MISSING, "E063", name)
            return None
        data = self._read(name, formats.LARGEST)
        if data is None:
            return None
        try:
            document = formats.read_document(data)
        except formats.InventoryError as error:
            self._find(Code.INVENTORY_INVALID, "E033", name, seen=str(error))
            return None
        judged = judge(document, self.specification)
        self._rules(name, judged.problems, Code.INVENTORY_INVALID)
        self._rules(name, judged.advice, Code.OCFL_ADVICE)
        self._sidecar(name, data, judged.algorithm)
        return judged

    def _sidecar(self, name: str, data: bytes, algorithm: str) -> None:
        sidecar = f"{name}.{algorithm}"
        if not self._is_file(sidecar):
            self._find(Code.SIDECAR_MISSING, "E058", sidecar)
            return
        line = self._read(sidecar, 4096)
        digest = digest_bytes(data, [algorithm])[algorithm]
        listed = None if line is None else formats.parse_sidecar(line)
        if line is not None and listed is None:
            seen = repr(line[:100])[1:]
            self._find(Code.INVENTORY_SIDECAR, "E061", sidecar, expected=digest, seen=seen)
        elif listed not in {None, digest}:
            self._find(Code.INVENTORY_SIDECAR, "E060", name, expected=listed, seen=digest)

    def _version_inventories(self, judged: Judged) -> None:
        """Inventories of earlier versions must agree with the object's; the last is the same."""
        before = "1.0"
        named_first: bool | None = None
        for version in judged.versions:
            name = f"{version}/{formats.NAME}"
            if not self._is_file(name):
                self._find(
                    Code.OCFL_ADVICE, "W010", name, seen="W010 " + _("there is no inventory")
                )
                continue
            if version == judged.head:
                self._last_inventory(name, judged)
                own = judged
            else:
                prior = self._inventory(f"{version}/")
                if prior is None:
                    continue
                own = prior
                self._prior(name, judged, own)
                self.others.append((version, own))
                if own.head is not None and own.head != version:
                    text = _("its head is {head}").format(head=own.head)
                    self._find(Code.VERSION_INVENTORY, "E040", name, seen=text)
            named_first = own.names_content_directory if named_first is None else named_first
            if own.names_content_directory and not named_first:
                text = _("only later versions name a content directory")
                self._find(Code.VERSION_INVENTORY, "E019", name, seen=text)
                named_first = True
            if own.specification < before:
                text = _("an older specification than that of the version before")
                self._find(Code.VERSION_INVENTORY, "E103", name, seen=text)
            before = own.specification

    def _last_inventory(self, name: str, judged: Judged) -> None:
        """The inventory of the last version must be, byte for byte, the object's."""
        paths = (
            f"{self.path}/{folder}" if self.path else folder for folder in (name, formats.NAME)
        )
        try:
            own, root = (read_all(self.storage, path, formats.LARGEST) for path in paths)
        except StorageError as error:
            self.result.report.add([Finding(Code.UNREADABLE, name, seen=str(error))])
            return
        if own != root:
            text = _("it differs from the object's inventory")
            self._find(Code.VERSION_INVENTORY, "E064", name, seen=text)
        else:
            self._sidecar(name, own, judged.algorithm)

    def _prior(self, name: str, judged: Judged, own: Judged) -> None:
        for rule in prior_rules(judged, own):
            self._find(Code.VERSION_INVENTORY, rule.code, name, seen=rule.text)
        self._rules(name, prior_advice(judged, own), Code.OCFL_ADVICE)
        before = self.others[-1][1] if self.others else None
        for path in sorted(before.manifest.keys() - own.manifest.keys()) if before else ():
            self._find(Code.VERSION_INVENTORY, "E023", name, expected=path)
        for path in sorted(own.manifest.keys() - judged.manifest.keys()):
            self._find(Code.VERSION_INVENTORY, "E023", formats.NAME, expected=path)

    def _places(self, judged: Judged) -> None:
        """What may be where; logs and the data of extensions are not judged."""
        known = {formats.NAME, f"{formats.NAME}.{judged.algorithm}"}
        filled = {path.rpartition("/")[0] for path in self.entries}
        for path, entry in sorted(self.entries.items()):
            top, _slash, below = path.partition("/")
            if (
                top == "logs"
                and entry.kind in {Kind.FILE, Kind.FOLDER}
                and (below or entry.kind is Kind.FOLDER)
            ):
                continue
            if entry.kind not in {Kind.FILE, Kind.FOLDER}:
                self._find(Code.NOT_A_FILE, "E089", path, seen=entry.kind.value)
            elif top == "extensions":
                self._extension(below, entry)
            elif top in judged.versions:
                self._in_version(judged, top, below, entry, filled)
            elif not below and entry.kind is Kind.FOLDER:
                rule = "E046" if re.fullmatch(r"v\d+", top) else "E001"
                self._find(Code.OBJECT_FOLDER_EXTRA, rule, path)
            elif not below and path not in known and not path.startswith("0="):
                self._find(Code.OBJECT_FILE_EXTRA, "E001", path)
        for version in judged.versions:
            if version not in self.entries and not any(
                path.startswith(f"{version}/") for path in self.entries
            ):
                self._find(Code.VERSION_MISSING, "E046", version)

    def _extension(self, below: str, entry: Entry) -> None:
        name, _slash, deeper = below.partition("/")
        if entry.kind is Kind.FILE and not deeper:
            self._find(Code.OBJECT_FILE_EXTRA, "E067", entry.path)
        elif entry.kind is Kind.FOLDER and name and not deeper and not _REGISTERED.fullmatch(name):
            self._find(Code.OCFL_ADVICE, "W013", entry.path, seen="W013 " + _("not registered"))
        if entry.path == _MUTABLE_HEAD and entry.kind is Kind.FOLDER:
            self.result.report.add([Finding(Code.MUTABLE_HEAD, entry.path)])

    def _in_version(
        self, judged: Judged, version: str, below: str, entry: Entry, filled: set[str]
    ) -> None:
        """The content of a version's folder."""
        top, _slash, deeper = below.partition("/")
        if entry.kind is Kind.FILE:
            sidecars = {f"{formats.NAME}.{algorithm}" for algorithm in ADDRESSING}
            if top == judged.content_directory and deeper:
                if entry.path not in judged.named:
                    self._find(Code.OBJECT_FILE_EXTRA, "E023", entry.path)
            elif not deeper and below != formats.NAME and below not in sidecars:
                self._find(Code.OBJECT_FILE_EXTRA, "E015", entry.path)
        elif top == judged.content_directory and entry.path not in filled:
            if deeper:
                self._find(Code.EMPTY_FOLDER, "E024", entry.path)
            else:
                self._find(Code.OCFL_ADVICE, "W003", entry.path, seen="W003 " + _("empty"))
        elif below and top != judged.content_directory and not deeper:
            text = "W002 " + _("beside the content")
            self._find(Code.OCFL_ADVICE, "W002", entry.path, seen=text)

    def _content(self, judged: Judged) -> None:
        """Read every file once, for the digests of manifests and of fixity blocks."""
        report = self.result.report
        wanted = _expectations([("", judged), *self.others])
        for path in sorted(judged.manifest):
            if not self._is_file(path):
                self._find(Code.OBJECT_FILE_MISSING, "E092", path)
                for algorithm, digest, rule in wanted[path]:
                    if rule == "E093":
                        self._find(
                            Code.FIXITY_MISMATCH, rule, path, expected=f"{algorithm} {digest}"
                        )
        there = [self.entries[path] for path in sorted(judged.manifest) if self._is_file(path)]
        algorithms = {a for path in wanted for a, _d, _r in wanted[path] if a in _OURS}
        report.listed += len(there)
        with closing(read_files(self.storage, self.path, there, algorithms)) as read:
            for path, seen in read:
                if isinstance(seen, StorageError):
                    report.add([Finding(Code.UNREADABLE, path, seen=str(seen))])
                    continue
                report.checked += 1
                report.bytes_read += seen.size
                self.observer(Advanced(seen.size, path))
                self._compare(seen, wanted[path])

    def _compare(self, seen: Observed, wanted: Iterable[tuple[str, str, str]]) -> None:
        digests = dict(seen.digests)
        for algorithm, digest, rule in sorted(wanted):
            if algorithm not in digests:
                other = self._other_digest(seen.path, algorithm)
                if other is None:
                    self._find(Code.FIXITY_UNKNOWN, "E056", seen.path, seen=algorithm)
                    continue
                digests[algorithm] = other
            if digests[algorithm] != digest:
                code = Code.FIXITY_MISMATCH if rule == "E093" else Code.OBJECT_DIGEST_MISMATCH
                expected, there = f"{algorithm} {digest}", f"{algorithm} {digests[algorithm]}"
                self._find(code, rule, seen.path, expected=expected, seen=there)

    def _other_digest(self, path: str, algorithm: str) -> str | None:
        """A digest that only fixity blocks use, by another read; None if it cannot be computed."""
        try:
            if algorithm in _HASHES:
                running = hashlib.blake2b(digest_size=_HASHES[algorithm])
            elif algorithm == "sha512/256":
                running = hashlib.new("sha512_256")  # type: ignore[assignment]
            else:
                return None
        except ValueError:  # the system's own library lacks it
            return None
        with self.storage.open(f"{self.path}/{path}" if self.path else path) as reader:
            for chunk in chunks_of(reader):
                running.update(chunk)
        return running.hexdigest()


def _expectations(inventories: list[tuple[str, Judged]]) -> dict[str, set[tuple[str, str, str]]]:
    """By content path: algorithm, digest, and the rule that is broken if it differs."""
    wanted: dict[str, set[tuple[str, str, str]]] = {}
    for _version, judged in inventories:
        for path, digest in judged.manifest.items():
            wanted.setdefault(path, set()).add((judged.algorithm, digest, "E092"))
        for line in judged.fixity:
            wanted.setdefault(line.path, set()).add((line.algorithm, line.digest, "E093"))
    return wanted
