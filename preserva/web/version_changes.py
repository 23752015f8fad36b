"""What each version of a package changed: why it was made, and which kinds of files differ.

What changed is read from the OCFL inventory alone, which has every version's files by their
digests; how a version came, from the ledger.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from preserva.core.book.page_changes import ranges
from preserva.core.book.page_sequence import ascending
from preserva.core.formats.inventory import Inventory, version_number
from preserva.core.values.entries import ACCESSION, END, REPLICATION
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.i18n import NP_, _, ngettext, pgettext
from preserva.ledger import LedgerEntry
from preserva.outputs.words import word

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
_WITHOUT_REASON = ("ingestion", "update")
"""What the inventory says of a version for which nobody gave a reason."""
_MADE_EACH_TIME = re.compile(
    r"documentation/README\.txt|(.*/)?METS\.xml|(.*/)?metadata/preservation/.*"
)


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A version: why it was made, if a person said it, and what it changed, in words.

    Of the first one, the changes are what is in it.
    """

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
        message = version.message or ""
        reason = "" if message in _WITHOUT_REASON else message
        made.append(VersionChange(name, reason, tuple(_changes(before, files))))
        before = files
    return made[::-1]


def event_words(entry: LedgerEntry) -> str:
    """What happened, by the entry that acknowledges a version first."""
    if entry.type == ACCESSION:
        return pgettext("what happened to a package", "received from another institution")
    if entry.type == REPLICATION:
        source = entry.facts_as(Arrival).source or ""
        return _("copied from the storage {storage}").format(storage=source)
    if entry.type != END:
        return word(entry.type)
    if entry.facts_as(Arrival).from_outside:
        return pgettext("what happened to a package", "brought in from outside")
    if entry.version == "v1":
        return pgettext("what happened to a package", "packaged")
    return pgettext("what happened to a package", "corrected")


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """In words, each kind of file once."""
    differing = [
        path
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path) and not _MADE_EACH_TIME.fullmatch(path)
    ]
    pages: dict[str, None] = {}
    kinds: dict[str, None] = {}
    others = 0
    for path in differing:
        page = _PAGE.fullmatch(path)
        kind = next((words for start, words in _KINDS if path.startswith(start)), None)
        if page is not None:
            pages[page["kind"]] = None
        elif kind is not None:
            kinds[pgettext("what changed", kind)] = None
        else:
            others += 1
    yield from kinds
    said: dict[str, None] = {}
    for name in pages:
        said |= dict.fromkeys(_page_changes(name, _of(name, before), _of(name, after)))
    yield from said
    if others and before:  # what every package has besides is no news
        yield ngettext("{count} other file", "{count} other files", others).format(count=others)


def _of(representation: str, files: Mapping[str, str]) -> dict[int, str]:
    """The digests of the files of pages in a representation, by page number."""
    found = ((_PAGE.fullmatch(path), digest) for path, digest in sorted(files.items()))
    return {
        int(page["page"]): digest
        for page, digest in found
        if page is not None and page["kind"] == representation
    }


def _page_changes(
    representation: str, before: Mapping[int, str], after: Mapping[int, str]
) -> Iterator[str]:
    """Which pages are new, are left out, were moved; one that only got another number is not."""
    former = _former(before, after)
    new, gone = after.keys() - former.keys(), before.keys() - set(former.values())
    staying = ascending([former[page] for page in sorted(former)])
    known = _REPRESENTATIONS.get(representation)
    what = representation if known is None else pgettext("what changed", known)
    if new:
        yield _("{what} of pages {pages}").format(what=what, pages=ranges(new))
    if left_out := gone - new:
        yield _("left out: pages {pages} of the version before").format(pages=ranges(left_out))
    if moved := {page for page, old in former.items() if old not in staying}:
        yield _("moved: pages {pages}").format(pages=ranges(moved))


def _former(before: Mapping[int, str], after: Mapping[int, str]) -> dict[int, int]:
    """The former number of each page whose file was there; its own, if that has the same file."""
    same = {page: page for page, digest in after.items() if before.get(page) == digest}
    free: defaultdict[str, list[int]] = defaultdict(list)
    for page in sorted(before.keys() - same.keys(), reverse=True):
        free[before[page]].append(page)
    others = {
        page: free[digest].pop()
        for page, digest in sorted(after.items())
        if page not in same and free[digest]
    }
    return {**same, **others}
