"""The structure of a book: its contents beside its pages, changed step by step, saved as drafts.

Every step is a state of the draft that can be gone back to. When it is given to the book, a job
makes a new version of the package by `preserva update --structure`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from preserva.core.book.structure import PageFacts, Pages, PageType, PartType
from preserva.core.eark.mets import Division
from preserva.errors import NotFound, Refused, UsageError
from preserva.i18n import _
from preserva.web import drafts, uploads
from preserva.web.actions import reason_of
from preserva.web.book_pages import BookPages
from preserva.web.drafts import SavedDraft
from preserva.web.forms import SentFile
from preserva.web.pages.book import newest_version, package_of, title_of
from preserva.web.pages.jobs import begin
from preserva.web.structure_edit import (
    NAME,
    BookStructure,
    labelled,
    pages_changed,
    parts_of,
    read_text,
    realigned,
    with_changed_part,
    with_part,
    without_part,
)
from preserva.web.visit import Visit

_TYPED = ("first", "last", "label", "type", "part_type", "title", "part_first", "part_last", "text")
_MOST_STATES = 50


@dataclass(frozen=True, slots=True)
class Editing:
    """A version of a book, the newest state of its draft, and the structure that this is."""

    book: BookPages
    title: str
    draft: SavedDraft | None

    @property
    def key(self) -> str:
        """By what the draft is called."""
        return key_of(self.book)

    @property
    def number(self) -> int:
        """The number of the state; 0 for the stored structure."""
        return 0 if self.draft is None else self.draft.number

    @property
    def address(self) -> str:
        """Its page."""
        return f"/books/{self.book.package.portable}/{self.book.version}/structure"

    def text(self) -> str:
        """The file as it is now."""
        return stored_text(self.book, self.title) if self.draft is None else self.draft.text


def key_of(book: BookPages) -> str:
    """By what the draft of a version is called."""
    return f"{book.package.uri}\n{book.version}"


def stored(book: BookPages, title: str) -> BookStructure:
    """The structure that a version has."""
    facts = {
        page.number: PageFacts(page.label, page.type)
        for page in book.pages
        if page.label or page.type != PageType.PAGE
    }
    return BookStructure(facts, book.parts or Division(PartType.MONOGRAPH.value, title))


def stored_text(book: BookPages, title: str) -> str:
    """The file of a version: the one that it keeps, with its comments, if that says what METS does.

    A file that names pages by the names of their scans is written anew, with numbers.
    """
    known = stored(book, title)
    if book.written is None:
        return known.text()
    kept, findings = read_text(book.written, _pages(book), title)
    same = all(
        facts.type == known.pages.get(page, PageFacts()).type
        and facts.label in (None, known.pages.get(page, PageFacts()).label)
        for page, facts in kept.pages.items()
    )
    return book.written if same and not findings and kept.root == known.root else known.text()


def show(visit: Visit) -> Response:
    """The editor."""
    return _page(visit, _editing(visit))


def _editing(visit: Visit) -> Editing:
    book = visit.site.shelf.pages(package_of(visit), visit.params["version"])
    return Editing(book, title_of(visit, book.package), drafts.newest(visit.database, key_of(book)))


def _pages(book: BookPages) -> Pages:
    names = {page.master: page.number for page in book.pages}
    return Pages(max((page.number for page in book.pages), default=0), names, {})


def _read(editing: Editing) -> tuple[BookStructure, list[str]]:
    structure, findings = read_text(editing.text(), _pages(editing.book), editing.title)
    return structure, [finding.message() for finding in findings]


def _page(visit: Visit, editing: Editing, status: int = 200, **more: object) -> Response:
    structure, problems = _read(editing)
    states = drafts.drafts(visit.database, editing.key)
    newest = newest_version(visit, editing.book.package)
    path = visit.query.get("part", "")
    typed = drafts.typed(visit.database, editing.key, visit.person.code)
    values: dict[str, object] = {
        "editing": editing,
        "book": editing.book,
        "structure": structure,
        "rows": [(page, structure.pages.get(page.number)) for page in editing.book.pages],
        "known_parts": list(parts_of(structure.root)),
        "chosen": structure.part(path),
        "path": path,
        "problems": problems,
        "states": states[:_MOST_STATES],
        "may_redo": bool(states) and _own(visit, editing, states[0].origin + 1),
        "typed": typed,
        "newest": newest,
        "page_types": list(PageType),
        "part_types": list(PartType),
        "conflict": "",
        "mine": None,
        "places": [str(place) for place in visit.site.config.web.inbox],
        **more,
    }
    return visit.show("structure", status, **values)


def save(visit: Visit) -> Response:
    """One step: a form of the page was sent, made of the state that its field `base` names."""
    editing, do = _editing(visit), visit.fields.get("do", "")
    steps = {
        "label": _labelled,
        "part": _with_part,
        "change-part": _with_changed_part,
        "remove-part": _without_part,
    }
    if do == "apply":
        return _apply(visit, editing)
    if do in {"undo", "redo", "back"}:
        return _back(visit, editing, do)
    base = _base(visit, editing)
    if do == "text":
        return _save_text(visit, editing, base)
    if do not in steps:
        raise UsageError(_("Choose one."))
    if base.number != editing.number and (clash := _clash(visit, base, editing, do)):
        return _page(visit, editing, 409, conflict=clash)
    structure, _problems = _read(editing)
    return _saved(visit, editing, steps[do](visit, editing, structure).text())


def _base(visit: Visit, editing: Editing) -> Editing:
    """What the person saw. Raises UsageError for a state that there never was."""
    text = visit.fields.get("base", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if number == 0:
        return Editing(editing.book, editing.title, None)
    seen = drafts.draft(visit.database, editing.key, number)
    if seen is None:
        raise UsageError(_("This form is incomplete. Go back and send it again."))
    return Editing(editing.book, editing.title, seen)


def _clash(visit: Visit, base: Editing, editing: Editing, do: str) -> str:
    """Why a step cannot be made on top of what another person saved meanwhile; "" if it can."""
    before, after = _read(base)[0], _read(editing)[0]
    if do == "label":
        first, last = _range(visit, editing, "first", "last")
        touched = sorted(pages_changed(before, after) & set(range(first, last + 1)))
        if not touched:
            return ""
    elif before.root == after.root:
        return ""
    who = editing.draft.person if editing.draft else ""
    message = _(
        "{person} has changed the same meanwhile. It is shown below; what you typed is still in"
        " the form. If you save it now, it comes on top."
    )
    return message.format(person=who)


def _labelled(visit: Visit, editing: Editing, structure: BookStructure) -> BookStructure:
    first, last = _range(visit, editing, "first", "last")
    label = _one_line(visit.fields.get("label", ""))
    types = {kind.value: kind for kind in PageType}
    kind = types.get(visit.fields.get("type", ""), PageType.PAGE)
    return labelled(structure, first, last, label or None, kind)


def _with_part(visit: Visit, editing: Editing, structure: BookStructure) -> BookStructure:
    return with_part(structure, visit.fields.get("under", ""), _part(visit, editing))


def _with_changed_part(visit: Visit, editing: Editing, structure: BookStructure) -> BookStructure:
    return with_changed_part(structure, visit.fields.get("path", ""), _part(visit, editing))


def _without_part(visit: Visit, _editing: Editing, structure: BookStructure) -> BookStructure:
    return without_part(structure, visit.fields.get("path", ""))


def _part(visit: Visit, editing: Editing) -> Division:
    types = {kind.value: kind for kind in PartType}
    kind = types.get(visit.fields.get("part_type", ""))
    if kind is None:
        raise UsageError(_("Choose one."))
    title = _one_line(visit.fields.get("title", ""))
    first, last = _range(visit, editing, "part_first", "part_last")
    return Division(kind.value, title or None, tuple(range(first, last + 1)))


def _range(visit: Visit, editing: Editing, first: str, last: str) -> tuple[int, int]:
    """Pages from a form; without the last one, it is the first. Raises UsageError."""
    texts = [visit.fields.get(name, "").strip() for name in (first, last)]
    texts[1] = texts[1] or texts[0]
    numbers = [
        int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0 for text in texts
    ]
    count = _pages(editing.book).count
    if not 1 <= numbers[0] <= numbers[1] <= count:
        message = _("Give pages from 1 to {count}, the first one first.")
        raise UsageError(message.format(count=count))
    return numbers[0], numbers[1]


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:1000]


def _save_text(visit: Visit, editing: Editing, base: Editing) -> Response:
    """The whole file, as it was typed; with a conflict, both texts are shown and none is lost."""
    sent = visit.form.files.get("file")
    if sent is not None:
        text = sent.data.decode("utf-8-sig", "replace")
    else:
        text = visit.fields.get("text", "").replace("\r\n", "\n")
    if len(text) > drafts.LONGEST:
        raise UsageError(_("This request is too large."))
    if base.number != editing.number and text != base.text():
        theirs = difflib.unified_diff(
            base.text().splitlines(), editing.text().splitlines(), lineterm="", n=1
        )
        message = _("{person} has saved another text meanwhile. Yours is below it, not saved yet.")
        who = editing.draft.person if editing.draft else ""
        return _page(
            visit, editing, 409, conflict=message.format(person=who),
            mine=text, theirs="\n".join([*theirs][2:]),
        )  # fmt: skip
    return _saved(visit, editing, text)


def _saved(visit: Visit, editing: Editing, text: str, origin: int | None = None) -> Response:
    """Save a state; what another one saved in this very moment is looked at first."""
    if text != editing.text() or origin is not None:
        person = visit.person.code
        made = drafts.save(visit.database, editing.key, editing.number, text, person, origin)
        if made is None:
            return _page(visit, _editing(visit), 409, conflict=_("Somebody saved in this moment."))
    return visit.go(f"{editing.address}#{_anchor(visit)}")


def _anchor(visit: Visit) -> str:
    """Where the person was."""
    first = visit.fields.get("first", "").strip()
    return f"page-{first}" if first.isascii() and first.isdigit() else "contents"


def _back(visit: Visit, editing: Editing, do: str) -> Response:
    """Go back to another state, which becomes the newest one; nothing is taken away."""
    if editing.draft is None or _base(visit, editing).number != editing.number:
        return _page(visit, editing, 409, conflict=_("Somebody has saved something meanwhile."))
    wanted = {"undo": editing.draft.origin - 1, "redo": editing.draft.origin + 1}.get(do, -1)
    if do == "back":
        text = visit.fields.get("state", "")
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if wanted == 0:
        return _saved(visit, editing, stored_text(editing.book, editing.title), 0)
    state = drafts.draft(visit.database, editing.key, wanted)
    if state is None or (do == "redo" and not _own(visit, editing, wanted)):
        raise UsageError(_("There is nothing more to go back to."))
    return _saved(visit, editing, state.text, wanted)


def _own(visit: Visit, editing: Editing, number: int) -> bool:
    """Whether a state was made by a step, and does not repeat another one."""
    state = drafts.draft(visit.database, editing.key, number)
    return state is not None and state.origin == number


def _apply(visit: Visit, editing: Editing) -> Response:
    """Give the structure to the book, by a job. Raises Refused for another version's draft."""
    reason_of(visit.fields)
    if _base(visit, editing).number != editing.number:
        return _page(visit, editing, 409, conflict=_("Somebody has saved something meanwhile."))
    if newest_version(visit, editing.book.package) != editing.book.version:
        raise Refused(_("The book has a newer version. Take this draft over into that one."))
    token = uploads.keep(visit.database, SentFile(NAME, editing.text().encode()))
    fields = {"package": editing.book.package.portable, "file": token}
    return begin(visit, "structure", {**fields, "reason": visit.fields["reason"]})


def take_over(visit: Visit) -> Response:
    """Begin the draft of the newest version with an older version's, its pages found again."""
    old = _editing(visit)
    version = newest_version(visit, old.book.package)
    if version is None or version == old.book.version or old.draft is None:
        raise NotFound(_("There is no such page"))
    book = visit.site.shelf.pages(old.book.package, version)
    now = Editing(book, old.title, drafts.newest(visit.database, key_of(book)))
    places = {page.digest: page.number for page in book.pages}
    numbers = {page.number: places[page.digest] for page in old.book.pages if page.digest in places}
    return _saved(visit, now, realigned(_read(old)[0], numbers).text())


def keep_typed(visit: Visit) -> Response:
    """Keep what is typed into the open form, until it is saved."""
    editing = _editing(visit)
    fields = {name: visit.fields[name] for name in _TYPED if visit.fields.get(name)}
    drafts.keep_typed(visit.database, editing.key, visit.person.code, fields)
    return Response(status_code=204)


def state(visit: Visit) -> Response:
    """Which state is the newest, and whose it is: asked again and again by the open page."""
    newest = _editing(visit).draft
    known = {"number": 0, "person": ""} if newest is None else {
        "number": newest.number, "person": newest.person,
    }  # fmt: skip
    return JSONResponse(known)


def text_file(visit: Visit) -> Response:
    """The file, to be edited elsewhere."""
    headers = {"content-disposition": f'attachment; filename="{NAME}"'}
    return Response(_editing(visit).text(), media_type="application/toml", headers=headers)


def change_pages(visit: Visit) -> Response:
    """Move, leave out, replace or insert pages, by a job that makes a new version."""
    names = ("what", "page", "to", "place", "folder", "reason")
    fields = {name: visit.fields[name] for name in names if visit.fields.get(name)}
    return begin(visit, "pages", {"package": package_of(visit).portable, **fields})
