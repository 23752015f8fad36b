"""The folding of the pages is that of the catalogue: the same words, folds and stems."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.fold import fold, keys, stem, words
from preserva.describe.record import Record, read_records
from preserva.specimen.text import LEAVES
from tests.support.javascript import javascript
from tests.unit.catalogue.test_fold import LETTERS, PAIRS

# Newest characters are not known to every Unicode; each Chinese or Korean one is like the others.
CYRILLIC = [
    *range(0x400, 0x530),
    *range(0x1C80, 0x1C89),
    *range(0x2DE0, 0x2E00),
    *range(0xA640, 0xA6A0),
]
OLD = [
    code
    for code in (*range(0x3100), *range(0xF900, 0x1D800))
    if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cn", "Co", "Cs")
]
KNOWN = "".join(map(chr, sorted({*CYRILLIC, *OLD})))
ENDINGS = """
    в вши вшись ив ивши ыв ывшись ее ие ыми ого ему ых ую юю яя аго яго ыя ем нн вш ивш щ ющ ующ
    сь ся ла ила на ена ете йте уйте й ей л н ен нно енно ют ть ить ешь ишь ю ами иями ией ий ям
    о у ах ь ию ья ост ость ости остью ейш ейше ейший ъ инъ ие ье и ии ы
"""
ROOTS = st.text("абвгдеёзийклмнорстуфхцшщыьэюяѣіѳўґv", max_size=6)
INFLECTED = st.builds("".join, st.tuples(ROOTS, *[st.sampled_from(["", *ENDINGS.split()])] * 3))
ANY = st.text(st.sampled_from(KNOWN), max_size=12)


def _agree(texts: Iterable[str]) -> None:
    """Every text is divided alike, and every word of it is folded and stemmed alike."""
    asked = list(dict.fromkeys(texts))
    expected = [
        [[word, fold(word), stem(word), list(keys(word))] for word in words(text)] for text in asked
    ]
    called = (
        "folding.words(one).map((word) =>"
        " [word, folding.fold(word), folding.stem(word), folding.keys(word)])"
    )
    for text, ours, twins in zip(asked, expected, javascript(called, asked), strict=True):
        assert twins == ours, text


def test_pairs_of_words() -> None:
    """Those that say what shall meet."""
    _agree(word for pair in PAIRS for word in pair[1:])


def test_the_specimen() -> None:
    """Every word of the book that preserva brings with it."""
    texts = [block.text for leaf in LEAVES for block in leaf.blocks]
    assert sum(len(text.split()) for text in texts) > 400
    _agree(texts)


def test_real_records(shared: Path) -> None:
    """Every word of them that the catalogue searches."""
    files = (path for path in (shared / "data/records").rglob("*") if path.is_file())
    found = (one for path in files for one in read_records(path.read_bytes(), name=path.name))
    records = [one for one in found if isinstance(one, Record)]
    assert len(records) > 20
    _agree(text for one in records for _part, text in entry_of(one).texts())


def test_every_known_character() -> None:
    """Alone, and before a letter that may change what it is."""
    _agree(KNOWN)
    _agree(f"а{one}и" for one in KNOWN if not one.isspace())


@settings(max_examples=8)
@given(st.lists(st.one_of(INFLECTED, LETTERS, ANY), min_size=200, max_size=500))
def test_made_words(texts: list[str]) -> None:
    """Roots with up to three endings, letters of all times, and anything else."""
    _agree(texts)


def test_words_are_folded_as_they_are() -> None:
    """The functions take any text, not only what `words` would find."""
    asked = ["", "ъ", "İv", "ıx", "XIV", "xiv-й", "ΣΑΣ", "оу", "ась", "сям’я", "📖книги", "á́́"]
    expected = [[fold(one), stem(one), list(keys(one))] for one in asked]
    assert (
        javascript("[folding.fold(one), folding.stem(one), folding.keys(one)]", asked) == expected
    )
