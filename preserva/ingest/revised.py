"""What became of a correction of a package."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.core.book.page_changes import PageChange
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding


@dataclass(frozen=True, slots=True)
class Revised:
    """The result of a change: the newest version, and its files that differ from before.

    `created` is False if nothing differs, and on a dry run. Paths are those in the bag; a file that
    only got another name is among `changed`, `removed` are those that the version no longer has.
    `size` is what is stored, and copied to each replica: bytes that no earlier version holds.
    `pages` lists the changes to pages, `notes` are doubts, `before` is the previous title.
    """

    package: PackageId
    version: str
    title: str
    created: bool
    changed: tuple[str, ...] = ()
    size: int = 0
    before: str = ""
    notes: tuple[Finding, ...] = ()
    removed: tuple[str, ...] = ()
    pages: tuple[PageChange, ...] = ()
