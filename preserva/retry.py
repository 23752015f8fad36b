"""Trying again what may work the next time: the one loop of its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from preserva.logs import get_logger, redacted

_logger = get_logger(__name__)

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


def retry(
    act: Callable[[], T],
    on: type[E],
    *,
    attempts: int,
    delay: Callable[[int, E], float | None],
    sleep: Callable[[float], object],
) -> T:
    """What `act` returns, called up to `attempts` times while it raises `on`.

    `delay` gets the number of attempts that failed so far and the error of the last one. It
    returns the seconds to wait, or None if another attempt would be pointless. What the last
    attempt raises is raised.
    """
    for failed in range(1, attempts):
        try:
            return act()
        except on as error:
            seconds = delay(failed, error)
            if seconds is None:
                raise
            _logger.warning(
                "attempt %d failed, again in %.0f seconds: %s", failed, seconds, redacted(error)
            )
        sleep(seconds)
    return act()
