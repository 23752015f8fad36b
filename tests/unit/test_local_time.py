"""Times as people read and write them, in the zone where they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from preserva.local_time import end_of, local_date, local_time, start_of


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blagoveshchensk: nine hours before Greenwich."""
    monkeypatch.setenv("TZ", "Asia/Yakutsk")
    time.tzset()
    yield
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


NIGHT = datetime(2026, 11, 30, 18, 5, 59, tzinfo=UTC)


def test_a_time_is_shown_with_its_zone(far_east: None) -> None:
    assert local_time(NIGHT) == "2026-12-01 03:05 +09:00"
    assert local_time("2026-11-30T18:05:59+00:00") == "2026-12-01 03:05 +09:00"
    assert local_date(NIGHT) == "2026-12-01"


def test_greenwich_is_called_utc() -> None:
    assert local_time(NIGHT) == "2026-11-30 18:05 UTC"
    assert local_date("2026-11-30T18:05:59+00:00") == "2026-11-30"


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026-11-30", datetime(2026, 11, 29, 15), datetime(2026, 11, 30, 15)),
        ("30.11.2026", datetime(2026, 11, 29, 15), datetime(2026, 11, 30, 15)),
        ("1.1.2026", datetime(2025, 12, 31, 15), datetime(2026, 1, 1, 15)),
        ("2026-11", datetime(2026, 10, 31, 15), datetime(2026, 11, 30, 15)),
        ("2026-12", datetime(2026, 11, 30, 15), datetime(2026, 12, 31, 15)),
        ("2024-02", datetime(2024, 1, 31, 15), datetime(2024, 2, 29, 15)),
        ("2026", datetime(2025, 12, 31, 15), datetime(2026, 12, 31, 15)),
    ],
)
def test_a_period_begins_and_ends_here(
    far_east: None, text: str, first: datetime, after: datetime
) -> None:
    assert start_of(text) == first.replace(tzinfo=UTC)
    assert end_of(text) == after.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "november", "2026-13", "2026-02-30", "31.02.2026", "2026-1", "٢٠٢٦"]
)
def test_other_words_are_no_date(text: str) -> None:
    with pytest.raises(ValueError):
        start_of(text)
