"""Findings are data, the same in every language; people read them in their own."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator

import pytest

from preserva.core.formats.canonical_json import canonical
from preserva.core.values.codes import Code
from preserva.core.values.report import BookPage, Finding
from preserva.errors import Damaged, StorageError
from preserva.i18n import _, english, joined, ngettext, translated, use_language

UNREAD = Code.UNREADABLE.message
UNREAD_RU = "не удалось прочитать, поэтому о нём ничего не известно"
REASON = "could not read {path}: {reason}"


@pytest.fixture(autouse=True)
def _russian() -> Iterator[None]:
    """What is said is said in Russian; the next test is in English again."""
    use_language("ru")
    yield
    use_language("en")


def test_an_error_in_a_finding_is_english_there_and_translated_for_people() -> None:
    """Whether its text came by the error, by `str` of it, or from inside another message."""
    error = StorageError(_(REASON).format(path="a", reason=OSError("bad")))
    assert str(error) == "не удалось прочитать a: bad"
    wrapped = StorageError(_("{path}: {reason}").format(path="b", reason=error))
    for raised, text, shown in (
        (error, "could not read a: bad", "не удалось прочитать a: bad"),
        (wrapped, "b: could not read a: bad", "b: не удалось прочитать a: bad"),
    ):
        finding = Finding(Code.UNREADABLE, "a", seen=str(raised))
        assert finding.seen == text
        assert finding == Finding(Code.UNREADABLE, "a", seen=text)
        assert finding.message() == f"U101 a: {UNREAD_RU}; обнаружено: {shown}"
        assert finding.record() == f"U101 a: {UNREAD}; seen {text}"


def test_problems_of_an_error_stay_translatable() -> None:
    """Also where findings became the problems of another error, joined line by line."""
    problem = Finding(Code.UNREADABLE, "a").message()
    error = Damaged(_("{path}: {reason}").format(path="b", reason="c"), [problem])
    assert str(error) == "b: c\n  U101 a: не удалось прочитать, поэтому о нём ничего не известно"
    assert english(str(error)) == f"b: c\n  U101 a: {UNREAD}"


@pytest.mark.parametrize("again", [pickle.loads, None], ids=["pickled", "copied"])
def test_a_message_survives_the_way_to_another_process(again: object) -> None:
    """In English if it was; else in the language that is spoken there."""
    message = _(REASON).format(path="a", reason="b")
    for text in (message, english(message)):
        copied = pickle.loads(pickle.dumps(text)) if again else copy.deepcopy(text)
        assert copied == text
        assert english(copied) == "could not read a: b"
        assert translated(copied) == "не удалось прочитать a: b"
    finding = Finding(Code.UNREADABLE, "a", seen=message)
    assert pickle.loads(pickle.dumps(finding)) == finding


def test_messages_of_numbers_and_sums_of_messages() -> None:
    """Both keep what they say in English; braces in a text are no gaps."""
    files = ngettext("{count} file read", "{count} files read", 2).format(count=2)
    both = "{" + files + "}"
    assert english(files) == "2 files read"
    assert (translated(both), english(both)) == ("{" + str(files) + "}", "{2 files read}")
    assert english(joined("; ", [files, "x"])) == "2 files read; x"
    assert english(joined("; ", [])) == ""


def test_what_is_stored_is_in_english() -> None:
    """By the ledger's form of JSON; Python's own writes what people read."""
    message = _("page {number}").format(number=6)
    assert canonical({"a": [message]}) == b'{"a":["page 6"]}'
    assert json.loads(json.dumps(message)) == "страница 6"


def test_control_characters_in_a_reason_cannot_reach_a_terminal() -> None:
    """In either language; the sentence itself stays as it is translated."""
    finding = Finding(Code.UNREADABLE, seen=_(REASON).format(path="a\x1b[2J", reason="b"))
    assert finding.message() == (f"U101 {UNREAD_RU}; обнаружено: не удалось прочитать a\\x1b[2J: b")
    assert finding.record() == (f"U101 {UNREAD}; seen could not read a\\x1b[2J: b")


def test_the_page_of_the_book_comes_first() -> None:
    """With what is printed on it, where that is known."""
    finding = Finding(Code.UNREADABLE, "v1/a", page=BookPage(6, "стр. 4"))
    assert (
        finding.message()
        == "U101 страница 6 (стр. 4), v1/a: не удалось прочитать, поэтому о нём ничего не известно"
    )
    bare = Finding(Code.UNREADABLE, "v1/a", page=BookPage(6))
    assert bare.record() == f"U101 page 6, v1/a: {UNREAD}"
