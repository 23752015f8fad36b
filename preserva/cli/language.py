"""The command line in the reader's language: help texts, and what click itself says.

Help texts stand in the code in English, as click has them. They are translated when a command is
taken up, so that nothing is looked up before; the messages are the paragraphs of a text.
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Iterator, Sequence
from copy import copy
from inspect import cleandoc

import click

from preserva.errors import UsageError
from preserva.i18n import DOMAIN, LOCALE_DIR, _, languages, use_language

_AS_IT_STANDS = "\b\n"
"""What click wants before a paragraph whose lines it shall not wrap."""


def speak(arguments: Sequence[str]) -> None:
    """Choose the language of everything that is said: that of --lang, else the environment's.

    This comes before click reads the arguments, because its errors are said in it. click asks the
    standard library's gettext, which goes by the environment alone. Raises UsageError.
    """
    gettext.bindtextdomain(DOMAIN, LOCALE_DIR)
    gettext.textdomain(DOMAIN)
    chosen = _option(arguments)
    if chosen is None:
        return
    if not use_language(chosen):
        message = _("there are no messages in the language {name}; there are: {languages}")
        raise UsageError(message.format(name=chosen, languages=", ".join(languages())))
    os.environ["LANGUAGE"] = chosen


def _option(arguments: Sequence[str]) -> str | None:
    chosen = None
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == "--":
            break
        if argument == "--lang":
            chosen = following
        elif argument.startswith("--lang="):
            chosen = argument.removeprefix("--lang=")
    return chosen or None


def paragraphs(text: str) -> Iterator[tuple[bool, str]]:
    """Each paragraph of a help text as a message, and whether its lines stay as they are."""
    for part in re.split(r"\n\n+|\n(?=\x08\n)", cleandoc(text)):
        if part.startswith(_AS_IT_STANDS):
            yield True, part.removeprefix(_AS_IT_STANDS)
        else:
            yield False, " ".join(part.split())


def localised(command: click.Command, common: Sequence[click.Parameter] = ()) -> click.Command:
    """A copy of the command with its help in the reader's language, and with the common options."""
    twin = copy(command)
    twin.help = _text(command.help)
    twin.epilog = _text(command.epilog)
    twin.params = [_parameter(parameter) for parameter in (*command.params, *common)]
    if isinstance(twin, click.Group):
        twin.commands = {name: localised(one, common) for name, one in twin.commands.items()}
    return twin


def _parameter(parameter: click.Parameter) -> click.Parameter:
    twin = copy(parameter)
    if isinstance(twin, click.Option):
        twin.help = _text(twin.help)
    return twin


def _text(text: str | None) -> str | None:
    if not text:
        return text
    return "\n\n".join(
        (_AS_IT_STANDS if as_it_stands else "") + _(message)
        for as_it_stands, message in paragraphs(text)
    )
