"""What a bag should hold against what it holds: one row a file, in as little memory as can be.

A row costs its path and some 200 bytes more with two algorithms, so that a million files fit into
a few hundred megabytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum

from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Finding


class ManifestListing(Enum):
    """What a line of a manifest adds to the lines before it."""

    NEW = "new"
    SAME = "same"
    CONTRADICTS = "contradicts"


_ABSENT = -1
_SETTLED = 1 << 15  # in a row's mask: it was read, or there is a finding that says why not


class Table:
    """Paths with what manifests expect and what was found. At most 15 algorithms."""

    def __init__(self) -> None:
        self.algorithms: Sequence[str] = ()
        self._rows: dict[str, int] = {}
        self._sizes = array("q")
        self._masks = array("H")  # bit n: the manifest of algorithm n lists it
        self._names = b""
        self._places: dict[str, int] = {}
        self._digests: list[bytearray] = []
        self._widths: list[int] = []
        self._blanks: list[bytes] = []

    def use(self, algorithms: Iterable[str]) -> None:
        """Say once, before the first `expect`, which manifests there are."""
        self.algorithms = sorted(algorithms)
        self._names = ",".join(self.algorithms).encode()
        self._places = {name: n for n, name in enumerate(self.algorithms)}
        self._widths = [ALGORITHMS[name].size for name in self.algorithms]
        self._digests = [bytearray(width * len(self._sizes)) for width in self._widths]
        self._blanks = [bytes(width) for width in self._widths]

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, path: str) -> bool:
        return path in self._rows

    def _new_row(self, path: str, size: int = _ABSENT) -> int:
        row = self._rows[path] = len(self._sizes)
        self._sizes.append(size)
        self._masks.append(0)
        for digests, blank in zip(self._digests, self._blanks, strict=True):
            digests.extend(blank)
        return row

    def expect(self, path: str, algorithm: str, digest: bytes) -> ManifestListing:
        """Enter a line of the manifest of this algorithm."""
        row = self._rows.get(path)
        if row is None:
            row = self._new_row(path)
        n, width, mask = self._places[algorithm], len(digest), self._masks[row]
        place = slice(row * width, row * width + width)
        if mask >> n & 1:
            return (
                ManifestListing.SAME
                if self._digests[n][place] == digest
                else ManifestListing.CONTRADICTS
            )
        self._masks[row] = mask | 1 << n
        self._digests[n][place] = digest
        return ManifestListing.NEW

    def found(self, path: str, size: int) -> bool:
        """Enter a file that is there. False if it was entered before."""
        row = self._rows.get(path)
        if row is None:
            self._new_row(path, size)
            return True
        if self._sizes[row] != _ABSENT:
            return False
        self._sizes[row] = size
        return True

    def size(self, path: str) -> int | None:
        """The size of a file that is there, otherwise None."""
        row = self._rows.get(path)
        return None if row is None or self._sizes[row] == _ABSENT else self._sizes[row]

    def expected(self, path: str) -> Observed | None:
        """A file that is there, with its size and the digests that the manifests give it."""
        size = self.size(path)
        return None if size is None else Observed(path, size, self.digests(path))

    def digests(self, path: str) -> dict[str, str]:
        """The digests that the manifests give a file, whether it is there or not."""
        row, digests = self._rows[path], dict[str, str]()
        for n, (name, width) in enumerate(zip(self.algorithms, self._widths, strict=True)):
            if self._masks[row] >> n & 1:
                digests[name] = self._digests[n][row * width : (row + 1) * width].hex()
        return digests

    def facts(self, path: str, strong: Iterable[str]) -> bytes | None:
        """Its size and the digests that the manifests give it, as bytes that tell it from others.

        None unless one of them is by a `strong` algorithm.
        """
        row = self._rows[path]
        mask = self._masks[row] & ~_SETTLED
        if not any(mask >> self._places[name] & 1 for name in strong if name in self._places):
            return None
        digests = (
            held[row * width : (row + 1) * width]
            for held, width in zip(self._digests, self._widths, strict=True)
        )
        head = b"%d %d %b " % (self._sizes[row], mask, self._names)
        return b"".join((head, *digests))

    def is_listed(self, path: str) -> bool:
        """Whether some manifest lists the path."""
        row = self._rows.get(path)
        return row is not None and self._masks[row] & ~_SETTLED != 0

    def listed_by(self, path: str) -> frozenset[str]:
        """The algorithms of the manifests that list the path."""
        row = self._rows.get(path)
        mask = 0 if row is None else self._masks[row]
        return frozenset(name for n, name in enumerate(self.algorithms) if mask >> n & 1)

    def there(self) -> Iterator[str]:
        """The paths of all files that are there."""
        return (path for path, row in self._rows.items() if self._sizes[row] != _ABSENT)

    def missing(self) -> Iterator[str]:
        """The paths that are listed and not there."""
        for path, row in self._rows.items():
            if self._sizes[row] == _ABSENT and self._masks[row] & ~_SETTLED:
                yield path

    def unlisted(self) -> Iterator[str]:
        """The paths that are there and not listed."""
        for path, row in self._rows.items():
            if self._sizes[row] != _ABSENT and not self._masks[row] & ~_SETTLED:
                yield path

    def not_in_every(self) -> Iterator[tuple[str, str]]:
        """Each path that one manifest lists and another does not, with the latter's algorithm."""
        for path, row in self._rows.items():
            mask = self._masks[row] & ~_SETTLED
            if mask and mask != (1 << len(self.algorithms)) - 1:
                for n, name in enumerate(self.algorithms):
                    if not mask >> n & 1:
                        yield path, name

    def rename(self, listed: str, there: str) -> ManifestListing:
        """Apply the expectation of one path to another: the same file under two spellings."""
        old, result = self._rows[listed], ManifestListing.NEW
        for n, name in enumerate(self.algorithms):
            if self._masks[old] >> n & 1:
                start = old * self._widths[n]
                digest = bytes(self._digests[n][start : start + self._widths[n]])
                listing = self.expect(there, name, digest)
                if listing is not ManifestListing.NEW and result is not ManifestListing.CONTRADICTS:
                    result = listing
        self._masks[old] = 0
        return result

    def respell(self, names: Mapping[str, str]) -> None:
        """Let files that are there have other names: their new names, by the old ones."""
        sizes = {path: self.size(path) for path in names}
        for path in names:
            row = self._rows[path]
            self._sizes[row] = _ABSENT
            if not self._masks[row]:
                del self._rows[path]
        for path, size in sizes.items():
            if size is not None:
                self.found(names[path], size)

    def to_read(self) -> Iterator[tuple[frozenset[str], Iterator[Entry]]]:
        """The files that are there and listed, in groups that need the same algorithms."""
        for mask in sorted({mask & ~_SETTLED for mask in self._masks} - {0}):
            wanted = frozenset(name for n, name in enumerate(self.algorithms) if mask >> n & 1)
            yield wanted, self._group(mask)

    def _group(self, mask: int) -> Iterator[Entry]:
        for path, row in self._rows.items():
            if self._sizes[row] != _ABSENT and self._masks[row] & ~_SETTLED == mask:
                yield Entry(path, Kind.FILE, self._sizes[row])

    def count_listed(self) -> int:
        """How many files the manifests list."""
        return sum(1 for mask in self._masks if mask & ~_SETTLED)

    def size_to_read(self) -> tuple[int, int]:
        """Number and bytes of the files that are there and listed."""
        sizes = [
            size
            for size, mask in zip(self._sizes, self._masks, strict=True)
            if size != _ABSENT and mask & ~_SETTLED
        ]
        return len(sizes), sum(sizes)

    def total(self) -> tuple[int, int]:
        """Bytes and number of the files that are there."""
        sizes = [size for size in self._sizes if size != _ABSENT]
        return sum(sizes), len(sizes)

    def settle(self, path: str) -> None:
        """Note that a finding says why the file was not compared."""
        self._masks[self._rows[path]] |= _SETTLED

    def unsettled(self) -> Iterator[str]:
        """The files that are there and listed, but were neither compared nor settled."""
        for path, row in self._rows.items():
            if self._sizes[row] != _ABSENT and 0 < self._masks[row] < _SETTLED:
                yield path

    def compare(self, observed: Observed) -> Sequence[Finding]:
        """What a file that was read shows: a changed size since it was found, wrong digests."""
        row = self._rows[observed.path]
        mask = self._masks[row]
        self._masks[row] = mask | _SETTLED
        if observed.size != self._sizes[row]:
            sizes = str(self._sizes[row]), str(observed.size)
            return (Finding(Code.CHANGED_WHILE_READ, observed.path, *sizes),)
        wrong: list[Finding] = []
        for n, name in enumerate(self.algorithms):
            if mask >> n & 1:
                start = row * self._widths[n]
                expected = self._digests[n][start : start + self._widths[n]].hex()
                seen = observed.digests[name]
                if seen != expected:
                    values = f"{name} {expected}", f"{name} {seen}"
                    wrong.append(Finding(Code.DIGEST_MISMATCH, observed.path, *values))
        return wrong
