"""Batches: tables by which many folders of scans are checked and packaged, and their results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from starlette.responses import FileResponse, Response

from preserva.batch.outcome import RowState
from preserva.errors import NotFound, PreservaError, UsageError
from preserva.i18n import NP_, _, pgettext
from preserva.web import batches, uploads
from preserva.web.inbox_actions import place_of
from preserva.web.inbox_drafts import folders_in, kept_structures
from preserva.web.pages.books import page_number
from preserva.web.pages.inbox import folders_of
from preserva.web.pages.jobs import begin, shown, state_of
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
    """The newest batches, and the form that begins one."""
    known = batches.recent(visit.site.config, visit.database)
    return visit.show(
        "batches",
        batches=[(batch, shown(batch.job)) for batch in known],
        places=[str(path) for path in visit.site.config.web.inbox],
    )


def show(visit: Visit) -> Response:
    """One batch: each row, and what became of it by the newest job."""
    batch = _batch(visit)
    problem = ""
    try:
        rows = batches.lines(visit.site.config, visit.database, batch)
    except PreservaError as error:
        rows, problem = [], str(error)
    only = visit.query.get("only", "")
    shown_rows = [row for row in rows if not only or row.state == only]
    number = page_number(visit.query.get("page", "1"))
    start = (number - 1) * PER_PAGE
    return visit.show(
        "batch",
        batch=batch,
        rows=shown_rows[start : start + PER_PAGE],
        total=len(rows),
        counts={
            state: count for state, count in Counter(row.state for row in rows).items() if state
        },
        words={state.value: pgettext("state of a row", word) for state, word in STATES.items()},
        tones={state.value: tone for state, tone in _TONES.items()},
        only=only,
        page=number,
        more=len(shown_rows) > start + PER_PAGE,
        problem=problem,
        **state_of(visit, batch.job),
    )


def begin_batch(visit: Visit) -> Response:
    """Check the rows of a table that was sent, or of the folders that were ticked."""
    place = str(place_of(visit.site.config, visit.fields))
    sent, records = visit.form.files.get("table"), visit.form.files.get("records")
    ticked = visit.form.lists.get("folder", ())
    fields = {"place": place}
    if records is not None:
        fields["records"] = uploads.keep(visit.database, records)
    elif visit.fields.get("same_records"):
        fields["records"] = visit.fields["same_records"]
        uploads.path_of(visit.site.config, fields["records"])
    if sent is None and ticked:
        rows = folders_of(visit, ticked)
        columns = ["folder", "record" if records is not None else "catalogue"]
        for row in rows:
            row["record"] = row["folder"]
        sent = batches.table_of(({name: row[name] for name in columns} for row in rows), columns)
    if sent is None:
        raise UsageError(_("Choose a table, or tick folders in the inbox."))
    token = uploads.keep(visit.database, sent)
    return _begin(visit, batches.CHECK, {**fields, "table": token})


def go_on(visit: Visit) -> Response:
    """Check the rows again, or make the packages that are not made yet."""
    batch = _batch(visit)
    action = batches.MAKE if visit.fields.get("do") == "package" else batches.CHECK
    return _begin(visit, action, batch.fields)


def _begin(visit: Visit, action: str, fields: Mapping[str, str]) -> Response:
    """With the structures that were written for its folders until now."""
    config, token = visit.site.config, fields["table"]
    place = place_of(config, fields)
    written = kept_structures(config, visit.database, place, folders_in(config, token))
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
