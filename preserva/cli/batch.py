"""What the verbs share that can work by a table: its options, and the summary at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from preserva.cli.common import Settings, emit
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.exit_status import ExitStatus
from preserva.i18n import _, ngettext

if TYPE_CHECKING:
    from preserva.batch.outcome import BatchResult, RowResult
    from preserva.batch.run import BatchOptions
    from preserva.core.values.report import Finding

F = TypeVar("F", bound=Callable[..., object])

_SHOWN = 20
"""Rows in a summary, which must fit a page; all of them are in the file with the results."""

_MANY = 3
"""Rows of which the same is said, from which on it is said once."""

_RECORD = re.compile(r"#[0-9]+$")
"""The position of a record, behind the name of its file."""

_WIDEST = 300
"""Letters of what is said about one of them."""

_OPTIONS = (
    click.option(
        "--batch",
        "table",
        metavar="TABLE",
        type=click.Path(path_type=Path),
        help="Process every row of a table (CSV or XLSX).",
    ),
    click.option(
        "--root",
        metavar="FOLDER",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="The folder in which the files that a table names are; by default the table's.",
    ),
    click.option(
        "--results",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Where to write the table of results; by default beside the table.",
    ),
)


def batch_options(command: F) -> F:
    """The options of a verb that can work by a table."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


check_or_dry_run = click.option(
    "--dry-run",
    "--check",
    "dry_run",
    is_flag=True,
    help="Show what would be done and what would be refused; store nothing.",
)


def batch_of(
    table: Path, root: Path | None, results: Path | None, dry_run: bool, shard: str | None = None
) -> BatchOptions:
    """The table and how it is worked on. Raises UsageError."""
    from preserva.batch.run import BatchOptions
    from preserva.batch.shares import WHOLE, Share

    share = WHOLE if shard is None else Share.parse(shard)
    return BatchOptions(table, root, results, dry_run, share)


def refuse_with_batch(**given: object) -> None:
    """Refuse options and arguments that are about one book, not about a table."""
    for name, value in given.items():
        if value:
            message = _("{name} cannot be used with --batch: the table has a column for it")
            raise click.UsageError(message.format(name=name))


def refuse_without_batch(**given: object) -> None:
    """Refuse options that only a table has a use for."""
    for name, value in given.items():
        if value is not None:
            message = _("--{name} needs --batch TABLE")
            raise click.UsageError(message.format(name=name))


def end_batch(settings: Settings, verb: str, result: BatchResult, json_: bool) -> None:
    """Print the summary or the document, and end with the status of the whole."""
    if json_:
        from preserva.outputs.json.batch import batch_document

        emit(verb, batch_document(result))
    else:
        _print(settings, result)
    finish([result], failure=ExitStatus.REFUSED, stopped=result.stopped)


def _print(settings: Settings, result: BatchResult) -> None:
    """The summary: how many, the rows that a person must look at, and where all of them are."""
    from preserva.batch.outcome import RowState
    from preserva.core.values.report import printable

    settings.talk(_counts(result))
    if result.unused:
        message = _("columns that are not used here: {columns}")
        settings.talk("  " + message.format(columns=", ".join(map(printable, result.unused))))
    wanting = [row for row in result.rows if row.state is RowState.FAILED]
    told_before = {RowState.FAILED, RowState.BEFORE}  # what was done by an earlier run, by that run
    done = [row for row in result.rows if row.state not in told_before]
    common = _common(done)
    for text, count in common.items():
        settings.talk(f"  {_rows(count)}: {_cut(text)}")
    noted = [row for row in (_without(row, common) for row in done) if row.findings]
    for row in (*wanting, *noted)[:_SHOWN]:
        _state, package, text = row.cells()
        where = _("row {number}").format(number=row.row)
        settings.talk(f"  {where}: {' '.join(filter(None, (package, _cut(text))))}")
    if (more := len(wanting) + len(noted) - _SHOWN) > 0:
        message = ngettext("  … and {count} more row", "  … and {count} more rows", more)
        settings.talk(message.format(count=more))
    if result.stopped is not None:
        message = _("The run ended before its last row: {reason}")
        settings.talk(message.format(reason=result.stopped))
        if advice := result.stopped.advice():
            settings.talk(advice)
    if result.dry_run:
        settings.talk(_("Nothing was stored: this was a check."))
    echo(result.results)


def _common(rows: Iterable[RowResult]) -> dict[str, int]:
    """What is said of many whole books in the same words, and of how many: it is said once."""
    said = Counter(
        _whole(finding).message() for row in rows for finding in row.findings if _is_whole(finding)
    )
    return {text: count for text, count in said.items() if count >= _MANY}


def _without(row: RowResult, common: Container[str]) -> RowResult:
    kept = (one for one in row.findings if _whole(one).message() not in common)
    return replace(row, findings=tuple(kept))


def _is_whole(finding: Finding) -> bool:
    """Whether it is about the book, or about its record, not about one of its files."""
    return finding.path is None or _RECORD.search(finding.path) is not None


def _whole(finding: Finding) -> Finding:
    """The same without the position of the record in its file."""
    path = finding.path
    return finding if path is None else replace(finding, path=_RECORD.sub("", path))


def _rows(count: int) -> str:
    return ngettext("{count} row", "{count} rows", count).format(count=count)


def _counts(result: BatchResult) -> str:
    from preserva.batch.outcome import RowState

    whole = _rows(len(result.rows))
    words = {
        RowState.DONE: _("done: {count}"),
        RowState.BEFORE: _("done before: {count}"),
        RowState.READY: _("can be done: {count}"),
        RowState.FAILED: _("NOT DONE: {count}"),
        RowState.LEFT: _("not reached: {count}"),
    }
    counts = [(text, result.count(state)) for state, text in words.items()]
    parts = [text.format(count=count) for text, count in counts if count]
    return f"{whole}; {', '.join(parts)}"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]} …"
