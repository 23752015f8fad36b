"""An entry of the ledger, and how it is read from its bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def content_of(body: bytes) -> dict[str, Any]:
    """The members of an entry; empty if the bytes are not an entry."""
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def parse(body: bytes, digest: str) -> LedgerEntry:
    """The entry that canonical JSON holds. Raises LedgerError."""
    content = content_of(body)
    try:
        return LedgerEntry(
            content["number"],
            content["time"],
            content["type"],
            content["outcome"],
            content["package"],
            content["storage"],
            content["version"],
            content["facts"],
            digest,
        )
    except KeyError as error:
        raise LedgerError(_("an entry of the ledger cannot be read")) from error
