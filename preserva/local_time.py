"""Times as people read and write them: those of the place where they are. Data keeps UTC.

The place is that of this computer, or what TZ says.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from preserva.i18n import _, joined, pgettext

_MONTHS = 12
_ROUND = 100
"""Seconds, or minutes, from which on the next greater unit says enough."""
_PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_DAY = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII)


def local_time(when: datetime | str) -> str:
    """A time here, with its zone: 2026-11-30 22:35 +09:00. A text is ISO 8601, as data has it."""
    here = _moment(when).astimezone()
    zone = here.replace(microsecond=0).isoformat()[-6:]
    return joined(" ", [local_date(when), f"{here:%H:%M}", "UTC" if zone == "+00:00" else zone])


def local_date(when: datetime | str) -> str:
    """The day of a time here, as the reader writes it: 2026-11-30, 30.11.2026."""
    here = _moment(when).astimezone()
    form = pgettext("date", "{year}-{month}-{day}")
    return form.format(year=f"{here:%Y}", month=f"{here:%m}", day=f"{here:%d}")


def duration(seconds: int) -> str:
    """How long something takes, in round numbers: 40 s, 12 min, 3 h."""
    if seconds < _ROUND:
        return _("{count} s").format(count=max(1, seconds))
    if seconds < _ROUND * 60:
        return _("{count} min").format(count=round(seconds / 60))
    return _("{count} h").format(count=round(seconds / 3600))


def start_of(text: str) -> datetime:
    """When a day, a month or a year begins here: 2026-11-30, 30.11.2026, 2026-11, 2026.

    Raises ValueError for any other text.
    """
    return _midnight(_days(text)[0])


def end_of(text: str) -> datetime:
    """When it is over: the moment at which the next one begins. Raises ValueError."""
    return _midnight(_days(text)[1])


def _days(text: str) -> tuple[date, date]:
    """The first day of a period, and the first one after it."""
    if match := _DAY.fullmatch(text):
        day, month, year = map(int, match.groups())
        first = date(year, month, day)
        return first, first + timedelta(days=1)
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = (int(part) if part else 0 for part in match.groups())
    if day:
        first = date(year, month, day)
        return first, first + timedelta(days=1)
    if month:
        later = date(year + month // _MONTHS, month % _MONTHS + 1, 1)
        return date(year, month, 1), later
    return date(year, 1, 1), date(year + 1, 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()


def _moment(when: datetime | str) -> datetime:
    return datetime.fromisoformat(when) if isinstance(when, str) else when
