"""What an audit chooses of a ledger, and what it foresees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.config import load
from preserva.core.policy.audit import Lane, Reason, Window, Workload, forecast, windows
from preserva.core.values.entries import END, FAIL, FIXITY_CHECK, SUCCESS, UNKNOWN
from preserva.core.values.facts import Check
from preserva.fixity.audit_schedule import due_copies, foresee, lanes_of
from preserva.ledger import Ledger

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
INTERVAL = 90 * DAY
MAIN = Lane("main", INTERVAL)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = Ledger(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()


def add(
    ledger: Ledger, name: str, *days_ago: float, storage: str = "main", outcome: str = SUCCESS
) -> None:
    """A copy, read so many days ago; the last time with an outcome."""
    package = f"urn:preserva:aonb:{name}"
    arrived = (NOW - 1000 * DAY).isoformat()
    ledger.append(END, time=arrived, outcome=SUCCESS, package=package, storage=storage)
    for number, ago in enumerate(days_ago, 1):
        ledger.append(
            FIXITY_CHECK,
            time=(NOW - ago * DAY).isoformat(),
            outcome=outcome if number == len(days_ago) else SUCCESS,
            package=package,
            storage=storage,
            facts=Check(size=10),
        )


def chosen(
    ledger: Ledger, *lanes: Lane, now: datetime = NOW, moved: tuple[str, ...] = ()
) -> list[tuple[str, Reason]]:
    """The packages to be read, in order, and why."""
    found = due_copies(ledger, list(lanes), now=now, moved=frozenset(moved))
    return [(one.copy.package.rpartition(":")[2], one.reason) for one in found]


def test_never_checked_comes_before_late_and_late_before_soon(ledger: Ledger) -> None:
    """Then what happened to a storage; what is far from its deadline is not read."""
    add(ledger, "fresh", 3)
    add(ledger, "moved", 3, storage="other")
    add(ledger, "soon", 82)
    add(ledger, "late", 400)
    add(ledger, "new")
    found = chosen(ledger, MAIN, Lane("other", INTERVAL), moved=("other",))
    assert [one for one in found if one[1] is not Reason.EARLY] == [
        ("new", Reason.NEVER),
        ("late", Reason.DUE),
        ("soon", Reason.DUE),
        ("moved", Reason.EVENT),
    ]


def test_only_the_newest_check_that_came_to_an_end_counts(ledger: Ledger) -> None:
    """And what could not be read waits behind the others: a failing disk takes no budget away."""
    add(ledger, "damaged", 200, 100, outcome=FAIL)
    add(ledger, "failing", 400, 1, outcome=UNKNOWN)
    add(ledger, "never read", 1, outcome=UNKNOWN)
    add(ledger, "soon", 400, 85)
    assert chosen(ledger, MAIN) == [
        ("damaged", Reason.DUE),
        ("soon", Reason.DUE),
        ("never read", Reason.NEVER),
        ("failing", Reason.DUE),
    ]
    (first, *_others) = due_copies(ledger, [MAIN], now=NOW)
    assert first.deadline == NOW - 10 * DAY


def test_what_is_read_meanwhile_is_not_read_again(ledger: Ledger) -> None:
    """Not even what could not be read, and not across the pages in which copies come."""
    names = [f"book{number:04}" for number in range(1100)]
    for name in names:
        add(ledger, name)
    seen = []
    for one in due_copies(ledger, [MAIN], now=NOW):
        seen.append(one.copy.package.rpartition(":")[2])
        ledger.append(
            FIXITY_CHECK,
            time=NOW.isoformat(),
            outcome=UNKNOWN if len(seen) % 2 else SUCCESS,
            package=one.copy.package,
            storage="main",
            facts=Check(size=1),
        )
    assert seen == names


def test_a_check_in_the_future_proves_nothing(ledger: Ledger) -> None:
    """The clock was wrong then or is wrong now."""
    add(ledger, "book", -30)
    (due,) = due_copies(ledger, [MAIN], now=NOW)
    assert (due.reason, due.deadline) == (Reason.DUE, NOW)
    assert foresee(ledger, [MAIN], now=NOW, capacity=None).overdue == 1


def test_a_small_share_is_read_early_and_another_one_each_day(ledger: Ledger) -> None:
    """One in a hundred; the same within a day."""
    for number in range(1000):
        add(ledger, f"book{number}", 3)
    days = [chosen(ledger, MAIN, now=NOW + day * DAY) for day in range(3)]
    assert [len(one) for one in days] == [10, 10, 10]
    assert all(reason is Reason.EARLY for one in days for _name, reason in one)
    assert days[0] != days[1] != days[2]
    assert days[0] == chosen(ledger, MAIN, now=NOW + DAY / 2)


@given(hours=st.integers(-9600, 9600), days=st.integers(1, 400), moved=st.booleans())
def test_every_copy_is_in_one_window(hours: int, days: int, moved: bool) -> None:
    """So none is read twice for two reasons, and none is forgotten.

    It is due a tenth of its interval early, and not later than the run of the night before its end.
    """
    tenths_early = min(max(days * 24, 300), days * 240 - 10)
    checked = NOW - timedelta(hours=hours)
    found = [
        reason
        for reason, window in windows(Lane("main", days * DAY), NOW, moved=moved)
        if window != Window()
        and (window.after is None or checked > window.after)
        and (window.until is None or checked <= window.until)
    ]
    assert len(found) == 1
    assert (found == [Reason.DUE]) == (hours < 0 or hours * 10 >= days * 240 - tenths_early)


def test_the_shortest_interval_holds_for_a_copy(tmp_path: Path, ledger: Ledger) -> None:
    """The storage's own, or that of a class of packages."""
    path = tmp_path / "preserva.toml"
    path.write_text(
        """
        [archive]
        institution = "aonb"
        [institutions.aonb]
        name.en = "A"
        name.ru = "А"
        name.be = "А"
        country = "RU"
        [storages.main]
        institution = "aonb"
        url = "main"
        role = "primary"
        [storages.tape]
        institution = "aonb"
        url = "tape"
        role = "replica"
        audit_interval_days = 20
        [classes.manuscripts]
        packages = "aonb-ms-*"
        audit_interval_days = 30
        [classes.oldest]
        packages = "*-1?"
        audit_interval_days = 10
        """,
        "utf-8",
    )
    for name in ("ms-1", "ms-2", "kp-1", "12"):
        for storage in ("main", "tape"):
            add(ledger, name, 25, storage=storage)
    lanes = lanes_of(load(path), ())
    found = due_copies(ledger, lanes, now=NOW)
    ends = {(one.copy.package[18:], one.copy.storage): one.deadline for one in found}
    late, soon, later = NOW - 15 * DAY, NOW - 5 * DAY, NOW + 5 * DAY
    assert ends == {
        ("12", "main"): late,
        ("12", "tape"): late,
        ("kp-1", "tape"): soon,
        ("ms-1", "tape"): soon,
        ("ms-2", "tape"): soon,
    }
    ends = {
        (one.copy.package[18:], one.copy.storage): one.deadline
        for one in due_copies(ledger, lanes, now=NOW + 2 * DAY)
    }
    assert {ends["ms-1", "main"], ends["ms-2", "main"]} == {later}
    assert ("kp-1", "main") not in ends


def work(*parts: tuple[float | None, int]) -> list[tuple[timedelta, Workload]]:
    """Copies that were checked so many days ago, each of a size."""
    return [
        (
            INTERVAL,
            Workload(
                None if ago is None else NOW - ago * DAY, 1, 0 if ago is None else size, ago is None
            ),
        )
        for ago, size in parts
    ]


def test_the_forecast_names_the_day_and_what_would_be_enough() -> None:
    """Ten copies of 90 bytes that end on the 30th day: 30 bytes a day, not 20."""
    copies = work(*[(60, 90)] * 10)
    enough = forecast(copies, now=NOW, capacity=30)
    assert (enough.needed, enough.overdue, enough.missed_from) == (30, 0, None)
    short = forecast(copies, now=NOW, capacity=20)
    assert (short.needed, short.missed_from) == (30, NOW + 30 * DAY)
    assert forecast(copies, now=NOW, capacity=None).missed_from is None
    assert forecast(work((91, 10)), now=NOW, capacity=1).overdue == 1


def test_the_forecast_of_a_ledger_counts_what_it_holds(ledger: Ledger) -> None:
    """Late copies, and those of a size that nobody knows yet, which is taken for the mean."""
    for number, ago in enumerate((91, 90.5, 89.9, 30, 30.1)):
        add(ledger, f"book{number}", ago)
    add(ledger, "new")
    add(ledger, "elsewhere", 400, storage="other")
    found = foresee(ledger, [MAIN], now=NOW, capacity=1000)
    assert (found.overdue, found.missed_from) == (2, None)
    assert found.needed == 10  # one is due within a tenth of a day: the work of today


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
    parts = [
        (interval, Workload(None if ago is None else NOW - ago * DAY, 1, size, unknown=0))
        for size, ago in given
    ]
    said = forecast(parts, now=NOW, capacity=None)
    assert forecast(parts, now=NOW, capacity=said.needed).missed_from is None
    copies = [(part.checked, part.size) for _interval, part in parts]
    funds = 0
    for day in range(365):
        now = NOW + day * DAY
        funds += said.needed
        for place in sorted(range(len(copies)), key=lambda n: copies[n][0] or NOW - interval):
            size = copies[place][1]
            if size > funds:
                break
            funds -= size
            copies[place] = (now, size)
        for checked, _size in copies:
            begun = max(checked or NOW, NOW - interval)
            assert now - begun <= interval + DAY or now < NOW + interval


def test_what_is_due_within_the_hour_is_the_work_of_a_day() -> None:
    """A deadline in some seconds does not ask for terabytes a day."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    interval = timedelta(days=90)
    checked = now - interval + timedelta(seconds=2)
    part = Workload(checked=checked, copies=2, size=10_000, unknown=0)
    assert forecast([(interval, part)], now=now, capacity=None).needed == 10_000
