"""Options that name the members of an enumeration: typed by hand, so that `--help` stays cheap."""

from __future__ import annotations

from enum import StrEnum

import click
import pytest

from preserva.access.document import Document
from preserva.catalogue.export import ExportFormat
from preserva.catalogue.oai.protocol import Prefix
from preserva.cli.catalogue_out import dump, export
from preserva.cli.export import command


def choices(verb: click.Command, option: str) -> set[str]:
    """What may be said for an option."""
    (parameter,) = [each for each in verb.params if option in each.opts]
    assert isinstance(parameter.type, click.Choice)
    return {str(choice) for choice in parameter.type.choices}


@pytest.mark.parametrize(
    ("verb", "enumeration", "more"),
    [
        (export, ExportFormat, set()),
        (dump, Prefix, set()),
        (command, Document, {"sip", "dip", "pdf", "zip"}),
    ],
)
def test_every_format_can_be_asked_for(
    verb: click.Command, enumeration: type[StrEnum], more: set[str]
) -> None:
    """And no other; a package as a whole has its kinds besides."""
    assert choices(verb, "--as") == {member.value for member in enumeration} | more
