"""preserva config check"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.config import Config


@click.group("config")
def command() -> None:
    """Check the configuration."""


@command.command("check")
@click.option("--storages", "reach", is_flag=True, help="Connect to each storage as well.")
@as_json
@pass_settings
def check(settings: Settings, reach: bool, json_: bool) -> None:
    """Check whether the configuration is valid, and list every problem at once.

    With --storages, also check whether each storage answers and is the right one, and list the
    guarantees that a storage of its kind cannot give.

    Exit status: 3 if a storage cannot be reached.
    """
    from preserva.archive.archive import find_config
    from preserva.config import load
    from preserva.outputs.json.archive import config_check_document
    from preserva.outputs.limitations import sentence
    from preserva.reporting.status import reach_storages

    config = load(find_config(settings.config))
    storages = reach_storages(config) if reach else []
    warnings = list(_warnings(config))
    if json_:
        emit("config check", config_check_document(config, storages, warnings))
    for warning in warnings:
        echo(warning, err=True)
    settings.talk(_("{path} is valid").format(path=config.path))
    if not json_:
        for storage in storages:
            echo(f"{storage.storage}: {storage.problem or _('reached')}")
            if storage.identity is not None:
                echo("  " + _("its id: {id}").format(id=storage.identity))
            for limitation in storage.limitations:
                echo(f"  {sentence(limitation)}")
    finish(storages)


def _warnings(config: Config) -> Iterator[str]:
    """What is allowed, but can hardly be intended."""
    from preserva.config import Role

    places = sum(storage.role is not Role.HELD for storage in config.storages.values())
    if config.policy.copies > places:
        message = _("policy.copies: {copies} copies are wanted, but only {places} storages named")
        yield message.format(copies=config.policy.copies, places=places)
