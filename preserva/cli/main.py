"""The command `preserva`: the verbs, and the one place that turns an end into an exit status."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING

import click

from preserva.cli.common import COMMON_OPTIONS, Settings, emit_error
from preserva.cli.language import localised, speak
from preserva.errors import PreservaError
from preserva.i18n import _
from preserva.version import __version__

if TYPE_CHECKING:
    from types import FrameType

VERBS = (
    "init",
    "package",
    "update",
    "store",
    "import",
    "replicate",
    "receive",
    "validate",
    "audit",
    "report",
    "incidents",
    "levels",
    "repair",
    "rebuild",
    "list",
    "status",
    "ledger",
    "export",
    "catalogue",
    "serve",
    "harvest",
    "exhibit",
    "bag",
    "config",
    "demo",
)
"""In the order in which people need them: `preserva.cli.<verb>` holds each one as `command`."""


class Verbs(click.Group):
    """Loads a verb's module when the verb is used, so that starting costs next to nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order in which people need them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One verb."""
        if cmd_name not in VERBS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"preserva.cli.{module}").command
        return localised(command, COMMON_OPTIONS)


@click.command(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 sound, 1 damage, 2 usage, 3 unfinished, 4 refused, 5 ledger, "
    "10 no archive, 11 locked, 70 unexpected, 130 interrupted, 141 nobody listens, 143 stopped.",
)
@click.version_option(__version__, prog_name="preserva")
@click.pass_context
def main(context: click.Context) -> None:
    """Keep digitised books for good.

    \b
    preserva init                                  write preserva.toml here
    preserva package scans/ --record book.mrc      make a package and store it
    preserva replicate                             copy it to the other institution
    preserva validate aonb-kp-000123               prove that every copy is sound
    """
    context.ensure_object(Settings)


class TerminatedError(BaseException):
    """The system asks us to end: as an interrupt, nothing but `status_of` may stop it."""


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    raise TerminatedError


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process."""
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(status_of(sys.argv[1:] if arguments is None else arguments))


def status_of(arguments: list[str]) -> int:
    """Run the command line; its exit status. Every error becomes a message for people here."""
    stdout = sys.stdout
    try:
        speak(arguments)
        program = localised(main, COMMON_OPTIONS)
        program.main(arguments, prog_name="preserva", standalone_mode=False)
        sys.stdout.flush()
    except PreservaError as error:
        _explain(error, "--json" in arguments)
        return error.exit_status
    except click.ClickException as error:
        error.show()
        if "--json" in arguments:
            emit_error("UsageError", 2, error.format_message())
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo(_("Interrupted. What was acknowledged is safe; run it again."), err=True)
        return 130
    except TerminatedError:
        click.echo(_("Asked to stop. What was acknowledged is safe; run it again."), err=True)
        return 143
    except SystemExit as end:
        if sys.stdout is not stdout:  # click puts another in its place when nobody listens
            sys.stdout = stdout
            _give_up_stdout()
            return 141
        return end.code if isinstance(end.code, int) else 70
    except Exception as error:  # the last guard: never Python's own status 1, which means damage
        if isinstance(error, OSError) and _stdout_is_broken():
            message = _("what was found could not be written to the standard output: {reason}")
            click.echo(message.format(reason=error.strerror), err=True)
            return 3
        import traceback

        traceback.print_exc()
        click.echo(_("This is a fault of preserva. What was stored is safe."), err=True)
        return 70
    return 0


def _stdout_is_broken() -> bool:
    try:
        sys.stdout.write("\n")  # what failed once is forgotten: only writing more shows it
        sys.stdout.flush()
    except OSError:
        _give_up_stdout()
        return True
    return False


def _give_up_stdout() -> None:
    """Let what still waits to be written go nowhere: Python would try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(error: PreservaError, json_: bool) -> None:
    advice = error.advice()
    click.echo(_("Error: {message}").format(message=error), err=True)
    if advice:
        click.echo(advice, err=True)
    if json_:
        problems = getattr(error, "problems", ())
        emit_error(type(error).__name__, error.exit_status, str(error), problems)


if __name__ == "__main__":
    run()
