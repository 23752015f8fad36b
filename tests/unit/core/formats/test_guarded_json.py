"""JSON of others: what programs write is read, what was made to hurt costs next to nothing."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.formats import inventory
from preserva.core.formats.guarded_json import DEEPEST, JSONError, read_json

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_what_programs_write_is_read(value: object, ascii_: bool, indent: int | None) -> None:
    """Every value, in both spellings of what is not ASCII; brackets and quotes in strings too."""
    text = json.dumps(value, ensure_ascii=ascii_, indent=indent)
    assert read_json(text) == value
    assert read_json(text.encode()) == value


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 60_000,
        b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b"[NaN]",
        b"[-Infinity]",
        b"[1e999]",
        b"[" + b"9" * 5_000 + b"]",
        b"[0." + b"9" * 5_000 + b"]",
        b'{"a": 1, "a": 2}',
        rb'["\ud800"]',
        rb'["\udc00\ud800"]',
        rb'{"\ud83d": 1}',
        b'["\xff"]',
        b'["\xed\xa0\x80"]',
        "\ufeff[]".encode(),
        b"",
        b"[1,]",
        b'"',
        b'"\\',
        b"[[]}",
    ],
)
def test_what_is_no_json_of_anybodys_program_is_refused(data: bytes) -> None:
    """With the one exception that callers expect."""
    with pytest.raises(JSONError):
        read_json(data)


@pytest.mark.parametrize(
    "text", [r'["\ud83d\ude00"]', r'["\\ud800"]', r'["[[[[{{{{\"[[["]', "[" * 32 + "]" * 32]
)
def test_what_only_looks_bad_is_read(text: str) -> None:
    """A whole surrogate pair, an escaped backslash, brackets in strings."""
    assert read_json(text) == json.loads(text)


@pytest.mark.parametrize(
    "data",
    [
        b"[" + b"[]," * 3_000_000 + b"[]]",
        b"[" + b"{}," * 3_000_000 + b"{}]",
        b"[" + b"1," * 4_000_000 + b"1]",
        b"{" + b",".join(b'"%06d":0' % number for number in range(900_000)) + b"}",
        b'["' + b'","' * 3_000_000 + b'"]',
        b"[" * 9_000_000,
        b'"' * 9_000_000,
        b'["' + b"\\n" * 4_500_000 + b'"]',
        b'["' + b'\\"' * 4_500_000 + b'"]',
    ],
    ids=[
        "lists",
        "objects",
        "numbers",
        "members",
        "strings",
        "depth",
        "quotes",
        "lines",
        "escapes",
    ],
)
def test_memory_is_in_proportion(data: bytes) -> None:
    """To what a real inventory of that size takes: some bytes for each of its bytes."""
    tracemalloc.start()
    with pytest.raises(inventory.InventoryError):
        inventory.parse(data)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5 * len(data)


def test_a_key_that_stands_twice_can_be_told() -> None:
    """Once for each key, and the last value counts."""
    told: list[str] = []
    text = '{"b": 1, "a": 1, "b": 2, "a": 3, "b": 4}'
    assert read_json(text, repeated=told.append) == {"b": 4, "a": 3}
    assert told == ["a", "b"]


@pytest.mark.parametrize(
    "time",
    ["9999-99-99T99:99:99Z", "2026-02-30T10:00:00Z", "2026-01-01T24:00:00Z", "٢٠٢٦-01-01T10:00:00Z",
     "2026-01-01T10:00:00+25:00", "2026-01-01T10:00:00+01:60", "2026-01-01T10:00:61Z"],
)  # fmt: skip
def test_times_that_there_are_not_are_findings(time: str) -> None:
    """In an inventory that is sound but for it."""
    assert [problem[:4] for problem in _problems(time)] == ["E049"]


@pytest.mark.parametrize(
    "time",
    ["2026-01-01T10:00:00Z", "2026-01-01t10:00:00.123456789z", "2026-01-01T10:00:00-23:59",
     "2016-12-31T23:59:60Z"],
)  # fmt: skip
def test_times_of_rfc_3339_are_read(time: str) -> None:
    """Leap seconds and long fractions too."""
    assert _problems(time) == []


def _problems(time: str) -> list[str]:
    digest = "ab" * 64
    document = {
        "id": "urn:x:1",
        "type": inventory.TYPE,
        "digestAlgorithm": "sha512",
        "head": "v1",
        "manifest": {digest: ["v1/content/a"]},
        "versions": {"v1": {"created": time, "state": {digest: ["a"]}}},
    }
    try:
        inventory.parse(json.dumps(document).encode())
    except inventory.InventoryError as error:
        return error.problems
    return []
