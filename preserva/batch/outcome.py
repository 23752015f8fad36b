"""What became of the rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from preserva.batch.told import told
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.errors import PackageError, PreservaError
from preserva.i18n import N_, _
from preserva.ingest.source_folder import findings_of


class RowState(StrEnum):
    """What became of a row."""

    DONE = "done"
    BEFORE = "before"  # it was done before, by an earlier run or by hand
    READY = "ready"  # on a check: nothing speaks against it
    FAILED = "failed"
    LEFT = "left"  # the run ended before it


_WORDS = {
    RowState.DONE: N_("done"),
    RowState.BEFORE: N_("done before"),
    RowState.READY: N_("can be done"),
    RowState.FAILED: N_("NOT DONE"),
    RowState.LEFT: N_("not reached"),
}


@dataclass(frozen=True, slots=True)
class RowResult:
    """The result of a row: its number in the spreadsheet, what became of it, and of which package.

    `findings` do not prevent it; `problems` did, each a sentence for people. `in_words` are the
    problems in fewer sentences, with what helps. `about` is the text in the table by which people
    know the row.
    """

    row: int
    state: RowState
    package: PackageId | None = None
    title: str = ""
    findings: tuple[Finding, ...] = ()
    problems: tuple[str, ...] = ()
    in_words: tuple[str, ...] = ()
    about: str = ""

    @property
    def sentences(self) -> list[str]:
        """What a person reads about the row."""
        return [*(self.in_words or self.problems), *told(self.findings)]

    def cells(self) -> tuple[str, str, str]:
        """What is written into the table."""
        said = (" ".join(sentence.split()) for sentence in self.sentences)
        text = "; ".join(sentence.removesuffix(".") for sentence in said)
        package = "" if self.package is None else self.package.portable
        return _(_WORDS[self.state]), package, text


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The results of a table, in its order. `results` is the file with them.

    `unused` are the headings of columns that this work has no use for; `stopped` is the error that
    ended the run before its last row, if one did.
    """

    table: Path
    results: Path
    rows: tuple[RowResult, ...]
    dry_run: bool
    unused: tuple[str, ...] = ()
    stopped: PreservaError | None = None

    @property
    def outcome(self) -> Outcome:
        """PASS if every row is done or can be; of a run, UNKNOWN if work remains."""
        if all(row.state not in {RowState.FAILED, RowState.LEFT} for row in self.rows):
            return Outcome.PASS
        return Outcome.FAIL if self.dry_run else Outcome.UNKNOWN

    def count(self, state: RowState) -> int:
        """How many rows have become that."""
        return sum(row.state is state for row in self.rows)


def failed(row: int, error: Exception, package: PackageId | None = None) -> RowResult:
    """The result of a row that could not be done, with every reason, and what helps, by itself."""
    hint = vars(error).get("hint")  # that of the class speaks of a command, not of a row
    advice = str(hint).splitlines() if hint else []
    if isinstance(error, PackageError) and error.problems:
        found = findings_of(error)
        said = told(found) if len(found) == len(error.problems) else [*error.problems]
        in_words = (*said, *advice)
        return RowResult(row, RowState.FAILED, package, problems=error.problems, in_words=in_words)
    if isinstance(error, PreservaError):
        problems = (str(error) or repr(error), *([hint] if hint else []))
        return RowResult(row, RowState.FAILED, package, problems=problems)
    message = _("unexpected error, a bug in preserva: {error}").format(error=repr(error))
    return RowResult(row, RowState.FAILED, package, problems=(message,))
