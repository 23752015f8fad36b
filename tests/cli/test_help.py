"""Help fits a terminal of 80 columns in every language, and cuts nothing."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator

import click
import pytest

from preserva import i18n
from preserva.cli.common import COMMON_OPTIONS
from preserva.cli.language import localised, paragraphs
from preserva.cli.main import main
from preserva.i18n import DOMAIN, LOCALE_DIR

LANGUAGES = ("en", "be", "ru")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each language, also for what click says; it ends with the test."""
    chosen: str = request.param
    monkeypatch.setenv("LANGUAGE", chosen)
    monkeypatch.setattr(i18n, "_catalogue", None)
    gettext.bindtextdomain(DOMAIN, LOCALE_DIR)
    gettext.textdomain(DOMAIN)
    i18n.use_language(chosen)
    return chosen


def commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command of every group, as the reader gets it."""

    def below(
        command: click.Command, context: click.Context
    ) -> Iterator[tuple[str, click.Command, click.Context]]:
        yield context.command_path, command, context
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                verb = command.get_command(context, name)
                assert verb is not None
                own = click.Context(verb, info_name=name, parent=context, terminal_width=80)
                yield from below(verb, own)

    program = localised(main, COMMON_OPTIONS)
    yield from below(program, click.Context(program, info_name="preserva", terminal_width=80))


def test_no_line_is_longer_than_80_columns(language: str) -> None:
    too_long = [
        f"{path}: {line}"
        for path, command, context in commands()
        for line in command.get_help(context).splitlines()
        if len(line) > 80
    ]
    assert too_long == []


def test_no_list_of_verbs_is_cut(language: str) -> None:
    """Three dots stand only where a synopsis repeats something."""
    cut = [
        f"{path}: {line}"
        for path, command, context in commands()
        for line in command.get_help(context).splitlines()[1:]
        if line.rstrip().endswith("...") and not re.search(r"\]\.\.\.$|[^\W\d_]{2}\.\.\.$", line)
    ]
    groups = [path for path, command, _context in commands() if isinstance(command, click.Group)]
    assert cut == []
    assert len(groups) > 5
    for path, command, context in commands():
        if path in groups[1:]:
            assert isinstance(command, click.Group)
            shown = "".join(command.get_help(context).split())
            for verb in command.commands.values():
                assert "".join((verb.short_help or "").split()) in shown, path


def test_every_placeholder_is_in_the_language(language: str) -> None:
    """In synopses and in the help of options; identifiers and addresses keep their names."""
    if language == "en":
        return
    kept = {"ID", "URL"}
    foreign = [
        f"{path}: {word}"
        for path, command, context in commands()
        for parameter in command.get_params(context)
        for word in re.findall(r"\b[A-Z]{2,}\b", parameter.metavar or "")
        if word not in kept
    ]
    assert foreign == []


def test_lines_are_kept_only_in_examples() -> None:
    """A paragraph of prose is wrapped to the terminal; `\\b` is for commands and tables."""
    prose = [
        f"{path}: {line}"
        for path, command, _context in commands()
        for keep_lines, text in paragraphs(command.help or "")
        if keep_lines
        for line in text.splitlines()
        if not line.startswith("preserva ") and "  " not in line
    ]
    assert prose == []
