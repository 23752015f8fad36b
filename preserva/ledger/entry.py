"""An entry of the ledger, and how it is read from its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any

from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.errors import LedgerError
from preserva.i18n import _


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Something that was done. `type` is a PREMIS event type, `time` is UTC (ISO 8601)."""

    number: int
    time: str
    type: str
    outcome: str
    package: str | None
    storage: str | None
    version: str | None
    facts: Mapping[str, Any]
    digest: str


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
    if not all(
        isinstance(content.get(name, ...), kinds) for name, kinds in _MEMBERS.items()
    ) or isinstance(content["number"], bool):
        raise LedgerError(_("an entry of the ledger cannot be read"))
    return LedgerEntry(**{name: content[name] for name in _MEMBERS}, digest=digest)
