"""The one place that turns what a command found into its exit status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from preserva.exit_status import ExitStatus

if TYPE_CHECKING:
    from preserva.core.values.report import Outcome
    from preserva.errors import PreservaError


class HasOutcome(Protocol):
    """A result of a verb: a report, or whatever holds one."""

    @property
    def outcome(self) -> Outcome:
        """What was established."""


def finish(
    results: Iterable[HasOutcome],
    *,
    failure: ExitStatus = ExitStatus.DAMAGE,
    stopped: PreservaError | None = None,
) -> None:
    """End the command with the status of the worst outcome; `failure` is that of FAIL.

    An error that `stopped` the run on its way has the last word.
    """
    from preserva.core.values.report import Outcome

    if stopped is not None:
        raise SystemExit(stopped.exit_status)
    statuses = {
        Outcome.PASS: ExitStatus.SOUND,
        Outcome.UNKNOWN: ExitStatus.UNFINISHED,
        Outcome.FAIL: failure,
    }
    status = statuses[Outcome.worst(result.outcome for result in results)]
    if status is not ExitStatus.SOUND:
        raise SystemExit(status)
