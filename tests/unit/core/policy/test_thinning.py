"""Backups are thinned by a rule that never leaves a gap greater than it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from preserva.core.policy.thinning import kept_backups

NOW = datetime(2027, 6, 16, 2, tzinfo=UTC)


def test_three_years_of_nights() -> None:
    """Seven days, five weeks, twelve months, and the last night of each year."""
    nights = [NOW - timedelta(days=day) for day in range(3 * 365)]
    kept = kept_backups(nights, NOW)
    days = sorted({(NOW - time).days for time in kept})
    assert days[:7] == list(range(7))
    assert len(kept) == 7 + 4 + 12 + 2
    assert {datetime(2024, 12, 31, 2, tzinfo=UTC), datetime(2025, 12, 31, 2, tzinfo=UTC)} <= kept


@given(st.lists(st.integers(-10_000, 10_000_000), unique=True))
def test_what_is_kept_night_after_night_is_what_is_kept_at_once(minutes: list[int]) -> None:
    """The newest is always kept, also one that is dated in the future; nothing is invented."""
    times = [NOW - timedelta(minutes=minute) for minute in minutes]
    kept = kept_backups(times, NOW)
    assert kept <= set(times)
    assert kept_backups(kept, NOW) == kept
    assert {time for time in times if time > NOW - timedelta(days=7)} <= kept
    assert {time.year for time in kept} == {time.year for time in times}
    later = NOW + timedelta(days=40)
    assert kept_backups(kept, later) == kept_backups(times, later)
