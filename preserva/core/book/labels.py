"""Continues the labels of pages: 1 2 3, ix x xi, 12r 12v 13r, л. 12 л. 12 об. л. 13."""

from __future__ import annotations

import re

_ROMAN = (
    ("m", 1000),
    ("cm", 900),
    ("d", 500),
    ("cd", 400),
    ("c", 100),
    ("xc", 90),
    ("l", 50),
    ("xl", 40),
    ("x", 10),
    ("ix", 9),
    ("v", 5),
    ("iv", 4),
    ("i", 1),
)
_BACK = {"л.": "об.", "арк.": "адв."}
"""What the back of a leaf is called where the front has no mark: Russian, Belarusian."""

_LEAF = re.compile(r"((?:.*\W)?)(л\.|арк\.)( ?)([0-9]{1,9})(?:( ?)(об\.|адв\.))?(\W*)")
_FOLIO = re.compile(r"(.*?)([0-9]{1,9})([rv])(\W*)")
_NUMBER = re.compile(r"(.*?)([0-9]{1,9})([^0-9]*)")
_NUMERAL = re.compile(r"((?:.*\W)?)([ivxlcdm]{1,15}|[IVXLCDM]{1,15})(\W*)")


_PAGE_WORD = re.compile(
    r"\b(?:лл?|арк|сс?|стр|стар|табл|pp?|page|ff?|fol|folio|leaf|pl|plate)\b\.?\s*(?=[0-9])"
    r"|\b[ivxlcdm]+\b|\b[0-9]*[a-z]\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"_|\b0[0-9]|[a-z]", re.IGNORECASE)


def label_in_name(stem: str) -> str | None:
    """What the name of a page's file says that the page is called; None for a mere file name.

    People name files as the pages are called: л. 12 об., 12r, стр. 5, ix, 7, обложка. What a
    scanner or a program counted (0001, IMG_0023, scan-7) is not printed on any page.
    """
    rest = re.sub(r"^(\D*)0+(?=[0-9])", r"\1", stem) if _PAGE_WORD.match(stem) else stem
    return None if _COUNTED.search(_PAGE_WORD.sub("", rest)) else stem


def following(label: str) -> str | None:
    """The label after this one; None if it has no number.

    The last number of the label is incremented. Brackets around it, for pages without a printed
    number, and words before it are kept.
    """
    if match := _LEAF.fullmatch(label):
        before, leaf, space, number, _gap, back, after = match.groups()
        if back is None:
            return f"{before}{leaf}{space}{number}{space}{_BACK[leaf]}{after}"
        return f"{before}{leaf}{space}{int(number) + 1}{after}"
    if match := _FOLIO.fullmatch(label):
        before, number, side, after = match.groups()
        return f"{before}{number}v{after}" if side == "r" else f"{before}{int(number) + 1}r{after}"
    if match := _NUMBER.fullmatch(label):
        before, number, after = match.groups()
        return f"{before}{int(number) + 1:0{len(number)}}{after}"
    return _following_numeral(label)


def _following_numeral(label: str) -> str | None:
    match = _NUMERAL.fullmatch(label)
    value = numeral_value(match[2].lower()) if match else None
    if match is None or value is None:
        return None
    numeral = roman_numeral(value + 1)
    return match[1] + (numeral if match[2].islower() else numeral.upper()) + match[3]


def numeral_value(numeral: str) -> int | None:
    """The number that a Roman numeral in small letters stands for; None if it is written wrong."""
    value = 0
    rest = numeral
    for sign, worth in _ROMAN:
        while rest.startswith(sign):
            value += worth
            rest = rest.removeprefix(sign)
    return value if not rest and roman_numeral(value) == numeral else None


def roman_numeral(value: int) -> str:
    """The Roman numeral for a number from 1, in small letters."""
    parts = []
    for sign, worth in _ROMAN:
        count, value = divmod(value, worth)
        parts.append(sign * count)
    return "".join(parts)
