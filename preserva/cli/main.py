"""The command `preserva`: its verbs, and how an error becomes a message and an exit status.

What a verb found becomes an exit status in `preserva.cli.finish`.
"""

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
from preserva.exit_status import ExitStatus
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
"""In the order in which people need them. Each is the `command` of `preserva.cli.<verb>`."""


class Verbs(click.Group):
    """Loads a verb's module when the verb is used, to keep the start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the verbs, in the order of VERBS."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, in the reader's language."""
        if cmd_name not in VERBS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"preserva.cli.{module}").command
        return localised(command, COMMON_OPTIONS)


@click.command(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: " + ", ".join(f"{status:d} {status.label}" for status in ExitStatus) + ".",
)
@click.version_option(__version__, prog_name="preserva")
@click.pass_context
def main(context: click.Context) -> None:
    """Preserve digitised books for the long term.

    \b
    preserva init                                  write preserva.toml here
    preserva package scans/ --record book.mrc      make a package and store it
    preserva replicate                             copy it to the other institution
    preserva validate aonb-kp-000123               prove that every copy is sound
    """
    context.ensure_object(Settings)


class TerminatedError(BaseException):
    """SIGTERM was received. Like KeyboardInterrupt, only `status_of` may catch it."""


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    raise TerminatedError


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process."""
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(status_of(sys.argv[1:] if arguments is None else arguments))


def status_of(arguments: list[str]) -> int:
    """Run the command line and return its exit status; print errors as messages for people."""
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
            emit_error("UsageError", ExitStatus.USAGE, error.format_message())
        return ExitStatus.USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            _("Interrupted. What was acknowledged is safe; run the command again."), err=True
        )
        return ExitStatus.INTERRUPTED
    except TerminatedError:
        click.echo(_("Terminated. What was acknowledged is safe; run the command again."), err=True)
        return ExitStatus.TERMINATED
    except SystemExit as end:
        if sys.stdout is not stdout:  # click replaces it when the pipe is closed
            sys.stdout = stdout
            _give_up_stdout()
            return ExitStatus.OUTPUT_CLOSED
        return end.code if isinstance(end.code, int) else ExitStatus.UNEXPECTED
    except Exception as error:  # never Python's own status 1, which means damage
        if isinstance(error, OSError) and _stdout_is_broken():
            message = _("the result could not be written to standard output: {reason}")
            click.echo(message.format(reason=error.strerror), err=True)
            return ExitStatus.UNFINISHED
        import traceback

        traceback.print_exc()
        click.echo(_("This is a bug in preserva. What was stored is safe."), err=True)
        return ExitStatus.UNEXPECTED
    return ExitStatus.SOUND


def _stdout_is_broken() -> bool:
    try:
        sys.stdout.write("\n")  # the failed write is forgotten; only another one shows the error
        sys.stdout.flush()
    except OSError:
        _give_up_stdout()
        return True
    return False


def _give_up_stdout() -> None:
    """Discard what is still buffered; Python would try to write it again at exit."""
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
