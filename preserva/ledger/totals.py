"""Sums over the ledger, for reports: by month, by year, by storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preserva.core.policy.overview import Month, State, Year
from preserva.core.values.entries import FAIL, FIXITY_CHECK, SUCCESS
from preserva.ledger.copies import Rows

_TIME = "json_extract(CAST(body AS TEXT), '$.time')"
_OUTCOME = "json_extract(CAST(body AS TEXT), '$.outcome')"
_BYTES = "json_extract(CAST(body AS TEXT), '$.facts.bytes')"
_STATE = (
    f"CASE WHEN unread THEN '{State.UNREAD}' WHEN outcome = '{FAIL}' THEN '{State.DAMAGED}'"
    f" WHEN outcome IS NULL THEN '{State.NEVER}' ELSE '{State.SOUND}' END"
)


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A copy in the summary; `entry` is its newest check, `checked` is in seconds since 1970."""

    package: str
    storage: str
    state: State
    checked: int | None
    size: int | None
    entry: int | None
    digest: str | None


class Totals:
    """The sums of a ledger, each by one query."""

    def __init__(self, rows: Rows) -> None:
        """Of the ledger that answers queries with `rows`."""
        self._rows = rows

    def states(self) -> Iterator[tuple[str, State, int, int | None, int]]:
        """Storage, state, copies, the oldest check (seconds since 1970), bytes as last read."""
        query = (
            f"SELECT storage, {_STATE} AS state, count(*), min(checked), ifnull(sum(size), 0)"
            " FROM copy WHERE arrival IS NOT NULL GROUP BY storage, state"
        )
        for storage, state, copies, oldest, size in self._rows(query, []):
            yield storage, State(state), copies, oldest, size

    def ages(self) -> list[tuple[int | None, int]]:
        """For each day: its oldest check (seconds since 1970), and how many copies were checked."""
        query = (
            "SELECT min(checked), count(*) FROM copy WHERE arrival IS NOT NULL"
            " GROUP BY checked / 86400"
        )
        return [(checked, copies) for checked, copies in self._rows(query, [])]

    def few(self, wanted: int, most: int) -> list[tuple[str, int]]:
        """Packages with fewer copies than wanted that are not known to be damaged, and how many."""
        query = (
            f"SELECT package, sum(outcome IS NOT '{FAIL}') AS sound FROM copy"
            " WHERE arrival IS NOT NULL GROUP BY package HAVING sound < ? ORDER BY sound, package"
            " LIMIT ?"
        )
        return [(package, sound) for package, sound in self._rows(query, [wanted, most])]

    def copies(self) -> Iterator[CopyRow]:
        """Every copy, in the order of the packages."""
        query = (
            f"SELECT package, storage, {_STATE}, checked, size, attempt,"
            " (SELECT digest FROM entry WHERE number = attempt) FROM copy"
            " WHERE arrival IS NOT NULL AND (package, storage) > (?, ?)"
            " ORDER BY package, storage LIMIT 1000"
        )
        last = ("", "")
        while page := self._rows(query, list(last)):
            for package, storage, state, checked, size, entry, digest in page:
                yield CopyRow(package, storage, State(state), checked, size, entry, digest)
            last = (page[-1][0], page[-1][1])

    def troubled(self) -> list[tuple[str, str]]:
        """Package and storage of every copy that is damaged, or could not be read."""
        query = (
            f"SELECT package, storage FROM copy WHERE outcome = '{FAIL}' OR unread"
            " ORDER BY package, storage"
        )
        return [(package, storage) for package, storage in self._rows(query, [])]

    def count(self, type_: str, outcome: str) -> int:
        """How many entries there are of a type with an outcome."""
        query = f"SELECT count(*) FROM entry WHERE type = ? AND {_OUTCOME} = ?"
        ((number,),) = self._rows(query, [type_, outcome])
        return int(number)

    def months(self) -> list[Month]:
        """The checks of every month, the first one first."""
        query = (
            f"SELECT substr({_TIME}, 1, 7) AS month, sum({_OUTCOME} = '{SUCCESS}'),"
            f" sum({_OUTCOME} = '{FAIL}'), sum({_OUTCOME} NOT IN ('{SUCCESS}', '{FAIL}')),"
            f" ifnull(sum({_BYTES}), 0)"
            " FROM entry WHERE type = ? AND package IS NOT NULL GROUP BY month ORDER BY month"
        )
        return [Month(*row) for row in self._rows(query, [FIXITY_CHECK])]

    def years(self) -> list[Year]:
        """The entries and the checks of every year, the first one first."""
        query = (
            f"SELECT substr({_TIME}, 1, 4) AS year, min(number), max(number),"
            f" sum(type = ?1 AND package IS NOT NULL),"
            f" sum(type = ?1 AND {_OUTCOME} = '{FAIL}' AND package IS NOT NULL),"
            f" sum(type = ?1 AND {_OUTCOME} NOT IN ('{SUCCESS}', '{FAIL}')),"
            " count(DISTINCT CASE WHEN type = ?1 THEN package || ' ' || storage END)"
            " FROM entry GROUP BY year ORDER BY year"
        )
        years = []
        for year, first, last, checks, fail, unknown, copies in self._rows(query, [FIXITY_CHECK]):
            ((digest,),) = self._rows("SELECT digest FROM entry WHERE number = ?", [last])
            years.append(Year(year, first, last, digest, checks, fail, unknown, copies))
        return years
