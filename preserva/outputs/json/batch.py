"""The documents of verbs with a table, and of `records`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from preserva.outputs.json.parts import findings_document, in_words

if TYPE_CHECKING:
    from preserva.batch.outcome import BatchResult
    from preserva.batch.record_list import ListedRecord
    from preserva.outputs.json.parts import JsonDocument


def batch_document(result: BatchResult) -> JsonDocument:
    """The result of each row: `#/$defs/batch`.

    What is said in words is said in the language of the run as well: the pages show it.
    """
    return {
        "table": str(result.table),
        "results": str(result.results),
        "dry_run": result.dry_run,
        "outcome": result.outcome.value,
        "unused_columns": list(result.unused),
        "stopped": None if result.stopped is None else str(result.stopped),
        "stopped_in_words": None if result.stopped is None else in_words(str(result.stopped)),
        "rows": [
            {
                "row": row.row,
                "about": row.about,
                "state": row.state.value,
                "package": None if row.package is None else row.package.uri,
                "title": row.title,
                "problems": list(row.problems),
                "in_words": [*map(in_words, row.in_words or row.problems)],
                "findings": findings_document(row.findings),
            }
            for row in result.rows
        ],
    }


def records_document(records: Iterable[ListedRecord]) -> JsonDocument:
    """The records of a file."""
    return {
        "records": [
            {
                "position": record.position,
                "number": record.number,
                "title": record.title,
                "shelfmarks": list(record.shelfmarks),
                "registers": list(record.registers),
                "packages": [package.uri for package in record.packages],
                "findings": findings_document(record.findings),
            }
            for record in records
        ]
    }
