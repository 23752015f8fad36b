"""Things in the place of a copy: seen before it is sent, set aside if they never counted."""

from __future__ import annotations

from collections.abc import Iterable

from preserva.archive.stored_copy import StoredCopy
from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.errors import Refused
from preserva.i18n import _
from preserva.storage.published import not_in_place, quarantine


def unlisted(copy: StoredCopy, version: str, files: Iterable[str]) -> list[str]:
    """Which of these files of an object are not listed in the folder of a version.

    Raises NotInPlace if an unlisted file can be opened nevertheless: the server changes names.
    """
    listed = {entry.path for entry in copy.storage.walk(f"{copy.path}/{version}")}
    wanted = (f"{copy.path}/{path}" for path in files)
    missing = [path for path in wanted if path not in listed]
    for path in missing:
        if copy.storage.stat(path) is not None:
            raise not_in_place(path)
    return missing


def clear_place(copy: StoredCopy, version: str) -> list[Finding]:
    """Set aside anything unacknowledged in the place of a version; returns what was moved.

    A half-done publication leaves such things, or a writer that lost its lock. Raises Refused, with
    nothing moved, where something was acknowledged.
    """
    place = copy.path if version == "v1" else f"{copy.path}/{version}"
    if copy.storage.stat(place) is None:
        return []
    acknowledged = copy.acknowledged()
    if version in acknowledged or (version == "v1" and acknowledged):
        raise Refused(_("{path} exists already; it was not touched").format(path=place))
    event = copy.archive.identifiers()
    aside = f"{layout.QUARANTINE}/{copy.package.portable}/{event}/{version}"
    quarantine(copy.storage, place, aside)
    return [Finding(Code.SET_ASIDE, place, seen=aside)]
