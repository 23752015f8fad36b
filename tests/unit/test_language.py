"""The kinds of fault that an editor found in the Russian and Belarusian do not come back.

What the messages say is read here as text: words that mislead, plural forms that are wrong for 21
and 101, two words for one thing, words that no dictionary has, short words without a context.
"""

from __future__ import annotations

import gettext
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva.core.eark import readme
from tests.conftest import ROOT, require
from tools import catalogues, pages

LANGUAGES = ("be", "ru")

BANNED = {
    "ru": {
        r"целост(?:ь|и|ью)\b": "целостность",
        r"происшеств": "инцидент",
        r"мастер-файл": "мастер-копия",
        r"местн\w* част": "локальная часть",
        r"сумк[аиуе]|\bсумок\b": "контейнер BagIt",
        r"архивн\w* файл": "файл-упаковка",
        r"копи\w+ просроч|просрочен\w* копи": "просрочена проверка",
        r"открыт\w* половин": "открытый ключ",
        r"хранилищ\w* объектов": "объектное хранилище",
        r"корзин": "бакет",
        r"пиксел(?![ьяиею])": "пиксель",
        r"завершается с \d": "код завершения",
        r"нас не пусти|убит|докач|\bвзгляд|приносит|принесен|отсчёт": "plain words",
        r"(?:METS|манифест|опись|fetch\.txt|bag-info\.txt) (?:не )?называет": "указан в",
    },
    "be": {
        r"здарэнн": "інцыдэнт",
        r"майстар-файл": "майстар-копія",
        r"мясцов\w* част": "лакальная частка",
        r"экзэмпляр": "асобнік",
        r"торб[аыу]\b": "кантэйнер BagIt",
        r"кадоўк": "кадыроўка",
        r"архіўн\w* файл": "файл-упакоўка",
        r"мус[ія]ц|мусіл": "павінен",
        r"тэрмін\w* (?:\w+ ){0,3}захоўвацца": "вытрымлівацца",
        r"\b\w+(?:уч|юч|яч)(?:ыя|ая|ых|аму|ымі|ую)\b": "дзеепрыметнікаў на -уч-, -юч- няма",
        r"захоўван(?:ы|ых|ая|ыя)\b": "які захоўваецца",
        r"\bлік\w* (?:файл|байт)": "колькасць",
        r"адмаўляе (?:дыск|носьбіт|памяць|\w+, )": "няспраўны",
        r"адкрыт\w* палов": "адкрыты ключ",
        r"сховішч\w* аб’ектаў": "аб’ектнае сховішча",
        r"кошык": "бакет",
        r"піксел(?![ьяіею])": "піксель",
        r"\bпа (?:http|OAI|сховішчах|месяцах|гэтых)": "праз, паводле",
        r"завяршаецца з \d": "код завяршэння",
        r"выхадныя звесткі": "выхадныя даныя",
        r"аб’ява": "дэкларацыя",
        r"нас не пусці|забіт|\bпоглядам": "plain words",
        r"(?:METS|маніфест|вопіс|fetch\.txt|bag-info\.txt) (?:не )?называе": "пазначаны ў",
    },
}
"""Patterns in each language, each with what to write instead."""

SINGULAR_ONLY = {
    "ru": r"\b(?:он[оаи]?|его|её|котор(?:ый|ая|ое|ую|ого|ой)|сам[аои]?)\b",
    "be": r"\b(?:ён|яна|яно|яго|яе|як(?:і|ая|ое|ую|ога|ой)|сам[аоі]?)\b",
}
"""Words that speak of one thing; form 0 is also the form of 21 and 101."""

OF_ONE = {"не хапае", "недостаёт"}
"""Verbs after which the genitive singular «21 записи, которая» is right."""

TERMS = (
    "book monument", "character set", "checksum", "damage", "edition", "incident", "ledger",
    "medium", "quarantine", "replica", "representation", "structural map", "tag file",
    "union catalogue", "version",
)  # fmt: skip
"""English terms of the glossary whose one translation every message has that has the term."""

DICTIONARIES = {"ru": "ru_RU", "be": "be_BY"}


def texts(language: str) -> Iterator[tuple[str, str]]:
    """Every text of a language, with where it stands: messages, pages, what packages say."""
    for message in catalogues.read(language):
        if message.id:
            for form in catalogues.forms(message):
                yield str(message.id), form
    for message in pages.read(language):
        if message.id and message.string and not message.fuzzy:
            yield str(message.id), str(message.string)
    yield "readme.py", _own_readme(language)
    for name in ("README", "formats"):  # what every storage has
        file = ROOT / f"preserva/archive/on_disk/{name}.{language}.txt"
        yield file.name, file.read_text("utf-8")


def _own_readme(language: str) -> str:
    """Its part of the text that every package has."""
    whole = Path(readme.__file__).read_text("utf-8")
    russian, belarusian = whole.index("ПО-РУССКИ"), whole.index("ПА-БЕЛАРУСКУ")
    return whole[russian:belarusian] if language == "ru" else whole[belarusian:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_has_a_banned_form(language: str) -> None:
    """In messages, help, pages of the manual and the README of packages."""
    wrong = [
        f"{place}: {match[0]!r}: {better}"
        for place, text in texts(language)
        for pattern, better in BANNED[language].items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_banned_form_is_found(language: str) -> None:
    """In any case, and only as what it is."""
    patterns = "|".join(BANNED[language])
    wrong = {"ru": "Целость и происшествие", "be": "Здарэнне мусіць"}[language]
    right = {"ru": "целостность, инцидент", "be": "інцыдэнт павінен"}[language]
    assert len(re.findall(patterns, wrong, re.IGNORECASE)) == 2
    assert re.findall(patterns, right, re.IGNORECASE) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_of_1_is_right_for_21_and_101(language: str) -> None:
    """The form of 1 has the number, or says the same as the others, and no «it»."""
    wrong = []
    for message in catalogues.read(language):
        if isinstance(message.id, str) or "{count}" not in str(message.id):
            continue
        form = catalogues.forms(message)[0]
        if "{count}" not in form:
            wrong.append(form)
        elif re.search(SINGULAR_ONLY[language], form, re.IGNORECASE) and not any(
            verb in form for verb in OF_ONE
        ):
            allowed = re.search(r"котор(?:ую|ая) пора|якую час|які час", form)
            wrong += [] if allowed else [form]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_choose_their_form(language: str) -> None:
    """1, 21 and 101 the first, 2 and 22 the second, 5 and 11 the third, in every message."""
    with catalogues.po_file(language).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    plurals = [m for m in catalogues.read(language) if not isinstance(m.id, str)]
    assert len(plurals) > 30
    for message in plurals:
        forms = catalogues.forms(message)
        one, many = message.id[0], message.id[1]
        said = [compiled.ngettext(one, many, n) for n in (1, 21, 101, 2, 22, 5, 11)]
        assert said == [*[forms[0]] * 3, *[forms[1]] * 2, *[forms[2]] * 2]


def test_belarusian_verbs_agree_with_2_3_and_4() -> None:
    """«прачытаны 2 файлы», beside «прачытана 5 файлаў»; the form of 5 is not that of 2."""
    neuter = r"\b(?:прачытан|знойдзен|запісан|атрыман|адкрыт|адноўлен|узят)а \{\w+\} \w+[іы]\b"
    wrong = [
        form
        for message in catalogues.read("be")
        if not isinstance(message.id, str)
        for form in catalogues.forms(message)[1:2]
        if re.search(neuter, form, re.IGNORECASE)
    ]
    assert wrong == []
    assert re.search(neuter, "Прачытана {count} файлы", re.IGNORECASE)


def glossary(language: str) -> dict[str, list[list[str]]]:
    """Each English term with its translations, each as the stems of its words."""
    column = {"ru": 2, "be": 3}[language]
    terms = {}
    for line in (ROOT / "docs/reference/glossary.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and cells[1] not in ("English", "---"):
            said = re.sub(r"\([^)]*\)", "", cells[column])
            stems = [
                [word[: max(3, len(word) - 3)].lower() for word in re.findall(r"[\w’-]+", part)]
                for part in re.split("[,;]", said)
            ]
            terms.update({english.strip(): stems for english in cells[1].split(",")})
    return terms


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_thing_has_one_word(language: str) -> None:
    """That of the glossary."""
    words = glossary(language)
    assert set(TERMS) <= set(words)
    wrong = []
    for message in catalogues.read(language):
        english = message.id if isinstance(message.id, str) else message.id[0]
        plain = re.sub(r"\{[^}]*\}|`[^`]*`|\"[^\"]*\"", "", english).lower()
        said = " ".join(catalogues.forms(message)).lower()
        wrong += [
            f"{term}: {english!r}: {said!r}"
            for term in TERMS
            if re.search(rf"\b{term}s?\b(?![-.])", plain)
            and not any(all(stem in said for stem in stems) for stems in words[term])
        ]
    assert wrong == []


def test_short_words_of_results_have_a_context() -> None:
    """A word in lower case by itself can mean two things; pgettext says which is meant."""
    alone = [
        said
        for (said, context), place in catalogues.messages()
        if isinstance(said, str)
        and re.fullmatch(r"[a-z]+", said)
        and context is None
        and place not in ("help", "click", "configuration")
    ]
    known = "done empty findings never older reached result sound today"
    assert sorted(alone) == known.split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_in_the_dictionary(language: str) -> None:
    """That of hunspell, or our own list of technical words: tests/unit/words/."""
    require(shutil.which("hunspell") is not None, "hunspell is not installed")
    name = DICTIONARIES[language]
    listed = subprocess.run(
        ["hunspell", "-D"], input="", capture_output=True, text=True, check=False
    )
    require(name in listed.stderr, f"hunspell has no dictionary {name}")
    own = set((Path(__file__).parent / "words" / f"{language}.txt").read_text("utf-8").split())
    assert unknown(language) - own == set(), "mend the word, or add it to tests/unit/words/"


def unknown(language: str) -> set[str]:
    """The words of all texts that hunspell does not know."""
    words = set()
    for place, text in texts(language):
        if place == "readme.py":
            continue  # its paths are half of it
        plain = re.sub(r"\{[^}]*\}|`[^`]*`|%\(\w+\)s|\]\([^)]*\)", " ", text)
        words |= {word.strip("-’") for word in re.findall(r"[А-Яа-яЁёІіЎў’-]+", plain)}
    asked = "\n".join(sorted(word.replace("’", "'") for word in words if word))
    done = subprocess.run(
        ["hunspell", "-i", "utf-8", "-d", DICTIONARIES[language], "-l"],
        input=asked, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())
