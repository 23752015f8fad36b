"""The page of the structure editor, for a stored book or a folder of scans, and how it saves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from starlette.responses import Response

from preserva.core.book.structure import PageType, PartType
from preserva.core.values.codes import Severity
from preserva.core.values.report import Finding
from preserva.describe.xml_record import looks_like
from preserva.errors import NotFound, Refused, UsageError
from preserva.i18n import _
from preserva.web import drafts, edited, inbox
from preserva.web.drafts import SavedDraft
from preserva.web.edited import EditedBook
from preserva.web.pages.book import newest_version, package_of, title_of
from preserva.web.pages.inbox import folder_at
from preserva.web.structure_edit import BookStructure, parts_of
from preserva.web.visit import Visit

_MOST_STATES = 50
_MOST_FOLDERS = 500
RANGES = frozenset(
    ("first", "last", "part_first", "part_last", "move_first", "move_last", "move_to")
)
"""The fields that have numbers of pages."""
_CHOSEN = re.compile(r"([1-9][0-9]{0,5})(?:-([1-9][0-9]{0,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Editing:
    """A book or a folder, the newest state of its draft, and the structure that this is."""

    book: EditedBook
    draft: SavedDraft | None

    @property
    def number(self) -> int:
        """The number of the state; 0 for the structure without any draft."""
        return 0 if self.draft is None else self.draft.number

    @property
    def who(self) -> str:
        """Who saved the state; "" for nobody."""
        return "" if self.draft is None else self.draft.person

    def text(self) -> str:
        """The file as it is now."""
        return self.book.first if self.draft is None else self.draft.text

    def read(self) -> tuple[BookStructure, tuple[Finding, ...]]:
        """The structure, and what in its text cannot be used or is doubtful."""
        return self.book.read(self.text())

    def sound(self) -> BookStructure:
        """The structure. Raises UsageError if its text has mistakes: they would be lost unseen."""
        structure, findings = self.read()
        if mistakes(findings):
            message = _("The text of the structure has mistakes. Correct them there, or go back.")
            raise UsageError(message)
        return structure


def key_of(visit: Visit) -> str:
    """By what the drafts of the address are called. Raises NotFound."""
    if "folder" in visit.params:
        folder = folder_at(visit)
        return edited.folder_key(visit.site.config, folder.place, folder.name)
    book = visit.site.shelf.pages(package_of(visit), visit.params["version"])
    return edited.book_key(book.package, book.version)


def editing_of(visit: Visit) -> Editing:
    """What the address is about. Raises NotFound, Refused for a folder that cannot be shown."""
    book = _folder(visit) if "folder" in visit.params else _version(visit)
    return Editing(book, drafts.newest(visit.database, book.key))


def _version(visit: Visit) -> EditedBook:
    book = visit.site.shelf.pages(package_of(visit), visit.params["version"])
    return edited.stored_book(book, title_of(visit, book.package))


def _folder(visit: Visit) -> EditedBook:
    folder = folder_at(visit)
    if folder.more:
        raise Refused(_("This folder has too many files for the editor."))
    sheet = visit.site.sheets.sheet(folder)
    if sheet.problem:
        raise Refused(sheet.problem)
    return edited.inbox_book(visit.site.config, folder, sheet)


def editor(visit: Visit, editing: Editing, status: int = 200, **more: object) -> Response:
    """The page."""
    structure, findings = editing.read()
    book, version = editing.book, editing.book.version
    states = drafts.drafts(visit.database, book.key)
    path = visit.query.get("part", "")
    typed = drafts.typed(visit.database, book.key, visit.person.code)
    values: dict[str, object] = {
        "editing": editing,
        "book": book,
        "version": version,
        "structure": structure,
        "rows": book.rows(structure),
        "known_parts": list(parts_of(structure.root)),
        "chosen": structure.part(path),
        "path": path,
        "problems": [finding.message() for finding in mistakes(findings)],
        "doubts": [one.message() for one in findings if one not in mistakes(findings)],
        "foreign": looks_like(editing.text().encode()),
        "states": states[:_MOST_STATES],
        "may_redo": bool(states) and is_own(visit, editing, states[0].origin + 1),
        "typed": {**typed, **_chosen(visit)},
        "newest": newest_version(visit, version.package) if version else None,
        "page_types": list(PageType),
        "part_types": list(PartType),
        "conflict": "",
        "mine": None,
        "places": _places(visit) if version else [],
        **more,
    }
    return visit.show("structure", status, **values)


def _places(visit: Visit) -> list[tuple[str, list[str]]]:
    """The places of the inbox, with the folders from which pages can come."""
    config = visit.site.config
    places = []
    for place, path in enumerate(config.web.inbox):
        names: list[str] = []
        with suppress(NotFound):  # a place that is not there now
            names = inbox.names(config, place)[:_MOST_FOLDERS]
        places.append((str(path), names))
    return places


def _chosen(visit: Visit) -> dict[str, str]:
    """The pages that the address names, for the fields of all forms about pages."""
    match = _CHOSEN.fullmatch(visit.query.get("pages", ""))
    if match is None:
        return {}
    first, last = match[1], match[2] or ""
    return {"first": first, "last": last, "move_first": first, "move_last": last}


def mistakes(findings: Iterable[Finding]) -> list[Finding]:
    """Those with which a structure cannot be used."""
    return [finding for finding in findings if finding.code.severity is Severity.ERROR]


def base_of(visit: Visit, editing: Editing) -> Editing:
    """What the person saw. Raises UsageError for a state that there never was."""
    text = visit.fields.get("base", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if number == 0:
        return Editing(editing.book, None)
    seen = drafts.draft(visit.database, editing.book.key, number)
    if seen is None:
        raise UsageError(_("This form is incomplete. Go back and send it again."))
    return Editing(editing.book, seen)


def saved(
    visit: Visit, editing: Editing, text: str, where: str = "#contents", origin: int | None = None
) -> Response:
    """Save a state; what another one saved in this very moment is looked at first."""
    book = editing.book
    if text != editing.text() or origin is not None:
        # a text that was typed is still of its state; pages that were chosen are done with
        sent = (visit.fields.keys() - {"base"}) | RANGES
        made = drafts.save(
            visit.database, book.key, editing.number, text, visit.person.code, origin, sent
        )
        if made is None:
            now = Editing(book, drafts.newest(visit.database, book.key))
            return editor(visit, now, 409, conflict=_("Somebody saved in this moment."))
    return visit.go(f"{book.address}{where}")


def is_own(visit: Visit, editing: Editing, number: int) -> bool:
    """Whether a state was made by a step, and does not repeat another one."""
    state = drafts.draft(visit.database, editing.book.key, number)
    return state is not None and state.origin == number
