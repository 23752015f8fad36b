"""The tag files of a new bag, written as streams: RFC 8493 section 2."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from preserva.core.formats.bagit import DECLARATION, manifest_line, serialise_bag_info
from preserva.core.values.digest import ALGORITHMS, Digests, MultiHash, digest_bytes
from preserva.core.values.model import Observed
from preserva.files.disk import create_file, synchronise, write_all, writing


class Payload:
    """The digests of every payload file, in little memory: 200 bytes in addition to its path."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self.algorithms = tuple(algorithms)
        self.size = 0
        self._rows: dict[str, bytes] = {}
        start = 0
        self._places: dict[str, slice] = {}
        for name in self.algorithms:
            self._places[name] = slice(start, start + ALGORITHMS[name].size)
            start += ALGORITHMS[name].size

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def add(self, observed: Observed) -> None:
        """Take in a file."""
        self._rows[observed.path] = b"".join(
            bytes.fromhex(observed.digests[name]) for name in self.algorithms
        )
        self.size += observed.size

    def digest(self, path: str, algorithm: str) -> str:
        """One digest of one file."""
        return self._rows[path][self._places[algorithm]].hex()

    def lines(self, algorithm: str, prefix: str = "") -> Iterator[bytes]:
        """The lines of the manifest, sorted by path. Raises ValueError, see `manifest_line`."""
        for path in sorted(self._rows):
            yield manifest_line(prefix + path, self.digest(path, algorithm))


def write_tag_files(
    folder: Path, payload: Payload, bag_info: Iterable[tuple[str, str]], *, durable: bool = True
) -> dict[str, str]:
    """Write, and make durable, every tag file; the SHA-512 of each tag manifest by its name.

    Payload paths are relative to `data`.
    """
    names = payload.algorithms
    contents: dict[str, Iterable[bytes]] = {
        "bagit.txt": [DECLARATION],
        "bag-info.txt": [serialise_bag_info(bag_info)],
    }
    for name in names:
        contents[f"manifest-{name}.txt"] = payload.lines(name, "data/")
    digests = {
        name: _write(folder / name, content, names, durable) for name, content in contents.items()
    }
    kept: dict[str, str] = {}
    for name, content in tag_manifests(digests, names).items():
        _write(folder / name, [content], names, durable)
        kept[name] = digest_bytes(content, ["sha512"])["sha512"]
    if durable:
        synchronise(folder)
    return kept


def tag_manifests(digests: Mapping[str, Digests], algorithms: Iterable[str]) -> dict[str, bytes]:
    """The tag manifests by name: one for each algorithm, listing the files given."""
    return {
        f"tagmanifest-{name}.txt": b"".join(
            manifest_line(path, digests[path][name]) for path in sorted(digests)
        )
        for name in algorithms
    }


def _write(
    path: Path, content: Iterable[bytes], algorithms: Iterable[str], durable: bool
) -> Digests:
    hashes = MultiHash(algorithms)
    with writing(path):
        descriptor = create_file(path)
        try:
            for piece in _pieces(content):
                write_all(descriptor, piece)
                hashes.update(piece)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return hashes.digests()


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, many at a time."""
    waiting = iter(lines)
    while piece := b"".join(islice(waiting, 4096)):
        yield piece
