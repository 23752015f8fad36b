"""What an audit chooses, and what it foresees: pure arithmetic."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.core.audit import Checkable, Reason, forecast, plan

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
INTERVAL = 90 * DAY


def copy(name: str, days_ago: float | None, *, storage: str = "main", size: int = 10) -> Checkable:
    """A copy that was checked so many days ago."""
    checked = None if days_ago is None else NOW - days_ago * DAY
    return Checkable(name, storage, INTERVAL, checked, None if checked is None else size)


def test_never_checked_comes_before_late_and_late_before_soon() -> None:
    """Then what happened to a storage; what is far from its deadline is not read."""
    copies = [
        copy("fresh", 3),
        copy("moved", 3, storage="other"),
        copy("soon", 82),
        copy("late", 400),
        copy("new", None),
    ]
    due = plan(copies, now=NOW, moved=frozenset({"other"}))
    assert [(one.copy.package, one.reason) for one in due] == [
        ("new", Reason.NEVER),
        ("late", Reason.DUE),
        ("soon", Reason.DUE),
        ("moved", Reason.EVENT),
    ]


def test_what_could_not_be_read_waits_behind_the_others() -> None:
    """It is tried again, but a failing disk does not use up the budget."""
    copies = [replace(copy("failing", None), unread=True), copy("soon", 85)]
    due = plan(copies, now=NOW)
    assert [one.copy.package for one in due] == ["soon", "failing"]


def test_a_check_in_the_future_proves_nothing() -> None:
    """The clock was wrong then or is wrong now."""
    (due,) = plan([copy("book", -30)], now=NOW)
    assert (due.reason, due.deadline) == (Reason.DUE, NOW)


def test_a_small_share_is_read_early_and_another_one_each_day() -> None:
    """About one in a hundred; the same within a day."""
    copies = [copy(f"book{number}", 3) for number in range(5000)]
    days = [plan(copies, now=NOW + day * DAY) for day in range(3)]
    assert all(20 < len(one) < 90 for one in days)
    assert all(due.reason is Reason.EARLY for one in days for due in one)
    assert days[0] != days[1] != days[2]
    assert days[0] == plan(copies, now=NOW + DAY / 2)


def test_the_forecast_names_the_day_and_what_would_be_enough() -> None:
    """Ten copies of 90 bytes that end on the 30th day: 30 bytes a day, not 20."""
    copies = [copy(f"book{number}", 60, size=90) for number in range(10)]
    enough = forecast(copies, now=NOW, capacity=30)
    assert (enough.needed, enough.overdue, enough.missed_from) == (30, 0, None)
    short = forecast(copies, now=NOW, capacity=20)
    assert (short.needed, short.missed_from) == (30, NOW + 30 * DAY)
    assert forecast(copies, now=NOW, capacity=None).missed_from is None
    assert forecast([copy("late", 91)], now=NOW, capacity=1).overdue == 1


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.one_of(st.none(), st.integers(0, 29))),
        min_size=1,
        max_size=25,
    )
)
def test_what_is_called_needed_is_enough_through_a_year(
    given: list[tuple[int, int | None]],
) -> None:
    """A simulated year: with that capacity, kept as a debt, no deadline is missed by a day."""
    interval = 30 * DAY
    copies = {
        str(number): Checkable(
            str(number), "main", interval, None if ago is None else NOW - ago * DAY, size
        )
        for number, (size, ago) in enumerate(given)
    }
    said = forecast(list(copies.values()), now=NOW, capacity=None)
    told = forecast(list(copies.values()), now=NOW, capacity=said.needed)
    assert told.missed_from is None
    funds = 0
    for day in range(365):
        now = NOW + day * DAY
        funds += said.needed
        for due in sorted(copies.values(), key=lambda one: one.checked or NOW - interval):
            if due.size is None or due.size > funds:
                break
            funds -= due.size
            copies[due.package] = Checkable(due.package, "main", interval, now, due.size)
        for one in copies.values():
            begun = max(one.checked or NOW, NOW - interval)
            assert now - begun <= interval + DAY or now < NOW + interval
