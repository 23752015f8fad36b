"""preserva config check"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, settings
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.config import Config
    from preserva.core.formats.canonical_json import Value


@click.group("config")
def command() -> None:
    """Look at the configuration."""


@command.command("check")
@click.option("--storages", "reach", is_flag=True, help="Reach for each storage as well.")
@as_json
@settings
def check(given: Settings, reach: bool, json_: bool) -> None:
    """Say whether the configuration is right; every problem at once.

    With --storages, also whether each storage answers and is the right one, and what a place of its
    kind cannot promise. Ends with 3 if one cannot be reached.
    """
    from preserva.archive.archive import find_config
    from preserva.config import load
    from preserva.outputs.limitations import sentence
    from preserva.reporting.status import reach_storages

    config = load(find_config(given.config))
    storages = reach_storages(config) if reach else []
    warnings = list(_doubts(config))
    if json_:
        reached: list[Value] = [
            {
                "storage": storage.storage,
                "problem": storage.problem,
                "limitations": [limitation.value for limitation in storage.limitations],
            }
            for storage in storages
        ]
        names: list[Value] = []
        names += sorted(config.storages)
        emit("config check", config=str(config.path), storages=names, reached=reached,
             warnings=warnings)  # fmt: skip
    for warning in warnings:
        click.echo(warning, err=True)
    given.talk(_("{path} is right").format(path=config.path))
    if not json_:
        for storage in storages:
            click.echo(f"{storage.storage}: {storage.problem or _('reached')}")
            for limitation in storage.limitations:
                click.echo(f"  {sentence(limitation)}")
    if any(storage.problem is not None for storage in storages):
        raise SystemExit(3)


def _doubts(config: Config) -> Iterator[str]:
    """What is allowed, and yet cannot be meant."""
    from preserva.config import Role

    places = sum(one.role is not Role.HELD for one in config.storages.values())
    if config.policy.copies > places:
        message = _("policy.copies: {copies} copies are wanted, but only {places} storages named")
        yield message.format(copies=config.policy.copies, places=places)
