"""The states of a draft: undone, gone back to, taken over; and what is typed beside them."""

from __future__ import annotations

from collections import defaultdict

from starlette.responses import JSONResponse, Response

from preserva.errors import NotFound, UsageError
from preserva.i18n import _
from preserva.web import drafts, edited
from preserva.web.book_pages import BookPages
from preserva.web.pages.book import newest_version
from preserva.web.pages.editing import (
    RANGES,
    Editing,
    base_of,
    editing_of,
    editor,
    is_own,
    key_of,
    saved,
)
from preserva.web.structure_edit import NAME, realigned
from preserva.web.visit import Visit

_TYPED = (*sorted(RANGES), "label", "type", "part_type", "title", "text", "base")


def go_back(visit: Visit, editing: Editing, do: str) -> Response:
    """Go back to another state, which becomes the newest one; nothing is taken away."""
    if editing.draft is None or base_of(visit, editing).number != editing.number:
        message = _("Somebody has saved something meanwhile.")
        return editor(visit, editing, 409, conflict=message)
    wanted = {"undo": editing.draft.origin - 1, "redo": editing.draft.origin + 1}.get(do, -1)
    if do == "back":
        text = visit.fields.get("state", "")
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if wanted == 0:
        return saved(visit, editing, editing.book.first, origin=0)
    state = drafts.draft(visit.database, editing.book.key, wanted)
    if state is None or (do == "redo" and not is_own(visit, editing, wanted)):
        raise UsageError(_("There is nothing more to go back to."))
    return saved(visit, editing, state.text, origin=wanted)


def take_over(visit: Visit) -> Response:
    """Begin the draft of the newest version with an older version's, its pages found again."""
    old = editing_of(visit)
    before = old.book.version
    version = None if before is None else newest_version(visit, before.package)
    if before is None or version is None or version == before.version or old.draft is None:
        raise NotFound(_("There is no such page"))
    after = visit.site.shelf.pages(before.package, version)
    book = edited.stored_book(after, old.book.title)
    now = Editing(book, drafts.newest(visit.database, book.key))
    numbers = _found_again(before, after)
    structure = old.sound()
    pages = old.book.original_pages(structure)
    made = realigned(structure, numbers, old.book.count, book.count)
    text = book.write(made, old.text(), lambda name: numbers.get(pages(name) or 0))
    return saved(visit, now, text)


def _found_again(before: BookPages, after: BookPages) -> dict[int, int]:
    """The pages of a version in another one, by the digests of their files, each once."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for page in reversed(after.pages):
        places[page.digest].append(page.number)
    return {page.number: places[page.digest].pop() for page in before.pages if places[page.digest]}


def keep_typed(visit: Visit) -> Response:
    """Keep what is typed into the open form, until it is saved."""
    fields = {name: visit.fields[name] for name in _TYPED if visit.fields.get(name)}
    drafts.keep_typed(visit.database, key_of(visit), visit.person.code, fields)
    return Response(status_code=204)


def state(visit: Visit) -> Response:
    """Which state is the newest, and whose it is: asked again and again by the open page."""
    newest = drafts.newest(visit.database, key_of(visit))
    known = {"number": 0, "person": ""} if newest is None else {
        "number": newest.number, "person": newest.person,
    }  # fmt: skip
    return JSONResponse(known)


def text_file(visit: Visit) -> Response:
    """The file, to be edited elsewhere."""
    headers = {"content-disposition": f'attachment; filename="{NAME}"'}
    return Response(editing_of(visit).text(), media_type="application/toml", headers=headers)
