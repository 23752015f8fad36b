"""An entry of the ledger, and how it is read from its bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Any, TypeAlias, TypeVar

from preserva.core.formats.canonical_json import canonical
from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.fact import Facts
from preserva.core.values.facts import BY_TYPE, Arrival, Check
from preserva.core.values.model import PackageId
from preserva.errors import LedgerError
from preserva.i18n import _

FactsOf = TypeVar("FactsOf", bound=Facts)
_Kind: TypeAlias = type[FactsOf]  # an entry has a `type` of its own

LARGEST_ENTRY = 65_535
"""The most bytes of an entry, so that the ledger can be published as a C2SP tile log later."""

_LARGEST_NUMBER = 2**53 - 1
_VERSION = re.compile(r"v[0-9]+\Z", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Something that was done. `type` is a PREMIS event type, `time` is UTC (ISO 8601).

    `facts` are as they are in JSON: `facts_as` gives them their type.
    """

    number: int
    time: str
    type: str
    outcome: str
    package: str | None
    storage: str | None
    version: str | None
    facts: Mapping[str, Any]
    digest: str

    @property
    def person(self) -> str | None:
        """The code of the person who caused it; None if no person is named."""
        return self.facts_as(Facts).person

    def facts_as(self, kind: _Kind[FactsOf]) -> FactsOf:
        """The facts, as those of the type of this entry. Raises LedgerError if they do not fit."""
        own = BY_TYPE.get(self.type, kind)
        try:
            if issubclass(own, kind):
                return own.from_facts(self.facts)
        except ValueError as error:
            raise self.unreadable(str(error)) from error
        raise self.unreadable("type")

    def check(self) -> None:
        """Hold everything in it to its type. Raises LedgerError."""
        if self.version is not None and not _VERSION.match(self.version):
            raise self.unreadable("version")
        if self.package is not None and self.type != FIXITY_CHECK:  # checks see strangers, too
            try:
                PackageId.parse(self.package)
            except ValueError as error:
                raise self.unreadable("package") from error
        kind = BY_TYPE.get(self.type)  # none for a type that only a later version knows
        facts = None if kind is None else self.facts_as(kind)
        digest = facts.inventory if isinstance(facts, Arrival | Check) else None
        if digest is not None and not _DIGEST.fullmatch(digest):
            raise self.unreadable("inventory")

    def unreadable(self, name: str) -> LedgerError:
        """The error if something in it is not as it must be."""
        message = _("entry {number} of the ledger cannot be read: {name}")
        return LedgerError(message.format(number=self.number, name=name))


def content_of(body: bytes) -> dict[str, Any]:
    """The members of an entry; empty if the bytes are not an entry."""
    try:
        content = read_json(body)
    except JSONError:
        return {}
    return content if isinstance(content, dict) else {}


def chained(body: bytes, number: int, previous: str) -> LedgerEntry:
    """An entry of a copy of a ledger, which may be anybody's: it is what we would have written.

    It has this number, follows the entry with the digest `previous`, and everything in it is valid
    for its type. Raises LedgerError.
    """
    content = content_of(body)
    if not _is_ours(body, content):
        message = _("entry {number} cannot be read as an entry of a ledger")
        raise LedgerError(message.format(number=number))
    if (content["number"], content["previous"]) != (number, previous):
        raise LedgerError(_("entry {number} does not follow the one before").format(number=number))
    entry = parse(body, hashlib.sha256(body).hexdigest())
    entry.check()
    return entry


def _is_ours(body: bytes, content: dict[str, Any]) -> bool:
    """Whether these bytes are the canonical ones of these members, which are those of an entry."""
    try:
        canonical_body = canonical(content)
    except (RecursionError, ValueError):
        return False
    return (
        len(body) <= LARGEST_ENTRY and canonical_body == body and content.keys() == _MEMBERS.keys()
    )


_MEMBERS: Mapping[str, type | UnionType] = {
    "facts": dict,
    "number": int,
    "outcome": str,
    "package": str | None,
    "previous": str,
    "storage": str | None,
    "time": str,
    "type": str,
    "version": str | None,
}


def parse(body: bytes, digest: str) -> LedgerEntry:
    """The entry that canonical JSON holds. Raises LedgerError."""
    content = content_of(body)
    if not (
        all(isinstance(content.get(name, ...), kind) for name, kind in _MEMBERS.items())
        and not isinstance(content["number"], bool)
        and 0 < content["number"] <= _LARGEST_NUMBER
        and _is_time(content["time"])
    ):
        raise LedgerError(_("an entry of the ledger cannot be read"))
    members = {name: content[name] for name in _MEMBERS if name != "previous"}
    return LedgerEntry(**members, digest=digest)


def _is_time(text: str) -> bool:
    """A time with its zone: without one, no other can be compared with it."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
