"""The table of jobs: what people asked for, in order, and how each ended.

A job is a row before anything is done, and its result is written by the process that did it. So a
server that is killed loses none; the lock of that process tells the next server whether it still
works, so none is done twice at a time.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from preserva.exit_status import ExitStatus
from preserva.web.actions import FormFields
from preserva.web.database import WebDatabase
from preserva.web.hooks import note_end

MOST_ATTEMPTS = 3
"""How often a job is begun whose process was killed; then it is over, as terminated."""
_LARGEST_TEXT = 1 << 20
_LARGEST_DOCUMENT = 1 << 28
"""Bytes of what a verb says as JSON: that of a table of 100,000 rows is smaller."""


@dataclass(frozen=True, slots=True)
class PageJob:
    """Something that a person asked for, and that `stopped_by` wants to end.

    Times are seconds since 1970.
    """

    number: int
    action: str
    fields: FormFields
    person: str
    language: str
    requested: float
    started: float | None
    ended: float | None
    exit_status: int | None
    stopped_by: str | None = None

    @property
    def requested_at(self) -> datetime:
        """When it was asked for."""
        return datetime.fromtimestamp(self.requested, UTC)

    @property
    def ended_at(self) -> datetime | None:
        """When it was over."""
        return None if self.ended is None else datetime.fromtimestamp(self.ended, UTC)


JobDocument = dict[str, Any]
"""The JSON of a verb, as `schemas/output.schema.json` defines it."""

_COLUMNS = (
    "number, action, fields, person, language, requested, started, ended, exit_status, stopped_by"
)


def submit(
    database: WebDatabase, form: str, action: str, fields: FormFields, person: str, language: str
) -> int:
    """Put a job at the end of the queue; its number. A form that was sent before is the same job.

    Another person cannot find a job by guessing a form: a form of theirs makes a new one.
    """
    with database.writing() as rows:
        key = f"{person}\n{form}"
        rows.execute(
            "INSERT OR IGNORE INTO job (form, action, fields, person, language, requested)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [key, action, json.dumps(dict(fields)), person, language, database.clock()],
        )
        (number,) = rows.execute("SELECT number FROM job WHERE form = ?", [key]).fetchone()
        return int(number)


def job(database: WebDatabase, number: int) -> PageJob | None:
    """A job; None if there is none of this number."""
    return next(iter(_jobs(database, "WHERE number = ?", [number])), None)


def recent(database: WebDatabase, limit: int = 50) -> list[PageJob]:
    """The newest ones."""
    return _jobs(database, "ORDER BY number DESC LIMIT ?", [limit])


def waiting(database: WebDatabase) -> list[PageJob]:
    """Those that are not over, in the order in which they are done."""
    return _jobs(database, "WHERE ended IS NULL ORDER BY number", [])


def failed(database: WebDatabase, person: str, since: float) -> list[PageJob]:
    """What a person asked for, and that ended not well after a time (seconds since 1970)."""
    return _jobs(
        database,
        "WHERE person = ? AND exit_status != 0 AND ended > ? ORDER BY number DESC",
        [person, since],
    )


def newest(database: WebDatabase, action: str) -> PageJob | None:
    """The newest job of an action that came to its end."""
    where = "WHERE action = ? AND ended IS NOT NULL ORDER BY number DESC LIMIT 1"
    return next(iter(_jobs(database, where, [action])), None)


def last_end(database: WebDatabase) -> float:
    """When a job last came to its end, in seconds since 1970; 0 if none ever did."""
    with database.reading() as rows:
        (newest,) = rows.execute("SELECT max(ended) FROM job").fetchone()
    return float(newest or 0)


def of_action(database: WebDatabase, action: str, limit: int) -> list[PageJob]:
    """The newest jobs of an action."""
    where = "WHERE action = ? ORDER BY number DESC LIMIT ?"
    return _jobs(database, where, [action, limit])


def about_tables(database: WebDatabase, limit: int, table: str = "") -> list[PageJob]:
    """The newest jobs about a table, or about any."""
    where = "json_extract(fields, '$.table') = ?" if table else "fields LIKE '%\"table\"%'"
    values: list[object] = [table] if table else []
    return _jobs(database, f"WHERE {where} ORDER BY number DESC LIMIT ?", [*values, limit])


def about_folder(database: WebDatabase, action: str, place: str, folder: str) -> PageJob | None:
    """The newest job of an action about a folder of the inbox."""
    where = (
        "WHERE action = ? AND json_extract(fields, '$.place') = ?"
        " AND json_extract(fields, '$.folder') = ? ORDER BY number DESC LIMIT 1"
    )
    return next(iter(_jobs(database, where, [action, place, folder])), None)


def claim(database: WebDatabase) -> PageJob | None:
    """Begin the next job in the queue; None if there is none, or if one is being done."""
    with database.writing() as rows:
        if rows.execute("SELECT 1 FROM job WHERE started > 0 AND ended IS NULL").fetchone():
            return None
        row = rows.execute(
            "UPDATE job SET started = ?, attempts = attempts + 1 WHERE number ="
            " (SELECT min(number) FROM job WHERE started IS NULL AND ended IS NULL)"
            f" RETURNING {_COLUMNS}",
            [database.clock()],
        ).fetchone()
    return None if row is None else _job(row)


def orphans(database: WebDatabase) -> list[PageJob]:
    """Jobs that were begun, and whose process is gone without an end."""
    begun = _jobs(database, "WHERE started IS NOT NULL AND ended IS NULL", [])
    return [known for known in begun if not is_being_done(database, known.number)]


def give_back(database: WebDatabase, number: int) -> None:
    """Let a job whose process is gone begin again; after MOST_ATTEMPTS, or stopped, it is over."""
    with database.writing() as rows:
        query = "SELECT attempts, stopped_by FROM job WHERE number = ? AND ended IS NULL"
        row = rows.execute(query, [number]).fetchone()
        if row is None:
            return
        if row["attempts"] >= MOST_ATTEMPTS or row["stopped_by"] is not None:
            _end(rows, number, ExitStatus.TERMINATED, database.clock())
        else:
            rows.execute("UPDATE job SET started = NULL WHERE number = ?", [number])


def stop(database: WebDatabase, number: int, person: str) -> None:
    """End a job: one that waits, at once; one that is being done, as soon as its process sees it.

    One that is over stays as it is.
    """
    with database.writing() as rows:
        rows.execute(
            "UPDATE job SET stopped_by = ? WHERE number = ? AND ended IS NULL"
            " AND stopped_by IS NULL",
            [person, number],
        )
        waits = "SELECT 1 FROM job WHERE number = ? AND started IS NULL AND ended IS NULL"
        if rows.execute(waits, [number]).fetchone():
            _end(rows, number, ExitStatus.TERMINATED, database.clock())


def end(database: WebDatabase, number: int, exit_status: int) -> None:
    """Note how a job ended."""
    with database.writing() as rows:
        _end(rows, number, exit_status, database.clock())


def _end(rows: Connection, number: int, exit_status: int, now: float) -> None:
    row = rows.execute(
        "UPDATE job SET ended = ?, exit_status = ? WHERE number = ? RETURNING action, person",
        [now, exit_status, number],
    ).fetchone()
    note_end(rows, now, number, row["action"], row["person"], exit_status)


def output_files(database: WebDatabase, number: int) -> tuple[Path, Path]:
    """Where a job's standard output and standard error are."""
    return database.jobs / f"{number}.out", database.jobs / f"{number}.err"


def made_folder(database: WebDatabase, number: int) -> Path:
    """Where a job puts the file that it makes for people to take."""
    return database.jobs / f"{number}.made"


def made_file(database: WebDatabase, number: int) -> Path | None:
    """The file that a job has made; None if there is none, or not any more."""
    try:
        found = sorted(made_folder(database, number).iterdir())
    except OSError:
        return None
    return next((path for path in found if path.is_file() and not path.is_symlink()), None)


def progress_file(database: WebDatabase, number: int) -> Path:
    """Where the verb of a job keeps how far it is."""
    return database.jobs / f"{number}.progress"


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is: `done` of a `total` (None if not known), in "bytes" or "files"."""

    subject: str
    done: int
    total: int | None
    unit: str


def progress(database: WebDatabase, number: int) -> JobProgress | None:
    """How far a job said it is; None if it has not said yet."""
    try:
        known = json.loads(progress_file(database, number).read_bytes())
        subject, done, total, unit = (known[name] for name in ("subject", "done", "total", "unit"))
        return JobProgress(str(subject), int(done), None if total is None else int(total), unit)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def output(database: WebDatabase, number: int) -> tuple[str, str]:
    """What a job has written until now; a very long text without its beginning."""
    out, err = (_end_of(path) for path in output_files(database, number))
    return out, err


def document(database: WebDatabase, number: int) -> JobDocument | None:
    """What a verb with `--json` has said; None if it ended before it could say anything."""
    path, _err = output_files(database, number)
    try:
        with path.open("rb") as stream:
            known = json.loads(stream.read(_LARGEST_DOCUMENT))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) else None


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _LARGEST_TEXT))
            return stream.read(_LARGEST_TEXT).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


@contextmanager
def doing(database: WebDatabase, number: int) -> Iterator[int | None]:
    """Be the only process that does a job: the open lock, for the verb to hold it too, or None."""
    descriptor = os.open(database.jobs / f"{number}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield descriptor
    finally:
        os.close(descriptor)


def is_being_done(database: WebDatabase, number: int) -> bool:
    """Whether some process does it."""
    with doing(database, number) as lock:
        return lock is None


def _jobs(database: WebDatabase, where: str, values: Sequence[object]) -> list[PageJob]:
    with database.reading() as rows:
        return [_job(row) for row in rows.execute(f"SELECT {_COLUMNS} FROM job {where}", values)]


def _job(row: Row) -> PageJob:
    values = dict(row)
    return PageJob(**{**values, "fields": json.loads(values["fields"])})
