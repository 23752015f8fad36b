"""What each version of a package changed: why it was made, and which kinds of files differ.

All of it is read from the OCFL inventory alone, which has every version's files by their digests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from preserva.core.book.page_changes import ranges
from preserva.core.formats.inventory import Inventory, version_number
from preserva.core.values.model import PackageId
from preserva.i18n import NP_, _, ngettext, pgettext

_PAGE = re.compile(r"representations/(?P<kind>[^/]+)/data/(?P<page>[0-9]{1,6})\.[^/]+")
_REPRESENTATIONS = {
    "master": NP_("what changed", "masters"),
    "access": NP_("what changed", "access copies"),
    "text": NP_("what changed", "text"),
}
_KINDS = (
    ("metadata/descriptive/", NP_("what changed", "the record")),
    ("documentation/structure.", NP_("what changed", "the structure")),
    ("documentation/rights.", NP_("what changed", "the rights")),
    ("documentation/events.", NP_("what changed", "the events before packaging")),
    ("documentation/", NP_("what changed", "the documentation")),
)
_MADE_EACH_TIME = re.compile(r"documentation/README\.txt|(.*/)?METS\.xml|metadata/preservation/.*")


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A version: why it was made, and what it changed, in words."""

    name: str
    reason: str
    changes: tuple[str, ...]


def version_changes(inventory: Inventory, package: PackageId) -> list[VersionChange]:
    """All versions, the newest first."""
    made: list[VersionChange] = []
    before: dict[str, str] = {}
    for name in sorted(inventory.versions, key=version_number):
        version = inventory.versions[name]
        base = f"data/{package.portable}/"
        files = {
            path.removeprefix(base): digest
            for path, digest in version.files().items()
            if path.startswith(base)
        }
        changes = tuple(_changes(before, files)) if made else ()
        made.append(VersionChange(name, version.message or "", changes))
        before = files
    return made[::-1]


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """In words, each kind of file once."""
    differing = sorted(
        path
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path) and not _MADE_EACH_TIME.fullmatch(path)
    )
    pages: dict[str, set[int]] = {}
    kinds: dict[str, None] = {}
    others = 0
    for path in differing:
        page = _PAGE.fullmatch(path)
        kind = next((word for start, word in _KINDS if path.startswith(start)), None)
        if page is not None:
            pages.setdefault(page["kind"], set()).add(int(page["page"]))
        elif kind is not None:
            kinds[pgettext("what changed", kind)] = None
        else:
            others += 1
    yield from kinds
    for name, numbers in pages.items():
        known = _REPRESENTATIONS.get(name)
        what = name if known is None else pgettext("what changed", known)
        yield _("{what} of pages {pages}").format(what=what, pages=ranges(numbers))
    if others:
        yield ngettext("{count} other file", "{count} other files", others).format(count=others)
