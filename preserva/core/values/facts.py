"""The facts of the ledger's entries: a type for each kind of entry.

The names of facts on disk are defined here and nowhere else. How it is read: `core.values.fact`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import ClassVar, TypeVar

from preserva.core.formats.canonical_json import Value
from preserva.core.values import entries
from preserva.core.values.codes import Code
from preserva.core.values.fact import (
    FactFields,
    Facts,
    each,
    exactly,
    fact,
    moment,
    named_texts,
    number,
    person_code,
    texts,
    written,
)
from preserva.core.values.report import BookPage, Finding, printable
from preserva.i18n import joined

_T = TypeVar("_T")

_CODES = {code.value: code for code in Code}
_LONGEST = 300
"""Characters of a text that an entry keeps."""
_NAMED = 50
_ROOM = 20_000
"""Findings or paths that an entry names, and the bytes for them; it counts the others."""


def _finding(value: Value) -> RecordedFinding:
    return RecordedFinding.from_facts(exactly(Mapping, value))


@dataclass(frozen=True, slots=True)
class EventLog:
    """An event with a record in the `logs/` of copies: its identifier, the record's SHA-256."""

    event: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Logged(Facts):
    """The facts of an event that may have a record in the `logs/` of copies."""

    event: str | None = fact("event")
    sha256: str | None = fact("premis_sha256")

    @property
    def log(self) -> EventLog | None:
        """The record, if there is one."""
        if self.event is None or self.sha256 is None:
            return None
        return EventLog(self.event, self.sha256)

    @property
    def storages_beside(self) -> tuple[str, ...]:
        """The storages that keep the record, in addition to the one that the entry is about."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival(Logged):
    """How a version came to a storage, and its digests, so that no other can ever pass for it.

    `inventory` is the digest of its inventory, `tag_manifests` are those of its tag manifests by
    path. `source` is the storage that it was copied from, `carried` the SHA-256 of the records of
    events that were copied with it; `files` and `size` (bytes) were written. `rebuilt` counts the
    sound copies of which a rebuilt ledger says so. A version with an identifier of ours that was
    not made here came `from_outside`. `pages` are those of the book, `reason` is why it was
    corrected; `quarantine` is where an interrupted one was set aside. By the `decision` of two
    persons it counts in place of what was recorded of the version before.
    """

    types: ClassVar = (entries.START, *entries.ARRIVALS)

    inventory: str = fact("inventory", always=True)
    tag_manifests: Mapping[str, str] | None = fact("tag_manifests", named_texts)
    source: str | None = fact("from")
    carried: tuple[str, ...] | None = fact("logs", texts)
    files: int | None = fact("files", number)
    size: int | None = fact("bytes", number)
    after_interruption: bool | None = fact("after_interruption", partial(exactly, bool))
    rebuilt: int | None = fact("rebuilt", number)
    from_outside: bool | None = fact("from_outside", partial(exactly, bool))
    pages: int | None = fact("pages", number)
    reason: str | None = fact("reason")
    quarantine: str | None = fact("quarantine")
    decision: int | None = fact("decision", number)

    @property
    def storages_beside(self) -> tuple[str, ...]:
        """The storage that it was brought from."""
        return () if self.source is None else (self.source,)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFound(Logged):
    """A record of an event that another wrote, and the storages in which it was found."""

    types: ClassVar = (entries.EVENT_FOUND,)

    event: str = fact("event", always=True)
    sha256: str = fact("premis_sha256", always=True)
    storages: tuple[str, ...] = fact("storages", texts, always=True)

    @property
    def storages_beside(self) -> tuple[str, ...]:
        """Where it was found."""
        return self.storages


@dataclass(frozen=True, slots=True)
class RecordedFinding(FactFields):
    """A finding as an entry keeps it. The code may be one of a later version."""

    code: str = fact("code", always=True)
    path: str | None = fact("path", always=True, nullable=True)
    expected: str | None = fact("expected")
    seen: str | None = fact("seen")
    page_number: int | None = fact("page", number)
    page_label: str | None = fact("page_label")

    @property
    def page(self) -> BookPage | None:
        """The page of the book that it is about."""
        return None if self.page_number is None else BookPage(self.page_number, self.page_label)

    def message(self) -> str:
        """What it is and where, as a sentence in the reader's language."""
        code = _CODES.get(self.code)
        if code is None:
            return self.place()
        return Finding(code, self.path, page=self.page).message()

    def place(self) -> str:
        """Its code and where it is."""
        page = [self.page.message()] if self.page else []
        where = joined(", ", [*page, *([self.path] if self.path else [])])
        return joined(" ", [self.code, where] if where else [self.code])

    @classmethod
    def of(cls, finding: Finding) -> RecordedFinding:
        """A finding, its texts printable and cut where they are long."""
        number, label = (finding.page.number, finding.page.label) if finding.page else (None, None)
        texts = (finding.path, finding.expected, finding.seen, label)
        path, expected, seen, label = (None if text is None else _short(text) for text in texts)
        return cls(finding.code.value, path, expected, seen, number, label)


def _short(text: str) -> str:
    return printable(text)[:_LONGEST]


def recorded(findings: Sequence[Finding]) -> tuple[RecordedFinding, ...]:
    """The first of the findings, as many as an entry has room for."""
    return _first([RecordedFinding.of(finding) for finding in findings[:_NAMED]])


def _first(things: Sequence[_T]) -> tuple[_T, ...]:
    """As many as there is room for."""
    room = _ROOM
    for place, thing in enumerate(things):
        room -= len(str(written(thing)).encode())
        if room < 0:
            return tuple(things[:place])
    return tuple(things)


@dataclass(frozen=True, slots=True)
class Check(Facts):
    """The reading of a copy: `size` in bytes, and the findings, of which `more` are not named.

    `first_reading` are those of a reading before, which looked damaged. `newest` is the version
    that was held to the digest `inventory`. It was begun by a run before, at `begun`, or took
    `milliseconds`. `event`, `institution`, `software` and `sha256` are those of its PREMIS document
    (core/eark/fixity_event.py). `extent` is what was checked, if not everything: the inventory, the
    listing of the storage. A storage that could not be reached has findings alone.
    """

    types: ClassVar = (entries.FIXITY_CHECK,)

    findings: tuple[RecordedFinding, ...] | None = fact("findings", partial(each, _finding))
    more: int | None = fact("more_findings", number)
    size: int | None = fact("bytes", number)
    files: int | None = fact("files", number)
    first_reading: tuple[RecordedFinding, ...] | None = fact(
        "first_reading", partial(each, _finding)
    )
    newest: str | None = fact("newest")
    inventory: str | None = fact("inventory")
    begun: datetime | None = fact("begun", moment)  # noqa: RUF009 - it makes a field
    milliseconds: int | None = fact("milliseconds", number)
    event: str | None = fact("event")
    institution: str | None = fact("institution")
    software: str | None = fact("software")
    sha256: str | None = fact("premis_sha256")
    extent: str | None = fact("extent")


@dataclass(frozen=True, slots=True)
class RecoveryStart(Facts):
    """A repair that begins: what goes to quarantine, what is restored, and from which storage.

    The first paths are named; `more_aside` and `more_put` count the others.
    """

    types: ClassVar = (entries.RECOVERY_START,)

    event: str = fact("event", always=True)
    source: str | None = fact("from", always=True, nullable=True)
    quarantine: str | None = fact("quarantine", always=True, nullable=True)
    aside: tuple[str, ...] = fact("aside", texts, always=True)
    more_aside: int = fact("more_aside", number, always=True)
    put: tuple[str, ...] = fact("put", texts, always=True)
    more_put: int = fact("more_put", number, always=True)


def named_paths(paths: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The first of the paths, as many as an entry has room for, and the number of others."""
    named = _first([_short(path) for path in paths[:_NAMED]])
    return named, len(paths) - len(named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(Logged):
    """A completed repair; it has a record only if the copy is sound.

    `source` is the storage that helped, and keeps the record as well.
    """

    types: ClassVar = (entries.RECOVERY,)

    event: str = fact("event", always=True)
    source: str | None = fact("from")

    @property
    def storages_beside(self) -> tuple[str, ...]:
        """The storage that helped."""
        return () if self.source is None else (self.source,)


@dataclass(frozen=True, slots=True)
class Verification(Facts):
    """The ledger was verified, with this number of entries."""

    types: ClassVar = (entries.VERIFICATION,)

    size: int = fact("entries", number, always=True)


@dataclass(frozen=True, slots=True)
class DecisionTaken(Facts):
    """What a person decided about an incident, by its number."""

    types: ClassVar = (entries.DECISION,)

    incident: int = fact("incident", number, always=True)
    by: str = fact("by", always=True)
    decision: str = fact("decision", always=True)


@dataclass(frozen=True, slots=True)
class DecisionRequest(Facts):
    """What a person asks a second one to confirm, until when, and why."""

    types: ClassVar = (entries.DECISION_REQUESTED,)

    kind: str = fact("kind", always=True)
    reason: str = fact("reason", always=True)
    terms: Mapping[str, str] = fact("terms", named_texts, always=True)
    expires: datetime = fact("expires", moment, always=True)  # noqa: RUF009 - it makes a field
    grace_days: int | None = fact("grace_days", number)


@dataclass(frozen=True, slots=True)
class DecisionStep(Facts):
    """The answer to a request, by its number; or that what was agreed is done.

    `records` are the SHA-256 of the records of events that were given up.
    """

    types: ClassVar = (
        entries.DECISION_CONFIRMED,
        entries.DECISION_REFUSED,
        entries.DECISION_DONE,
    )

    decision: int = fact("decision", number, always=True)
    reason: str | None = fact("reason")
    records: tuple[str, ...] | None = fact("records", texts)


@dataclass(frozen=True, slots=True)
class Export(Facts):
    """What left the archive: a kind of package or a document of one; to whom, and why."""

    types: ClassVar = (entries.EXPORT,)

    what: str = fact("what", always=True)
    recipient: str | None = fact("to")
    reason: str | None = fact("reason")


@dataclass(frozen=True, slots=True)
class Withdrawal(Facts):
    """A package was withdrawn, or with `undone` is no longer; `decision` is that of two persons.

    `before` is the number of the withdrawal before this one, of whatever package.
    """

    types: ClassVar = (entries.WITHDRAWAL,)

    reason: str = fact("reason", always=True)
    decision: int | None = fact("decision", number)
    requested_by: str | None = fact("requested_by", person_code)
    confirmed_by: str | None = fact("confirmed_by", person_code)
    undone: bool | None = fact("undone", partial(exactly, bool))
    before: int | None = fact("before", number)

    def following(self, before: int | None) -> Withdrawal:
        """The same, as the one after entry `before`."""
        return replace(self, before=before)


@dataclass(frozen=True, slots=True)
class Retirement(Facts):
    """A copy, or all of a storage, was retired, or with `undone` is no longer.

    `decision` is that of two persons; `before` is the number of the retirement before this one, of
    whatever copy.
    """

    types: ClassVar = (entries.RETIREMENT,)

    reason: str = fact("reason", always=True)
    decision: int | None = fact("decision", number)
    requested_by: str | None = fact("requested_by", person_code)
    confirmed_by: str | None = fact("confirmed_by", person_code)
    undone: bool | None = fact("undone", partial(exactly, bool))
    before: int | None = fact("before", number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal(Logged):
    """The copy of a withdrawn package in a storage is to be removed, or was; by which `decision`.

    A ledger that was rebuilt does not know the decision.
    `inventories` are the digests of what goes, by version; `files` and `size` (bytes) how much it
    is. `tombstone` is the folder in which its inventories and the records of its events stay.
    """

    types: ClassVar = (entries.REMOVAL_START, entries.REMOVAL)

    decision: int | None = fact("decision", number)
    tombstone: str = fact("tombstone", always=True)
    inventories: Mapping[str, str] = fact("inventories", named_texts, always=True)
    files: int = fact("files", number, always=True)
    size: int = fact("bytes", number, always=True)


@dataclass(frozen=True, slots=True)
class RelationStated(Facts):
    """How a package stands to an `other`; with `undone` it does so no longer.

    `before` is the number of the relation before this one, of whatever package.
    """

    types: ClassVar = (entries.RELATION,)

    kind: str = fact("kind", always=True)
    other: str = fact("other", always=True)
    reason: str = fact("reason", always=True)
    undone: bool | None = fact("undone", partial(exactly, bool))
    before: int | None = fact("before", number)


@dataclass(frozen=True, slots=True)
class Notification(Facts):
    """The open incidents that were reported to people, by their numbers."""

    types: ClassVar = (entries.NOTIFICATION,)

    incidents: tuple[int, ...] = fact("incidents", partial(each, number), always=True)


@dataclass(frozen=True, slots=True)
class Rebuilt(Facts):
    """The ledger was rebuilt from these storages, without those that are lost.

    `restored` entries are those of the copy of it in the storage `source`, the newest of them with
    the digest `newest`.
    """

    types: ClassVar = (entries.REBUILT,)

    storages: tuple[str, ...] = fact("storages", texts, always=True)
    restored: int = fact("restored", number, always=True)
    source: str | None = fact("from", always=True, nullable=True)
    newest: str | None = fact("newest", always=True, nullable=True)
    lost: tuple[str, ...] | None = fact("lost", texts)


@dataclass(frozen=True, slots=True)
class BagMade(Facts):
    """A bag was made here: the digests of its tag manifests, which cover all that is in it."""

    types: ClassVar = (entries.BAG_MADE,)

    tag_manifests: Mapping[str, str] = fact("tag_manifests", named_texts, always=True)


@dataclass(frozen=True, slots=True)
class LedgerIdentity(Facts):
    """The id that the ledger has from here on, and those of the lost ones that it replaces."""

    types: ClassVar = (entries.LEDGER_IDENTITY,)

    ledger: str = fact("ledger", always=True)
    replaces: tuple[str, ...] = fact("replaces", texts, always=True)


@dataclass(frozen=True, slots=True)
class IdentityLearned(Facts):
    """The id by which the ledger knows a storage from here on.

    Where people accepted it in the place of another: `replaces` that one, for this `reason`, by the
    `decision` of two persons if something differed from the records.
    """

    types: ClassVar = (entries.STORAGE_IDENTITY,)

    id: str = fact("id", always=True)
    replaces: str | None = fact("replaces")
    reason: str | None = fact("reason")
    decision: int | None = fact("decision", number)


@dataclass(frozen=True, slots=True)
class StorageDescribed(Facts):
    """The guide at the top of a storage was written: the SHA-256 of each file by its path."""

    types: ClassVar = (entries.STORAGE_DESCRIPTION,)

    files: Mapping[str, str] = fact("files", named_texts, always=True)


BY_TYPE: Mapping[str, type[Facts]] = {
    type_: kind
    for kind in (
        Arrival, EventFound, Check, RecoveryStart, Recovery, Verification, DecisionTaken,
        DecisionRequest, DecisionStep, Export, Withdrawal, Retirement, Removal, RelationStated,
        Notification, Rebuilt, BagMade, LedgerIdentity, IdentityLearned, StorageDescribed,
    )
    for type_ in kind.types
}  # fmt: skip
"""The facts by the type of their entry."""
