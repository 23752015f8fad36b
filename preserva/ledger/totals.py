"""Sums over the ledger, for reports: by month, by year, by storage."""

from __future__ import annotations

from preserva.core.policy.overview import Month, Year
from preserva.core.values.entries import FAIL, FIXITY_CHECK, SUCCESS
from preserva.ledger.copies import Rows

_TIME = "json_extract(CAST(body AS TEXT), '$.time')"
_OUTCOME = "json_extract(CAST(body AS TEXT), '$.outcome')"
_BYTES = "json_extract(CAST(body AS TEXT), '$.facts.bytes')"


class Totals:
    """The sums of a ledger, each by one query."""

    def __init__(self, rows: Rows) -> None:
        """Of the ledger that answers queries with `rows`."""
        self._rows = rows

    def ages(self) -> list[tuple[int | None, int]]:
        """For each day: its oldest check (seconds since 1970), and how many copies were checked."""
        query = (
            "SELECT min(checked), count(*) FROM copy WHERE arrival IS NOT NULL"
            " GROUP BY checked / 86400"
        )
        return [(checked, copies) for checked, copies in self._rows(query, [])]

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
