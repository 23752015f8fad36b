"""How a folder appears at once where nothing can be renamed: a mark hides it until it is whole.

See docs/adr/0010-object-storage.md. While there is a mark for a path in `staging/publishing/`, what
lies at that path does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.formats.layout import PUBLISHING

_VERSION = re.compile(r"v[1-9][0-9]*")
_INVENTORY = re.compile(r"inventory\.json(\.\w+)?")


class Mark(NamedTuple):
    """What hides the path `final`.

    With `staged`, the content was written there from the start and is shown in staging under that
    path. `nonce` distinguishes the marks of successive writers.
    """

    final: str
    staged: str = ""
    nonce: str = ""

    @property
    def path(self) -> str:
        """The path of the mark itself: its parts, percent-encoded, so that no `@` is in them."""
        parts = self if self.staged else self[:1]
        return f"{PUBLISHING}/{'@'.join(quote(part, safe='') for part in parts)}"

    @classmethod
    def parse(cls, path: str) -> Mark:
        """The mark at a path."""
        return cls(*(unquote(part) for part in path.rpartition("/")[2].split("@")[:3]))


def hidden_by(marks: Iterable[str]) -> frozenset[str]:
    """The paths that the marks at these paths hide."""
    return frozenset(Mark.parse(path).final for path in marks)


def below_any(path: str, folders: frozenset[str]) -> bool:
    """Whether a path is one of these, or below one of them."""
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def written_last(final: str) -> list[str]:
    """The files of which one is written only when all the others at a path have been read back."""
    if _VERSION.fullmatch(final.rpartition("/")[2]):
        return [f"{final}/{formats.NAME}"]
    return [f"{final}/{layout.OBJECT_DECLARATION[0]}"]


def marks_last(paths: Iterable[str]) -> list[list[str]]:
    """The paths in three groups: content, inventories, declarations.

    Copied in this order, a folder looks complete to readers that do not know our marks only when it
    is.
    """
    groups: list[list[str]] = [[], [], []]
    for path in paths:
        name = path.rpartition("/")[2]
        groups[2 if name.startswith("0=") else bool(_INVENTORY.fullmatch(name))].append(path)
    return [group for group in groups if group]
