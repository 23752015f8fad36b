"""Numbers of books, items, records and packages, each as one word, however it is written.

"5-7667-2983-9", "5766729839" and "978-5-7667-2983-3" have one word in common
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from preserva.catalogue.entry import CatalogueEntry, library_of
from preserva.catalogue.fold import fold, homoglyphs, words
from preserva.catalogue.standard_numbers import isbn13

_ISBN = re.compile(r"(?:isbn)?[ :]*((?:[0-9][ -]?){9,12}[0-9xXхХ])\s*(?:\(.*)?$", re.IGNORECASE)
_LONGEST = 200


def whole(text: str) -> list[str]:
    """A number without what separates its parts, as words of an index; nothing for no number.

    Letters that look alike are one: Р-17 may be typed in either script. An ISBN is given with 13
    digits too.
    """
    joined = fold(homoglyphs("".join(words(text))))
    if not joined or len(joined) > _LONGEST or not any(map(str.isdigit, joined)):
        return []
    isbn = _ISBN.match(text.strip())
    return list(dict.fromkeys([joined, *([isbn13(isbn[1])] if isbn else [])]))


def whole_words(entry: CatalogueEntry, uri: str, packages: Iterable[str]) -> list[str]:
    """All numbers under which a record is found in one step."""
    texts = [*(text for _part, text in entry.numbers()), *_of_record(uri)]
    every = [word for text in texts for word in whole(text)]
    every += [word for package in packages for word in package_words(package)]
    return list(dict.fromkeys(every))


def package_words(package: str) -> list[str]:
    """The names under which a package is found: its URI, its portable form, its local part."""
    *_urn, institution, local = package.split(":")
    return [word for text in (package, f"{institution}{local}", local) for word in whole(text)]


def _of_record(uri: str) -> Iterator[str]:
    local = unquote(uri.rpartition(":")[2])
    yield uri
    yield unquote(uri)
    yield local
    yield f"{library_of(uri) or ''}{local}"
