"""The one loop that tries again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from preserva.retry import retry


def failing(times: int, error: Exception) -> tuple[list[int], Callable[[], str]]:
    """A call that fails so many times, and the numbers of its calls."""
    calls: list[int] = []

    def act() -> str:
        calls.append(len(calls) + 1)
        if len(calls) <= times:
            raise error
        return "done"

    return calls, act


@pytest.mark.parametrize(("times", "slept"), [(0, []), (1, [10.0]), (2, [10.0, 20.0])])
def test_what_succeeds_in_time_is_returned(times: int, slept: list[float]) -> None:
    waited: list[float] = []
    calls, act = failing(times, KeyError())
    done = retry(
        act,
        KeyError,
        attempts=3,
        delay=lambda failed, _error: failed * 10.0,
        sleep=waited.append,
    )
    assert (done, len(calls), waited) == ("done", times + 1, slept)


@pytest.mark.parametrize(
    ("error", "attempts", "delay", "made"),
    [
        (KeyError(), 3, 1.0, 3),  # the last error is raised
        (KeyError(), 3, None, 1),  # pointless
        (ValueError(), 3, 1.0, 1),  # another kind of error
        (KeyError(), 1, 1.0, 1),
    ],
)
def test_what_fails_in_the_end_is_raised(
    error: Exception, attempts: int, delay: float | None, made: int
) -> None:
    waited: list[float] = []
    calls, act = failing(99, error)
    with pytest.raises(type(error)):
        retry(
            act,
            KeyError,
            attempts=attempts,
            delay=lambda _failed, _error: delay,
            sleep=waited.append,
        )
    assert (len(calls), waited) == (made, [1.0] * (made - 1))
