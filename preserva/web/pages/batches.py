"""Batches: tables by which many books are packaged, corrected or copied, and their results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from starlette.responses import FileResponse, Response

from preserva.batch.outcome import RowState
from preserva.errors import NotFound, UsageError
from preserva.i18n import NP_, _, pgettext
from preserva.web import batches, uploads
from preserva.web.inbox_actions import place_of
from preserva.web.inbox_drafts import folders_drafted, kept_structures
from preserva.web.pages.books import page_number
from preserva.web.pages.inbox import folders_of
from preserva.web.pages.jobs import begin, shown, state_of
from preserva.web.table_actions import BATCH_COPY_KINDS, WORKS, TableWork, outbox_folder
from preserva.web.visit import Visit

PER_PAGE = 500

STATES = {
    RowState.DONE: NP_("state of a row", "done"),
    RowState.BEFORE: NP_("state of a row", "done before"),
    RowState.READY: NP_("state of a row", "can be done"),
    RowState.FAILED: NP_("state of a row", "not done"),
    RowState.LEFT: NP_("state of a row", "not reached"),
}
_TONES = {RowState.FAILED: "bad", RowState.LEFT: "warn"}


def show_list(visit: Visit) -> Response:
    """The newest batches, and the forms that begin one."""
    known = batches.recent(visit.site.config, visit.database)
    pages = visit.site.config.web
    return visit.show(
        "batches",
        batches=[(batch, shown(batch.job)) for batch in known],
        places=[str(path) for path in pages.inbox],
        outbox=pages.outbox,
        kinds=_kinds(),
    )


def show(visit: Visit) -> Response:
    """One batch: each row, and what became of it by the newest job."""
    batch = _batch(visit)
    found = batches.results(visit.database, batch)
    only = visit.query.get("only", "")
    shown_rows = [row for row in found.lines if not only or row.state == only]
    number = page_number(visit.query.get("page", "1"))
    start = (number - 1) * PER_PAGE
    return visit.show(
        "batch",
        batch=batch,
        rows=shown_rows[start : start + PER_PAGE],
        total=len(found.lines),
        counts=Counter(row.state for row in found.lines),
        words={state.value: pgettext("state of a row", word) for state, word in STATES.items()},
        tones={state.value: tone for state, tone in _TONES.items()},
        only=only,
        page=number,
        more=len(shown_rows) > start + PER_PAGE,
        problem=found.problem,
        unused=", ".join(found.unused),
        kinds=_kinds(),
        copies=_copies(visit, batch),
        **state_of(visit, batch.job),
    )


def begin_batch(visit: Visit) -> Response:
    """Check the rows of a table that was sent, or of the folders that were ticked."""
    work = WORKS.get(visit.fields.get("work", "package"))
    if work is None:
        raise UsageError(_("Choose one."))
    fields = _told(visit, work)
    sent = visit.form.files.get("table")
    ticked = visit.form.lists.get("folder", ())
    if sent is None and ticked and work.name == "package":
        rows = folders_of(visit, ticked)
        columns = ["folder", "record" if "records" in fields else "catalogue"]
        for row in rows:
            row["record"] = row["folder"]
        sent = batches.table_of(({name: row[name] for name in columns} for row in rows), columns)
    if sent is None:
        raise UsageError(_("Choose a table, or tick folders in the inbox."))
    token = uploads.keep(visit.database, sent)
    return _begin(visit, work, work.check, {**fields, "table": token})


def _told(visit: Visit, work: TableWork) -> dict[str, str]:
    """What the form says to a work beside the table; the file of records is kept."""
    told = {name: visit.fields[name] for name in work.fields if visit.fields.get(name)}
    told.pop("records", None)
    if "place" in work.fields and (visit.site.config.web.inbox or work.name == "package"):
        place_of(visit.site.config, told)
    records = visit.form.files.get("records")
    if "records" in work.fields and records is not None:
        told["records"] = uploads.keep(visit.database, records)
    elif "records" in work.fields and visit.fields.get("same_records"):
        told["records"] = visit.fields["same_records"]
        uploads.path_of(visit.site.config, told["records"])
    return told


def go_on(visit: Visit) -> Response:
    """Check the rows again, or do those that are not done yet."""
    batch = _batch(visit)
    action = batch.work.do if visit.fields.get("do") == "run" else batch.work.check
    return _begin(visit, batch.work, action, batch.fields)


def _begin(visit: Visit, work: TableWork, action: str, fields: Mapping[str, str]) -> Response:
    """With the structures that were written until now for folders of which packages are made."""
    config, token, written = visit.site.config, fields["table"], dict[str, str]()
    if work.name == "package":
        place = place_of(config, fields)
        drafted = folders_drafted(config, visit.database, place)
        written = kept_structures(config, visit.database, place, drafted)
    return begin(visit, action, {**fields, **written}, f"/batches/{token}")


def table(visit: Visit) -> Response:
    """The table as it was sent."""
    path = uploads.path_of(visit.site.config, _batch(visit).token)
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")


def _batch(visit: Visit) -> batches.PageBatch:
    batch = batches.batch(visit.site.config, visit.database, visit.params["token"])
    if batch is None:
        raise NotFound(_("there is no such batch"))
    return batch


def _kinds() -> dict[str, str]:
    return {kind: _(words) for kind, words in BATCH_COPY_KINDS.items()}


def _copies(visit: Visit, batch: batches.PageBatch) -> str:
    """Where the copies are that a batch has made; "" if it makes none."""
    if batch.work.name != "export":
        return ""
    try:
        return str(outbox_folder(visit.site.config, batch.fields))
    except UsageError:  # the configuration has changed meanwhile
        return ""
