"""Times as people read them: those of the place where they are. Data keeps UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def local_time(time: datetime | str, *, seconds: bool = False) -> str:
    """A time in the zone of this computer, or of TZ: 2026-11-30 22:35 (+09:00).

    A text is ISO 8601 with its zone, as the ledger has it.
    """
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    local = moment.astimezone()
    shown = local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    offset = local.isoformat()[-6:]
    return f"{shown} ({'UTC' if local.utcoffset() == UTC.utcoffset(None) else offset})"


def local_date(time: datetime | str) -> str:
    """The day of a time in the zone of this computer, or of TZ: 2026-11-30."""
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    return moment.astimezone().date().isoformat()
