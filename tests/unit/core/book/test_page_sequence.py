"""The order of pages: the fewest moves that make it."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.book.page_sequence import PageOrder, ascending, moves


@given(st.permutations(range(1, 13)))
def test_moves_make_the_order(numbers: list[int]) -> None:
    """And move no page that can stay where it is."""
    order = PageOrder.of(len(numbers))
    made = moves(numbers)
    for page, to in made:
        order = order.with_move(page, to)
    assert list(order.before) == numbers
    assert order.moved == set(numbers) - ascending(numbers)
    assert len(made) == len(order.moved)


@pytest.mark.parametrize("numbers", list(permutations(range(1, 6)))[::7])
def test_as_many_as_possible_stay(numbers: tuple[int, ...]) -> None:
    longest = max(
        count
        for count in range(1, 6)
        for some in combinations(numbers, count)
        if list(some) == sorted(some)
    )
    kept = [number for number in numbers if number in ascending(numbers)]
    assert (kept, len(kept)) == (sorted(kept), longest)


def test_no_pages_have_no_order() -> None:
    assert (ascending([]), moves([]), moves([1, 2, 3])) == (frozenset(), [], [])
