"""JSON from outside, read at a cost bounded by its size.

No ordinary program writes what is refused (RFC 8259; RFC 7493, I-JSON): values by the million in a
few bytes, brackets nested thousands deep, numbers that no reader represents exactly, half
characters, duplicate names. It is looked for before the parser sees the text, in linear time, so
that neither memory nor the stack of the interpreter is at stake.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from preserva.i18n import _

DEEPEST = 32
"""Brackets within brackets, far more than any format of ours or of the standards has."""

MOST = 1_000_000
"""What a document may weigh by default: each value 1, each list and object 5."""

_DIGITS = 20
_STRING = re.compile(rb'"[^"]*"?')
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_NO_STRUCTURE = bytes(set(range(256)) - set(b'[]{},:"'))
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class JSONError(ValueError):
    """It is not JSON, or none that is read; the message says why."""


def read_json(
    data: bytes | str,
    *,
    most: int = MOST,
    repeated: Callable[[str], object] | None = None,
) -> Any:
    """What a JSON text says. Raises JSONError, and nothing else, whatever the text is.

    `most` is the permitted weight: see `MOST`. A duplicate name in an object is an error, unless
    `repeated` is given: it gets the name, and the last value counts.
    """
    try:
        raw = data.encode() if isinstance(data, str) else data
        _refuse_costly(raw, most)
        return json.loads(
            raw.decode(),
            object_pairs_hook=lambda pairs: _object(pairs, repeated),
            parse_int=_whole,
            parse_float=_fraction,
            parse_constant=_no_number,
        )
    except UnicodeError as error:
        raise JSONError(_("it is not UTF-8")) from error
    except JSONError:
        raise
    except ValueError as error:
        raise JSONError(_("not JSON: {error}").format(error=error)) from error
    except (RecursionError, MemoryError) as error:  # what the limits let through, and yet too much
        raise JSONError(_("it holds more than can be read")) from error


def _refuse_costly(raw: bytes, most: int) -> None:
    """Raise JSONError for what would cost more than it should; it need not be JSON at all."""
    text = raw.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in raw else raw
    if b"\\u" in text and _HALF.search(_PAIR.sub(b"", text)):
        raise JSONError(_("it holds half of a character (a lone surrogate)"))
    if text.count(b'"') > 2 * most:
        raise JSONError(_("it holds more than can be read"))
    # most strings hold nothing that counts, and are gone at once
    outside = _STRING.sub(b"", text.translate(None, _NO_STRUCTURE).replace(b'""', b""))
    opened = sum(outside.count(bracket) for bracket in (b"[", b"{"))
    if outside.count(b",") + outside.count(b":") + 5 * opened > most:
        raise JSONError(_("it holds more than can be read"))
    brackets = outside.translate(None, _NO_BRACKETS)
    for _level in range(DEEPEST):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if brackets:
        raise JSONError(_("it is nested too deeply, or its brackets do not match"))


def _object(
    pairs: list[tuple[str, Any]], repeated: Callable[[str], object] | None
) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        if repeated is None:
            raise JSONError(_("a key is given twice"))
        counts = Counter(key for key, _value in pairs)
        for key in sorted(key for key, count in counts.items() if count > 1):
            repeated(key)
    return content


def _whole(text: str) -> int:
    return _no_number(text) if len(text) > _DIGITS else int(text)


def _fraction(text: str) -> float:
    value = float(text) if len(text) <= 400 else math.inf
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str) -> Any:
    raise JSONError(_("{text} is not a usable number").format(text=text[:30]))
