"""Language, script and orthography of a text, if the record states it or the letters prove it.

Tags are those of BCP 47: `ru-petr1708` is Russian before the reform of 1918, `be-tarask` Belarusian
in the spelling before 1933, `be-Latn` Belarusian in Latin letters, `cu` Church Slavonic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TWO_LETTERS = {
    "rus": "ru", "bel": "be", "chu": "cu", "ukr": "uk", "pol": "pl", "lit": "lt", "lat": "la",
    "ger": "de", "deu": "de", "fre": "fr", "fra": "fr", "eng": "en", "ita": "it", "spa": "es",
    "gre": "el", "heb": "he", "yid": "yi", "tat": "tt", "chi": "zh", "jpn": "ja",
}  # fmt: skip

_THREE_LETTERS = {two: three for three, two in reversed(_TWO_LETTERS.items())}

_CYRILLIC_ONLY = frozenset({"rus", "bel", "ukr", "chu"})
_OLD_LETTERS = re.compile("[ѣѳѵіѢѲѴІ]")
_FINAL_HARD = re.compile(r"[бвгджзклмнпрстфхцчшщ]ъ\b", re.IGNORECASE)
_SLAVONIC_LETTERS = re.compile("[ѡѠѿѾꙋꙊѧѦѫѪѯѮѱѰꙗ҃҇\u0483\u2de0-\u2dff]")
_CLASSIC_SOFT_SIGN = re.compile("сьц|зьдз|сьв|зьв|сьл|зьл|сьн|зьн|ньн|льл|цьц|дзьдз", re.IGNORECASE)
_CYRILLIC = re.compile("[\u0400-\u052f\u2de0-\u2dff\ua640-\ua69f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


@dataclass(frozen=True, slots=True)
class Language:
    """A BCP 47 tag, the three letters of ISO 639-2/B, and the ISO 15924 script; empty if unsure."""

    tag: str = ""
    code: str = ""
    script: str = ""


def of_text(text: str, codes: Iterable[str]) -> Language:
    """The language of a title, from the languages that its record names.

    There is a tag only if there is one language and the letters can belong to it; the script is
    always given.
    """
    script = _script(text)
    known = [code for code in codes if code in _TWO_LETTERS]
    if len(known) != 1:
        return Language(script=script)
    code = known[0]
    if script == "Latn" and code in _CYRILLIC_ONLY:
        return Language("be-Latn", code, script) if code == "bel" else Language(script=script)
    if script not in ("Cyrl", "Cyrs") and code in _CYRILLIC_ONLY:
        return Language(script=script)
    if script in ("Cyrl", "Cyrs") and code not in _CYRILLIC_ONLY | {"tat", "pol", "lit"}:
        return Language(script=script)
    return Language(_tag(text, code, script), code, script)


def three_letters(code: str) -> str:
    """The ISO 639-2/B code for a BCP 47 tag such as `ru` or `ru-RU`; others unchanged."""
    two = code.partition("-")[0].partition("_")[0].lower()
    return _THREE_LETTERS.get(two, code)


def _tag(text: str, code: str, script: str) -> str:
    if code == "rus" and (_OLD_LETTERS.search(text) or _FINAL_HARD.search(text)):
        return "ru-petr1708"
    if code == "bel" and _CLASSIC_SOFT_SIGN.search(text):
        return "be-tarask"
    if code in ("pol", "lit") and script != "Latn":
        return f"{_TWO_LETTERS[code]}-Cyrl"
    return _TWO_LETTERS[code]


def _script(text: str) -> str:
    if _SLAVONIC_LETTERS.search(text):
        return "Cyrs"
    cyrillic, latin = len(_CYRILLIC.findall(text)), len(_LATIN.findall(text))
    if cyrillic > latin:
        return "Cyrl"
    return "Latn" if latin else ""
