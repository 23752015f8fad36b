"""What a list needs of an inventory, in memory that grows neither with files nor with versions.

An inventory that preserva wrote has one fact a line (`inventory_text`), so it can be gone through
line by line as it is read. Of any other text nothing is told, and it is to be parsed. Nothing is
checked here but the form: what a glance shows is good for a list, and for nothing that must hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from preserva.core.formats.inventory import TYPE, Inventory, version_number

_MEMBER = re.compile(rb' "(\w+)": (".*"),')
_VERSION = re.compile(rb'  "(v[0-9]+)": \{')
_DIGEST = re.compile(rb' +"([0-9a-f]{64}|[0-9a-f]{128})": \[')
_CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Glance:
    """The newest version of an object at a glance.

    `files` counts those of its state. `places` has the digest and a content path of those files of
    it that were asked for, by their logical paths.
    """

    identifier: str
    algorithm: str
    versions: tuple[str, ...]
    files: int
    places: Mapping[str, tuple[str, str]]

    @property
    def head(self) -> str:
        """The name of the newest version."""
        return self.versions[-1]


def glance_of(inventory: Inventory, names: Iterable[str]) -> Glance:
    """The same of an inventory that was parsed."""
    files = inventory.versions[inventory.head].files()
    located = inventory.locate(inventory.head)
    places = {name: (files[name], located[name]) for name in names if name in files}
    versions = tuple(sorted(inventory.versions, key=version_number))
    return Glance(inventory.identifier, inventory.algorithm, versions, len(files), places)


def glance(pieces: Iterable[bytes], names: Iterable[str]) -> Glance | None:
    """The newest version in the pieces of an inventory's text; None if it must be parsed."""
    reader = _Lines({name: json.dumps(name, ensure_ascii=False).encode() for name in names})
    lines = _lines(pieces)
    try:
        return reader.read(lines)
    except (_OtherFormError, ValueError):
        return None
    finally:
        for _line in lines:  # whoever hashes the pieces gets all of them
            pass


class _OtherFormError(Exception):
    """It is not as we write it."""


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    if rest:
        yield rest


@dataclass(slots=True)
class _Lines:
    wanted: Mapping[str, bytes]
    members: dict[str, str] = field(default_factory=dict)
    content: dict[tuple[str, str], str] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    files: int = 0
    found: dict[str, str] = field(default_factory=dict)

    def read(self, lines: Iterator[bytes]) -> Glance:
        _expect(lines, b"{")
        self._head(lines)
        self._manifest(lines)
        _expect(lines, b' "versions": {')
        for line in lines:
            if line == b" }":
                break
            match = _VERSION.fullmatch(line)
            if match is None:
                raise _OtherFormError
            self._version(match[1].decode(), lines)
        _expect(lines, b"}")
        if next(lines, None) is not None or not self._is_whole():
            raise _OtherFormError
        places = {name: (digest, self._place(name, digest)) for name, digest in self.found.items()}
        return Glance(
            self.members["id"],
            self.members["digestAlgorithm"],
            tuple(self.versions),
            self.files,
            places,
        )

    def _is_whole(self) -> bool:
        numbered = [f"v{number}" for number in range(1, len(self.versions) + 1)]
        return self.versions == numbered and self.members == {
            "id": self.members.get("id"),
            "type": TYPE,
            "digestAlgorithm": self.members.get("digestAlgorithm"),
            "head": self.versions[-1] if self.versions else None,
            "contentDirectory": _CONTENT,
        }

    def _place(self, name: str, digest: str) -> str:
        try:
            return self.content[name, digest]
        except KeyError:  # its bytes are kept under another name
            raise _OtherFormError from None

    def _head(self, lines: Iterator[bytes]) -> None:
        for line in lines:
            if line == b' "manifest": {':
                return
            match = _MEMBER.fullmatch(line)
            if match is None:
                raise _OtherFormError
            self.members[match[1].decode()] = json.loads(match[2])
        raise _OtherFormError

    def _manifest(self, lines: Iterator[bytes]) -> None:
        endings = {b"/content/" + quoted[1:]: name for name, quoted in self.wanted.items()}
        suffixes = tuple(endings)
        digest = ""
        for line in lines:
            if line.startswith(b'   "'):
                path = line.rstrip(b",")
                if path.endswith(suffixes):
                    text = json.loads(path)
                    _version, _content, name = text.split("/", 2)
                    self.content[name, digest] = text
            elif line.startswith(b'  "'):
                digest = _digest(line)
            elif line == b" },":
                return
            elif line not in {b"  ]", b"  ],"}:
                raise _OtherFormError
        raise _OtherFormError

    def _version(self, name: str, lines: Iterator[bytes]) -> None:
        self.versions.append(name)
        for line in lines:
            if line == b'   "state": {':
                self._state(lines)
            elif line in {b"  }", b"  },"}:
                return
            elif not line.startswith(b"   "):
                raise _OtherFormError

    def _state(self, lines: Iterator[bytes]) -> None:
        names = {quoted: name for name, quoted in self.wanted.items()}
        self.files, self.found = 0, {}
        digest = b""
        for line in lines:
            if line.startswith(b'     "'):
                self.files += 1
                wanted = names.get(line[5:].rstrip(b","))
                if wanted is not None:
                    self.found[wanted] = _digest(digest)
            elif line.startswith(b'    "'):
                digest = line
            elif line in {b"   }", b"   },"}:
                return
            elif line not in {b"    ]", b"    ],"}:
                raise _OtherFormError
        raise _OtherFormError


def _expect(lines: Iterator[bytes], expected: bytes) -> None:
    if next(lines, None) != expected:
        raise _OtherFormError


def _digest(line: bytes) -> str:
    match = _DIGEST.fullmatch(line)
    if match is None:
        raise _OtherFormError
    return match[1].decode()
