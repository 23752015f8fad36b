"""How a folder appears at once in a storage that cannot rename: a mark hides it until it is whole.

See docs/adr/0010-object-storage.md. While `staging/publishing/<path, percent-encoded>` is there,
what lies at that path does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from preserva.core.layout import PUBLISHING

_INVENTORY = re.compile(r"inventory\.json(\.\w+)?")


def mark_of(path: str) -> str:
    """The mark that hides a path."""
    return f"{PUBLISHING}/{quote(path, safe='')}"


def hidden_by(marks: Iterable[str]) -> frozenset[str]:
    """The paths that these marks hide."""
    return frozenset(unquote(one.rpartition("/")[2]) for one in marks)


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
