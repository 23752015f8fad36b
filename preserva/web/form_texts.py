"""What people write into forms, as a command line can have it."""

from __future__ import annotations

from collections.abc import Mapping

from preserva.errors import UsageError
from preserva.i18n import _

LONGEST_REASON = 2000


def reason_of(fields: Mapping[str, str]) -> str:
    """Why, in the words of a person. Raises UsageError if they gave none."""
    reason = one_line(fields.get("reason", ""), LONGEST_REASON + 1)
    if not 1 <= len(reason) <= LONGEST_REASON:
        message = _("Say why, in at most {count} characters.")
        raise UsageError(message.format(count=LONGEST_REASON))
    return reason


def optional_reason(fields: Mapping[str, str]) -> list[str]:
    """The option with the reason, if a person gave one. Raises UsageError if it is too long."""
    return [f"--reason={reason_of(fields)}"] if fields.get("reason", "").strip() else []


def recipient(fields: Mapping[str, str]) -> list[str]:
    """The option that says for whom a copy is, if a person said it."""
    return [f"--to={one_line(fields['to'])}"] if fields.get("to", "").strip() else []


def one_line(text: str, longest: int = LONGEST_REASON) -> str:
    """A text in one line, without what no command line can hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]
