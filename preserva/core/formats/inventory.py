"""The OCFL inventory: the content of an object by version (OCFL 1.1 section 3.5).

Rules that the code keeps:

1. `manifest` maps a digest to the content files that have it; `state` of a version maps a digest to
   the logical paths that have it there.
2. The first version stores every file where its logical path says, equal or not: so its `content`
   folder is the whole package in place. Later versions store only what no earlier one has.
3. The same facts give the same bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, cast

from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Observed
from preserva.i18n import _, joined

NAME = "inventory.json"
TYPE = "https://ocfl.io/1.1/spec/#inventory"
LARGEST = 1 << 30
"""Bytes of an inventory that are read at most: some four million files."""

_LIGHTEST, _BYTES = 100_000, 10
"""What an inventory weighs at most, and bytes for each further 1: a digest alone has 64."""

Paths = Mapping[str, tuple[str, ...]]


class InventoryError(ValueError):
    """The inventory is invalid. `problems` holds every violation, with its OCFL code."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(joined("; ", problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class User:
    """Who made a version: a name and an address that is a URI."""

    name: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the object: when, by whom, why, and which logical path has which digest."""

    created: str
    state: Paths
    message: str | None = None
    user: User | None = None

    def files(self) -> dict[str, str]:
        """Digest by logical path."""
        return {path: digest for digest, paths in self.state.items() for path in paths}


@dataclass(frozen=True, slots=True)
class Inventory:
    """A complete inventory."""

    identifier: str
    head: str
    manifest: Paths
    versions: Mapping[str, Version]
    algorithm: str = "sha512"
    content_directory: str = "content"

    @property
    def sidecar(self) -> str:
        """The name of the file that holds the inventory's digest."""
        return f"{NAME}.{self.algorithm}"

    def content(self) -> dict[str, str]:
        """Digest by content path, for every file of every version."""
        return {path: digest for digest, paths in self.manifest.items() for path in paths}

    def locate(self, version: str) -> dict[str, str]:
        """Content path by logical path, for one version."""
        own = f"{version}/{self.content_directory}/"
        located = {}
        for digest, paths in self.versions[version].state.items():
            stored = self.manifest[digest]
            for path in paths:
                located[path] = own + path if own + path in stored else stored[0]
        return located


def version_number(name: str) -> int:
    """3 for "v3". Raises ValueError for other names, including zero-padded ones."""
    if not re.fullmatch(r"v[1-9][0-9]{0,8}", name):
        raise ValueError(name)
    return int(name[1:])


def next_name(previous: Inventory | None) -> str:
    """The name of the version that follows: `v1`, `v2` ..."""
    return f"v{len(previous.versions) + 1}" if previous else "v1"


def next_version(
    previous: Inventory | None,
    identifier: str,
    files: Mapping[str, Observed],
    *,
    created: str,
    message: str,
    user: User,
) -> tuple[Inventory, dict[str, str]]:
    """The inventory with one more version, and the files to store for it.

    `files` is the complete logical state of the new version. Returns the inventory, and content
    path by logical path for those files only that no earlier version contains.
    """
    algorithm = previous.algorithm if previous else "sha512"
    name = next_name(previous)
    held = dict(previous.manifest) if previous else {}
    manifest = {digest: list(paths) for digest, paths in held.items()}
    state: dict[str, list[str]] = {}
    stored = {}
    for path, seen in sorted(files.items()):
        digest = seen.digests[algorithm]
        state.setdefault(digest, []).append(path)
        if digest not in held:
            stored[path] = f"{name}/content/{path}"
            manifest.setdefault(digest, []).append(stored[path])
    version = Version(created, _frozen(state), message, user)
    versions = {**(previous.versions if previous else {}), name: version}
    return Inventory(identifier, name, _frozen(manifest), versions, algorithm), stored


def _frozen(paths: Mapping[str, list[str]]) -> Paths:
    return {digest: tuple(sorted(some)) for digest, some in paths.items()}


def sidecar_line(digest: str) -> bytes:
    """The content of the file beside an inventory."""
    return f"{digest} {NAME}\n".encode()


def parse_sidecar(data: bytes) -> str | None:
    """The digest in a sidecar, or None if it is not in the required form (E061)."""
    match = re.fullmatch(rb"([0-9a-fA-F]{32,128})[ \t]+inventory\.json\s*", data)
    return match[1].decode().lower() if match else None


def parse(data: bytes) -> Inventory:
    """Read an inventory, trusting nothing in it. Raises InventoryError with every broken rule."""
    document = read_document(data)
    if not isinstance(document, dict):
        raise InventoryError(["E033 " + _("not a JSON object")])
    reader = _Reader()
    inventory = reader.inventory(document)
    if reader.problems or inventory is None:
        raise InventoryError(reader.problems)
    return inventory


def read_document(data: bytes) -> Any:
    """The JSON of an inventory, whatever it says. Raises InventoryError."""
    try:
        return read_json(data, most=_LIGHTEST + len(data) // _BYTES)
    except JSONError as error:
        raise InventoryError([f"E033 {error}"]) from error


class _Reader:
    """Collects every broken rule while it reads, instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.digests: dict[str, str] = {}
        self.known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def wrong(self, rule: str, message: str, **facts: object) -> None:
        self.problems.append(f"{rule} " + message.format(**facts))

    def not_this(self, rule: str, name: str, value: object) -> None:
        self.wrong(rule, _("{name} is {value!r}"), name=name, value=value)

    def inventory(self, document: dict[str, object]) -> Inventory | None:
        identifier = self.text(document, "id", "E036")
        head = self.text(document, "head", "E036")
        algorithm = self.text(document, "digestAlgorithm", "E036")
        content = document.get("contentDirectory", "content")
        if document.get("type") != TYPE:
            self.not_this("E038", "type", document.get("type"))
        if algorithm not in {"sha512", "sha256"}:
            self.not_this("E025", "digestAlgorithm", algorithm)
            return None
        if not isinstance(content, str) or content in {"", ".", ".."} or "/" in content:
            self.not_this("E017", "contentDirectory", content)
            return None
        size = ALGORITHMS[algorithm].size * 2
        manifest = self.paths(document.get("manifest"), "manifest", "E041", size)
        self.unique(manifest, "manifest", "E101")
        versions = self.versions(document.get("versions"), size)
        self.head(head, versions)
        self.agreement(manifest, versions, content)
        if identifier is None or head is None:
            return None
        return Inventory(identifier, head, manifest, versions, algorithm, content)

    def text(self, document: dict[str, object], key: str, rule: str) -> str | None:
        value = document.get(key)
        if isinstance(value, str) and value:
            return value
        self.not_this(rule, key, value)
        return None

    def paths(self, value: object, where: str, rule: str, size: int) -> Paths:
        if not isinstance(value, dict):
            self.wrong(rule, _("{name} is missing or not an object"), name=where)
            return {}
        read = {}
        is_digest = re.compile(rf"[0-9a-fA-F]{{{size}}}").fullmatch
        for digest, paths in value.items():
            own = self.digests.get(digest)
            if own is None:
                if not is_digest(digest):
                    self.wrong(
                        "E096", _("{name}: {text!r} is not a digest"), name=where, text=digest[:140]
                    )
                    continue
                own = self.digests[digest] = digest.lower()
            usable = self.usable(paths)
            if usable is None:
                message = _("{name}: the paths of {digest}… are not usable")
                self.wrong("E099", message, name=where, digest=digest[:16])
            else:
                read[own] = usable
        if len({self.digests.get(digest, digest) for digest in value}) != len(value):
            self.wrong("E096", _("{name}: a digest is listed twice"), name=where)
        return read

    def usable(self, paths: object) -> tuple[str, ...] | None:
        """The paths of a digest, kept once: most are the same in every version."""
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            return None
        key = tuple(cast("list[str]", paths))
        known = self.known.get(key)
        if known is None and key and all(map(_contained, key)):
            known = self.known[key] = key
        return known

    def unique(self, paths: Paths, where: str, rule: str) -> None:
        flat = list(chain.from_iterable(paths.values()))
        seen = set(flat)
        if len(seen) < len(flat):
            for path in sorted(path for path, count in Counter(flat).items() if count > 1):
                self.wrong(rule, _("{name}: {path!r} is listed twice"), name=where, path=path)
        files = _with_above({path.rpartition("/")[0] for path in seen}) & seen
        for path in sorted(seen) if files else ():
            if not files.isdisjoint(_with_above({path.rpartition("/")[0]})):
                self.wrong(rule, _("{name}: {path!r} is below a file"), name=where, path=path)

    def versions(self, value: object, size: int) -> dict[str, Version]:
        if not isinstance(value, dict) or not value:
            self.wrong("E008", _("there is no version"))
            return {}
        if set(value) != {f"v{number}" for number in range(1, len(value) + 1)}:
            self.wrong("E009", _("the versions are not v1 to v{count}"), count=len(value))
            return {}
        return {
            name: version
            for name, block in value.items()
            if (version := self.version(name, block, size)) is not None
        }

    def version(self, name: str, value: object, size: int) -> Version | None:
        if not isinstance(value, dict):
            self.wrong("E047", _("{name} is missing or not an object"), name=name)
            return None
        created = self.text(value, "created", "E048")
        if created is not None and not is_time(created):
            self.not_this("E049", f"{name} created", created)
        state = self.paths(value.get("state"), f"{name} state", "E050", size)
        self.unique(state, f"{name} state", "E095")
        message = value.get("message")
        user = value.get("user")
        if not (message is None or isinstance(message, str)):
            self.not_this("E094", f"{name} message", message)
        agent = None
        if user is not None:
            if not isinstance(user, dict) or not isinstance(user.get("name"), str):
                self.wrong("E054", _("{name}: user has no name"), name=name)
            else:
                address = user.get("address")
                agent = User(user["name"], address if isinstance(address, str) else None)
        if created is None:
            return None
        return Version(created, state, message if isinstance(message, str) else None, agent)

    def head(self, head: str | None, versions: Mapping[str, Version]) -> None:
        if versions and head != f"v{len(versions)}":
            message = _("head is {head!r}, the last version is v{count}")
            self.wrong("E040", message, head=head, count=len(versions))

    def agreement(self, manifest: Paths, versions: Mapping[str, Version], content: str) -> None:
        used = {digest for version in versions.values() for digest in version.state}
        for digest in sorted(used - set(manifest)):
            message = _("a state names {digest}…, the manifest does not")
            self.wrong("E050", message, digest=digest[:16])
        for digest in sorted(set(manifest) - used):
            self.wrong("E107", _("the manifest names {digest}…, no state does"), digest=digest[:16])
        for path in (path for some in manifest.values() for path in some):
            version, _slash, rest = path.partition("/")
            if version not in versions or not rest.startswith(content + "/"):
                self.wrong("E042", _("{path!r} is not the content of a version"), path=path)


_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def is_time(text: str) -> bool:
    """Whether it is a date-time of RFC 3339 that there is; a leap second is one."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return False
    date, minute, second = match.groups()
    try:
        datetime.fromisoformat(f"{date}T{minute}:{'59' if second == '60' else second}")
    except ValueError:
        return False
    return True


_LEADS_OUT = re.compile(r"\0|(?:^|/)\.{0,2}(?:/|\Z)")
"""What no path may have: an empty part, `.` or `..`, or a NUL."""


def _contained(path: str) -> bool:
    """Whether a path stays inside: no empty part, no `.` or `..`, not absolute (E099, E100)."""
    return _LEADS_OUT.search(path) is None


def _with_above(folders: Iterable[str]) -> set[str]:
    """Folders and all their parents."""
    known = set[str]()
    for folder in folders:
        above = folder
        while above and above not in known:
            known.add(above)
            above = above.rpartition("/")[0]
    return known


def differences(old: Inventory, new: Inventory) -> Iterator[str]:
    """Where `new` does not continue `old`: an earlier version that it changed or lost."""
    if old.identifier != new.identifier:
        yield _("the id is {new}, not {old}").format(new=new.identifier, old=old.identifier)
    for name, version in old.versions.items():
        if name not in new.versions:
            yield _("{name} is missing").format(name=name)
        elif _normal(version, old) != _normal(new.versions[name], new):
            yield _("{name} has other content").format(name=name)


def _normal(version: Version, inventory: Inventory) -> dict[str, str]:
    return {path: f"{inventory.algorithm}:{digest}" for path, digest in version.files().items()}
