"""Rules for file names: paths that lead outside, names that Windows refuses, similar names.

The other institution may use another system, so the rules of all systems apply on each (RFC 8493
sections 5.1 and 6.1). Names are first compared unchanged; another Unicode form is a finding.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, zip_longest

# Both are searched in `/path/`, and begin with a set of characters: that makes them fast.
# Windows drops dots and spaces at the end of a component, so `.. ` climbs there as `..` does.
_UNSAFE = re.compile(r"[/\\\0](?:(?<=[\\\0])|[.\x20]*/)")
_HOME_OR_DRIVE = re.compile(r"~(?:[A-Za-z_][\w.-]*)?(?:/|\Z)|[A-Za-z]:")
_WINDOWS = re.compile(
    r"""[<>:"|?*.\x20/](?:
        (?<=[<>:"|?*])
      | (?<=[.\x20])/
      | (?<=/)(?i:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\xb9\xb2\xb3])[./]
      | (?<=/)[^/]{256}
    )""",
    re.VERBOSE,
)


def is_unsafe(path: str) -> bool:
    """Whether the path could lead outside its folder on POSIX or Windows, or is empty."""
    return _UNSAFE.search(f"/{path}/") is not None or _HOME_OR_DRIVE.match(path) is not None


def is_foreign_to_windows(path: str) -> bool:
    """Whether Windows cannot hold a file of this name: reserved names and characters, length.

    Control characters are ignored: a name with a line end is legal in a bag.
    """
    return _WINDOWS.search(f"/{path}/") is not None


def foreign_to_windows(paths: Iterable[str]) -> Iterator[str]:
    """The paths that Windows does not allow. Searching many at once is faster."""
    rest = iter(paths)
    while some := list(islice(rest, 1000)):
        if is_foreign_to_windows("/".join(some)):
            yield from filter(is_foreign_to_windows, some)


def nfc(path: str) -> str:
    """The path in the composed Unicode form, the one for comparison."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def folded(path: str) -> str:
    """The path without the differences that some file systems ignore: case and Unicode form."""
    return path.lower() if path.isascii() else nfc(nfc(path).casefold())


def twins(paths: Callable[[], Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Each path with one before it in the alphabet from which only case or Unicode form differ.

    The result does not depend on their order. `paths` is iterated twice; the first time only hashes
    are kept, to save memory.
    """
    keys = array("q", map(hash, map(folded, paths())))
    seen, twice = set[int](), set[int]()
    if len(set(keys)) < len(keys):
        for key in keys:
            (twice if key in seen else seen).add(key)
    first: dict[str, str] = {}
    alike = [path for path in paths() if hash(folded(path)) in twice] if twice else []
    for path in sorted(alike):
        other = first.setdefault(folded(path), path)
        if other != path:
            yield path, other


def told_apart(other: str, path: str) -> str:
    """The other name; if both look the same, with the code points in which they differ."""
    if other == path or nfc(other) != nfc(path):
        return other
    start = next(at for at, (a, b) in enumerate(zip_longest(other, path)) if a != b)
    end = 0
    while end < min(len(other), len(path)) - start and other[-1 - end] == path[-1 - end]:
        end += 1
    there, here = (_points(text[start : len(text) - end]) for text in (other, path))
    return f"{other} ({there}; {here})"


def _points(text: str) -> str:
    return " ".join(f"U+{ord(character):04X}" for character in text) or "-"
