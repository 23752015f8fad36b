"""An entry of the ledger, and how it is read from its bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any, TypeAlias, TypeVar

from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.facts import BY_TYPE, Facts
from preserva.core.values.model import PackageId
from preserva.errors import LedgerError
from preserva.i18n import _

FactsOf = TypeVar("FactsOf", bound=Facts)
_Kind: TypeAlias = type[FactsOf]  # an entry has a `type` of its own

_LARGEST_NUMBER = 2**53 - 1
_VERSION = re.compile(r"v[0-9]+\Z", re.ASCII)


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
        self.facts_as(BY_TYPE.get(self.type, Facts))

    def unreadable(self, name: str) -> LedgerError:
        """What to raise if something in it is not what it must be."""
        message = _("entry {number} of the ledger cannot be read: {name}")
        return LedgerError(message.format(number=self.number, name=name))


_MEMBERS: Mapping[str, tuple[type, ...]] = {
    "number": (int,),
    "time": (str,),
    "type": (str,),
    "outcome": (str,),
    "package": (str, NoneType),
    "storage": (str, NoneType),
    "version": (str, NoneType),
    "facts": (dict,),
}


def content_of(body: bytes) -> dict[str, Any]:
    """The members of an entry; empty if the bytes are not an entry."""
    try:
        content = read_json(body)
    except JSONError:
        return {}
    return content if isinstance(content, dict) else {}


def parse(body: bytes, digest: str) -> LedgerEntry:
    """The entry that canonical JSON holds. Raises LedgerError."""
    content = content_of(body)
    if not (
        all(isinstance(content.get(name, ...), kinds) for name, kinds in _MEMBERS.items())
        and not isinstance(content["number"], bool)
        and 0 < content["number"] <= _LARGEST_NUMBER
        and _is_time(content["time"])
    ):
        raise LedgerError(_("an entry of the ledger cannot be read"))
    return LedgerEntry(**{name: content[name] for name in _MEMBERS}, digest=digest)


def _is_time(text: str) -> bool:
    """A time with its zone: without one, no other can be compared with it."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
