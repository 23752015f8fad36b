"""A new structure for a stored package: labels of pages, parts of the book."""

from __future__ import annotations

from dataclasses import replace

from preserva.core.book.structure import Pages, with_facts
from preserva.core.eark.book import StoredBook
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.supplied.structure import structure_of
from preserva.ingest.supplied import refuse_unclear


def retitled(book: StoredBook, former: str, title: str) -> StoredBook:
    """The book; the whole, where it was called as the record called it, is called as it is now."""
    if book.root is None or book.root.label != former:
        return book
    return replace(book, root=replace(book.root, label=title))


def restructured(book: StoredBook, data: bytes, name: str, title: str) -> StoredBook:
    """The book if this is its structure.

    Everything is as if the book had been packaged with this file: a page that it does not describe
    is labelled with the name of its file. Raises PackageError with everything in it that cannot be
    used.
    """
    before = book.arrangement()
    structure = structure_of(data, name, Pages.of(before), title)
    moved = [page for page, number in structure.order.items() if page != number]
    # pages of a stored package have the names of their numbers: a structure cannot move them
    order = (
        [Finding(Code.STATED_ORDER, name, seen=", ".join(map(str, moved[:10])))] if moved else []
    )
    refuse_unclear((*structure.findings, *order))
    after = with_facts(before, structure.pages)
    files = {}
    for key, held in book.files.items():
        facts = {file.target: file for file in after.representations[key]}
        files[key] = [
            file
            if file.page is None
            else replace(file, label=facts[file.file.path].label, type=facts[file.file.path].type)
            for file in held
        ]
    return StoredBook(files, structure.root)
