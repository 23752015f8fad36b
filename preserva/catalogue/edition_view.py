"""One edition of the union catalogue with everything known about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from preserva.catalogue.database import Database
from preserva.catalogue.decisions import MatchDecision, MatchVerdict
from preserva.catalogue.entry import CatalogueEntry
from preserva.catalogue.index import Catalogued, Index
from preserva.catalogue.matching import Matching
from preserva.catalogue.roles import role
from preserva.core.policy.relations import Relation, relations_of
from preserva.core.values.report import printable
from preserva.errors import NotFound
from preserva.i18n import _, pgettext


@dataclass(frozen=True, slots=True)
class EditionView:
    """The records that a person joined to one edition, and other editions of the same work.

    `decisions` are those in force on these records, `relations` those of their packages.
    """

    records: tuple[Catalogued, ...]
    editions: tuple[str, ...]
    decisions: tuple[MatchDecision, ...] = ()
    relations: tuple[Relation, ...] = ()


def shown(database: Database, uri: str, relations: Iterable[Relation] = ()) -> EditionView:
    """The edition of a record, or of a package's record; of the `relations`, those of its packages.

    Raises NotFound.
    """
    index = Index(database)
    asked = index.get(uri) or index.of_package(uri)
    if asked is None or asked.entry is None:
        raise NotFound(_("the catalogue has no record {uri}").format(uri=uri))
    matching = Matching(database)
    joined = matching.edition_of(asked.uri)
    records = [
        record for joined_uri in joined if (record := index.get(joined_uri)) and record.entry
    ]
    works = [other for other in index.of_work(asked.entry.work) if other not in joined]
    packages = {package for record in records for package in record.packages}
    related = (each for each in relations if packages & {each.package, each.other})
    decisions = tuple(matching.of_records(joined))
    return EditionView(tuple(records), tuple(works), decisions, tuple(related))


def lines(view: EditionView) -> Iterator[str]:
    """The edition for people."""
    for record in view.records:
        yield printable(record.uri)
        if record.entry is not None:
            yield from (f"  {printable(line)}" for line in _of_entry(record.entry))
        for package in record.packages:
            yield "  " + _("digitised: {package}").format(package=printable(package))
            for relation in relations_of(package, view.relations):
                stands, other = relation.from_side_of(package)
                yield "    " + pgettext("relation of packages", stands) + " " + printable(other)
    for decision in view.decisions:
        yield printable(sentence(decision))
    for uri in view.editions:
        yield _("another edition: {uri}").format(uri=printable(uri))


def sentence(decision: MatchDecision) -> str:
    """The decision for people: what, who and when."""
    says = {
        MatchVerdict.SAME: _(
            "decision {number}, {library}, {person}, {day}: {one} and {other} are the same edition"
        ),
        MatchVerdict.DIFFERENT: _(
            "decision {number}, {library}, {person}, {day}: {one} and {other} differ"
        ),
    }
    text = says[decision.verdict].format(
        number=decision.number,
        library=decision.library,
        person=decision.person,
        day=decision.time[:10],
        one=decision.record,
        other=decision.other,
    )
    if decision.undone:
        took = _("undone by {person}, {day}")
        text += "; " + took.format(person=decision.undone.person, day=decision.undone.time[:10])
    return text + ("; " + _("disputed, so it has no effect") if decision.disputed else "")


def items(entry: CatalogueEntry) -> Iterator[str]:
    """Each item for people: holder, shelfmark, numbers, whose it was."""
    for item in entry.items:
        numbers = [f"{number.type} {number.value}" for number in item.registers]
        parts = (item.holder, item.shelfmark, *item.inventory, *numbers, *item.provenance)
        yield _("item: {text}").format(text=", ".join(filter(None, parts)))


def _of_entry(entry: CatalogueEntry) -> Iterator[str]:
    yield entry.title
    for agent in entry.agents:
        about = (agent.name, agent.dates, ", ".join(map(role, agent.roles)), agent.authority)
        yield ", ".join(filter(None, about))
    yield ", ".join(filter(None, (entry.imprint, entry.extent)))
    for number in entry.identifiers:
        yield f"{number.type}: {number.value}"
    yield from items(entry)
