"""A block speaks its own language, in its own thread."""

from __future__ import annotations

import threading

from preserva.i18n import _, english, language, speaking


def test_a_block_speaks_its_language_and_the_next_does_not() -> None:
    with speaking("ru"):
        message = _("the content has changed")
        with speaking("be"):
            assert language() == "be"
        assert language() == "ru"
    assert language() == "en"
    assert (message, english(message)) == ("содержимое изменилось", "the content has changed")


def test_another_thread_hears_nothing_of_it() -> None:
    heard: list[str] = []
    with speaking("ru"):
        other = threading.Thread(target=lambda: heard.append(language()))
        other.start()
        other.join()
    assert heard == ["en"]


def test_an_unknown_language_is_english() -> None:
    with speaking("xx"):
        assert language() == "en"
