"""What all commands share: where to find the archive, how to speak, how to end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.api.arguments import logged
from preserva.api.arguments import package_id as package_id  # for the commands

if TYPE_CHECKING:
    from preserva.archive.archive import Archive
    from preserva.core.formats.canonical_json import Value
    from preserva.core.values.report import Observer, Report

SCHEMA_VERSION = 1

as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON document on stdout.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")


class Settings:
    """The options that every command takes, before its name and after it."""

    def __init__(self, config: Path | None = None, quiet: bool = False, verbose: int = 0) -> None:
        self.config = config
        self.quiet = quiet
        self.verbose = verbose

    def archive(self) -> Archive:
        """The archive to work with, open."""
        from preserva.archive.archive import open_archive

        return open_archive(self.config)

    def observer(self, json_: bool) -> Observer:
        """Who watches the work: a progress bar on a terminal, nobody elsewhere."""
        from preserva.cli.console import observer

        if self.verbose:  # its lines would tear a bar apart
            return logged(None)
        return observer(quiet=self.quiet or json_)

    def talk(self, text: str) -> None:
        """Say something to the person, on stderr."""
        if not self.quiet:
            click.echo(text, err=True)


settings = click.make_pass_decorator(Settings)


def _set_config(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Settings).config = value


def _set_quiet(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Settings).quiet = True


def _set_verbose(context: click.Context, _option: click.Parameter, value: int) -> None:
    if value:
        from preserva.cli.logs import log_to_stderr

        settings = context.ensure_object(Settings)
        settings.verbose += value
        log_to_stderr(settings.verbose)


COMMON_OPTIONS: tuple[click.Option, ...] = (
    click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        help="The configuration to use.",
        expose_value=False,
        callback=_set_config,
    ),
    click.Option(
        ["--lang"],
        metavar="LANG",
        help="The language of messages: en, ru, be.",
        expose_value=False,
    ),
    click.Option(
        ["--quiet", "-q"],
        is_flag=True,
        help="Say nothing but data and errors.",
        expose_value=False,
        callback=_set_quiet,
    ),
    click.Option(
        ["--verbose", "-v"],
        count=True,
        help="Write a log to the standard error; -vv logs more.",
        expose_value=False,
        callback=_set_verbose,
    ),
)
"""The options that every command takes; `preserva.cli.language.speak` has read --lang."""


def emit(command: str, **facts: Value) -> None:
    """Print the command's JSON document on stdout (`schemas/output.schema.json`)."""
    import json

    document = {"schema_version": SCHEMA_VERSION, "command": command, **facts}
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


def emit_error(error: str, exit_status: int, message: str, problems: Iterable[str] = ()) -> None:
    """Print the JSON document of a command that could not do what it was asked."""
    emit("error", exit_status=exit_status, error=error, message=message, problems=list(problems))


def finish(reports: Iterable[Report]) -> None:
    """End the command with the exit status of the worst report: 1 damage, 3 unknown, 0 sound."""
    outcomes = {str(report.outcome) for report in reports}
    if "fail" in outcomes:
        raise SystemExit(1)
    if "unknown" in outcomes:
        raise SystemExit(3)
