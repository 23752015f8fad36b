"""The threads that read large files: what they owe, what they raise, how they end."""

from __future__ import annotations

import threading

import pytest

from preserva.files.threads import Threads
from tests.support.contents import left_over


def results_of(threads: Threads[int, int]) -> list[int]:
    results = list[int]()
    while threads.owes():
        results += threads.results(wait=True)
    return results


@pytest.mark.parametrize("count", [1, 3])
def test_everything_that_is_given_comes_back_once(count: int) -> None:
    threads = Threads[int, int](lambda number: number * number, count)
    for number in range(100):
        threads.give(number)
    assert sorted(results_of(threads)) == [number * number for number in range(100)]
    assert list(threads.results()) == []
    threads.close()


def test_there_is_room_until_enough_is_owed() -> None:
    go_on = threading.Event()
    threads = Threads[int, bool](lambda _number: go_on.wait(), 2)
    given = 0
    while threads.has_room():
        threads.give(given)
        given += 1
    assert given == 10
    go_on.set()
    while threads.owes():
        assert all(threads.results(wait=True))
    assert threads.has_room()
    threads.close()


def test_an_error_is_raised_where_results_are_taken() -> None:
    def fail(number: int) -> int:
        if number == 1:
            raise ValueError("one of them")
        return number

    before = left_over()
    threads = Threads[int, int](fail, 1)
    for number in range(3):
        threads.give(number)
    with pytest.raises(ValueError, match="one of them"):
        results_of(threads)
    assert results_of(threads) == [2]
    threads.close()
    assert left_over() == before


def test_closing_stops_what_is_at_work_and_drops_the_rest() -> None:
    begun, seen = threading.Event(), list[int]()

    def work(number: int) -> None:
        seen.append(number)
        begun.set()
        while True:
            threads.refuse_stopped()

    before = left_over()
    threads = Threads[int, None](work, 1)
    for number in range(3):
        threads.give(number)
    begun.wait()
    threads.close()
    assert seen == [0]
    assert left_over() == before


def test_no_thread_is_started_for_nothing() -> None:
    before = left_over()
    threads = Threads[int, int](lambda number: number, 4)
    assert left_over() == before
    threads.give(1)
    assert results_of(threads) == [1]
    assert left_over()[0] == [*before[0], "read"]
    threads.close()
    assert left_over() == before
