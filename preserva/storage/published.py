"""Publishing is believed only after a look at the final place.

A server can acknowledge a rename and do none of it, half of it, or do it under other names; a path
limit may strike only at the longer, final path. So all publishing and setting aside goes through
this module, and nothing is recorded before it returns. See
docs/adr/0030-final-place-and-fencing.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial

from preserva.core.values.model import Entry, Kind
from preserva.errors import NotFound, NotInPlace, StorageError, Unreachable
from preserva.files.parallel import bounded_map
from preserva.i18n import _
from preserva.storage.base import Storage, read_all
from preserva.storage.paths import refuse_links

_LARGEST = 1 << 20


def publish(storage: Storage, staged: str, final: str, names: Iterable[str] = ()) -> None:
    """Publish, then see every name and size at the final place.

    `names` are files, below `final`, that must be among them: a server that changes names already
    reveals that in staging. Raises NotInPlace if anything is missing, of another size, or too much;
    and what `Storage.publish` raises.
    """
    expected = _tree(storage, staged)
    refuse_links(expected.values())
    storage.publish(staged, final)
    _see(storage, final, expected)
    if files := [name for name, entry in expected.items() if entry.kind is Kind.FILE]:
        _open_longest(storage, final, files)
    if changed := set(names) - expected.keys():
        raise not_in_place(f"{final}/{min(changed)}")


def quarantine(storage: Storage, path: str, target: str) -> None:
    """Set something aside, then see it at `target` and nothing in its old place. Raises NotInPlace.

    Nothing of it is opened: what is damaged may not be readable at all.
    """
    expected = _tree(storage, path)
    storage.quarantine(path, target)
    _see(storage, target, expected)
    if storage.stat(path) is not None:
        raise not_in_place(path)


def replace(storage: Storage, path: str, data: bytes) -> None:
    """Replace a small file, then read it in its place. Raises NotInPlace."""
    storage.replace(path, data)
    see_content(storage, path, data)


def see_content(storage: Storage, path: str, data: bytes) -> None:
    """Read a small file at its final place. Raises NotInPlace unless it holds these bytes."""
    try:
        seen = read_all(storage, path, max(_LARGEST, len(data)))
    except NotFound as error:
        raise not_in_place(path) from error
    if seen != data:
        raise not_in_place(path)


def create_all(storage: Storage, files: Mapping[str, bytes]) -> None:
    """Write some small new files, all at the same time."""
    create = partial(_create, storage)
    for _done in bounded_map(create, files.items(), workers=storage.max_concurrency):
        pass


def _create(storage: Storage, file: tuple[str, bytes]) -> None:
    path, data = file
    storage.create(path, [data])


def see_all(storage: Storage, files: Mapping[str, bytes]) -> None:
    """Read some small files at their final places, all at once. Raises NotInPlace."""
    see = partial(_see_file, storage)
    for _done in bounded_map(see, files.items(), workers=storage.max_concurrency):
        pass


def _see_file(storage: Storage, file: tuple[str, bytes]) -> None:
    see_content(storage, *file)


def _see(storage: Storage, final: str, expected: dict[str, Entry]) -> None:
    seen = _tree(storage, final)
    wrong = [name for name in {**expected, **seen} if expected.get(name) != seen.get(name)]
    if wrong:
        raise not_in_place(f"{final}/{min(wrong)}".rstrip("/"))


def _open_longest(storage: Storage, final: str, files: list[str]) -> None:
    """Open the file with the longest path: a limit that strikes there may not show in a listing."""
    longest = max(files, key=lambda name: len(os.fsencode(name)))
    path = f"{final}/{longest}".rstrip("/")
    try:
        with storage.open(path) as reader:
            reader.read(1)
    except Unreachable:
        raise
    except StorageError as error:
        raise not_in_place(path) from error


def _tree(storage: Storage, path: str) -> dict[str, Entry]:
    """Everything but folders at and below a path, by relative name; {} if there is nothing."""
    top = storage.stat(path)
    if top is None:
        return {}
    if top.kind is not Kind.FOLDER:
        return {"": top._replace(path="")}
    try:
        below = list(storage.walk(path))
    except NotFound:  # it went meanwhile, or only seemed to be there
        return {}
    start = len(path) + 1
    return {
        entry.path[start:]: entry._replace(path=entry.path[start:])
        for entry in below
        if entry.kind is not Kind.FOLDER
    }


def not_in_place(path: str) -> NotInPlace:
    """The error for a path at which something should be and is not, or the other way round."""
    message = _("{path}: the storage said that it was moved here, but it is not, or not whole")
    return NotInPlace(message.format(path=path), path=path)
