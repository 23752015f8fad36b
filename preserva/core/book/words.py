"""The words of the structure and the rights of a book, as people read them.

METS and PREMIS have the English words themselves; tables that people write may have any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from preserva.i18n import NP_, languages, pgettext, pgettext_in

_PAGES = {
    "page": NP_("kind of page", "page"),
    "blank": NP_("kind of page", "blank page"),
    "cover": NP_("kind of page", "cover"),
    "spine": NP_("kind of page", "spine"),
    "endpaper": NP_("kind of page", "endpaper"),
    "title_page": NP_("kind of page", "title page"),
    "frontispiece": NP_("kind of page", "frontispiece"),
    "plate": NP_("kind of page", "plate"),
    "map": NP_("kind of page", "map"),
    "foldout": NP_("kind of page", "foldout"),
    "insert": NP_("kind of page", "insert"),
    "fragment": NP_("kind of page", "fragment"),
    "target": NP_("kind of page", "colour target"),
}

_PARTS = {
    "monograph": NP_("part of a book", "monograph"),
    "manuscript": NP_("part of a book", "manuscript"),
    "convolute": NP_("part of a book", "convolute"),
    "work": NP_("part of a book", "work"),
    "volume": NP_("part of a book", "volume"),
    "issue": NP_("part of a book", "issue"),
    "part": NP_("part of a book", "part"),
    "section": NP_("part of a book", "section"),
    "chapter": NP_("part of a book", "chapter"),
    "article": NP_("part of a book", "article"),
    "binding": NP_("part of a book", "binding"),
    "cover": NP_("part of a book", "cover"),
    "endpaper": NP_("part of a book", "endpaper"),
    "title_page": NP_("part of a book", "title page"),
    "half_title": NP_("part of a book", "half title"),
    "frontispiece": NP_("part of a book", "frontispiece"),
    "imprimatur": NP_("part of a book", "imprimatur"),
    "dedication": NP_("part of a book", "dedication"),
    "preface": NP_("part of a book", "preface"),
    "contents": NP_("part of a book", "contents"),
    "text": NP_("part of a book", "text"),
    "notes": NP_("part of a book", "notes"),
    "appendix": NP_("part of a book", "appendix"),
    "index": NP_("part of a book", "index"),
    "subscribers": NP_("part of a book", "list of subscribers"),
    "errata": NP_("part of a book", "errata"),
    "colophon": NP_("part of a book", "colophon"),
    "advertisement": NP_("part of a book", "advertisement"),
    "plate": NP_("part of a book", "plate"),
    "plates": NP_("part of a book", "plates"),
    "illustration": NP_("part of a book", "illustration"),
    "map": NP_("part of a book", "map"),
    "table": NP_("part of a book", "table"),
    "music": NP_("part of a book", "music"),
    "bookplate": NP_("part of a book", "bookplate"),
    "stamp": NP_("part of a book", "stamp"),
    "inscription": NP_("part of a book", "inscription"),
    "insert": NP_("part of a book", "insert"),
}

_RIGHTS = {
    "copyright": NP_("rights", "copyright"),
    "institutional policy": NP_("rights", "institutional policy"),
    "license": NP_("rights", "licence"),
    "other": NP_("rights", "another ground"),
    "statute": NP_("rights", "statute"),
    "copyrighted": NP_("rights", "copyrighted"),
    "public domain": NP_("rights", "public domain"),
    "unknown": NP_("rights", "not known"),
}


def page_word(type_: str) -> str:
    """A kind of page; one that we do not know is returned unchanged."""
    return pgettext("kind of page", _PAGES[type_]) if type_ in _PAGES else type_


def part_word(type_: str) -> str:
    """A kind of part; one that we do not know is returned unchanged."""
    return pgettext("part of a book", _PARTS[type_]) if type_ in _PARTS else type_


@cache
def page_types() -> Mapping[str, str]:
    """The kinds of pages by the words for them in all our languages, in lower case."""
    return _in_every_language("kind of page", _PAGES)


@cache
def part_types() -> Mapping[str, str]:
    """The kinds of parts, likewise."""
    return _in_every_language("part of a book", _PARTS)


def _in_every_language(context: str, words: Mapping[str, str]) -> dict[str, str]:
    """The first meaning of each word counts, and the English one before all others."""
    meant = {type_.replace("_", " "): type_ for type_ in words}
    for language in languages():
        said = pgettext_in(language)
        for type_, word in words.items():
            meant.setdefault(folded(said(context, word)), type_)
    return meant


def folded(text: str) -> str:
    """A word as it is compared: case, е for ё, and the kind of apostrophe make no difference."""
    text = " ".join(text.casefold().replace("_", " ").split())
    return text.translate(str.maketrans("ё’ʼ", "е''"))


def rights_word(label: str) -> str:
    """A word of the vocabularies of PREMIS about rights."""
    return pgettext("rights", _RIGHTS[label]) if label in _RIGHTS else label
