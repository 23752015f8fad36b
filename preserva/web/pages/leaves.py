"""The pages of a stored book: all of them small, one of them large, and their pictures."""

from __future__ import annotations

from starlette.responses import Response

from preserva.errors import NotFound
from preserva.i18n import _, language, pgettext
from preserva.web.book_pages import BookPages, ShownPage
from preserva.web.pages.book import package_of, title_of
from preserva.web.pictures import SIZES, PictureResponse
from preserva.web.visit import Visit


def show_all(visit: Visit) -> Response:
    """The contact sheet of a version, with the parts of the book."""
    book = _book(visit)
    return visit.show("leaves", book=book, name=book.package, title=title_of(visit, book.package))


def show(visit: Visit) -> Response:
    """One page, with the ways to its neighbours and to larger pictures."""
    book = _book(visit)
    page = _page(visit, book)
    place = book.pages.index(page)
    size = visit.query.get("size", "page")
    return visit.show(
        "leaf",
        book=book,
        name=book.package,
        title=title_of(visit, book.package),
        page=page,
        before=book.pages[place - 1] if place else None,
        after=book.pages[place + 1] if place + 1 < len(book.pages) else None,
        first=book.pages[0],
        last=book.pages[-1],
        size=size if size in SIZES else "page",
        sizes={
            "page": pgettext("size of a picture", "the whole page"),
            "large": pgettext("size of a picture", "large"),
        },
    )


def go_to(visit: Visit) -> Response:
    """To the page of a number that was typed."""
    book = _book(visit)
    wanted = visit.query.get("number", "")
    digits = wanted if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else ""
    page = next(
        (page for page in book.pages if page.label == wanted.strip() or str(page.number) == digits),
        book.pages[0] if book.pages else None,
    )
    if page is None:
        raise NotFound(_("This version has no pages."))
    return visit.go(f"/books/{book.package.portable}/{book.version}/pages/{page.number}")


def picture(visit: Visit) -> Response:
    """The picture of a page in one of the sizes."""
    book, size = _book(visit), visit.params["size"]
    page = _page(visit, book)
    if size not in SIZES:
        raise NotFound(_("There is no such page"))
    shelf = visit.site.shelf
    return PictureResponse(
        visit.site.pictures,
        f"{book.algorithm}:{page.digest}",
        size,
        shelf.source(book, page),
        language(),
    )


def _book(visit: Visit) -> BookPages:
    return visit.site.shelf.pages(package_of(visit), visit.params["version"])


def _page(visit: Visit, book: BookPages) -> ShownPage:
    page = book.page(visit.number)
    if page is None:
        raise NotFound(_("There is no such page"))
    return page
