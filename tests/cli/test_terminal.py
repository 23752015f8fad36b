"""What goes to a terminal is clean, whoever it comes from; what goes to programs is as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import preserva.cli
from preserva.cli.main import status_of
from preserva.cli.terminal import clean
from tests.support.books import an_archive

_EVIL = "a\x1b]0;title\x07\x9b31m\u202egpj.exe\u2066\u200b\r\ud800"


def test_what_a_terminal_would_obey_is_shown() -> None:
    """Letters of every script, spaces and lines stay."""
    assert clean(_EVIL) == (r"a\x1b]0;title\x07\x9b31m\u202egpj.exe\u2066\u200b\r\ud800")
    harmless = "Повѣсть ў\n\tкнига №\u00a07, 1\u2009000 — “x”\n"
    assert clean(harmless) == harmless


def test_every_verb_prints_through_the_one_place() -> None:
    """So that nobody forgets it."""
    folder = Path(preserva.cli.__file__).parent
    others = [path.name for path in sorted(folder.glob("*.py")) if path.name != "terminal.py"]
    assert len(others) > 20
    for name in others:
        text = (folder / name).read_text("utf-8")
        assert "click.echo(" not in text and "print(" not in text.replace("_print(", ""), name


@pytest.mark.parametrize("verb", ["status", "receive", "config check --storages"])
def test_the_identity_of_a_storage_is_not_obeyed(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is a partner's text; the run ends with a sentence, and with JSON if that was asked for."""
    with an_archive(tmp_path) as archive:
        place = Path(archive.store("nlb-copy").storage.url)
    config = ["--config", str(tmp_path / "preserva.toml")]
    for text in (
        json.dumps({"storage": "x\x1b]0;t\x07\u202e", "institution": "aonb"}),
        '{"storage": "x\\ud800", "institution": "aonb"}',
        "[" * 60_000,
        '{"storage": NaN, "institution": 7}',
        "[]",
    ):
        (place / "preserva-storage.json").write_text(text)
        assert status_of([*config, *verb.split()]) in {0, 3}
        said = "".join(capsys.readouterr())
        assert "Traceback" not in said
        assert said == clean(said)
        assert status_of([*config, *verb.split(), "--json"]) in {0, 3}
        assert json.loads(capsys.readouterr().out)["command"]
