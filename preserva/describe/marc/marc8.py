"""MARC-8, the character sets of MARC 21 before Unicode: ASCII, ANSEL, and Cyrillic by escapes.

Source: Library of Congress, MARC 21 Specifications, Character Sets and Encoding Options, part 2;
code tables of the same. Basic Cyrillic (ISO-IR 37) is KOI8-R with the eighth bit off. Sets that are
not here (Greek, Hebrew, Arabic, East Asian) give U+FFFD, which the caller reports.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

LOST = "\ufffd"

_ANSEL_LETTERS = "ŁØĐÞÆŒʹ·♭®±ƠƯʼ\0ʻłøđþæœʺı£ð\0ơư\0\0°ℓ℗©♯¿¡ß€"  # from 0xA1
_ANSEL_MARKS = (  # from 0xE0: they stand before their letter
    "\u0309\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030c\u030a\ufe20\ufe21\u0315\u030b\u0310"
    "\u0327\u0328\u0323\u0324\u0325\u0333\u0332\u0326\u031c\u032e\ufe22\ufe23\0\0\u0313"
)
_ANSEL_CONTROLS = {0x88: "\x98", 0x89: "\x9c", 0x8D: "\u200d", 0x8E: "\u200c"}
_EXTENDED_CYRILLIC = "ґђѓєёѕіїјљњћќўџ\0ѣѳѵѫ"  # from 0xC0, capitals from 0xE0

_ESCAPE = re.compile(rb"\x1b(?:\(|,|\)|-|\$[,)-]?)?!?[\x30-\x7e]")
_REFERENCE = re.compile("&#x([0-9A-Fa-f]{2,6});")
_MANGLED_E = re.compile(rb"(\x1b[(,]N)\x1f")


def _table(first: int, letters: str) -> dict[int, str]:
    return {first + at: letter for at, letter in enumerate(letters) if letter != "\0"}


def _cyrillic() -> dict[int, str]:
    table = {code: chr(code) for code in range(0x21, 0x40)}
    table.update({code: bytes([code | 0x80]).decode("koi8-r") for code in range(0x40, 0x7F)})
    return table


def _extended_cyrillic() -> dict[int, str]:
    table = _table(0x40, _EXTENDED_CYRILLIC)
    table.update(_table(0x60, _EXTENDED_CYRILLIC.upper()))
    return table | {0x5B: "[", 0x5D: "]", 0x5F: "_", 0x6F: "Ъ"}


_ASCII = {code: chr(code) for code in range(0x21, 0x7F)}
_ANSEL = _table(0x21, _ANSEL_LETTERS)
_MARKS = _table(0x60, _ANSEL_MARKS)
_SUPERSCRIPT = dict(zip(b"()+-0123456789", "⁽⁾⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
_SUBSCRIPT = dict(zip(b"()+-0123456789", "₍₎₊₋₀₁₂₃₄₅₆₇₈₉", strict=True))
_GREEK_SYMBOLS = dict(zip(b"abc", "αβγ", strict=True))

_SETS: Mapping[bytes, Mapping[int, str]] = {
    b"B": _ASCII,
    b"s": _ASCII,
    b"E": _ANSEL | _MARKS,
    b"N": _cyrillic(),
    b"Q": _extended_cyrillic(),
    b"p": _SUPERSCRIPT,
    b"b": _SUBSCRIPT,
    b"g": _GREEK_SYMBOLS,
}


_NAMES = {
    b"E": "MARC-8 E (ANSEL)",
    b"N": "MARC-8 N (basic Cyrillic)",
    b"Q": "MARC-8 Q (extended Cyrillic)",
    b"p": "MARC-8 p (superscript)",
    b"b": "MARC-8 b (subscript)",
    b"g": "MARC-8 g (Greek symbols)",
}


def tables() -> dict[str, dict[int, str]]:
    """The character of each byte, from 0x21 to 0x7E, in each set but ASCII, by its name."""
    return {name: dict(_SETS[final]) for final, name in _NAMES.items()}


def mend(field: bytes) -> tuple[bytes, int]:
    """The field, and how many capital Э another program had turned into a subfield delimiter.

    Э is 0x7C in basic Cyrillic, the same code as `|`, which many programs take for a delimiter.
    A delimiter directly after the escape to Cyrillic cannot be one.
    """
    return _MANGLED_E.subn(rb"\1|", field)


def decode(data: bytes) -> str:
    """The text, composed (NFC); U+FFFD for each byte without a character."""
    g0, g1 = _SETS[b"B"], _SETS[b"E"]
    text: list[str] = []
    marks = ""
    at = 0
    while at < len(data):
        escape = _ESCAPE.match(data, at)
        if escape:
            g0, g1 = _designate(escape[0], g0, g1)
            at = escape.end()
            continue
        character = _character(data[at], g0, g1)
        at += 1
        if unicodedata.combining(character):
            marks += character
        else:
            text.append(character + marks)
            marks = ""
    text.append(marks)
    return unicodedata.normalize("NFC", _REFERENCE.sub(_referred, "".join(text)))


def _referred(reference: re.Match[str]) -> str:
    """The character of `&#xNNNN;`, which MARC-8 uses for characters outside its sets."""
    code = int(reference[1], 16)
    return chr(code) if 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF else reference[0]


def _character(byte: int, g0: Mapping[int, str], g1: Mapping[int, str]) -> str:
    if byte <= 0x20:
        return LOST if byte == 0x1B else chr(byte)
    if byte in _ANSEL_CONTROLS:
        return _ANSEL_CONTROLS[byte]
    return (g1 if byte >= 0x80 else g0).get(byte & 0x7F, LOST)


def _designate(
    escape: bytes, g0: Mapping[int, str], g1: Mapping[int, str]
) -> tuple[Mapping[int, str], Mapping[int, str]]:
    final = _SETS.get(escape[-1:], {})
    middle = escape[1:2]
    if middle in (b")", b"-") or escape[1:3] in (b"$)", b"$-"):
        return g0, final
    return final, g1
