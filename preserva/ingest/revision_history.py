"""What a new version adds to the history of a package, in its PREMIS."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from preserva.archive import events as history
from preserva.archive.events import Told, told_events
from preserva.archive.relations import stated_in_premis
from preserva.core.book.rights import Rights
from preserva.core.eark.aip import entity_id, representation_id
from preserva.core.eark.amend import amended_premis
from preserva.core.eark.premis import Identifier, Relationship, Representation
from preserva.core.eark.rights import RightsStatement
from preserva.core.eark.vocabulary import RelationshipSubType, RelationshipType
from preserva.core.values.report import Finding
from preserva.describe.record import Action
from preserva.describe.supplied.history import History
from preserva.ingest.draft import Draft
from preserva.ingest.happened import Happened, events_of

PREMIS = "metadata/preservation/premis.xml"


def told_by_record(draft: Draft, actions: Sequence[Action]) -> Told:
    """The restorations that a new record mentions."""
    return told_events(_premis(draft), draft.package, lambda told: told.record(actions))


def told_by_file(
    draft: Draft, data: bytes, name: str, former: tuple[bytes, str] | None
) -> tuple[Told, tuple[Identifier, ...], tuple[Finding, ...]]:
    """The events in a new file; those only in the former file; its findings."""
    findings: list[Finding] = []
    premis = _premis(draft)
    representations = [
        path.split("/")[3]
        for path in draft.before
        if path.startswith(draft.base + "representations/")
    ]

    def tell(told: History) -> None:
        told.read(data, name)
        findings.extend(told.findings)

    new = told_events(premis, draft.package, tell, representations)
    if former is None:
        return new, (), tuple(findings)
    old = told_events(premis, draft.package, lambda told: told.read(*former), representations)
    return new, tuple(i for i in old.recorded if i not in new.recorded), tuple(findings)


def record_events(
    draft: Draft,
    happened: Sequence[Happened],
    *,
    told: Sequence[Told] = (),
    without: Collection[Identifier] = (),
    representations: Sequence[Representation] = (),
    rights: Sequence[Rights] | None = None,
) -> None:
    """Add to the package's PREMIS what happened now, and the events reported of earlier times."""
    actor = draft.archive.actor
    events = events_of(happened, draft.package, actor, draft.archive.identifiers, draft.time)
    data = amended_premis(
        _premis(draft),
        [*(event for source in told for event in source.new), *events],
        [*history.agents(actor), *(agent for source in told for agent in source.agents)],
        objects=representations,
        rights=None if rights is None else statements(draft, rights),
        without=without,
        related=stated_in_premis(draft.archive.ledger, draft.package),
    )
    draft.write(PREMIS, data)


def statements(draft: Draft, rights: Sequence[Rights]) -> list[RightsStatement]:
    """The rights in the book as PREMIS states them."""
    book = (entity_id(draft.package),)
    return [
        RightsStatement(Identifier("local", f"rights-{number}"), stated, book)
        for number, stated in enumerate(rights, 1)
    ]


def new_representation(draft: Draft, name: str, source: str | None = None) -> Representation:
    """A further representation of the book; `source` is the one that it was made of."""
    relationships = [
        Relationship(
            RelationshipType.STRUCTURAL,
            RelationshipSubType.REPRESENTS,
            (entity_id(draft.package),),
        )
    ]
    if source is not None:
        made_of = (representation_id(source),)
        relationships.append(
            Relationship(RelationshipType.DERIVATION, RelationshipSubType.HAS_SOURCE, made_of)
        )
    return Representation(representation_id(name), relationships=tuple(relationships))


def _premis(draft: Draft) -> bytes:
    return draft.content(draft.base + PREMIS)
