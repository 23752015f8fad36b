"""What people read is in Russian and Belarusian: no message is forgotten or half done."""

from __future__ import annotations

import ast
import gettext
import re
import string

import click
import pytest
from babel.messages import Catalog, Message

from preserva import i18n
from preserva.bag.report import BagVerdict
from preserva.catalogue.agreement import Agreement
from preserva.catalogue.entry import TEXTS
from preserva.cli.common import COMMON_OPTIONS
from preserva.cli.language import localised
from preserva.cli.main import VERBS, main, status_of
from preserva.core.policy.audit import Reason
from preserva.core.policy.judgement import State
from preserva.core.values import entries
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Outcome
from preserva.ingest.transfer_result import Form
from preserva.outputs import words
from preserva.outputs.findings import human_size
from tools import catalogues

LANGUAGES = ("be", "ru")
ALL = catalogues.template()


@pytest.fixture(scope="module", params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    """The translations into each language."""
    return catalogues.read(request.param)


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test chooses ends with it."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setattr(i18n, "_catalogue", None)


def test_there_are_messages_in_our_readers_languages() -> None:
    """And in no language without a reader."""
    assert i18n.languages() == ["en", *LANGUAGES]


def test_every_message_of_the_code_is_translated_and_no_other(catalogue: Catalog) -> None:
    """None is fuzzy or empty; what the code no longer says is out: `python -m tools.catalogues`."""
    assert {(message.id, message.context) for message in catalogue} == {
        (message.id, message.context) for message in ALL
    }
    assert catalogues.untranslated(catalogue) == []
    assert list(catalogue.obsolete) == []


def test_translations_are_filled_in_like_the_messages(catalogue: Catalog) -> None:
    """The same {names}; a plural form may leave out its number."""
    assert [message.id for message in catalogue if not _fits(message)] == []


def test_commands_and_options_stay_as_they_are(catalogue: Catalog) -> None:
    """What is between back quotes is typed, so it is no matter of language."""
    code = re.compile(r"`[^`]*`|--[a-z-]+")
    wrong = [
        message.id
        for message in catalogue
        if isinstance(message.id, str)
        and sorted(code.findall(message.id)) != sorted(code.findall(str(message.string)))
    ]
    assert wrong == []


def test_plural_messages_have_three_forms(catalogue: Catalog) -> None:
    """Each of Slavic languages with 1, 2 and 5."""
    plurals = [message for message in catalogue if not isinstance(message.id, str)]
    assert catalogue.num_plurals == 3
    assert {len(catalogues.forms(message)) for message in plurals} == {3}


def test_the_compiled_catalogue_says_what_its_source_says(catalogue: Catalog) -> None:
    """The .mo that is installed is made from the .po: `python -m tools.catalogues`."""
    path = catalogues.po_file(str(catalogue.locale)).with_suffix(".mo")
    with path.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in catalogue:
        if message.context:
            assert compiled.pgettext(message.context, str(message.id)) == message.string
        elif isinstance(message.id, str) and message.id:
            assert compiled.gettext(message.id) == message.string
        elif message.id:
            singular, plural = message.id
            said = [compiled.ngettext(singular, plural, n) for n in (1, 2, 5)]
            assert said == list(catalogues.forms(message))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "ru",
            [
                "прочитан 1 файл",
                "прочитано 2 файла",
                "прочитано 5 файлов",
                "прочитано 11 файлов",
                "прочитан 21 файл",
            ],
        ),
        (
            "be",
            [
                "прачытаны 1 файл",
                "прачытаны 2 файлы",
                "прачытана 5 файлаў",
                "прачытана 11 файлаў",
                "прачытаны 21 файл",
            ],
        ),
        ("en", [f"{n} file{'s' if n > 1 else ''} read" for n in (1, 2, 5, 11, 21)]),
    ],
)
def test_numbers_choose_the_form(language: str, said: list[str]) -> None:
    """1, 2, 5, 11 and 21."""
    i18n.use_language(language)
    text = [
        i18n.ngettext("{count} file read", "{count} files read", n).format(count=n)
        for n in (1, 2, 5, 11, 21)
    ]
    assert text == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_help_text_has_an_english_paragraph(language: str) -> None:
    """Of any command or option, click's own among them."""
    i18n.use_language("en")
    english = set(catalogues.help_texts(main))
    i18n.use_language(language)
    shown = set(catalogues.help_texts(localised(main, COMMON_OPTIONS)))
    assert len(shown) > 100
    assert shown & english == set()


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_the_list_of_commands_is_not_cut(language: str) -> None:
    """The first sentence of each help fits beside the verb, on a line of 80 columns."""
    i18n.use_language(language)
    context = click.Context(main)
    for name in VERBS:
        command = main.get_command(context, name)
        assert command is not None
        assert not command.get_short_help_str(63).endswith("..."), name


def test_click_speaks_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    """Its errors too."""
    assert status_of(["validate", "--nothing", "--lang", "ru"]) == 2
    assert capsys.readouterr().err.startswith("Использование: preserva validate")
    assert status_of(["--lang", "be", "export"]) == 2
    assert "Памылка: Не пазначаны аргумент" in capsys.readouterr().err


def test_every_neutral_word_of_a_result_is_known() -> None:
    """So that none is shown in English."""
    types = {
        entries.START,
        entries.END,
        entries.FIXITY_CHECK,
        entries.ACCESSION,
        entries.EVENT_FOUND,
        entries.RECOVERY_START,
        entries.RECOVERY,
        entries.REPLICATION,
        entries.VERIFICATION,
        entries.DECISION,
        entries.SUCCESS,
        entries.FAIL,
        entries.UNKNOWN,
    }
    said = {
        one.value for kind in (BagVerdict, Reason, Outcome, Form, State, Agreement) for one in kind
    }
    said |= set(TEXTS)
    assert types | said <= set(words.CONTEXTS)


def test_what_is_stored_is_english_in_every_language() -> None:
    """A package has the same bytes whoever makes it."""
    finding = Finding(Code.DIGEST_MISMATCH, "data/1.tif", expected="a", seen="b")
    english = finding.record()
    i18n.use_language("ru")
    assert finding.record() == english
    assert finding.message() == (
        "E103 data/1.tif: содержимое изменилось; ожидалось: a; обнаружено: b"
    )


def test_sizes_are_said_in_the_language() -> None:
    """The decimal sign, and the unit."""
    i18n.use_language("ru")
    assert [human_size(999), human_size(11_126_135)] == ["999 байт", "11,1 МБ"]


def _fits(message: Message) -> bool:
    forms = catalogues.forms(message)
    if isinstance(message.id, str):
        return all(_fields(form) == _fields(message.id) for form in forms)
    asked = set().union(*map(_fields, message.id))
    return all(_fields(form) <= asked for form in forms)


def _fields(text: str) -> set[str]:
    braces = {
        f"{name}!{conversion}" if conversion else name
        for _literal, name, _spec, conversion in string.Formatter().parse(text)
        if name is not None
    }
    return braces | set(re.findall(r"%\(\w+\)s", text))


def test_no_message_loses_its_english_in_an_f_string() -> None:
    """Where data is made: `+`, `joined` and `format` keep a message what it is; text is for people.

    The rooms that only speak to people may put messages together as they like.
    """
    speaking = {"cli", "outputs", "exhibition", "demo.py"}
    lost = [
        f"{path.name}:{text.lineno}"
        for path in sorted((catalogues.ROOT / "preserva").rglob("*.py"))
        if path.relative_to(catalogues.ROOT / "preserva").parts[0] not in speaking
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"_", "ngettext", "pgettext"}
    ]
    assert lost == []


def test_a_word_means_what_its_context_says() -> None:
    """And is itself in English, or where the context is not known."""
    i18n.use_language("ru")
    assert i18n.pgettext("placeholder", "FILE") == "ФАЙЛ"
    assert i18n.english(i18n.pgettext("placeholder", "FILE")) == "FILE"
    assert i18n.pgettext("no such context", "FILE") == "FILE"
    assert i18n.pgettext_in("be")("placeholder", "FOLDER") == "ПАПКА"
