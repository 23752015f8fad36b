"""The options by which packages are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from preserva.reporting.find import Wanted

_OPTIONS = (
    click.option("--title", metavar="TEXT", help="Only those whose title contains this."),
    click.option("--shelfmark", metavar="TEXT", help="Only those with this shelfmark."),
    click.option("--inventory", metavar="NUMBER", help="Only those with this inventory number."),
    click.option(
        "--register", metavar="NUMBER", help="Only those with this number in a register of books."
    ),
    click.option("--record-number", metavar="NUMBER", help="Only those with this record number."),
)


def finding(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; `wanted` makes of their values what is looked for."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wanted(
    title: str | None,
    shelfmark: str | None,
    inventory: str | None,
    register: str | None,
    record_number: str | None,
) -> Wanted:
    """What is looked for."""
    from preserva.reporting.find import Wanted

    return Wanted(title, shelfmark, inventory, register, record_number)
