"""Words have several keys, so that names meet in every case and alphabet, and others do not."""

from __future__ import annotations

import pytest

from preserva.catalogue.fold import keys, stem

FORMS = """
Грибоедов Грибоедова Грибоедову Грибоедовым Грибоедове Грибоедовой Грибоедовы Грибоедовых
Муравьев Муравьёва Муравьеву Муравьевым Муравьевой Муравьевых
Чехов Чехова Чехову Чеховым Чехове Чеховой Чеховы Чеховых Чеховыми
Пушкин Пушкина Пушкину Пушкиным Пушкине Пушкиной Пушкины Пушкиных
Достоевский Достоевского Достоевскому Достоевским Достоевском Достоевская Достоевской
Толстой Толстого Толстому Толстым Толстом Толстая Толстую
Голицын Голицына Голицыну Голицыным Голицыне Голицыной
Андрей Андрея Андрею Андреем Андрее
Мицкевич Мицкевича Мицкевичу Мицкевичем Мицкевиче
Купала Купалы Купале Купалу Купалой Купалам
Быкаў Быкава Быкаву Быкавым
Скарына Скарыны Скарыне Скарыну Скарынай
"""
ROMANISED = [
    ("Pushkin", "Пушкина"), ("Tolstoy", "Толстого"), ("Tolstoĭ", "Толстой"), ("Voĭna", "Война"),
    ("Istorii︠a︡", "исторія"), ("zhiznʹ", "жизни"), ("Dostoyevskiy", "Достоевский"),
    ("Griboyedov", "Грибоедовым"), ("Chekhov", "Чехову"), ("Melʹnikov", "Мельников"),
    ("Melnikov", "Мельникова"), ("Shchedrin", "Щедрин"), ("Gogol", "Гоголь"),
    ("Tsvetaeva", "Цветаевой"), ("Zhukovskiĭ", "Жуковский"), ("Ėntsiklopedii︠a︡", "энциклопедии"),
    ("Blagoveshchensk", "Благовещенска"), ("Amurskaia", "амурской"), ("Mariia", "Марии"),
    ("Tadeusz", "Тадеуш"), ("Kraszewski", "Крашевского"), ("Mickiewicza", "Мицкевич"),
    ("Sienkiewicz", "Сенкевич"), ("Potocki", "Потоцкий"), ("Bahuševič", "Багушэвіч"),
    ("Łastoŭski", "Ластоўскі"), ("ſchön", "schön"), ("Buͤcher", "Bücher"),
]  # fmt: skip
APART = [
    ("год", "годовая"), ("стол", "столовая"), ("Пушкин", "Пущин"), ("вера", "веер"),
    ("Гоголь", "Гегель"), ("Pushkin", "Пущин"), ("книга", "книжка"), ("Чехов", "чешский"),
    ("Орлов", "Орловский"), ("Толстой", "толк"), ("XIV", "хив"),
]  # fmt: skip


@pytest.mark.parametrize("forms", FORMS.strip().splitlines())
def test_the_forms_of_a_name_meet(forms: str) -> None:
    """All cases, numbers and genders, each with the first."""
    first, *others = forms.split()
    assert [form for form in others if set(keys(first)).isdisjoint(keys(form))] == []


@pytest.mark.parametrize(("word", "other"), ROMANISED)
def test_what_others_romanised_meets(word: str, other: str) -> None:
    assert not set(keys(word)).isdisjoint(keys(other)), (keys(word), keys(other))


@pytest.mark.parametrize(("word", "other"), APART)
def test_other_words_stay_apart(word: str, other: str) -> None:
    assert set(keys(word)).isdisjoint(keys(other)), (keys(word), keys(other))


def test_the_first_key_is_the_stem() -> None:
    for word in (*FORMS.split(), "knihi", "", "ъ", "XVIII", "1917"):
        assert keys(word)[0] == stem(word)
        assert len(set(keys(word))) == len(keys(word))
