"""Books: found by title, name or number; each with its record, copies and history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from starlette.responses import Response

from preserva.access.document import Document, read_document
from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import rules_of
from preserva.archive.withdrawal import tombstones
from preserva.core.policy.judgement import Judgement, KnownCopy, Rules, State, judge
from preserva.core.values.entries import FIXITY_CHECK, START
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.core.xml.safe import parse
from preserva.describe.mods import reading
from preserva.errors import NotFound, PreservaError
from preserva.i18n import NP_, _, pgettext
from preserva.ledger import LedgerEntry
from preserva.outputs import report
from preserva.reporting.incidents import open_incidents
from preserva.web import shelf
from preserva.web.visit import Visit

PER_PAGE = 50
_LAST_PAGE = 1_000_000
_NEWEST = 100
"""Entries of its history that the page of a book shows; the report has all."""

FILTERS: dict[str, tuple[str, Callable[[Judgement], bool]]] = {
    "damage": (
        NP_("which books", "damaged or missing"),
        lambda judged: judged.outcome is Outcome.FAIL,
    ),
    "few": (NP_("which books", "too few copies"), lambda judged: judged.few),
    "behind": (
        NP_("which books", "a copy lacks the newest version"),
        lambda judged: any(copy.state is State.INCOMPLETE for copy in judged.copies),
    ),
    "withdrawn": (NP_("which books", "withdrawn"), lambda judged: judged.withdrawn),
}
"""What the list can be narrowed to, by the judgement of each package."""


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of the list."""

    package: str
    title: str
    judgement: Judgement


def show_list(visit: Visit) -> Response:
    """A page of the list, by title; `q` are words to find, `state` one of FILTERS."""
    text, state = visit.query.get("q", "")[:200], visit.query.get("state", "")
    number = _page_number(visit.query.get("page", "1"))
    start = (number - 1) * PER_PAGE
    with visit.archive() as archive:
        rules = rules_of(archive)
        if state in FILTERS:
            fitting = list(
                islice(_fitting(visit, archive, rules, state, text), start + PER_PAGE + 1)
            )
            books = fitting[start:]
        else:
            titled = shelf.find(visit.database, text, start, PER_PAGE + 1)
            books = [
                BookLine(package, title, _judged(archive, rules, package))
                for package, title in titled
            ]
    return visit.show(
        "books",
        books=books[:PER_PAGE],
        text=text,
        state=state,
        page=number,
        more=len(books) > PER_PAGE,
        filters={name: pgettext("which books", title) for name, (title, _test) in FILTERS.items()},
        total=None if state in FILTERS else shelf.count(visit.database, text),
        short=report.short,
    )


def _page_number(text: str) -> int:
    digits = text if text.isascii() and text.isdigit() and len(text) < 8 else "1"
    return min(max(1, int(digits)), _LAST_PAGE)


def _fitting(
    visit: Visit, archive: ArchivalStorage, rules: Rules, state: str, text: str
) -> Iterator[BookLine]:
    _title, fits = FILTERS[state]
    found = {package for package, _title in shelf.find(visit.database, text, 0, -1)} if text else ()
    for package in visit.site.standing.packages(archive, fits):
        if not text or package in found:
            title = shelf.title_of(visit.database, package)
            yield BookLine(package, title, _judged(archive, rules, package))


def _judged(archive: ArchivalStorage, rules: Rules, package: str) -> Judgement:
    return judge(package, archive.ledger.copies.of(package), rules)


@dataclass(frozen=True, slots=True)
class ShownCopy:
    """A copy, and the entry of the ledger that proves it."""

    storage: str
    state: State
    version: int | None
    checked: datetime | None
    size: int | None
    entry: int | None
    digest: str | None


def show(visit: Visit) -> Response:
    """One book."""
    try:
        name = PackageId.parse(visit.params["package"])
    except ValueError as error:
        message = _("there is no package {id}")
        raise NotFound(message.format(id=visit.params["package"])) from error
    with visit.archive() as archive:
        entries = list(archive.ledger.entries(package=name.uri))
        if not entries:
            raise NotFound(_("there is no package {id}").format(id=name.portable))
        rules = rules_of(archive)
        judgement = _judged(archive, rules, name.uri)
        record, reason = _record(archive, name)
        incidents = [open_ for open_ in open_incidents(archive) if open_.package == name.uri]
        tombstone = tombstones(archive.ledger).get(name.uri)
    shown = [entry for entry in entries if entry.type != FIXITY_CHECK]
    return visit.show(
        "book",
        name=name,
        title=shelf.title_of(visit.database, name.uri) or name.portable,
        record=record,
        reason=reason,
        judgement=judgement,
        copies=[_copy(copy.known, copy.state) for copy in judgement.copies],
        versions=_versions(entries),
        history=shown[: -_NEWEST - 1 : -1],
        hidden=max(0, len(shown) - _NEWEST),
        incidents=incidents,
        what=report.what,
        tombstone=tombstone,
        own=judgement.own,
    )


def _copy(known: KnownCopy, state: State) -> ShownCopy:
    checked = None if known.checked is None else datetime.fromtimestamp(known.checked, UTC)
    return ShownCopy(
        known.storage, state, known.version, checked, known.size, known.entry, known.digest
    )


def _versions(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """The entry that acknowledged each version first, the newest version first."""
    first: dict[str, LedgerEntry] = {}
    for entry in entries:
        if entry.version is not None and entry.type not in (FIXITY_CHECK, START):
            first.setdefault(entry.version, entry)
    return list(first.values())[::-1]


def _record(archive: ArchivalStorage, name: PackageId) -> tuple[list[tuple[str, str]], str]:
    """The record as names and values; or why it cannot be shown."""
    try:
        mods = parse(read_document(archive, name, Document.MODS))
    except PreservaError as error:
        return [], str(error)
    shelfmarks = map(reading.text_of, reading.all_of(mods, "m:location//m:shelfLocator"))
    rows = [
        *((_("Title"), title.text) for title in reading.titles(mods)),
        *((_("Name"), known.text) for known in reading.names(mods)),
        *((_("Published"), reading.text_of(node)) for node in reading.published(mods, ".")),
        *((_("Shelfmark"), text) for text in shelfmarks),
        (_("Number of the record"), reading.number(mods)),
    ]
    return [(label, text) for label, text in rows if text], ""
