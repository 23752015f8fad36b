"""The two small files at the top of a storage: which storage it is, and whose ledger writes there.

`preserva-storage.json` is written once, and again when names change. Format 2 added `id`, a random
UUID: names repeat from one archive to the next. `preserva-ledger.json` is replaced by every writer:
the newest entry of its ledger when it last wrote there, so that an older ledger, a fork of it and
another one are noticed.
docs/adr/0032-identities.md says why.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from preserva.core.formats.guarded_json import read_json

FORMAT = 2
"""The format of `preserva-storage.json` that is written; format 1 has no `id`."""

MARK_FORMAT = 1
"""The format of `preserva-ledger.json`."""

LARGEST = 65_536
"""The most bytes of either file that are read."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class NewerFormatError(ValueError):
    """A file that a newer preserva wrote, in the format `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True, slots=True)
class StatedIdentity:
    """A storage's description of itself. `id` is None in format 1, which had none."""

    storage: str
    institution: str
    id: str | None


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """What a storage has seen of the ledger that writes to it.

    `ledger` is its id, `digest` that of its entry number `entry`, which was the newest at `time`.
    """

    ledger: str
    entry: int
    digest: str
    time: str


def parse_identity(data: bytes) -> StatedIdentity:
    """What `preserva-storage.json` says. Raises NewerFormatError, ValueError."""
    content = _members(data, FORMAT)
    identity = content.get("id")
    if identity is not None:
        identity = _text(content, "id")
    return StatedIdentity(_text(content, "storage"), _text(content, "institution"), identity)


def with_id(data: bytes, identifier: str) -> bytes:
    """`preserva-storage.json` of format 1 in format 2. Raises NewerFormatError, ValueError."""
    return serialise({**_members(data, FORMAT), "format": FORMAT, "id": identifier})


def parse_mark(data: bytes) -> LedgerMark:
    """What `preserva-ledger.json` says. Raises NewerFormatError, ValueError."""
    content = _members(data, MARK_FORMAT)
    entry, digest = content.get("entry"), _text(content, "digest")
    if type(entry) is not int or entry < 1 or not _DIGEST.fullmatch(digest):
        raise ValueError("no entry of a ledger")
    return LedgerMark(_text(content, "ledger"), entry, digest, _text(content, "time"))


def serialise_mark(mark: LedgerMark) -> bytes:
    """The content of `preserva-ledger.json`."""
    return serialise({"format": MARK_FORMAT, **asdict(mark)})


def serialise(content: dict[str, Any]) -> bytes:
    """Such a file, which people read too."""
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _members(data: bytes, newest: int) -> dict[str, Any]:
    content = read_json(data)
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")
    number = content.get("format", 1)
    if type(number) is not int or number < 1:
        raise ValueError("not the number of a format")
    if number > newest:
        raise NewerFormatError(number)
    return content


def parse_members(data: bytes) -> dict[str, Any]:
    """All that `preserva-storage.json` has. Raises NewerFormatError, ValueError."""
    return _members(data, FORMAT)


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value
