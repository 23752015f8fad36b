"""Whatever the bytes: records or findings, never an exception. What is sound comes back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from preserva.core.values.report import Finding
from preserva.describe.characterization.identify import FileFormat, identify
from preserva.describe.record import Record, read_records, to_dc, to_marcxchange, to_mods
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.support.marcxchange import violations

SOUND = iso2709(RARE_BOOK)
LETTERS = "абвгдежзийклмнопрстуфхцчшщьыэюя"
SENTENCES = st.lists(
    st.sampled_from(["сказание", "о", "городе", "книга", "для", "чтения", "Москва", "история"]),
    min_size=12,
    max_size=30,
).map(" ".join)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound record with bytes changed, cut or put in."""
    data = bytearray(SOUND)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data) - 1))
        piece = draw(
            st.binary(max_size=3) | st.sampled_from([b"\x1d", b"\x1e", b"\x1f", b"\x1b(N"])
        )
        data[at : at + draw(st.integers(0, 4))] = piece
    return bytes(data)


@given(
    data=st.binary(max_size=300) | damaged() | st.text("<>#:^*1a\n", max_size=60).map(str.encode)
)
@settings(max_examples=120, deadline=None)
def test_any_bytes(data: bytes) -> None:
    for one in read_records(data, name="x"):
        if isinstance(one, Finding):
            assert one.code.value in ("E801", "E804", "E805")
            continue
        assert one.original in data
        for document in (to_mods(one), to_dc(one), to_marcxchange(one)):
            assert document is None or etree.fromstring(document) is not None
        exchanged = to_marcxchange(one)
        assert exchanged is None or violations(etree.fromstring(exchanged)) == []


@given(data=st.binary(max_size=300) | damaged(), name=st.text(max_size=12))
@settings(max_examples=120, deadline=None)
def test_any_bytes_have_a_format(data: bytes, name: str) -> None:
    found = identify(data, name, len(data))
    assert isinstance(found, FileFormat)
    assert "/" in found.mime


@given(
    title=SENTENCES,
    note=SENTENCES,
    codec=st.sampled_from(["utf-8", "cp1251", "cp866", "koi8-r"]),
)
@settings(max_examples=60, deadline=None)
def test_round_trip_in_every_character_set(title: str, note: str, codec: str) -> None:
    fields = (("001", "17"), ("200", f"1 $a{title}"), ("300", f"  $a{note}$5АОНБ"))
    data = iso2709(fields, codec)
    (record,) = read_records(data, name="x.mrc")
    assert isinstance(record, Record)
    assert [one.all("a5") for one in record.fields] == [(), (title,), (note, "АОНБ")]
    assert record.original == data


@given(
    parts=st.lists(st.sampled_from(["abc ", "d\u0301e", "\u0142", "Ž", "ĭ", "é", "ï"]), min_size=1)
)
@settings(max_examples=40, deadline=None)
def test_marc8_has_every_accent(parts: list[str]) -> None:
    ansel = {
        "d\u0301e": b"\xe2de",
        "\u0142": b"\xb1",
        "Ž": b"\xe9Z",
        "ĭ": b"\xe6i",
        "é": b"\xe2e",
        "ï": b"\xe8i",
    }
    value = b" ".join(ansel.get(part, part.encode()) for part in parts)
    data = iso2709((("001", "1"), ("245", "10$a" + value.decode("latin-1"))), "latin-1", "nam  22")
    (record,) = read_records(data, name="x.mrc", charset="MARC-8")
    assert isinstance(record, Record)
    assert record.fields[1].first("a") == " ".join(parts)
