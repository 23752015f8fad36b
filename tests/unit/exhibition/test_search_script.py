"""The search of the pages, without a page: what is found, and in which order."""

from __future__ import annotations

import json
from typing import cast

import pytest

from preserva.catalogue.fold import keys, words
from tests.support.javascript import javascript

DOCUMENTS = (
    ("a.html", "Календарь хранителя", "Что беречь: книги и карты Амура, годовая роспись"),
    ("b.html", "Кнігі Скарыны", "Францішак Скарына друкаваў кнігі ў Празе"),
    ("c.html", "Памятная книжка", "Книжка Амурской области на 1917 годъ"),
    ("d.html", "<b>О книгах</b>", "Разсужденіе о береженіи книгъ"),
    ("e.html", "Том II", "Томскъ, II томъ"),
)


def _index() -> dict[str, object]:
    found: dict[str, list[int]] = {}
    for number, (_page, title, text) in enumerate(DOCUMENTS):
        for key in {key for word in words(f"{title} {text}") for key in keys(word)}:
            found.setdefault(key, []).append(number)
    terms = sorted(found)
    return {
        "documents": [[page, title, "kind"] for page, title, _text in DOCUMENTS],
        "terms": terms,
        "postings": [found[term] for term in terms],
    }


def _found(*questions: str) -> list[str | None]:
    """The pages for each question, the first one first, each by its letter."""
    search = f"makeSearch({json.dumps(_index())}, folding)(one)"
    answers = cast("list[list[list[str]] | None]", javascript(search, questions))
    return [None if one is None else "".join(page[0] for page, _, _ in one) for one in answers]


def test_the_forms_of_a_word_are_one() -> None:
    """Of two languages and two centuries; a title weighs more, and the order of pages decides."""
    assert _found("книги", "кнігі", "книгъ", "КНИГАМИ", "kniga") == ["bda"] * 5


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        ("книги амура", "a"),
        ("амур", "ac"),
        ("скарына празе", "b"),
        ("книги нет", ""),
        ("<b>", "d"),
        ("рассуждения", "d"),
        ("кни", "bcda"),
        ("кн", ""),
        ("кн*", "bcda"),
        ("том", "e"),
        ("книжка*", "c"),
        ("...", None),
        ("", None),
    ],
)
def test_what_is_found(question: str, pages: str | None) -> None:
    """Every word must be there, as it is or, of three letters or more, as a beginning."""
    assert _found(question) == [pages]


def test_whole_words_come_before_beginnings() -> None:
    """Whatever the order of the pages."""
    assert _found("год", "годъ", "годовой") == ["ca", "ca", "a"]


def test_an_answer_is_what_the_index_says() -> None:
    """The page, its title and its kind, untouched."""
    search = f"makeSearch({json.dumps(_index())}, folding)(one)"
    assert javascript(search, ["рассуждения"]) == [[["d.html", "<b>О книгах</b>", "kind"]]]
