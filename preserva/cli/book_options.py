"""The options by which several verbs are told of a book: its record, its identifier, its parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

_Command = Callable[..., Any]
_FILE = click.Path(path_type=Path)

charset = click.option(
    "--charset", help="The character set of the record, if it is detected wrongly: cp1251 …"
)
position = click.option(
    "--position",
    type=click.IntRange(min=1),
    help="The position of the record in the file, counted from 1.",
)
_OF_A_NEW_BOOK = (
    charset,
    position,
    click.option("--id", "local", help="The local part of the identifier, such as kp-000123."),
    click.option(
        "--structure",
        type=_FILE,
        help="Parts of the book and labels of its pages: TOML, CSV or METS.",
    ),
    click.option(
        "--events", type=_FILE, help="Events before packaging, such as scanning: TOML or CSV."
    ),
    click.option(
        "--rights",
        type=_FILE,
        help="What may be done with the book, and on which legal basis: TOML.",
    ),
)


def new_book(command: _Command) -> _Command:
    """The options about a book that is to be packaged, in this order, of a command."""
    return reduce(lambda inner, option: option(inner), reversed(_OF_A_NEW_BOOK), command)
