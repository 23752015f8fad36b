"""Whose testimony counts, and which copy of a ledger proves what of another."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.policy.ledger_choice import Anchor, Chain, contradictions
from preserva.core.policy.testimony import Commitment, Custody, weigh
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, END, EVENT_FOUND, FIXITY_CHECK, REPLICATION
from preserva.core.values.model import PackageId

CUSTODY = Custody("aonb", {"from-nlb": "nlb", "from-kp": "kp", "unsaid": None})
OURS, THEIRS, THIRD = (PackageId(name, "1") for name in ("aonb", "nlb", "kp"))
STORAGES = ("main", "replica", "from-nlb", "from-kp", "unsaid")


def test_only_what_we_recorded_ourselves_commits() -> None:
    """Every type of entry on every package in every storage: no others than these count."""
    types = (END, ACCESSION, REPLICATION, EVENT_FOUND, FIXITY_CHECK)
    counted = {
        (type_, package.institution, storage)
        for type_ in types
        for package in (OURS, THEIRS, THIRD)
        for storage in STORAGES
        if CUSTODY.commits(type_, package, storage)
    }
    assert counted == {
        (END, "aonb", "main"),
        (END, "aonb", "replica"),
        (ACCESSION, "nlb", "from-nlb"),
        (ACCESSION, "kp", "from-kp"),
    }


def test_a_package_belongs_where_its_institution_is_kept() -> None:
    places = {
        package.institution: [name for name in STORAGES if CUSTODY.belongs(package, name)]
        for package in (OURS, THEIRS, THIRD)
    }
    assert places == {"aonb": ["main", "replica"], "nlb": ["from-nlb"], "kp": ["from-kp"]}
    assert CUSTODY.intruder(OURS, "from-nlb") is Code.OURS_IN_HELD
    assert CUSTODY.intruder(THIRD, "from-nlb") is Code.HELD_FOR_ANOTHER
    assert CUSTODY.intruder(THEIRS, "replica") is Code.NOT_PUT_HERE


def test_a_storage_said_to_be_held_for_ourselves_holds_nothing_of_ours() -> None:
    custody = Custody("aonb", {"wrong": "aonb"})
    assert not custody.belongs(OURS, "wrong")
    assert not custody.commits(END, OURS, "wrong") and not custody.commits(ACCESSION, OURS, "wrong")


@given(st.lists(st.tuples(st.sampled_from(["v1", "v2", "v3"]), st.sampled_from("abc"))))
def test_the_first_statement_stays_whatever_comes_later(said: list[tuple[str, str]]) -> None:
    statements = [Commitment(number, *one) for number, one in enumerate(said, 1)]
    testimony = weigh(statements)
    for version, first in testimony.first.items():
        assert first.entry == min(one.entry for one in statements if one.version == version)
    others = [one for one in statements if testimony.first[one.version].inventory != one.inventory]
    assert testimony.contradictions == others


def chain(storage: str, entries: str) -> Chain:
    """A chain whose entries are letters; each digest covers all before it."""
    digests = [
        hashlib.sha256(entries[:end].encode()).hexdigest() for end in range(1, len(entries) + 1)
    ]
    return Chain(storage, digests)


@given(st.text("ab", min_size=1, max_size=9), st.text("ab", min_size=1, max_size=9))
def test_chains_contradict_each_other_unless_one_goes_on_from_the_other(
    one: str, other: str
) -> None:
    named = [
        (first.storage, second.storage, number)
        for first, second, number in contradictions([chain("x", one), chain("y", other)])
    ]
    if one.startswith(other) or other.startswith(one):
        assert named == []
    else:
        differing = next(i for i, (a, b) in enumerate(zip(one, other, strict=False), 1) if a != b)
        assert named == [("x", "y", differing)]


def test_an_anchor_is_a_digest_and_perhaps_its_place() -> None:
    kept = chain("x", "abcab")
    digest = kept.digests[2]
    assert kept.place(Anchor.parse(digest.upper())) == 3
    assert kept.place(Anchor.parse(f"3:{digest}")) == 3
    assert kept.place(Anchor.parse(f"4:{digest}")) is None
    assert kept.place(Anchor.parse("0" * 64)) is None
    for text in (
        "",
        "3",
        "3:",
        digest[:-1],
        f"0:{digest}",
        f"-1:{digest}",
        f"{digest}\n1",
        "٣" * 64,
    ):
        with pytest.raises(ValueError, match="neither DIGEST"):
            Anchor.parse(text)
