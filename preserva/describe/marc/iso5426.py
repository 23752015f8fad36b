"""ISO 5426:1983, the extended Latin set of UNIMARC (100 $a/26-29, code 03).

Table: ISO 5426 (ISO-IR 53). A diacritic (0xC0 to 0xDF) stands before its letter.
"""

from __future__ import annotations

import unicodedata

LOST = "\ufffd"

_SIGNS = dict(
    zip(
        range(0xA1, 0xC0),
        "¡„£$¥†§′‘“«♭©℗®ʻʼ‚\0\0\0‡·″’”»♯ʹʺ¿",
        strict=True,
    )
)
_MARKS = dict(
    zip(
        range(0xC0, 0xE0),
        "\u0309\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u0308\u030a\u0315\u0312\u030b\u031b\u030c"
        "\u0327\u031c\u0326\u0328\u0325\u032e\u0323\u0324\u0332\u0333\u0329\u032d\0\ufe20\ufe21\ufe23",
        strict=True,
    )
)
_LETTERS = {
    0xE1: "Æ", 0xE2: "Đ", 0xE6: "Ĳ", 0xE8: "Ł", 0xE9: "Ø", 0xEA: "Œ", 0xEC: "Þ",
    0xF1: "æ", 0xF2: "đ", 0xF3: "ð", 0xF5: "ı", 0xF6: "ĳ", 0xF8: "ł", 0xF9: "ø",
    0xFA: "œ", 0xFB: "ß", 0xFC: "þ",
}  # fmt: skip
TABLE = {
    code: character for code, character in (_SIGNS | _MARKS | _LETTERS).items() if character != "\0"
}
"""The character of each byte above 0x7F that has one."""


def decode(data: bytes) -> str:
    """The text, composed (NFC); U+FFFD for each byte without a character."""
    text: list[str] = []
    marks = ""
    for byte in data:
        character = chr(byte) if byte < 0x80 else TABLE.get(byte, LOST)
        if unicodedata.combining(character):
            marks += character
        else:
            text.append(character + marks)
            marks = ""
    return unicodedata.normalize("NFC", "".join([*text, marks]))
