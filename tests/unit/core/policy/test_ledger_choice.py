"""Copies of a lost ledger: what other storages saw of one, and which belong to another ledger."""

from __future__ import annotations

import pytest

from preserva.core.formats.storage_identity import LedgerMark
from preserva.core.policy.ledger_choice import Chain, of_other_ledgers, vouched

TIME = "2026-12-01T00:00:00+00:00"


def chain(storage: str, digests: str, *ledgers: str) -> Chain:
    """A copy whose entries have these one-letter digests."""
    return Chain(storage, list(digests), frozenset(ledgers))


def mark(entry: int, digest: str, ledger: str = "L") -> LedgerMark:
    """What a storage saw."""
    return LedgerMark(ledger, entry, digest, TIME)


OURS = chain("copy", "abcd", "L")


@pytest.mark.parametrize(
    ("others", "marks", "seen"),
    [
        ([], {}, None),
        ([OURS], {"copy": mark(4, "d")}, None),  # what it says of itself counts for nothing
        ([chain("x", "ab")], {}, 2),
        ([chain("x", "abcdef")], {}, 4),
        ([chain("x", "axyzef")], {}, 0),
        ([], {"main": mark(3, "c")}, 3),
        ([], {"main": mark(3, "x")}, 0),
        ([], {"main": mark(9, "x")}, 4),  # it saw what came after
        ([], {"main": mark(9, "x", "M")}, 0),
        ([chain("x", "ab")], {"main": mark(3, "c")}, 3),
    ],
)
def test_what_other_storages_saw_of_a_copy(
    others: list[Chain], marks: dict[str, LedgerMark], seen: int | None
) -> None:
    assert vouched(OURS, others, marks) == seen


@pytest.mark.parametrize(
    ("marks", "copy", "source", "strange"),
    [
        ({}, OURS, None, set()),
        ({"main": "L", "copy": "L"}, OURS, None, set()),
        ({"main": "M", "copy": "M"}, OURS, None, set()),  # begun after the copy was made
        ({"main": "M", "copy": "L"}, OURS, None, {"main"}),
        ({"main": "M", "copy": "L"}, chain("copy", "ab", "L", "M"), None, set()),
        ({"main": "M", "copy": "L"}, None, None, {"copy"}),
        ({"main": "M", "copy": "L"}, None, "copy", {"main"}),
        ({"main": "M", "copy": "L"}, None, "main", {"copy"}),
        ({"main": "M", "copy": "L"}, None, "bare", {"main", "copy"}),
    ],
)
def test_which_storages_belong_to_another_ledger(
    marks: dict[str, str], copy: Chain | None, source: str | None, strange: set[str]
) -> None:
    seen = {name: mark(1, "a", ledger) for name, ledger in marks.items()}
    assert of_other_ledgers(seen, copy, source) == strange
