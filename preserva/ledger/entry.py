"""An entry of the ledger, and how it is read from its bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Any

from preserva.core.formats.canonical_json import canonical
from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.values.entries import ARRIVALS, DECISION, FAIL, FIXITY_CHECK, START, SUCCESS
from preserva.core.values.model import PackageId
from preserva.errors import LedgerError
from preserva.i18n import _

LARGEST_ENTRY = 65_535
"""The most bytes of an entry, so that the ledger can be published as a C2SP tile log later."""


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


def content_of(body: bytes) -> dict[str, Any]:
    """The members of an entry; empty if the bytes are not an entry."""
    try:
        content = read_json(body)
    except JSONError:
        return {}
    return content if isinstance(content, dict) else {}


def chained(body: bytes, number: int, previous: str) -> LedgerEntry:
    """An entry of a copy of a ledger, which may be anybody's: it is what we would have written.

    It has this number, goes on from the entry with the digest `previous`, and every fact in it is
    of the kind that readers of the ledger expect. Raises LedgerError.
    """
    message = _("entry {number} cannot be read as an entry of a ledger").format(number=number)
    content = content_of(body)
    try:
        right = len(body) <= LARGEST_ENTRY and canonical(content) == body and _is_entry(content)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise LedgerError(message) from error
    if not right:
        raise LedgerError(message)
    if (content["number"], content["previous"]) != (number, previous):
        raise LedgerError(_("entry {number} does not follow the one before").format(number=number))
    return parse(body, hashlib.sha256(body).hexdigest())


def _is_entry(content: Mapping[str, Any]) -> bool:
    """Whether the members are those of an entry. Raises KeyError, TypeError, ValueError if not."""
    facts = content["facts"]
    if content["type"] in {START, *ARRIVALS}:
        PackageId.parse(content["package"])
    _time(content["time"])
    return (
        content.keys() == _MEMBERS.keys()
        and all(isinstance(content[name], kind) for name, kind in _MEMBERS.items())
        and all(isinstance(facts[name], kind) for name, kind in _FACTS.items() if name in facts)
        and all(name in facts for name in _needed(content))
        and all(isinstance(path, str) for name in _PATHS for path in facts.get(name, ()))
        and all({"code", "path"} <= finding.keys() for finding in facts.get("findings", ()))
        and ("inventory" not in facts or _is_digest(facts["inventory"]))
        and ("begun" not in facts or _time(facts["begun"]))
    )


def _needed(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The facts that an entry cannot be used without."""
    type_, copied = content["type"], content["package"] is not None
    if content["outcome"] == SUCCESS and type_ in ARRIVALS:
        return ("inventory",)
    if type_ == FIXITY_CHECK and copied and content["outcome"] in {SUCCESS, FAIL}:
        return ("bytes",)
    return ("incident", "by", "decision") if type_ == DECISION else ()


def _time(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None


def _is_digest(text: str | None) -> bool:
    return text is None or re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{128}", text) is not None


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

_FACTS: Mapping[str, type | UnionType] = {
    "begun": str,
    "bytes": int,
    "event": str,
    "files": int,
    "findings": list,
    "from": str | None,
    "incident": int,
    "inventory": str | None,
    "logs": list,
    "milliseconds": int,
    "premis_sha256": str,
    "storages": list,
    "tag_manifests": dict,
}
_PATHS = ("logs", "storages")


def parse(body: bytes, digest: str) -> LedgerEntry:
    """The entry that canonical JSON holds. Raises LedgerError."""
    content = content_of(body)
    if not all(
        isinstance(content.get(name, ...), kind) for name, kind in _MEMBERS.items()
    ) or isinstance(content["number"], bool):
        raise LedgerError(_("an entry of the ledger cannot be read"))
    members = {name: content[name] for name in _MEMBERS if name != "previous"}
    return LedgerEntry(**members, digest=digest)
