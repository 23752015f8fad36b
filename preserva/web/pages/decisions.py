"""Decisions that take two persons: what one requested, another confirms or refuses."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from preserva.archive.archive import utc_now
from preserva.archive.two_persons import answer as record_answer
from preserva.archive.two_persons import decision as decision_of
from preserva.archive.two_persons import decisions
from preserva.core.policy.two_persons import DecisionState
from preserva.errors import NotFound, UsageError
from preserva.i18n import _
from preserva.web.form_texts import LONGEST_REASON
from preserva.web.pages.sign_in import confirmed_by_password
from preserva.web.visit import Visit

_OPEN = (DecisionState.WAITING, DecisionState.CONFIRMED)


def show_list(visit: Visit) -> Response:
    """Those that are open, or all, the newest first."""
    now, everything = utc_now(), visit.query.get("all") == "1"
    with visit.archive() as archive:
        all_ = decisions(archive)
    known = [decision for decision in all_ if everything or decision.state(now) in _OPEN]
    return visit.show("decisions", decisions=known[::-1], now=now, everything=everything)


def show(visit: Visit) -> Response:
    """One decision, with the form to answer it."""
    return _page(visit)


def answer(visit: Visit) -> Response:
    """Confirm or refuse, with the person's own password once more."""
    choice = visit.fields.get("answer")
    if choice not in ("confirm", "refuse"):
        return _page(visit, _("Choose whether you confirm or refuse."))
    if not confirmed_by_password(visit):
        return _page(visit, _("This is not your password."))
    reason = " ".join(visit.fields.get("reason", "").split())[:LONGEST_REASON]
    with visit.archive() as archive:
        record_answer(archive, visit.number, confirm=choice == "confirm", reason=reason or None)
    return visit.go(f"/decisions/{visit.number}")


def _page(visit: Visit, problem: str | None = None) -> Response:
    number = visit.number
    with visit.archive() as archive:
        try:
            known = decision_of(archive, number)
        except UsageError as error:
            raise NotFound(_("there is no decision {number}").format(number=number)) from error
    status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
    return visit.show(
        "decision", status, decision=known, state=known.state(utc_now()), problem=problem,
        typed=visit.fields.get("reason", ""),
    )  # fmt: skip
