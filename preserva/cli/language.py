"""The command line in the reader's language: help texts and the messages of click itself.

Help texts are written in English in the code, as click expects. They are translated when a command
is loaded, so that nothing is looked up earlier; each paragraph of a text is one message.
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
from preserva.i18n import DOMAIN, LOCALE_DIR, NP_, _, languages, pgettext, use_language

_KEEP_LINES = "\b\n"
"""Marks a paragraph whose lines click must not wrap."""

_WHOLE = 10_000
"""Longer than any first sentence: the list of verbs below a group wraps it and cuts nothing."""

_PLACEHOLDERS = (
    NP_("placeholder", "ADDRESS"),
    NP_("placeholder", "ARGS"),
    NP_("placeholder", "BAG"),
    NP_("placeholder", "CODE"),
    NP_("placeholder", "COMMAND"),
    NP_("placeholder", "DECISION"),
    NP_("placeholder", "DEST"),
    NP_("placeholder", "DESTINATION"),
    NP_("placeholder", "DIGEST"),
    NP_("placeholder", "FILE"),
    NP_("placeholder", "FOLDER"),
    NP_("placeholder", "FORM"),
    NP_("placeholder", "FROM TO"),
    NP_("placeholder", "FORMAT"),
    NP_("placeholder", "HEADER"),
    NP_("placeholder", "HOST"),
    NP_("placeholder", "INTEGER"),
    NP_("placeholder", "LABEL"),
    NP_("placeholder", "LANG"),
    NP_("placeholder", "LOCAL"),
    NP_("placeholder", "LOGIN"),
    NP_("placeholder", "NAME"),
    NP_("placeholder", "NUMBER"),
    NP_("placeholder", "OPTIONS"),
    NP_("placeholder", "PATH"),
    NP_("placeholder", "PROFILE"),
    NP_("placeholder", "RATE"),
    NP_("placeholder", "RECORD"),
    NP_("placeholder", "ROLE"),
    NP_("placeholder", "SET"),
    NP_("placeholder", "SIZE"),
    NP_("placeholder", "SOURCE"),
    NP_("placeholder", "SPEC"),
    NP_("placeholder", "STORAGE"),
    NP_("placeholder", "TABLE"),
    NP_("placeholder", "TEXT"),
    NP_("placeholder", "TIME"),
    NP_("placeholder", "VALUE"),
    NP_("placeholder", "WORD"),
    NP_("placeholder", "DATE"),
    NP_("placeholder", "KIND"),
    NP_("placeholder", "TYPE"),
    NP_("placeholder", "WHOM"),
    NP_("placeholder", "WHY"),
    NP_("placeholder", "YYYY-MM-DD"),
)
"""What stands for a value in a synopsis, and in the help that explains it."""


def speak(arguments: Sequence[str]) -> None:
    """Choose the language of all messages: that of --lang, else the environment's.

    This happens before click parses the arguments, because its errors are in that language too.
    click uses the gettext of the standard library, which only looks at the environment. What click
    says of wrong usage becomes part of a JSON document, so with --json click says it in English.
    Raises UsageError.
    """
    gettext.bindtextdomain(DOMAIN, LOCALE_DIR)
    gettext.textdomain("messages" if "--json" in arguments else DOMAIN)
    chosen = _option(arguments)
    if chosen is None:
        return
    if not use_language(chosen):
        message = _("there are no messages in the language {name}; known ones: {languages}")
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
    """Yield each paragraph of a help text as a message, and whether its line breaks are kept."""
    for part in re.split(r"\n\n+|\n(?=\x08\n)", cleandoc(text)):
        if part.startswith(_KEEP_LINES):
            yield True, part.removeprefix(_KEEP_LINES)
        else:
            yield False, " ".join(part.split())


def localised(command: click.Command, common: Sequence[click.Parameter] = ()) -> click.Command:
    """Copy the command with its help in the reader's language, and add the common options.

    An option of its own comes before a common one of the same name.
    """
    twin = copy(command)
    twin.help = _text(command.help)
    twin.epilog = _text(command.epilog)
    twin.short_help = twin.get_short_help_str(_WHOLE)
    twin.options_metavar = placeholders(command.options_metavar or "")
    own = {option for parameter in command.params for option in parameter.opts}
    others = [parameter for parameter in common if own.isdisjoint(parameter.opts)]
    twin.params = [_parameter(parameter) for parameter in (*command.params, *others)]
    if isinstance(twin, click.Group):
        twin.subcommand_metavar = placeholders(twin.subcommand_metavar)
        twin.commands = {name: localised(below, common) for name, below in twin.commands.items()}
    return twin


NEUTRAL = "neutral_metavar"
"""The attribute of a parameter that says how it is shown in English, for errors as data."""


def _parameter(parameter: click.Parameter) -> click.Parameter:
    twin = copy(parameter)
    if isinstance(twin, click.Option):
        twin.help = _text(twin.help)
    shown = parameter.metavar or _default_placeholder(parameter)
    if shown:
        twin.metavar = placeholders(shown)
        setattr(twin, NEUTRAL, shown)
    return twin


def _default_placeholder(parameter: click.Parameter) -> str:
    """What click would show for the value of a parameter; empty where that is left to click."""
    if isinstance(parameter, click.Argument):
        name = (parameter.name or "").upper()
        name = name if parameter.required else f"[{name}]"
        return name if parameter.nargs == 1 else f"{name}..."
    assert isinstance(parameter, click.Option)
    if parameter.is_flag or parameter.count or isinstance(parameter.type, click.Choice):
        return ""
    return "INTEGER" if isinstance(parameter.type, click.IntRange) else parameter.type.name.upper()


def placeholders(text: str) -> str:
    """A synopsis, such as [FILE]... or URL|FOLDER, with its words in the reader's language."""
    return re.sub(
        "|".join(rf"\b{word}\b" for word in _PLACEHOLDERS),
        lambda match: pgettext("placeholder", match[0]),
        text,
    )


def _text(text: str | None) -> str | None:
    if not text:
        return text
    return "\n\n".join(
        (_KEEP_LINES if keep_lines else "") + _(message) for keep_lines, message in paragraphs(text)
    )
