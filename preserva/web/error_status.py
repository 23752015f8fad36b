"""With which status of HTTP an error is answered, on a page and to a program."""

from __future__ import annotations

from http import HTTPStatus

from preserva.errors import AwaitsConfirmation, NotFound, PreservaError, Refused, UsageError


def status_of(error: PreservaError) -> HTTPStatus:
    """The status; that of a server which cannot work now, for whatever is no fault of who asks."""
    kinds: tuple[tuple[type[PreservaError], HTTPStatus], ...] = (
        (AwaitsConfirmation, HTTPStatus.CONFLICT),
        (Refused, HTTPStatus.CONFLICT),
        (NotFound, HTTPStatus.NOT_FOUND),
        (UsageError, HTTPStatus.BAD_REQUEST),
    )
    fitting = (status for kind, status in kinds if isinstance(error, kind))
    return next(fitting, HTTPStatus.SERVICE_UNAVAILABLE)
