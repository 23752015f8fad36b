"""The options by which people say of when, and of whom, they want to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import click

from preserva.i18n import _
from preserva.local_time import end_of, start_of


@dataclass(frozen=True, slots=True)
class Asked:
    """From when, until before when (aware), and by whom; None for any."""

    since: datetime | None
    until: datetime | None
    person: str | None

    def includes(self, time: str, person: str | None) -> bool:
        """Whether something of this time (ISO 8601) and person is meant."""
        when = datetime.fromisoformat(time)
        return (
            (self.since is None or when >= self.since)
            and (self.until is None or when < self.until)
            and self.person in {None, person}
        )


def _moment(
    meaning: Callable[[str], datetime],
) -> Callable[[click.Context, click.Parameter, str | None], datetime | None]:
    """What makes of a day, a month or a year the moment that is meant, in the time zone here."""

    def convert(
        _context: click.Context, parameter: click.Parameter, value: str | None
    ) -> datetime | None:
        try:
            return None if value is None else meaning(value)
        except (ValueError, OverflowError):
            message = _("{value} is not a date; write 2026-11-30, 30.11.2026, 2026-11 or 2026")
            raise click.BadParameter(message.format(value=value), param=parameter) from None

    return convert


since = click.option(
    "--from",
    "since",
    callback=_moment(start_of),
    metavar="DATE",
    help="The first day, month or year.",
)
until = click.option(
    "--to", "until", callback=_moment(end_of), metavar="DATE", help="The last day, month or year."
)
by_person = click.option("--person", metavar="CODE", help="Only what this person did.")
no_names = click.option("--no-names", is_flag=True, help="Show codes instead of people's names.")
