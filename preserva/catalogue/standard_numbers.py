"""Standard numbers of books in one form."""

from __future__ import annotations

import re

_ISBN = re.compile(r"(?<![0-9])(?:97[89][ -]?)?(?:[0-9][ -]?){9}[0-9XxХх](?![0-9])")


def isbn13(text: str) -> str:
    """The 13 digits of the first ISBN in a text, whichever length it has there (ISO 2108).

    Hyphens and qualifiers such as "(hbk.)" are left out; a text without an ISBN stays as it is. A
    wrong check digit is not corrected: an ISBN with ten digits gets that of its nine.
    """
    match = _ISBN.search(text)
    if match is None:
        return text
    digits = re.sub(r"[ -]", "", match[0])
    if len(digits) == 13:
        return digits
    nine = f"978{digits[:9]}"
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(nine))
    return f"{nine}{-total % 10}"
