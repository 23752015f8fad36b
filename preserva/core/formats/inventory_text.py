"""The inventory as JSON: the same facts give the same bytes, so an old one can be known by them.

The text of an inventory with sixty versions is hundreds of thousands of lines, and the json module
indents in Python, value by value. Here each line is put together at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from json.encoder import encode_basestring as _quoted

from preserva.core.formats.inventory import TYPE, Inventory, Paths, Version, version_number

_VERSIONS = b'\n "versions": {'
_END = b"\n }\n}\n"


def serialise(inventory: Inventory) -> bytes:
    """The inventory as JSON, indented by one, with keys and paths in a fixed order."""
    names = sorted(inventory.versions, key=version_number)
    blocks = (_block(name, inventory.versions[name]) for name in names)
    versions = b",".join(text.encode() for text in blocks)
    return _head(inventory, inventory.head, inventory.manifest) + versions + _END


def _head(inventory: Inventory, head: str, manifest: Paths) -> bytes:
    """All that comes before the blocks of the versions."""
    values = {
        "id": inventory.identifier,
        "type": TYPE,
        "digestAlgorithm": inventory.algorithm,
        "head": head,
        "contentDirectory": inventory.content_directory,
    }
    members = "".join(f'\n "{name}": {_quoted(value)},' for name, value in values.items())
    text = f'{{{members}\n "manifest": {_paths(manifest, "  ")},'
    return text.encode() + _VERSIONS


def _block(name: str, version: Version) -> str:
    members = [f'"created": {_quoted(version.created)}']
    members.append(f'"state": {_paths(version.state, "    ")}')
    if version.message is not None:
        members.append(f'"message": {_quoted(version.message)}')
    if version.user is not None:
        user = [f'"name": {_quoted(version.user.name)}']
        if version.user.address is not None:
            user.append(f'"address": {_quoted(version.user.address)}')
        members.append('"user": {\n    ' + ",\n    ".join(user) + "\n   }")
    return f"\n  {_quoted(name)}: {{\n   " + ",\n   ".join(members) + "\n  }"


def _paths(paths: Paths, indent: str) -> str:
    if not paths:
        return "{}"
    within = f",\n{indent} "
    lines = [
        f'\n{indent}"{digest}": [\n{indent} {within.join(map(_quoted, sorted(some)))}\n{indent}]'
        for digest, some in sorted(paths.items())
    ]
    return "{" + ",".join(lines) + f"\n{indent[1:]}}}"


class Beginnings:
    """The inventories that each version of an object had, told from its newest without a parser.

    An inventory that is written here grows by a block for each version, and no block ever changes.
    So the inventory of an earlier version is known to the byte, and one that has these bytes says
    what the newest says, and is as valid. One that has not may still agree: it must be read.
    """

    def __init__(self, inventory: Inventory, data: bytes) -> None:
        """`data` is the file of the newest inventory; one that others wrote has no beginnings."""
        self._inventory = inventory
        self._data = data
        self._first = data.find(_VERSIONS) + len(_VERSIONS)
        ours = _is_stored_when_used(inventory) and data == serialise(inventory)
        self._ends = dict(self._blocks()) if ours else {}

    def _blocks(self) -> Iterator[tuple[str, int]]:
        """Where the block of each version but the last ends."""
        place = self._first
        names = sorted(self._inventory.versions, key=version_number)
        for name, following in pairwise(names):
            place = self._data.find(f',\n  "{following}": {{'.encode(), place)
            yield name, place

    def of(self, version: str) -> bytes | None:
        """What the inventory of an earlier version was; None if that cannot be told."""
        end = self._ends.get(version)
        if end is None:
            return None
        manifest = _until(self._inventory.manifest, version_number(version))
        return _head(self._inventory, version, manifest) + self._data[self._first : end] + _END


def _until(manifest: Paths, number: int) -> Mapping[str, tuple[str, ...]]:
    """The content that was stored with a version, or before."""
    kept = {
        digest: tuple(path for path in paths if _version_of(path) <= number)
        for digest, paths in manifest.items()
    }
    return {digest: paths for digest, paths in kept.items() if paths}


def _version_of(path: str) -> int:
    return int(path[1 : path.index("/")])


def _is_stored_when_used(inventory: Inventory) -> bool:
    """Whether the first version that has a content also stored it, so that each stands alone."""
    used: dict[str, int] = {}
    for name in sorted(inventory.versions, key=version_number):
        number = version_number(name)
        for digest in inventory.versions[name].state:
            used.setdefault(digest, number)
    return all(
        min(map(_version_of, paths)) == used.get(digest)
        for digest, paths in inventory.manifest.items()
    )
