"""What people decide of two records: proposals, and decisions that are kept and can be undone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from preserva.catalogue.agreement import Agreement, agreements
from preserva.catalogue.database import Database
from preserva.catalogue.decisions import MatchDecision, MatchVerdict, Undone, editions
from preserva.catalogue.index import Catalogued, Index
from preserva.errors import NotFound, Refused, UsageError
from preserva.i18n import _

_DECISIONS = (
    "SELECT number, library, time, person, verdict, one, other, undone_time, undone_by, disputed"
    " FROM decision"
)

_CROWD = 50
"""A key that more records share says too little to propose anything."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two records that may describe one edition, and in what they agree."""

    record: Catalogued
    other: Catalogued
    evidence: tuple[Agreement, ...]


class Matching:
    """Proposals and decisions of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run = database.run
        self._index = Index(database)

    def proposals(self, limit: int = 20) -> Iterator[Proposal]:
        """Pairs of records on which nobody has decided, of different libraries first."""
        same = self.editions()
        rows = self._run(
            "SELECT DISTINCT a.id, b.id, x.library = y.library"
            " FROM key AS a JOIN key AS b ON a.key = b.key AND a.id < b.id"
            " JOIN record AS x ON x.id = a.id JOIN record AS y ON y.id = b.id"
            " WHERE (SELECT count(*) FROM (SELECT 1 FROM key WHERE key = a.key LIMIT ?)) <= ?"
            " AND NOT EXISTS (SELECT 1 FROM decision WHERE undone_time IS NULL AND"
            " ((one = x.uri AND other = y.uri) OR (one = y.uri AND other = x.uri)))"
            " ORDER BY 3, 1, 2 LIMIT ?", _CROWD + 1, _CROWD, 10 * limit,
        )  # fmt: skip
        left = limit
        for id_, other, _alike in rows:
            a, b = self._index.by_id(cast("int", id_)), self._index.by_id(cast("int", other))
            if left and b.uri not in same.get(a.uri, ()) and a.entry and b.entry:
                left -= 1
                yield Proposal(a, b, tuple(agreements(a.entry, b.entry)))

    def decide(
        self,
        record: str,
        other: str,
        verdict: MatchVerdict,
        *,
        library: str,
        person: str,
        time: str,
    ) -> MatchDecision:
        """Keep a decision of a library.

        Raises NotFound for an unknown record, UsageError for twice the same, and Refused if the
        library has decided otherwise and has not undone that.
        """
        for uri in (record, other):
            if self._index.get(uri) is None:
                raise NotFound(_("the catalogue has no record {uri}").format(uri=uri))
        if record == other:
            raise UsageError(_("{uri} is given twice").format(uri=record))
        for known in self.of_records([record]):
            if known.library == library and {known.record, known.other} == {record, other}:
                raise Refused(
                    _("decision {number} on these records is in force").format(number=known.number),
                    hint=_("Undo it first: `preserva catalogue match --undo {number}`.").format(
                        number=known.number
                    ),
                )
        with self._database.writing():
            self._keep(MatchDecision(0, library, time, person, verdict, record, other))
            ((number,),) = self._run("SELECT max(number) FROM decision")
            self._join()
        return self._decision(cast("int", number))

    def undo(self, number: int, *, library: str, person: str, time: str) -> MatchDecision:
        """Take a decision of one's own library back; it is kept, as undone.

        Raises NotFound, and Refused for a decision of another library.
        """
        decision = next((known for known in self.decisions() if known.number == number), None)
        if decision is None or decision.undone:
            raise NotFound(_("there is no decision {number} to undo").format(number=number))
        if decision.library != library:
            raise Refused(
                _("decision {number} was made by {library}, and only {library} can undo it").format(
                    number=number, library=decision.library
                ),
                hint=_("Decide otherwise yourself: while libraries disagree, nothing is joined."),
            )
        with self._database.writing():
            self._undo(replace(decision, undone=Undone(time, person)))
            self._join()
        return self._decision(number)

    def take(self, decisions: Iterable[MatchDecision]) -> int:
        """Keep decisions that were made elsewhere; how many were new, or are undone since."""
        with self._database.writing():
            changed = sum(self._keep(decision) | self._undo(decision) for decision in decisions)
            if changed:
                self._join()
        return changed

    def decisions(self) -> list[MatchDecision]:
        """All that were made, undone ones too, in the order of their arrival."""
        return [_decision(row) for row in self._run(f"{_DECISIONS} ORDER BY number")]

    def of_records(self, uris: Iterable[str]) -> list[MatchDecision]:
        """The decisions in force on these records."""
        listed = json.dumps(list(uris))
        rows = self._run(
            f"{_DECISIONS} WHERE undone_time IS NULL AND (one IN (SELECT value FROM json_each(?))"
            " OR other IN (SELECT value FROM json_each(?))) ORDER BY number", listed, listed,
        )  # fmt: skip
        return [_decision(row) for row in rows]

    def edition_of(self, uri: str) -> tuple[str, ...]:
        """All records of the record's edition, itself among them, sorted."""
        rows = self._run(
            "SELECT uri FROM joined WHERE edition = (SELECT edition FROM joined WHERE uri = ?)"
            " ORDER BY uri", uri,
        )  # fmt: skip
        return tuple(str(member) for (member,) in rows) or (uri,)

    def editions(self) -> dict[str, tuple[str, ...]]:
        """For each record that was joined, all records of its edition."""
        groups: dict[str, list[str]] = {}
        for uri, edition in self._run("SELECT uri, edition FROM joined ORDER BY uri"):
            groups.setdefault(str(edition), []).append(str(uri))
        return {uri: tuple(group) for group in groups.values() for uri in group}

    def _decision(self, number: int) -> MatchDecision:
        (row,) = self._run(f"{_DECISIONS} WHERE number = ?", number)
        return _decision(row)

    def _keep(self, decision: MatchDecision) -> bool:
        """Add a decision, unless it is there; whether it was not."""
        return bool(self._run(
            "INSERT INTO decision (library, time, person, verdict, one, other)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING number",
            decision.library, decision.time, decision.person, decision.verdict.value,
            decision.record, decision.other,
        ))  # fmt: skip

    def _undo(self, decision: MatchDecision) -> bool:
        """Record that a decision is undone; if two people undid it, the earlier one counts."""
        undone = decision.undone
        if undone is None:
            return False
        return bool(self._run(
            "UPDATE decision SET undone_time = ?, undone_by = ? WHERE library = ? AND time = ?"
            " AND person = ? AND verdict = ? AND one = ? AND other = ? AND (undone_time IS NULL OR"
            " (undone_time, undone_by) > (?, ?)) RETURNING number",
            undone.time, undone.person, decision.library, decision.time, decision.person,
            decision.verdict.value, decision.record, decision.other, undone.time, undone.person,
        ))  # fmt: skip

    def _join(self) -> None:
        """Rebuild the editions from the decisions."""
        result = editions(self.decisions())
        self._run("DELETE FROM joined")
        self._run(
            "INSERT INTO joined SELECT key, value FROM json_each(?)",
            json.dumps({uri: group[0] for uri, group in result.joined.items()}),
        )
        self._run(
            "UPDATE decision SET disputed = number IN (SELECT value FROM json_each(?))",
            json.dumps(sorted(result.disputed)),
        )


def _decision(row: tuple[object, ...]) -> MatchDecision:
    number, library, time, person, verdict, record, other, undone_time, undone_by, disputed = row
    undone = Undone(str(undone_time), str(undone_by)) if undone_time is not None else None
    return MatchDecision(
        cast("int", number), str(library), str(time), str(person), MatchVerdict(str(verdict)),
        str(record), str(other), undone, bool(disputed),
    )  # fmt: skip
