"""The command line speaks the reader's language; options stand before the verb or after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva import i18n
from preserva.cli.main import status_of


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test chooses ends with it."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setattr(i18n, "_catalogue", None)


def test_a_language_without_messages_is_named_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status_of(["list", "--lang", "fr"]) == 2
    assert capsys.readouterr().err == (
        "Error: there are no messages in the language fr; known ones: en, be, ru\n"
    )


@pytest.mark.parametrize("name", ["en", "en_GB.UTF-8"])
def test_english_can_be_asked_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of([f"--lang={name}", "list", "--help"]) == 0
    assert "Usage: preserva list" in capsys.readouterr().out


@pytest.mark.parametrize("after", [False, True])
def test_common_options_stand_before_the_verb_or_after_it(
    after: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(tmp_path / "no.toml")]
    verb = ["ledger", "verify"]
    assert status_of([*verb, *config] if after else [*config, *verb]) == 10
    assert str(tmp_path / "no.toml") in capsys.readouterr().err


def test_quiet_after_the_verb_says_nothing_but_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status_of(["init", "-q"]) == 0
    assert capsys.readouterr().err == ""
