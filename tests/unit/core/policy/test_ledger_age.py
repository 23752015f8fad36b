"""How a ledger stands to what a storage has seen, over every history of two ledgers."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.formats.storage_identity import LedgerMark
from preserva.core.policy.ledger_age import Standing, standing


def chain(entries: list[str]) -> list[str]:
    """The digest of each entry, over it and all before."""
    digests, before = [], ""
    for entry in entries:
        before = hashlib.sha256(f"{before}{entry}".encode()).hexdigest()
        digests.append(before)
    return digests


def judged(mark: LedgerMark, digests: list[str], ledger: str | None, former: set[str]) -> Standing:
    there = digests[mark.entry - 1] if mark.entry <= len(digests) else None
    return standing(mark, size=len(digests), digest=there, ledger=ledger, former=former)


ENTRIES = st.lists(st.sampled_from("abc"), max_size=6)


@given(common=ENTRIES, seen=ENTRIES, own=ENTRIES, same=st.booleans())
def test_only_a_ledger_that_goes_on_from_what_was_seen_is_current(
    common: list[str], seen: list[str], own: list[str], *, same: bool
) -> None:
    theirs, ours = chain([*common, *seen]), chain([*common, *own])
    if not theirs:
        return
    mark = LedgerMark("ledger" if same else "other", len(theirs), theirs[-1], "")
    verdict = judged(mark, ours, "ledger", set())
    if ours[: len(theirs)] == theirs:
        assert verdict is Standing.CURRENT
    elif not same:
        assert verdict is Standing.OTHER
    else:
        assert verdict is (Standing.OLDER if len(theirs) > len(ours) else Standing.FORKED)


@pytest.mark.parametrize("entry", [1, 9])
def test_what_a_replaced_ledger_wrote_binds_nobody(entry: int) -> None:
    mark = LedgerMark("lost", entry, "0" * 64, "")
    assert judged(mark, chain(["a", "b"]), "new", {"lost"}) is Standing.CURRENT
    assert judged(mark, chain(["a", "b"]), "new", set()) is Standing.OTHER


def test_a_ledger_from_before_there_were_ids_is_judged_by_its_entries() -> None:
    digests = chain(["a", "b", "c"])
    assert judged(LedgerMark("x", 2, digests[1], ""), digests, None, set()) is Standing.CURRENT
    assert judged(LedgerMark("x", 4, "0" * 64, ""), digests, None, set()) is Standing.OLDER
    assert judged(LedgerMark("x", 3, "0" * 64, ""), digests, None, set()) is Standing.FORKED
