"""The two files at the top of a storage: read strictly, written so that they are read again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.formats.storage_identity import (
    LedgerMark,
    NewerFormatError,
    StatedIdentity,
    parse_identity,
    parse_mark,
    serialise_mark,
    with_id,
)

OLD = {"storage": "s", "institution": "i", "format": 1, "name": "Минск"}
MARK = {"format": 1, "ledger": "l", "entry": 1, "digest": "0" * 64, "time": "t"}


def test_an_identity_of_either_format_is_read() -> None:
    old = json.dumps(OLD).encode()
    assert parse_identity(old) == StatedIdentity("s", "i", None)
    newer = with_id(old, "x")
    assert parse_identity(newer) == StatedIdentity("s", "i", "x")
    assert json.loads(newer) == {**OLD, "format": 2, "id": "x"}


@given(
    st.text(min_size=1),
    st.integers(1, 2**53 - 1),
    st.binary(min_size=32, max_size=32),
    st.text(min_size=1),
)
def test_a_mark_is_read_as_it_was_written(
    ledger: str, entry: int, digest: bytes, time: str
) -> None:
    mark = LedgerMark(ledger, entry, digest.hex(), time)
    assert parse_mark(serialise_mark(mark)) == mark


@pytest.mark.parametrize(
    ("parse", "whole"),
    [(parse_identity, {**OLD, "format": 99}), (parse_mark, {**MARK, "format": 99})],
)
def test_a_newer_format_is_told_from_damage(parse: object, whole: dict[str, object]) -> None:
    assert callable(parse)
    with pytest.raises(NewerFormatError) as newer:
        parse(json.dumps(whole).encode())
    assert newer.value.number == 99


@pytest.mark.parametrize(
    "change",
    [
        {"entry": 0}, {"entry": True}, {"entry": "1"}, {"entry": None}, {"digest": "0" * 63},
        {"digest": "G" * 64}, {"digest": 7}, {"ledger": ""}, {"ledger": None}, {"time": 3},
        {"format": "1"}, {"format": 0}, {"format": True},
    ],
    ids=str,
)  # fmt: skip
def test_a_mark_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_mark(json.dumps({**MARK, **change}).encode())
    assert not isinstance(refused.value, NewerFormatError)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[]", b"7", b"[" * 60_000, b'{"storage": "s"}', b'{"storage": 7}']
)
def test_what_is_no_identity_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_identity(data)
