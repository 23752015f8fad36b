"""A record that takes the place of another one in a package: is it of the same book?"""

from __future__ import annotations

import re
from pathlib import Path

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.record import Record, read_record
from preserva.errors import Refused
from preserva.i18n import _
from preserva.ingest.submission import one_line


def compare_with_new(
    present: bytes | None, new: Record, path: Path, *, consent: bool
) -> tuple[Finding, ...]:
    """Doubts about a new record that follow from the present one, which is given as MODS.

    Raises Refused for a record of another book, unless a person consented.
    """
    old = None if present is None else read_record(present, name="mods.xml")
    if not isinstance(old, Record):
        return ()
    if is_other_book(old, new) and not consent:
        message = _("{path} is a record of another book: {number}, {title}")
        hint = _("The package has {number}, {title}. If this is what you want, add --other-record.")
        raise Refused(
            message.format(path=path, number=new.identifier, title=one_line(new.title)),
            hint=hint.format(number=old.identifier, title=one_line(old.title)),
        )
    if not is_renumbered(old, new):
        return ()
    where = f"{new.name}#{new.position}"
    return (Finding(Code.RECORD_RENUMBERED, where, old.identifier, new.identifier),)


def is_other_book(old: Record, new: Record) -> bool:
    """Whether a record is of another book than the one before: by its number and by its title.

    A corrected title has the number still, and a record that was renumbered its title. Where one
    of them has no number, titles without a word in common are different.
    """
    before, after = _words(old.title), _words(new.title)
    if old.identifier and new.identifier:
        return is_renumbered(old, new) and before != after
    return bool(before and after) and not set(before) & set(after)


def is_renumbered(old: Record, new: Record) -> bool:
    """Whether both have a number, and not the same; punctuation does not count."""
    return bool(old.identifier and new.identifier) and _key(old.identifier) != _key(new.identifier)


def _words(title: str) -> list[str]:
    return re.findall(r"\w+", title.casefold())


def _key(number: str) -> str:
    return re.sub(r"[\W_]", "", number.casefold())
