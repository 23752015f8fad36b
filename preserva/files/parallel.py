"""Parallel work in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_BATCH = 512

Item = TypeVar("Item")
Result = TypeVar("Result")


def bounded_map(
    work: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Iterator[Result]:
    """The results in the order of the items, which may be millions; few are in progress at once."""
    waiting = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        while batch := list(islice(waiting, _BATCH)):
            yield from pool.map(work, batch)
