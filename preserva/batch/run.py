"""The rows of a table done one after another; whatever happens to one, the others are done.

The archive shows what is done: a run that was killed is simply run again. The results are written
when it ends, also when it is interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from preserva.batch.cells import Cells, cells_of
from preserva.batch.outcome import BatchResult, RowResult, RowState, failed
from preserva.batch.progress import WholeProgress
from preserva.batch.shares import WHOLE, Share
from preserva.batch.table import BatchTable, read_table, refuse_results, results_path, write_results
from preserva.batch.work import BatchWork
from preserva.core.values.report import Observer, ignore
from preserva.errors import (
    LedgerError,
    Locked,
    PreservaError,
    StorageFull,
    Unreachable,
    WrongStorage,
)
from preserva.logs import get_logger

_logger = get_logger(__name__)

T = TypeVar("T")

_END_OF_ALL = (LedgerError, Locked, StorageFull, Unreachable, WrongStorage)
"""Errors of the archive, not of a book: the next row would only meet them again."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """A table and how it is worked on.

    `root` is the folder in which its files must be, by default the table's; `results` the file for
    the results, by default beside the table. Of the rows, only those of `share` are done.
    """

    table: Path
    root: Path | None = None
    results: Path | None = None
    dry_run: bool = False
    share: Share = WHOLE


RowResults = Callable[[Sequence[Cells], WholeProgress, Sequence[int]], Iterator[RowResult]]
"""Does rows of these sizes, and gives the result of each, in any order."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A table that was read, with the rows of our share."""

    table: BatchTable
    rows: tuple[Cells, ...]
    results: Path
    options: BatchOptions

    @classmethod
    def read(cls, options: BatchOptions, columns: Sequence[str]) -> Batch:
        """Read the table. Raises UsageError, Refused for a place where results cannot be."""
        table = read_table(options.table, columns)
        results = options.results or results_path(options.table, options.share.suffix)
        refuse_results(results)
        root = (options.root or options.table.parent).resolve()
        rows = tuple(options.share.of(cells_of(table, root)))
        return cls(table, rows, results, options)

    def run(
        self, work: BatchWork, observer: Observer, do_rows: RowResults | None = None
    ) -> BatchResult:
        """Do the rows and write the results. Raises UsageError, StorageError."""
        work.prepare(self.rows)
        sizes = [0] * len(self.rows) if observer is ignore else [*map(work.size, self.rows)]
        progress = WholeProgress(self.table.path.name, sizes, observer)
        made: dict[int, RowResult] = {}
        stopped: PreservaError | None = None
        try:
            for result in (do_rows or _one_by_one(work))(self.rows, progress, sizes):
                made[result.row] = result
        except _END_OF_ALL as error:
            stopped = error
        finally:
            progress.end()
            rows = [
                replace(made.get(row.number) or _left(row), about=row.about) for row in self.rows
            ]
            self._write(rows)
        return BatchResult(
            self.options.table,
            self.results,
            tuple(rows),
            self.options.dry_run,
            self.table.unused,
            stopped,
        )

    def _write(self, results: Sequence[RowResult]) -> None:
        lines = [
            (cells.row, result.cells()) for cells, result in zip(self.rows, results, strict=True)
        ]
        write_results(self.results, self.table, lines)


def attempt(row: int, do: Callable[[], T]) -> T | RowResult:
    """The result of a row. Raises only what ends all of the run."""
    try:
        return do()
    except _END_OF_ALL:
        raise
    except PreservaError as error:
        return failed(row, error)
    except Exception as error:  # a bug that one book meets must not cost the others their turn
        _logger.exception("row %d", row)
        return failed(row, error)


def _one_by_one(work: BatchWork) -> RowResults:
    def rows(
        cells: Sequence[Cells], progress: WholeProgress, sizes: Sequence[int]
    ) -> Iterator[RowResult]:
        for row, size in zip(cells, sizes, strict=True):
            observer = progress.row(size)
            yield attempt(row.number, partial(work.do, row, observer))

    return rows


def _left(cells: Cells) -> RowResult:
    return RowResult(cells.number, RowState.LEFT)
