"""The command `preserva`: its verbs, and how an error becomes a message and an exit status.

What a verb found becomes an exit status in `preserva.cli.finish`.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from io import StringIO
from keyword import iskeyword
from typing import TYPE_CHECKING

import click

from preserva.cli.common import COMMON_OPTIONS, Settings, emit_error
from preserva.cli.language import NEUTRAL, localised, speak
from preserva.cli.stopping import TerminatedError, when_stopped
from preserva.cli.terminal import echo
from preserva.errors import PreservaError
from preserva.exit_status import ExitStatus
from preserva.i18n import N_, _, system_reason
from preserva.version import __version__

if TYPE_CHECKING:
    from types import FrameType

VERBS = {
    "init": N_("Write a commented preserva.toml, or prepare what it describes."),
    "check": N_("Check folders of scans before they are packaged."),
    "package": N_("Make a package from a FOLDER of scans and store it."),
    "records": N_("List the records of a FILE with their packages."),
    "update": N_("Correct a stored package by adding a new version to it."),
    "derive": N_("Make access copies and a searchable PDF of a package."),
    "withdraw": N_("Withdraw a package that was a mistake or a duplicate."),
    "retire": N_("Retire a storage, or one copy in it: it is no longer wanted."),
    "relate": N_("State how two packages are related: volume, edition."),
    "store": N_("Store a BAG that was made by `preserva package --bag`. The bag is only read."),
    "import": N_("Store a bag or an E-ARK package that was made elsewhere."),
    "replicate": N_("Copy packages to the other institution and prove each copy."),
    "receive": N_("Record what another institution copied into our storage."),
    "validate": N_("Read every file; prove that it is sound or name what is wrong."),
    "audit": N_("Read the copies that are due and record the results."),
    "report": N_("Report the state of all copies and what needs a person."),
    "incidents": N_("List the copies that stay damaged or cannot be read."),
    "health": N_("Say whether the archive is well, for monitoring and for the morning."),
    "decisions": N_("List the decisions that take two persons."),
    "levels": N_("Show which NDSA Levels are proved and what the next ones lack."),
    "repair": N_("Plan how to restore damaged copies; with --apply, do it."),
    "rebuild": N_("Rebuild a lost storage, ledger or configuration."),
    "accept": N_("Accept a storage that has another id because it was rebuilt."),
    "list": N_("List the packages of a storage."),
    "status": N_("Show where copies are and when each was last proved sound."),
    "ledger": N_("Verify, show and export the record of what was done."),
    "export": N_("Export a stored package as a bag."),
    "catalogue": N_("Search the books of all libraries together, digitised or not."),
    "serve": N_("Serve the union catalogue by OAI-PMH 2.0 until stopped."),
    "web": N_("Serve pages for the people who keep the books, until stopped."),
    "harvest": N_("Harvest the records of another catalogue."),
    "exhibit": N_("Build an exhibition of books: a site of plain files."),
    "bag": N_("Create, update and complete BagIt bags."),
    "config": N_("Check the configuration."),
    "drill": N_("Rehearse disasters in a scratch archive, beside the real one."),
    "demo": N_("Demonstrate everything on a small archive of its own."),
}
"""In the order in which people need them, each with the first paragraph of its help: listing them
then loads no module. Each is the `command` of `preserva.cli.<verb>`."""


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs, each with the first sentence of its help."""
        room = formatter.width - 6 - max(map(len, VERBS))
        rows = [
            (verb, click.Command(verb, help=_(text)).get_short_help_str(room))
            for verb, text in VERBS.items()
        ]
        with formatter.section(_("Commands")):
            formatter.write_dl(rows)


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
    preserva init                               write preserva.toml here
    preserva package scans/ --record book.mrc   make a package and store it
    preserva replicate                          copy it to the other institution
    preserva validate aonb-kp-000123            prove that every copy is sound
    """
    context.ensure_object(Settings)


_NOT_HERE = N_("preserva needs Linux. On Windows, run it in WSL: see docs/how-to/windows.md.")


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    raise TerminatedError


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process."""
    _open_standard_streams()
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(status_of(sys.argv[1:] if arguments is None else arguments))


def _open_standard_streams() -> None:
    """Open those of the standard streams that are closed; what is written there is lost.

    Otherwise the next file that is opened, perhaps the ledger, would get the number of one of them,
    and whatever a library or another program writes there would go into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free
            stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def status_of(arguments: list[str]) -> int:
    """Run the command line and return its exit status; print errors as messages for people."""
    status = _status_of(arguments)
    if _LOGS in sys.modules:  # only then does anybody listen
        from preserva.cli.logs import end_log

        end_log(status)
    return status


_LOGS = "preserva.cli.logs"


def _status_of(arguments: list[str]) -> int:
    if os.name != "posix":
        sys.stderr.write(_(_NOT_HERE) + "\n")
        return ExitStatus.USAGE
    stdout = sys.stdout
    with suppress(AttributeError):  # what a terminal has no letters for is shown all the same
        stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    settings = Settings()
    try:
        speak(arguments)
        program = localised(main, COMMON_OPTIONS)
        program.main(arguments, prog_name="preserva", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except PreservaError as error:
        _explain(error, "--json" in arguments)
        return error.exit_status
    except click.ClickException as error:
        _show_usage(error)
        if "--json" in arguments:
            emit_error("UsageError", ExitStatus.USAGE, _neutral(error))
        return ExitStatus.USAGE
    except (KeyboardInterrupt, click.Abort):
        echo(when_stopped(settings.verb, settings.done, terminated=False), err=True)
        return ExitStatus.INTERRUPTED
    except TerminatedError:
        echo(when_stopped(settings.verb, settings.done, terminated=True), err=True)
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
            echo(message.format(reason=system_reason(error)), err=True)
            return ExitStatus.UNFINISHED
        import traceback

        echo(traceback.format_exc(), err=True, nl=False)
        echo(_("This is a bug in preserva. What was stored is safe."), err=True)
        return ExitStatus.UNEXPECTED
    return ExitStatus.SOUND


def _neutral(error: click.ClickException) -> str:
    """What click says, for programs: an argument has the same name in every language."""
    if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Argument):
        error.param_hint = f"'{getattr(error.param, NEUTRAL, error.param.name)}'"
    return error.format_message()


def _show_usage(error: click.ClickException) -> None:
    """What click prints of it, made clean: it quotes what was typed."""
    with StringIO() as said:
        error.show(said)
        echo(said.getvalue(), err=True, nl=False)


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
    if _LOGS in sys.modules:
        from preserva.cli.logs import log_error

        log_error(error)
    echo(_("Error: {message}").format(message=error), err=True)
    if advice:
        echo(advice, err=True)
    if json_:
        problems = getattr(error, "problems", ())
        emit_error(type(error).__name__, error.exit_status, str(error), problems)


if __name__ == "__main__":
    run()
