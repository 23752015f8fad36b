"""What people read of a command: the one place through which text goes to their terminal.

Names, reasons and titles come from files, servers and partners. What a terminal would obey, or a
reader misread, is shown as an escape: control characters, those of C1, and what turns the direction
of writing (Unicode Standard Annex 9). JSON, CSV and XML go out as they are, by `raw`: they are for
programs, and have escapes of their own.
"""

from __future__ import annotations

import unicodedata

import click

raw = click.echo


def echo(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print text for people to standard output, or with `err` to standard error."""
    click.echo(clean(str(text)), err=err, nl=nl)


def clean(text: str) -> str:
    """The text with all but letters, signs and spaces shown as escapes; lines stay lines."""
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\t" or character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()
