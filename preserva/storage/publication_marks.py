"""How a folder appears at once in a storage that cannot rename: a mark hides it until it is whole.

See docs/adr/0010-object-storage.md. While there is a mark for a path in `staging/publishing/`, what
lies at that path does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

from preserva.core.formats.layout import PUBLISHING

_INVENTORY = re.compile(r"inventory\.json(\.\w+)?")


class Mark(NamedTuple):
    """What hides the path `final`.

    With `staged`, what is there was written there, and is shown in staging under that path;
    `nonce` tells apart the marks of writers that followed each other.
    """

    final: str
    staged: str = ""
    nonce: str = ""

    @property
    def path(self) -> str:
        """Where the mark itself lies: its parts, percent-encoded, so that no `@` is in them."""
        parts = self if self.staged else self[:1]
        return f"{PUBLISHING}/{'@'.join(quote(one, safe='') for one in parts)}"

    @classmethod
    def parse(cls, path: str) -> Mark:
        """The mark that lies at a path."""
        return cls(*(unquote(one) for one in path.rpartition("/")[2].split("@")[:3]))


def hidden_by(marks: Iterable[str]) -> frozenset[str]:
    """The paths that the marks at these paths hide."""
    return frozenset(Mark.parse(one).final for one in marks)


def below_any(path: str, folders: frozenset[str]) -> bool:
    """Whether a path is one of these, or lies in one of them."""
    return any(path == one or path.startswith(f"{one}/") for one in folders)


def marks_last(paths: Iterable[str]) -> list[list[str]]:
    """The paths in the groups in which they may appear: what says that all is there, at the end.

    For readers that know nothing of our marks: content, inventories, declarations.
    """
    groups: list[list[str]] = [[], [], []]
    for path in paths:
        name = path.rpartition("/")[2]
        groups[2 if name.startswith("0=") else bool(_INVENTORY.fullmatch(name))].append(path)
    return [group for group in groups if group]
