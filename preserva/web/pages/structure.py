"""The structure of a book: its contents beside its pages, changed step by step, saved as drafts.

Every step is a state of the draft that can be gone back to. When the draft of a stored book is
given to it, a job makes a new version by `preserva update`; that of a folder of scans is taken by
whoever packages the folder.
"""

from __future__ import annotations

import difflib

from starlette.responses import Response

from preserva.core.book.page_sequence import moves
from preserva.core.book.structure import PageType, PartType
from preserva.core.eark.mets import Division
from preserva.errors import NotFound, Refused, UsageError
from preserva.i18n import _
from preserva.web import drafts, uploads
from preserva.web.form_texts import reason_of
from preserva.web.forms import SentFile
from preserva.web.pages.book import newest_version, package_of
from preserva.web.pages.editing import Editing, base_of, editing_of, editor, saved
from preserva.web.pages.jobs import begin
from preserva.web.pages.saved_states import go_back
from preserva.web.structure_edit import (
    NAME,
    BookStructure,
    labelled,
    moved,
    pages_changed,
    with_changed_part,
    with_part,
    without_part,
)
from preserva.web.visit import Visit


def show(visit: Visit) -> Response:
    """The editor."""
    return editor(visit, editing_of(visit))


def save(visit: Visit) -> Response:
    """One step: a form of the page was sent, made of the state that its field `base` names."""
    editing, do = editing_of(visit), visit.fields.get("do", "")
    if do == "apply":
        return _apply(visit, editing)
    if do in {"undo", "redo", "back"}:
        return go_back(visit, editing, do)
    base = base_of(visit, editing)
    if do == "text":
        return _save_text(visit, editing, base)
    if do not in _STEPS:
        raise UsageError(_("Choose one."))
    structure = editing.sound()
    if base.number != editing.number and (clash := _clash(visit, base, editing, do)):
        return editor(visit, editing, 409, conflict=clash)
    text = editing.book.write(_STEPS[do](visit, editing, structure), editing.text())
    return saved(visit, editing, text, _where(visit, editing, do))


def _clash(visit: Visit, base: Editing, editing: Editing, do: str) -> str:
    """Why a step cannot be made on top of what another person saved meanwhile; "" if it can."""
    before, after = base.read()[0], editing.read()[0]
    if before.order == after.order:
        if do == "move":
            return ""
        if do == "label":
            touched = set(_pages(visit, editing, "first", "last"))
            if not pages_changed(before, after) & touched:
                return ""
        elif before.root == after.root:
            return ""
    message = _(
        "{person} has changed the same meanwhile. It is shown below; what you typed is still in"
        " the form. If you save it now, it comes on top."
    )
    return message.format(person=editing.who)


def _where(visit: Visit, editing: Editing, do: str) -> str:
    """The place on the page where the person was; pages that were moved are chosen again."""
    if do == "label":
        return f"#page-{_pages(visit, editing, 'first', 'last').start}"
    if do == "move":
        pages = _pages(visit, editing, "move_first", "move_last")
        to = _place(visit, pages)
        chosen = f"{to}" if len(pages) == 1 else f"{to}-{to + len(pages) - 1}"
        return f"?pages={chosen}#page-{to}"
    return "#contents"


def _labelled(visit: Visit, editing: Editing, structure: BookStructure) -> BookStructure:
    pages = _pages(visit, editing, "first", "last")
    label = _one_line(visit.fields.get("label", ""))
    types = {kind.value: kind for kind in PageType}
    kind = types.get(visit.fields.get("type", ""), PageType.PAGE)
    return labelled(structure, pages.start, pages[-1], label or None, kind)


def _moved(visit: Visit, editing: Editing, structure: BookStructure) -> BookStructure:
    pages = _pages(visit, editing, "move_first", "move_last")
    to = _place(visit, pages)
    return moved(structure, pages.start, pages[-1], to, editing.book.count)


def _place(visit: Visit, pages: range) -> int:
    """Where the first of the pages is to be: a button names one step, a field the place."""
    step = {"earlier": -1, "later": 1}.get(visit.fields.get("by", ""))
    return pages.start + step if step else _number(visit.fields.get("move_to", ""))


def _with_part(visit: Visit, editing: Editing, structure: BookStructure) -> BookStructure:
    return with_part(structure, visit.fields.get("under", ""), _part(visit, editing))


def _with_changed_part(visit: Visit, editing: Editing, structure: BookStructure) -> BookStructure:
    return with_changed_part(structure, visit.fields.get("path", ""), _part(visit, editing))


def _without_part(visit: Visit, _editing: Editing, structure: BookStructure) -> BookStructure:
    return without_part(structure, visit.fields.get("path", ""))


_STEPS = {
    "label": _labelled,
    "move": _moved,
    "part": _with_part,
    "change-part": _with_changed_part,
    "remove-part": _without_part,
}


def _part(visit: Visit, editing: Editing) -> Division:
    types = {kind.value: kind for kind in PartType}
    kind = types.get(visit.fields.get("part_type", ""))
    if kind is None:
        raise UsageError(_("Choose one."))
    title = _one_line(visit.fields.get("title", ""))
    pages = _pages(visit, editing, "part_first", "part_last")
    return Division(kind.value, title or None, tuple(pages))


def _pages(visit: Visit, editing: Editing, first: str, last: str) -> range:
    """Pages from a form; without the last one, it is the first. Raises UsageError."""
    begin_text = visit.fields.get(first, "").strip()
    begin, end = _number(begin_text), _number(visit.fields.get(last, "").strip() or begin_text)
    count = editing.book.count
    if not 1 <= begin <= end <= count:
        message = _("Give pages from 1 to {count}, the first one first.")
        raise UsageError(message.format(count=count))
    return range(begin, end + 1)


def _number(text: str) -> int:
    """A number that was typed; 0 for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


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
        return editor(
            visit, editing, 409, conflict=message.format(person=editing.who),
            mine=text, theirs="\n".join([*theirs][2:]),
        )  # fmt: skip
    return saved(visit, editing, text)


def _apply(visit: Visit, editing: Editing) -> Response:
    """Give the structure to the book, by a job. Raises Refused for another version's draft."""
    reason_of(visit.fields)
    version = editing.book.version
    if version is None:
        raise NotFound(_("There is no such page"))
    if base_of(visit, editing).number != editing.number:
        message = _("Somebody has saved something meanwhile.")
        return editor(visit, editing, 409, conflict=message)
    if newest_version(visit, version.package) != version.version:
        raise Refused(_("The book has a newer version. Take this draft over into that one."))
    fields = {"package": version.package.portable, "reason": visit.fields["reason"]}
    structure, text = editing.sound(), editing.text()
    if structure.order:  # the engine moves pages first; the text then counts in the new order
        made = moves(structure.sequence(editing.book.count))
        fields["moves"] = " ".join(f"{page}-{to}" for page, to in made)
        text = editing.book.settled(text)
    fields["file"] = uploads.keep(visit.database, SentFile(NAME, text.encode()))
    return begin(visit, "structure", fields)


def change_pages(visit: Visit) -> Response:
    """Leave out, replace or insert pages, by a job that makes a new version or tries it."""
    names = ("what", "page", "to", "place", "folder", "reason")
    fields = {name: visit.fields[name] for name in names if visit.fields.get(name)}
    action = "pages-check" if visit.fields.get("do") == "check" else "pages"
    return begin(visit, action, {"package": package_of(visit).portable, **fields})
