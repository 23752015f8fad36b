"""preserva config check"""

from __future__ import annotations

import click

from preserva.cli.common import Settings, as_json, emit, settings
from preserva.i18n import _


@click.group("config")
def command() -> None:
    """Look at the configuration."""


@command.command("check")
@as_json
@settings
def check(given: Settings, json_: bool) -> None:
    """Say whether the configuration is right; every problem at once."""
    from preserva.archive import find_config
    from preserva.config import load

    config = load(find_config(given.config))
    if json_:
        emit("config check", config=str(config.path), storages=sorted(config.storages))
    given.talk(_("{path} is right").format(path=config.path))
