"""preserva config check"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.core.values.report import Outcome
from preserva.i18n import _

if TYPE_CHECKING:
    from preserva.config import Config
    from preserva.reporting.storages import Reached


@click.group("config")
def command() -> None:
    """Check the configuration."""


@command.command("check")
@click.option("--storages", "reach", is_flag=True, help="Test each storage as well.")
@as_json
@pass_settings
def check(settings: Settings, reach: bool, json_: bool) -> None:
    """Check whether the configuration is valid, and list every problem at once.

    With --storages, also check whether each storage answers and is the right one, and test it:
    files are written, read, replaced, moved and removed in its staging, and none is left behind.
    The output says what it cannot do, and which guarantees a storage of its kind cannot give. A
    storage that you hold for others is only read.

    Exit status: 1 if a storage cannot take packages, 3 if one cannot be reached or tried now.
    """
    from preserva.archive.archive import find_config
    from preserva.config import load
    from preserva.outputs.json.archive import config_check_document
    from preserva.reporting.storages import reach_storages

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
            for line in _lines(storage):
                echo(f"  {line}")
    finish(storages)


def _lines(storage: Reached) -> Iterator[str]:
    """What is known of a storage that was reached."""
    from preserva.outputs.findings import human_size
    from preserva.outputs.limitations import sentence

    if storage.identity is not None:
        yield _("its id: {id}").format(id=storage.identity)
    if storage.free is not None:
        yield _("free space: {size}").format(size=human_size(storage.free))
    for finding in storage.findings:
        yield finding.message()
    for limitation in storage.limitations:
        yield sentence(limitation)
    if storage.tried and storage.outcome is Outcome.PASS:
        yield _("tested: packages can be stored there")


def _warnings(config: Config) -> Iterator[str]:
    """What is allowed, but can hardly be intended."""
    from preserva.config import Role

    places = sum(storage.role is not Role.HELD for storage in config.storages.values())
    if config.policy.copies > places:
        message = _(
            "policy.copies: {copies} copies are wanted, but only {places} storages are named"
        )
        yield message.format(copies=config.policy.copies, places=places)
    yield from _policy_warnings(config)


def _policy_warnings(config: Config) -> Iterator[str]:
    """Whether two persons agreed on another policy, or on no storage that is gone from here."""
    from contextlib import closing

    from preserva.archive.ledger_proof import open_ledger
    from preserva.archive.retirement import dropped_storages
    from preserva.archive.two_persons import broken_agreement

    if not config.ledger.exists():
        return
    with closing(open_ledger(config)) as ledger:
        decision = broken_agreement(ledger, config.policy)
        dropped = dropped_storages(ledger, config)
    for storage in dropped:
        message = _("storages: {storage} is gone, and two persons did not retire it")
        yield message.format(storage=storage)
    if decision is not None:
        terms = ", ".join(f"{name} {value}" for name, value in decision.matter.terms.items())
        message = _("[policy] is not what two persons agreed on (decision {number}): {terms}")
        yield message.format(number=decision.number, terms=terms)
