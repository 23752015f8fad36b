"""The inbox: folders of scans, their pages, what is wrong with them, and the record beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.responses import Response

from preserva.core.values.codes import Severity
from preserva.core.values.report import Finding
from preserva.errors import NotFound, PreservaError, UsageError
from preserva.i18n import _, language
from preserva.local_time import local_time
from preserva.web import drafts, inbox, jobs, uploads
from preserva.web.batches import CHECK, MAKE, finding_of, table_of
from preserva.web.edited import folder_key
from preserva.web.inbox_actions import place_of
from preserva.web.inbox_drafts import kept_structures
from preserva.web.pages.books import page_number
from preserva.web.pages.jobs import begin, shown
from preserva.web.pictures import SIZES, PictureResponse
from preserva.web.record_search import find_records, has_catalogue
from preserva.web.visit import Visit

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class InboxLine:
    """A folder in the list: what is in it, whether it rests, and the newest check of it."""

    folder: inbox.InboxFolder
    rests: bool
    check: object


def show_list(visit: Visit) -> Response:
    """The folders of a place of the inbox, a page of them at a time."""
    places, config = visit.site.config.web.inbox, visit.site.config
    place = place_of(config, {"place": visit.query.get("place", "0")}) if places else 0
    text = visit.query.get("q", "").strip()[:200].casefold()
    number = page_number(visit.query.get("page", "1"))
    names = inbox.names(config, place) if places else []
    fitting = [name for name in names if text in name.casefold()]
    start = (number - 1) * PER_PAGE
    return visit.show(
        "inbox",
        places=[str(path) for path in places],
        place=place,
        text=visit.query.get("q", "")[:200],
        total=len(fitting),
        page=number,
        more=len(fitting) > start + PER_PAGE,
        lines=[_line(visit, place, name) for name in fitting[start : start + PER_PAGE]],
    )


def _line(visit: Visit, place: int, name: str) -> InboxLine:
    try:
        folder = inbox.folder(visit.site.config, place, name)
    except NotFound:  # it went meanwhile
        folder = inbox.InboxFolder(place, name, visit.site.config.web.inbox[place], 0, 0, 0)
    job = jobs.about_folder(visit.database, "check", str(place), name)
    return InboxLine(folder, folder.rests(visit.database.clock()), job and shown(job))


@dataclass(frozen=True, slots=True)
class ScanMark:
    """What was found about a page: a sentence, and its colour."""

    sentence: str
    tone: str


def show(visit: Visit) -> Response:
    """A folder: the contact sheet with all that is wrong, and the search for its record."""
    folder = folder_at(visit)
    few = not folder.more
    sheet = visit.site.sheets.sheet(folder) if few else None
    job = jobs.about_folder(visit.database, "check", str(folder.place), folder.name)
    checked, refusals, known = _checked(visit, job, folder)
    findings = known if known else sheet.findings if sheet else ()
    pages = sheet.pages if sheet else []
    paths = {page.source for page in pages}
    marks: dict[str, list[ScanMark]] = {}
    for finding in findings:
        marks.setdefault(finding.path or "", []).append(_mark(finding))
    question = visit.query.get("q", "")[:200]
    return visit.show(
        "inbox-folder",
        folder=folder,
        rests=folder.rests(visit.database.clock()),
        changed=local_time(_iso(folder.newest)),
        problem=sheet.problem if sheet else "",
        pages=pages,
        marks=marks,
        others=[mark for path, some in marks.items() if path not in paths for mark in some],
        refusals=refusals,
        check=job and shown(job),
        refresh=3 if job is not None and job.ended is None else None,
        checked=checked,
        question=question,
        records=find_records(visit.site.config, question),
        has_catalogue=has_catalogue(visit.site.config),
        draft=drafts.newest(
            visit.database, folder_key(visit.site.config, folder.place, folder.name)
        ),
    )


def picture(visit: Visit) -> Response:
    """The picture of a page as it lies in the folder now."""
    folder, size = folder_at(visit), visit.params["size"]
    pages = [] if folder.more else visit.site.sheets.sheet(folder).pages
    page = next((page for page in pages if page.page == visit.number), None)
    if page is None or size not in SIZES:
        raise NotFound(_("There is no such page"))
    key, opened = visit.site.sheets.picture(folder, page)
    return PictureResponse(visit.site.pictures, key, size, opened, language())


def check(visit: Visit) -> Response:
    """Begin a check of a folder, as packaging would see it."""
    folder = folder_at(visit)
    fields = {"place": str(folder.place), "folder": folder.name}
    return begin(visit, "check", fields, _address(visit))


def package(visit: Visit) -> Response:
    """Check the scans with their record, or make the package: a table of this one row."""
    folder = folder_at(visit)
    row = {"folder": folder.name}
    for name, longest in (("catalogue", 1000), ("number", 200), ("id", 110)):
        if text := visit.fields.get(name, "").strip()[:longest]:
            row[name] = text
    sent = visit.form.files.get("file")
    if "catalogue" not in row and sent is None:
        raise UsageError(_("Choose a record, or a file with the record."))
    fields = {"place": str(folder.place), "name": folder.name}
    if "catalogue" in row:
        row.pop("number", None)
    elif sent is not None:
        fields["records"] = uploads.keep(visit.database, sent)
    token = uploads.keep(visit.database, table_of([row], row))
    action = MAKE if visit.fields.get("do") == "package" else CHECK
    fields |= kept_structures(visit.site.config, visit.database, folder.place, [folder.name])
    return begin(visit, action, {**fields, "table": token}, f"/batches/{token}")


def folder_at(visit: Visit) -> inbox.InboxFolder:
    """The folder of the address. Raises NotFound."""
    try:
        place = place_of(visit.site.config, visit.params)
    except UsageError as error:
        raise NotFound(str(error)) from error
    return inbox.folder(visit.site.config, place, visit.params["folder"])


def _address(visit: Visit) -> str:
    """The page of the folder, whichever of its addresses was asked for."""
    return f"/inbox/{visit.params['place']}/{quote(visit.params['folder'], safe='')}"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(max(0.0, seconds), UTC).isoformat(timespec="seconds")


def _checked(
    visit: Visit, job: jobs.PageJob | None, folder: inbox.InboxFolder
) -> tuple[bool, list[str], list[Finding]]:
    """Whether a check has seen the folder as it is now; what it would refuse; its findings."""
    if job is None or job.ended is None or job.requested < folder.newest:
        return False, [], []
    try:
        (document,) = json.loads(jobs.output(visit.database, job.number)[0])["folders"]
        found = [finding_of(one) for one in (*document["problems"], *document["findings"])]
        return True, [str(text) for text in document["refusals_in_words"]], found
    except (ValueError, KeyError, TypeError):
        return False, [], []


def _mark(finding: Finding) -> ScanMark:
    tone = "bad" if finding.code.severity is Severity.ERROR else "warn"
    return ScanMark(finding.message(), tone)


def folders_of(visit: Visit, names: Iterable[str]) -> list[dict[str, str]]:
    """Rows for folders that were ticked, each with the record whose number its name is."""
    rows = []
    place = place_of(visit.site.config, visit.fields)
    for name in names:
        folder = inbox.folder(visit.site.config, place, name)
        rows.append({"folder": folder.name, "record": "", "catalogue": _record_of(visit, name)})
    return rows


def _record_of(visit: Visit, name: str) -> str:
    """The record of the catalogue that the name of a folder means; "" unless it is one alone."""
    try:
        found = find_records(visit.site.config, name)
    except PreservaError:
        return ""
    return found[0].uri if len(found) == 1 else ""
