"""What all commands share: their common options, and how they print JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from preserva.api.arguments import logged
from preserva.cli.terminal import echo, raw
from preserva.i18n import _, english

if TYPE_CHECKING:
    from preserva.archive.archive import ArchivalStorage
    from preserva.cli.console import Screen
    from preserva.core.formats.canonical_json import Value
    from preserva.core.values.model import PackageId
    from preserva.core.values.report import Observer
    from preserva.exit_status import ExitStatus

SCHEMA_VERSION = 1
_Result = TypeVar("_Result")

as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON document to stdout.")
as_ours = click.option(
    "--as-ours",
    is_flag=True,
    help="Store a package with our identifier that was not made here; that is recorded.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")


class Settings:
    """The options that every command takes, before its name or after it."""

    def __init__(
        self,
        config: Path | None = None,
        quiet: bool = False,
        verbose: int = 0,
        person: str | None = None,
    ) -> None:
        self.config = config
        self.person = person
        self.quiet = quiet
        self.verbose = verbose
        self.wait = 0
        self.log: Path | None = None
        self.verb: str | None = None  # as people type it, once it has begun
        self.done = 0  # how many copies or packages this run has finished
        self._screen: Screen | None = None
        self.progress: Path | None = None

    def _tell_waiting(self, error: Exception) -> None:
        echo(_("Waiting: {message}").format(message=error), err=True)

    def archive(self, *, reading: bool = False) -> ArchivalStorage:
        """Open the archive to work with, or only for `reading` what its ledger says."""
        from preserva.archive.archive import open_archive
        from preserva.archive.patience import Patience

        archive = open_archive(self.config, person=self.person, reading=reading)
        archive.tell = lambda finding: echo(finding.message(), err=True)
        archive.work = self._begin()
        if self.wait:
            archive.patience = Patience(self.wait, self._tell_waiting)
        return archive

    def _begin(self) -> str | None:
        context = click.get_current_context(silent=True)
        if context is not None:
            self.verb = context.command_path.partition(" ")[2]
        return self.verb

    def each(self, show: Callable[[_Result], object], *, silent: bool) -> Callable[[_Result], None]:
        """What is done with each result as it comes: it is counted, and shown unless `silent`."""

        def come(result: _Result) -> None:
            self.done += 1
            if not silent:
                with self._screen.hidden() if self._screen else nullcontext():
                    show(result)

        return come

    def observer(self, json_: bool) -> Observer:
        """A progress bar if stderr is a terminal, and a file if --progress names one."""
        self._begin()
        if self.progress is None:
            return self._shown(json_)
        from preserva.cli.progress_file import to_file

        return to_file(self.progress, self._shown(json_))

    def _shown(self, json_: bool) -> Observer:
        if self.verbose:  # its lines would tear a bar apart
            return logged(None)
        from preserva.cli.console import Screen

        self._screen = Screen()
        shown = self._screen.observer(quiet=self.quiet or json_)
        return shown if self.log is None else logged(shown)

    def talk(self, text: str) -> None:
        """Print a message for the person to stderr, unless --quiet was given."""
        if not self.quiet:
            echo(text, err=True)


def package_id(text: str, archive: ArchivalStorage) -> PackageId:
    """The identifier that a person wrote, with or without our institution. Raises UsageError."""
    from preserva.api.arguments import package_id

    return package_id(text, archive.config, archive.ledger)


pass_settings = click.make_pass_decorator(Settings)


def _set_config(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Settings).config = value


def _set_person(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Settings).person = value


def _set_quiet(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Settings).quiet = True


def _set_verbose(context: click.Context, _option: click.Parameter, value: int) -> None:
    if value:
        from preserva.cli.logs import log_to_stderr

        settings = context.ensure_object(Settings)
        settings.verbose += value
        log_to_stderr(settings.verbose)


def _set_log(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        from preserva.cli.logs import log_to_file

        context.ensure_object(Settings).log = value
        log_to_file(value)


def _set_progress(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Settings).progress = value


def _set_wait(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value is not None:
        from preserva.cli.quantities import TIME

        context.ensure_object(Settings).wait = TIME.convert(value, _option, context)


COMMON_OPTIONS: tuple[click.Option, ...] = (
    click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        help="The configuration file to use.",
        expose_value=False,
        callback=_set_config,
    ),
    click.Option(
        ["--person"],
        metavar="CODE",
        help="Who acts; by default PRESERVA_PERSON or the login.",
        expose_value=False,
        callback=_set_person,
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
        help="Print only data and errors.",
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
    click.Option(
        ["--log"],
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Append a log of what was done to a file, which may be rotated.",
        expose_value=False,
        callback=_set_log,
    ),
    click.Option(
        ["--progress"],
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Keep in a file how far the work is, as JSON.",
        expose_value=False,
        callback=_set_progress,
    ),
    click.Option(
        ["--wait"],
        metavar="TIME",
        help="Wait so long for another process that is writing, such as 10m.",
        expose_value=False,
        callback=_set_wait,
    ),
)
"""The options that every command takes. `preserva.cli.language.speak` reads --lang beforehand."""


def emit(command: str, document: Mapping[str, Value]) -> None:
    """Print a document of `preserva.outputs.json` to stdout, with the command that made it."""
    import json

    whole = {"schema_version": SCHEMA_VERSION, "command": command, **document}
    raw(json.dumps(_as_data(whole), ensure_ascii=False, indent=1))


def _as_data(value: Value) -> Value:
    """A value with every message in English: a document is the same in every language."""
    if isinstance(value, str):
        return english(value)
    if isinstance(value, Mapping):
        return {key: _as_data(member) for key, member in value.items()}
    return [_as_data(member) for member in value] if isinstance(value, Sequence) else value


def emit_error(
    error: str, exit_status: ExitStatus, message: str, problems: Iterable[str] = ()
) -> None:
    """Print the JSON document of a command that could not do what was requested."""
    document: dict[str, Value] = {
        "exit_status": exit_status,
        "error": error,
        "message": message,
        "problems": list(problems),
    }
    emit("error", document)
