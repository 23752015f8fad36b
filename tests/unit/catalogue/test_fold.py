"""Words of different orthographies meet, and different words do not."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.catalogue.fold import fold, stem, stems, words
from tests.conftest import ROOT

LINES = (ROOT / "tests" / "unit" / "catalogue" / "fold_pairs.txt").read_text("utf-8").splitlines()
PAIRS = [tuple(line.split()) for line in LINES if not line.startswith("#")]
LETTERS = st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюяѣіѵѳїўґѧѡѿꙋѹ҃́'’abcilłśźŭž", max_size=12)


@pytest.mark.parametrize(("sign", "one", "other"), PAIRS)
def test_pairs_meet_or_stay_apart(sign: str, one: str, other: str) -> None:
    """Real words, old and new, Russian and Belarusian."""
    assert (stem(one) == stem(other)) is (sign == "="), (stem(one), stem(other))


def test_there_are_enough_pairs() -> None:
    """Of both kinds, each once."""
    assert len(PAIRS) == len(set(PAIRS)) >= 200
    assert min(sum(pair[0] == sign for pair in PAIRS) for sign in "=!") >= 60


def test_the_same_word_in_two_languages_and_two_centuries() -> None:
    """What the agreement of the two libraries needs most."""
    for one, other in combinations(("книги", "кнігі", "книгъ", "knihi".replace("h", "g")), 2):
        assert stem(one) == stem(other)


@given(st.one_of(st.text(max_size=20), LETTERS))
def test_folding_twice_changes_nothing(text: str) -> None:
    """Whatever the characters."""
    for word in words(text):
        assert fold(fold(word)) == fold(word)


@given(LETTERS)
def test_case_does_not_matter(text: str) -> None:
    """Capitals and small letters are one."""
    for word in words(text):
        assert fold(word.upper()) == fold(word)


@given(st.text(max_size=30))
def test_every_letter_is_in_a_word(text: str) -> None:
    """Nothing that can be searched for is left out."""
    assert sum(map(str.isalnum, "".join(words(text)))) == sum(map(str.isalnum, text))


def test_words_keep_their_marks_and_apostrophes() -> None:
    """They are shown as they stand, to say why something was found."""
    assert words("Бл҃гослове́ніе, сям’я 'у' Мінску—8°") == [
        "Бл҃гослове́ніе", "сям’я", "у", "Мінску", "8",
    ]  # fmt: skip
    assert stems("Словарь, словаря") == [stem("словарь")] * 2


def test_a_word_of_nothing_but_a_hard_sign_stays() -> None:
    """No word becomes an empty one."""
    assert fold("ъ") == "ъ"


def test_the_manual_shows_the_letters_of_the_table() -> None:
    """Every letter and its fold."""
    table = json.loads(files("preserva.catalogue").joinpath("fold.json").read_text("utf-8"))
    page = (ROOT / "docs" / "reference" / "folding.md").read_text("utf-8")
    for part in ("letters", "homoglyphs", "latin", "beginnings", "endings"):
        for old, new in table[part].items():
            assert f"{old}→{new}" in page, (part, old)
