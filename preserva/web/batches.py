"""Batches that people begin here: a table, the file of its records, and the jobs about them.

The table lies in the folder of uploads; what else its work needs to know is kept with each job.
What is done stands nowhere but in the archive, so a table can be run again. No table is read here:
it comes from anywhere, and what a verb has said of it is enough.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from preserva.batch.told import told
from preserva.config import Config
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding
from preserva.errors import PreservaError
from preserva.web import jobs, uploads
from preserva.web.database import WebDatabase
from preserva.web.forms import SentFile
from preserva.web.table_actions import WORKS, TableWork, work_of

CHECK, MAKE = WORKS["package"].check, WORKS["package"].do
"""The actions of a table that names folders of scans."""

_CODES = {str(code.value): code for code in Code}


@dataclass(frozen=True, slots=True)
class PageBatch:
    """A table, its work, and the newest job about it."""

    token: str
    name: str
    job: jobs.PageJob

    @property
    def work(self) -> TableWork:
        """What the table asks for."""
        return work_of(self.job.action)

    @property
    def fields(self) -> Mapping[str, str]:
        """What its jobs are told: the table, and what its work needs beside it."""
        names = ("table", *self.work.fields)
        return {name: text for name, text in self.job.fields.items() if name in names}


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A row of the table, and what became of it; sentences for people."""

    row: int
    about: str
    state: str
    package: str
    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatchResults:
    """What the newest job that came to its end has said of the rows.

    `unused` are headings of columns without a use; `problem` is why it said nothing, or ended
    before the last row.
    """

    lines: tuple[BatchLine, ...] = ()
    unused: tuple[str, ...] = ()
    problem: str = ""


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


def results(database: WebDatabase, one: PageBatch) -> BatchResults:
    """What is known of the rows of a batch; nothing while its first job is not over."""
    known = jobs.about_tables(database, 10, one.token)
    job = next((job for job in known if job.ended is not None), None)
    if job is None:
        return BatchResults()
    document = jobs.document(database, job.number) or {}
    try:
        lines = tuple(map(_line, document["rows"]))
        unused = tuple(map(str, document["unused_columns"]))
        return BatchResults(lines, unused, str(document["stopped_in_words"] or ""))
    except (AssertionError, KeyError, TypeError, ValueError):  # it ended before it said anything
        return BatchResults(problem=jobs.output(database, job.number)[1].strip())


def _line(row: Mapping[str, object]) -> BatchLine:
    package = str(row["package"] or "")
    problems, findings = row["in_words"], row["findings"]
    assert isinstance(problems, list) and isinstance(findings, list)
    sentences = (*map(str, problems), *told(map(finding_of, findings)))
    name = PackageId.parse(package).portable if package else ""
    about, state, title = (str(row[key]) for key in ("about", "state", "title"))
    return BatchLine(int(str(row["row"])), about, state, name, title, sentences)


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
