"""The index with which a site is searched without a server.

A page of the site stands under the keys of each of its words; the browser folds what is asked by
the same table (fold.json).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from preserva.catalogue.fold import keys, words
from preserva.core.formats.canonical_json import Value


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """Something that can be found: its address on the site, its title, its kind."""

    url: str
    title: str
    kind: str
    texts: Sequence[str]


def index(documents: Iterable[SearchDocument]) -> dict[str, Value]:
    """Documents, sorted terms, and for each term the numbers of the documents that hold it."""
    shown: list[Value] = []
    postings: dict[str, list[int]] = {}
    for number, document in enumerate(documents):
        shown.append([document.url, document.title, document.kind])
        texts = (document.title, *document.texts)
        for term in sorted({key for text in texts for word in words(text) for key in keys(word)}):
            postings.setdefault(term, []).append(number)
    terms = sorted(postings)
    return {
        "documents": shown,
        "terms": list[Value](terms),
        "postings": [list[Value](postings[term]) for term in terms],
    }
