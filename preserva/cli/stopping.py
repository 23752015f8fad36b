"""What is said when a signal ends a run: what is finished, and what the next run does."""

from __future__ import annotations

from collections.abc import Mapping

from preserva.i18n import N_, _, joined


class TerminatedError(BaseException):
    """SIGTERM was received. Like KeyboardInterrupt, only `status_of` may catch it."""


_STORED = N_(
    "What was not named as stored is not stored; the next run clears up what was left of it."
)
_MADE = N_("Nothing was made under the name that you gave; the next run starts over.")
_RECORDS = N_("The records imported so far stay; the next run imports the others.")

_NEXT: Mapping[str, str] = {
    "audit": N_("The next run reads the copies that are still due."),
    "replicate": N_("The next run brings what is still missing."),
    "receive": N_("The next run reads what is not recorded yet."),
    "repair": N_("What was begun is ended by the next run; nothing was deleted."),
    "rebuild storage": N_("The next run brings the copies that are still missing."),
    "rebuild ledger": N_("No ledger was made; the next run starts over."),
    "validate": N_("The results printed so far are recorded; run it again for the others."),
    "package": _STORED,
    "store": _STORED,
    "import": _STORED,
    "update": _STORED,
    "derive": _STORED,
    "export": _MADE,
    "exhibit build": _MADE,
    "bag create": _MADE,
    "catalogue export": _MADE,
    "catalogue dump": _MADE,
    "ledger backup": _MADE,
    "catalogue backup": _MADE,
    "catalogue import": _RECORDS,
    "harvest": _RECORDS,
}
"""By verbs that take long; all others end at once, or change nothing."""


def when_stopped(verb: str | None, done: int, *, terminated: bool) -> str:
    """What to say; `done` counts the copies or packages that this run has finished."""
    said = [_("Terminated.") if terminated else _("Interrupted.")]
    said.append(_("What was acknowledged is safe."))
    if done:
        said.append(_("Finished: {count}.").format(count=done))
    following = _NEXT.get(verb or "")
    said.append(_(following) if following else _("Run the command again."))
    return joined(" ", said)
