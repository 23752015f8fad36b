"""Digest algorithms by their BagIt names, and one read for several of them.

RFC 8493 section 2.4: a name is the algorithm's usual one in lower case, letters and digits only
(`SHA-512` is `sha512`, `SHA3-256` is `sha3256`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

Digests = Mapping[str, str]
"""Lower-case hexadecimal digests of one file, by algorithm."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One digest algorithm: its BagIt name, hashlib's and PREMIS' names, its size in bytes."""

    name: str
    hashlib_name: str
    label: str  # as METS CHECKSUMTYPE and PREMIS write it
    size: int
    weak: bool = False  # collisions are known: read, reported, never written


ALGORITHMS: Mapping[str, Algorithm] = {
    a.name: a
    for a in (
        Algorithm("sha512", "sha512", "SHA-512", 64),
        Algorithm("sha256", "sha256", "SHA-256", 32),
        Algorithm("sha384", "sha384", "SHA-384", 48),
        Algorithm("sha224", "sha224", "SHA-224", 28),
        Algorithm("sha1", "sha1", "SHA-1", 20, weak=True),
        Algorithm("md5", "md5", "MD5", 16, weak=True),
        Algorithm("sha3224", "sha3_224", "SHA3-224", 28),
        Algorithm("sha3256", "sha3_256", "SHA3-256", 32),
        Algorithm("sha3384", "sha3_384", "SHA3-384", 48),
        Algorithm("sha3512", "sha3_512", "SHA3-512", 64),
        Algorithm("blake2b512", "blake2b", "BLAKE2b-512", 64),
    )
}


def new_hash(algorithm: str, data: bytes = b"") -> _Hash:
    """A running hash, by its BagIt name. The constructors are faster than `hashlib.new`."""
    constructor: Callable[..., _Hash] = getattr(hashlib, ALGORITHMS[algorithm].hashlib_name)
    return constructor(data, usedforsecurity=False)


class MultiHash:
    """Several digests of one stream of bytes, fed once."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._hashes = {name: new_hash(name) for name in algorithms}
        self.size = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Feed the next bytes."""
        for running in self._hashes.values():
            running.update(data)
        self.size += len(data)

    def digests(self) -> Digests:
        """The digests of everything fed so far."""
        return {name: running.hexdigest() for name, running in self._hashes.items()}


def digest_bytes(data: bytes, algorithms: Iterable[str]) -> Digests:
    """The digests of some bytes in memory."""
    return {name: new_hash(name, data).hexdigest() for name in algorithms}
