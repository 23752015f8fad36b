"""One book: its record, cover, versions, copies and history, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from preserva.access.document import Document, read_document
from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import rules_of
from preserva.archive.relations import relate as state_relation
from preserva.archive.relations import relations
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.withdrawal import tombstones
from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis
from preserva.core.policy.judgement import KnownCopy, State
from preserva.core.policy.relations import RelationKind, relations_of
from preserva.core.values.entries import ARRIVALS, FIXITY_CHECK, START
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.core.xml.safe import parse
from preserva.describe.mods import reading
from preserva.errors import NotFound, PreservaError, UsageError
from preserva.i18n import _
from preserva.ledger import LedgerEntry
from preserva.outputs import report
from preserva.outputs.decisions import relation_line
from preserva.reporting.incidents import open_incidents
from preserva.web import shelf
from preserva.web.actions import COPY_KINDS
from preserva.web.form_texts import reason_of
from preserva.web.pages.books import judged
from preserva.web.version_changes import VersionChange, event_words, version_changes
from preserva.web.visit import Visit

_NEWEST = 100
"""Entries of its history that the page of a book shows; the report has all."""


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


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version: the entry of the ledger that acknowledged it first, and what it changed.

    `event` says in words what happened, `reason` why.
    """

    entry: LedgerEntry
    event: str
    reason: str
    change: VersionChange | None


def package_of(visit: Visit) -> PackageId:
    """The package in the address. Raises NotFound if it is none."""
    try:
        return PackageId.parse(visit.params["package"])
    except ValueError as error:
        message = _("there is no package {id}")
        raise NotFound(message.format(id=visit.params["package"])) from error


def show(visit: Visit) -> Response:
    """One book."""
    name = package_of(visit)
    with visit.archive() as archive:
        entries = list(archive.ledger.entries(package=name.uri))
        if not entries:
            raise NotFound(_("there is no package {id}").format(id=name.portable))
        judgement = judged(archive, rules_of(archive), name.uri)
        record, reason = _record(archive, name)
        versions = _versions(archive, name, entries)
        incidents = [open_ for open_ in open_incidents(archive) if open_.package == name.uri]
        tombstone = tombstones(archive.ledger).get(name.uri)
        related = relations_of(name.uri, relations(archive.ledger))
    shown = [entry for entry in entries if entry.type != FIXITY_CHECK]
    return visit.show(
        "book",
        name=name,
        title=shelf.title_of(visit.database, name.uri) or _first(record) or name.portable,
        record=record,
        reason=reason,
        judgement=judgement,
        copies=[_copy(copy.known, copy.state) for copy in judgement.copies],
        versions=versions,
        history=shown[: -_NEWEST - 1 : -1],
        hidden=max(0, len(shown) - _NEWEST),
        incidents=incidents,
        what=report.what,
        tombstone=tombstone,
        own=judgement.own,
        related=[relation_line(one, name.uri, visit.site.config.people) for one in related],
        relation_kinds=list(RelationKind),
        copy_kinds={kind: _(words) for kind, words in COPY_KINDS.items()},
        bases=list(RightsBasis),
        statuses=list(CopyrightStatus),
        seen=_seen(versions),
    )


def _seen(versions: list[ShownVersion]) -> str | None:
    """The newest version, whose pages can be looked at; None if there is none."""
    return versions[0].entry.version if versions else None


def newest_version(visit: Visit, name: PackageId) -> str | None:
    """The newest version of a package that was acknowledged anywhere; None if there is none."""
    with visit.archive() as archive:
        known = [copy.version for copy in archive.ledger.copies.of(name.uri) if copy.version]
    return f"v{max(known)}" if known else None


def title_of(visit: Visit, name: PackageId) -> str:
    """The title, or the name of the package as long as that is not known."""
    return shelf.title_of(visit.database, name.uri) or name.portable


def relate(visit: Visit) -> Response:
    """State a relation to another package; sent twice, it is stated once."""
    name, reason = package_of(visit), reason_of(visit.fields)
    kinds = {kind.value: kind for kind in RelationKind}
    kind = kinds.get(visit.fields.get("kind", ""))
    try:
        other = PackageId.parse(visit.fields.get("other", "").strip())
    except ValueError as error:
        message = _("{name} is not the identifier of a package")
        raise UsageError(message.format(name=visit.fields.get("other", ""))) from error
    if kind is None:
        raise UsageError(_("Choose one."))
    with visit.archive() as archive:
        state_relation(archive, name, kind, other, reason)
    return visit.go(f"/books/{name.portable}#relations")


def _copy(known: KnownCopy, state: State) -> ShownCopy:
    checked = None if known.checked is None else datetime.fromtimestamp(known.checked, UTC)
    return ShownCopy(
        known.storage, state, known.version, checked, known.size, known.entry, known.digest
    )


def _versions(
    archive: ArchivalStorage, name: PackageId, entries: list[LedgerEntry]
) -> list[ShownVersion]:
    """The newest version first; what they changed only if the primary storage can be read."""
    first: dict[str, LedgerEntry] = {}
    for entry in entries:
        if entry.version is not None and entry.type not in (FIXITY_CHECK, START):
            first.setdefault(entry.version, entry)
    try:
        stored = StoredCopy(archive, archive.primary, name).read_recorded()
        changes = {one.name: one for one in version_changes(stored.inventory, name)}
    except PreservaError:
        changes = {}
    return [_version(entry, changes.get(version)) for version, entry in first.items()][::-1]


def _version(entry: LedgerEntry, change: VersionChange | None) -> ShownVersion:
    """Why it was made stands in the ledger; in the inventory, if another archive made it."""
    arrival = entry.facts_as(Arrival) if entry.type in ARRIVALS else None
    reason = (arrival.reason if arrival else "") or (change.reason if change else "")
    return ShownVersion(entry, event_words(entry), reason, change)


def _first(record: list[tuple[str, str]]) -> str:
    """The title of a record, which comes first; "" if there is none."""
    return record[0][1] if record and record[0][0] == _("Title") else ""


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
