"""What was found sound, known by the digests of what was judged, so that it is judged once.

The versions of a package, and its copies, share most of their files. A document with the same bytes
breaks no grammar the second time, and a representation whose files are all the same agrees with
itself again. So the cost of judging a package grows with what its versions changed.

Nothing is believed here that was not judged in the same run: a verdict is kept in memory only,
under digests that the files were just proved to have, and nothing that anybody can write vouches
for anything. Only what had no finding is kept; what had one is judged, and named, each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from preserva.core.eark.premis import Identifier
from preserva.core.values.model import Observed
from preserva.core.values.report import Finding

_PART = "representations/"
STRONG = ("sha512", "sha256")
"""Algorithms that are collision-resistant."""


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """What the rest of a package must know of a representation that was judged.

    `named` are the paths that its METS names, `pages` the labels by number; `objects` are those
    that its PREMIS describes, and `links` (with the document that has it) lead to others. `agents`
    are findings about links to agents. `complete` says whether all its PREMIS was read.
    """

    named: frozenset[str]
    pages: Mapping[int, str | None]
    objects: frozenset[Identifier]
    links: Mapping[Identifier, str]
    agents: tuple[Finding, ...]
    complete: bool


@dataclass(slots=True)
class Verdicts:
    """The verdicts of one run."""

    _parts: dict[Hashable, JudgedPart] = field(default_factory=dict)
    _sound: set[Hashable] = field(default_factory=set)

    def part(self, key: Hashable | None) -> JudgedPart | None:
        """The representation of this key, if it was found sound."""
        return None if key is None else self._parts.get(key)

    def keep_part(self, key: Hashable | None, part: JudgedPart) -> None:
        """Remember a representation in which nothing is wrong."""
        if key is not None:
            self._parts[key] = part

    def is_sound(self, key: Hashable | None) -> bool:
        """Whether something with this key was found sound."""
        return key is not None and key in self._sound

    def keep(self, key: Hashable | None) -> None:
        """Remember something in which nothing is wrong; it is told from all else by its key."""
        if key is not None:
            self._sound.add(key)


def key_of(rules: Hashable, file: Observed) -> Hashable | None:
    """The key of a document judged by some rules: a digest that nobody can find other bytes for."""
    strong = next((file.digests[name] for name in STRONG if name in file.digests), None)
    return None if strong is None else (rules, file.path, file.size, strong)


def parts_of(paths: Iterable[str]) -> dict[str, list[str]]:
    """The files of each representation, by its folder."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        if path.startswith(_PART) and (end := path.find("/", len(_PART)) + 1):
            folders.setdefault(path[:end], []).append(path)
    return folders


def digest_of_part(paths: Iterable[str], facts: Callable[[str], bytes | None]) -> str | None:
    """One digest of the names of some files and the `facts` of each: its size, its digests.

    None if there are no facts about one of them.
    """
    total = hashlib.sha256()
    for path in sorted(paths):
        known = facts(path)
        if known is None:
            return None
        name = path.encode("utf-8", "surrogateescape")
        total.update(b"%d %d\n%b%b" % (len(name), len(known), name, known))
    return total.hexdigest()
