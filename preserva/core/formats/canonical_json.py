"""JSON in canonical form (RFC 8785), so that the same facts always have the same digest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from preserva.i18n import english

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]
"""What may be written. Numbers are whole: RFC 8785's rules for fractions are not needed here."""


def canonical(value: Value) -> bytes:
    """The canonical bytes of a value. Raises ValueError for a lone surrogate or a large number."""
    return _text(value).encode("utf-8")


def _text(value: Value) -> str:
    if isinstance(value, Mapping):
        # section 3.2.3: members are sorted by the UTF-16 code units of their names
        members = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_text(key)}:{_text(member)}" for key, member in members) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(_text(member) for member in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        raise ValueError(f"{value} is not exact in every reader of JSON")
    if isinstance(value, float):
        raise ValueError("a fraction")
    return json.dumps(english(value) if isinstance(value, str) else value, ensure_ascii=False)
