"""What people decide of two records: proposals, and decisions that are kept and can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from preserva.catalogue.database import Database
from preserva.catalogue.index import Catalogued, Index
from preserva.core.catalogue.match import Decision, Evidence, Verdict, editions, evidence
from preserva.errors import NotFound, UsageError
from preserva.i18n import _

_CROWD = 50
"""A key that more records share says too little to propose anything."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two records that may describe one edition, and in what they agree."""

    one: Catalogued
    other: Catalogued
    evidence: tuple[Evidence, ...]


class Matching:
    """Proposals and decisions of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run = database.run
        self._index = Index(database)

    def proposals(self, limit: int = 20) -> Iterator[Proposal]:
        """Pairs of records of which nobody has decided, of different libraries first."""
        same = self.editions()
        rows = self._run(
            "SELECT DISTINCT a.id, b.id, x.library = y.library"
            " FROM key AS a JOIN key AS b ON a.key = b.key AND a.id < b.id"
            " JOIN record AS x ON x.id = a.id JOIN record AS y ON y.id = b.id"
            " WHERE (SELECT count(*) FROM (SELECT 1 FROM key WHERE key = a.key LIMIT ?)) <= ?"
            " AND NOT EXISTS (SELECT 1 FROM decision WHERE NOT undone AND"
            " ((one = x.uri AND other = y.uri) OR (one = y.uri AND other = x.uri)))"
            " ORDER BY 3, 1, 2 LIMIT ?", _CROWD + 1, _CROWD, 10 * limit,
        )  # fmt: skip
        left = limit
        for one, other, _alike in rows:
            a, b = self._index.by_id(cast("int", one)), self._index.by_id(cast("int", other))
            if left and b.uri not in same.get(a.uri, ()) and a.entry and b.entry:
                left -= 1
                yield Proposal(a, b, tuple(evidence(a.entry, b.entry)))

    def decide(self, one: str, other: str, verdict: Verdict, *, person: str, time: str) -> Decision:
        """Keep a decision. Raises NotFound for what is no record, UsageError for twice the same."""
        for uri in (one, other):
            if self._index.get(uri) is None:
                raise NotFound(_("the catalogue has no record {uri}").format(uri=uri))
        if one == other:
            raise UsageError(_("{uri} stands twice").format(uri=one))
        with self._database.writing():
            self._run(
                "INSERT INTO decision (time, person, verdict, one, other) VALUES (?, ?, ?, ?, ?)",
                time, person, verdict.value, one, other,
            )  # fmt: skip
            ((number,),) = self._run("SELECT max(number) FROM decision")
        return Decision(cast("int", number), time, person, verdict, one, other)

    def undo(self, number: int) -> Decision:
        """Take a decision back; it is kept, as undone. Raises NotFound."""
        found = next((one for one in self.decisions() if one.number == number), None)
        if found is None or found.undone:
            raise NotFound(_("there is no decision {number} to undo").format(number=number))
        with self._database.writing():
            self._run("UPDATE decision SET undone = 1 WHERE number = ?", number)
        return found

    def decisions(self) -> list[Decision]:
        """All that were made, undone ones too, oldest first."""
        rows = self._run("SELECT * FROM decision ORDER BY number")
        return [
            Decision(
                cast("int", number), str(time), str(person), Verdict(str(verdict)),
                str(one), str(other), bool(undone),
            )
            for number, time, person, verdict, one, other, undone in rows
        ]  # fmt: skip

    def editions(self) -> dict[str, tuple[str, ...]]:
        """For each record that was joined, all records of its edition."""
        return editions(
            (one.one, one.other)
            for one in self.decisions()
            if one.verdict is Verdict.SAME and not one.undone
        )
