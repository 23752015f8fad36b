"""What people decided of editions, going out and coming in as JSON lines.

A decision names its library, its person and its time; docs/how-to/union-catalogue.md lists the
fields. Contradictory decisions are kept and reported, and only undisputed records are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from preserva.archive.staging import beside
from preserva.catalogue.database import Database
from preserva.catalogue.decisions import MatchDecision, decision_of, line_of
from preserva.catalogue.matching import Matching
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Outcome
from preserva.errors import NotFound
from preserva.files.disk import publish, write_file
from preserva.i18n import _, system_reason

DECISIONS = "decisions.jsonl"
"""Their name in a dump, and below the address of a server."""

_LONGEST_LINE = 1 << 16


@dataclass(slots=True)
class Decided:
    """What came: `own` decisions returned to where they were made and were left alone."""

    read: int = 0
    changed: int = 0
    own: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """What the findings come to."""
        return Outcome.of(self.findings)


def lines(database: Database) -> Iterator[bytes]:
    """Every decision of every library, undone ones too."""
    for decision in Matching(database).decisions():
        yield line_of(decision).encode() + b"\n"


def export_decisions(database: Database, destination: Path) -> int:
    """Write all decisions to a new file; how many there are. Raises Refused, StorageFull."""
    exported = list(lines(database))
    with beside(destination) as scratch:
        made = scratch / destination.name
        write_file(made, b"".join(exported))
        publish(made, destination)
    return len(exported)


def import_decisions(database: Database, path: Path) -> Decided:
    """Import a file of decisions, including our own: so they come back from a backup.

    Raises NotFound.
    """
    try:
        with path.open("rb") as stream:
            return take_decisions(database, iter(lambda: stream.readline(_LONGEST_LINE), b""),
                                  path.name)  # fmt: skip
    except OSError as error:
        message = _("{path} cannot be read: {reason}")
        text = message.format(path=path, reason=system_reason(error))
        raise NotFound(text, path=str(path)) from error


def take_decisions(
    database: Database, data: Iterable[bytes], name: str, *, own: str | None = None
) -> Decided:
    """Import lines of decisions; those of the library `own` are never taken from another.

    A line that is not a decision is reported and ignored; decisions that disagree are reported.
    """
    done = Decided()
    matching = Matching(database)
    before = _disputed(matching)
    done.changed = matching.take(_sound(data, name, own, done))
    for decision in (
        decision for number, decision in _disputed(matching).items() if number not in before
    ):
        seen = f"{decision.library}, {decision.person}: {decision.verdict.value}"
        done.findings.append(
            Finding(Code.DECISIONS_DISAGREE, f"{decision.record} {decision.other}", seen=seen)
        )
    return done


def _sound(
    data: Iterable[bytes], name: str, own: str | None, done: Decided
) -> Iterator[MatchDecision]:
    for number, line in enumerate(data, 1):
        if not line.strip():
            continue
        done.read += 1
        try:
            decision = decision_of(line.decode())
        except ValueError as error:
            done.findings.append(
                Finding(Code.DECISION_UNREADABLE, f"{name}:{number}", seen=str(error))
            )
            continue
        if decision.library == own:
            done.own += 1
        else:
            yield decision


def _disputed(matching: Matching) -> dict[int, MatchDecision]:
    return {decision.number: decision for decision in matching.decisions() if decision.disputed}
