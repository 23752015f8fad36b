"""Whether a storage keeps the names of a package unchanged, tested before anything is sent.

Some servers store й as и with a breve, others treat both, or a and A, as one name. OCFL lists names
by their bytes, so such a package cannot be kept there: that is reported at once, and nothing is
sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.names import nfc, twins
from preserva.core.values.report import Finding
from preserva.errors import StorageError, StorageFull, Unreachable
from preserva.storage.base import Storage

_FOLDER = f"{layout.STAGING}/replicate-names"
_MOST = 100
"""How many names are tried: a server treats all of them alike."""


def names_not_kept(storage: Storage, paths: Iterable[str]) -> list[Finding]:
    """The first path whose name the storage changes, with the changed name.

    Only names with another Unicode form, and those that others differ from only in case or form,
    are tried. Raises StorageError.
    """
    trying = _doubtful(list(paths))
    if not trying:
        return []
    storage.discard(_FOLDER)
    try:
        refused = [name for name in trying if not _created(storage, name)]
        entries = storage.children(_FOLDER) if len(refused) < len(trying) else []
        listed = {entry.path.rpartition("/")[2] for entry in entries}
    finally:
        storage.discard(_FOLDER)
    lost = [name for name in trying if name in refused or name not in listed]
    if not lost:
        return []
    others = sorted(name for name in listed if nfc(name).casefold() == nfc(lost[0]).casefold())
    seen = ascii(", ".join(others)) if others else None
    return [Finding(Code.NAME_NOT_KEPT, trying[lost[0]], ascii(lost[0]), seen)]


def _doubtful(paths: list[str]) -> dict[str, str]:
    """Parts of paths that a server may change, each with a path that contains it."""
    doubtful: dict[str, str] = {}
    for path in paths:
        if not path.isascii():
            for name in path.split("/"):
                if unicodedata.normalize("NFD", name) != unicodedata.normalize("NFC", name):
                    doubtful.setdefault(name, path)
    for pair in twins(lambda: paths):
        for path in pair:
            for name in path.split("/"):
                if any(name not in other.split("/") for other in pair):
                    doubtful.setdefault(name, path)
    return dict(list(doubtful.items())[:_MOST])


def _created(storage: Storage, name: str) -> bool:
    try:
        storage.create(f"{_FOLDER}/{name}", [b"?"])
    except (Unreachable, StorageFull):
        raise
    except StorageError:
        return False
    return True
