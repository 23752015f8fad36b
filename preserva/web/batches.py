"""Batches that people begin here: a table, the file of its records, and the jobs about them.

The table lies in the folder of uploads, and the place in the inbox to which its paths belong is
kept with each job. What is done stands nowhere but in the archive, so a table can be run again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from preserva.batch.package_rows import COLUMNS
from preserva.batch.table import read_table
from preserva.config import Config
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.errors import PreservaError
from preserva.web import jobs, uploads
from preserva.web.database import WebDatabase
from preserva.web.forms import SentFile

CHECK, MAKE = "batch-check", "batch"
"""The actions whose jobs are about a table."""

_CODES = {str(code.value): code for code in Code}


@dataclass(frozen=True, slots=True)
class PageBatch:
    """A table and the newest job about it. `fields` are those of the job."""

    token: str
    name: str
    job: jobs.PageJob

    @property
    def fields(self) -> Mapping[str, str]:
        """What its jobs are told: the table, the records, the place."""
        return {name: text for name, text in self.job.fields.items() if name in FIELDS}


FIELDS = ("table", "records", "place")


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A row of the table, and what became of it by the newest job; sentences for people."""

    row: int
    folder: str
    state: str = ""
    package: str = ""
    title: str = ""
    sentences: tuple[str, ...] = field(default=())


def recent(config: Config, database: WebDatabase, limit: int = 100) -> list[PageBatch]:
    """The newest batches, each once."""
    found: dict[str, PageBatch] = {}
    for job in jobs.about_tables(database, limit * 4):
        token = job.fields["table"]
        found.setdefault(token, PageBatch(token, _name(config, token), job))
    return list(found.values())[:limit]


def batch(config: Config, database: WebDatabase, token: str) -> PageBatch | None:
    """A batch by its token; None if no job was ever about it."""
    job = next(iter(jobs.about_tables(database, 1, token)), None)
    return None if job is None else PageBatch(token, _name(config, token), job)


def _name(config: Config, token: str) -> str:
    try:
        return uploads.path_of(config, token).name
    except PreservaError:
        return token[:8]


def lines(config: Config, database: WebDatabase, one: PageBatch) -> list[BatchLine]:
    """The rows of a batch, with the results of its newest job that has come to its end."""
    known = {line.row: line for line in _results(database, one)}
    path = uploads.path_of(config, one.token)
    table = read_table(path, COLUMNS)
    at = table.places.get("folder")
    made = []
    for row in table.rows:
        folder = row.cells[at] if at is not None and at < len(row.cells) else ""
        line = known.get(row.number)
        made.append(
            BatchLine(row.number, folder)
            if line is None
            else BatchLine(row.number, folder, line.state, line.package, line.title, line.sentences)
        )
    return made


def _results(database: WebDatabase, one: PageBatch) -> list[BatchLine]:
    if one.job.ended is None:
        return []
    try:
        document = json.loads(jobs.output(database, one.job.number)[0])
        return [_line(row) for row in document["rows"]]
    except (ValueError, KeyError, TypeError):  # it ended before it could say anything
        return []


def _line(row: Mapping[str, object]) -> BatchLine:
    package = str(row["package"] or "")
    problems, findings = row["problems"], row["findings"]
    assert isinstance(problems, list) and isinstance(findings, list)
    sentences = (*map(str, problems), *(finding_of(one).message() for one in findings))
    name = PackageId.parse(package).portable if package else ""
    return BatchLine(
        int(str(row["row"])), "", str(row["state"]), name, str(row["title"]), sentences
    )


def finding_of(document: Mapping[str, str | None]) -> Finding:
    """A finding as the JSON of a verb has it."""
    code = _CODES[str(document["code"])]
    return Finding(code, document["path"], document["expected"], document["seen"])


def table_of(rows: Iterable[Mapping[str, str]], columns: Iterable[str]) -> SentFile:
    """A table with these columns, as if somebody had sent it."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, [*columns], delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return SentFile("books.csv", stream.getvalue().encode("utf-8"))
