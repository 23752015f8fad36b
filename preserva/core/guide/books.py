"""The list of the books in a storage, as a table for programs and as a page for people.

They are our words about the storage: preserva never reads them back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from html import escape
from urllib.parse import quote

_RISKY = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class ListedBook:
    """A package as the lists name it; a text is empty where nothing is known.

    `path` is its folder in the storage, `version` its newest version there (`v2`), `inventory` the
    digest of the inventory of that version, `register` its numbers in registers of book monuments.
    """

    id: str
    title: str
    author: str
    year: str
    library: str
    shelfmark: str
    register: str
    pages: str
    version: str
    path: str
    rights: str
    inventory: str


COLUMNS = tuple(field.name for field in fields(ListedBook))

_HEADINGS = {
    "title": ("Название", "Назва", "Title"),
    "author": ("Автор", "Аўтар", "Author"),
    "year": ("Год", "Год", "Year"),
    "library": ("Библиотека", "Бібліятэка", "Library"),
    "shelfmark": ("Шифр", "Шыфр", "Shelfmark"),
    "register": ("Номер в реестре", "Нумар у рэестры", "Register number"),
    "pages": ("Страниц", "Старонак", "Pages"),
    "version": ("Версия", "Версія", "Version"),
    "rights": ("Права", "Правы", "Rights"),
}
_LANGUAGES = ("ru", "be", "en")


def books_csv(books: Iterable[ListedBook]) -> bytes:
    """The table `books.csv`: UTF-8 with a byte order mark, RFC 4180, one row for each book.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in astuple(book)] for book in books)
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def _cell(value: str) -> str:
    line = one_line(value)
    return f"'{line}" if line.startswith(_RISKY) else line


def one_line(text: str) -> str:
    """The text without line breaks and control characters."""
    if not text.isprintable():  # most texts are, and there may be many thousand books
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def books_html(books: Sequence[ListedBook], name: str) -> bytes:
    """The page `books.html`, which needs no scripts; `name` is that of the storage."""
    heads = "".join(
        "<th>" + "<br>".join(map(_tagged, _LANGUAGES, words)) + "</th>"
        for words in _HEADINGS.values()
    )
    rows = "".join(map(_row, books))
    title = f"Книги · Кнігі · Books: {escape(one_line(name))}"
    body = f"<h1>{title}</h1><p>{len(books)}</p><table><tr>{heads}</tr>{rows}</table>"
    return page(title, body)


def _tagged(language: str, words: str) -> str:
    return f'<span lang="{language}">{words}</span>'


def _row(book: ListedBook) -> str:
    cells = {name: escape(one_line(getattr(book, name))) for name in _HEADINGS}
    title = cells["title"] or escape(one_line(book.id))
    link = (
        f'<a href="{quote(book.path)}/">{title}</a><br><small>{escape(one_line(book.id))}</small>'
    )
    return (
        "<tr>"
        + "".join(f"<td>{cell}</td>" for cell in {**cells, "title": link}.values())
        + "</tr>\n"
    )


def page(title: str, body: str) -> bytes:
    """A page that any browser shows; `title` is escaped already."""
    return (
        f'<!DOCTYPE html>\n<html lang="ru"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font-family:sans-serif;max-width:70em;margin:1em auto;padding:0 1em}"
        "table{border-collapse:collapse}td,th{border:1px solid #888;padding:.3em;text-align:left;"
        "vertical-align:top}pre{overflow-x:auto;background:#eee;color:#000;padding:.5em}</style>"
        f"</head><body>\n{body}\n</body></html>\n"
    ).encode("utf-8", "xmlcharrefreplace")
