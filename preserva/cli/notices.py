"""What an unattended verb leaves for others: calls of a dead man's switch, and files of metrics."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from preserva.cli.common import Settings


def warn(problem: str | None) -> None:
    """Tell what could not be told to others; None is nothing."""
    if problem is not None:
        echo(_("Warning: {problem}").format(problem=problem), err=True)


@contextmanager
def called(
    settings: Settings, success: str, failure: str, start: str | None = None
) -> Iterator[Callable[[bool], None]]:
    """Call the addresses that the configuration has under these names, at the end of a verb.

    Call the value with whether it succeeded; without that call it failed, even if it could not
    begin. Raises ConfigError.
    """
    from preserva.archive.archive import find_config
    from preserva.config import load
    from preserva.reporting.notify import ping

    pings = load(find_config(settings.config)).pings
    outcomes: list[bool] = []
    if start is not None:
        warn(ping(getattr(pings, start)))
    try:
        yield outcomes.append
    finally:
        warn(ping(getattr(pings, success if outcomes == [True] else failure)))


def written(path: Path, text: str) -> None:
    """Put metrics or a page into a file, at once and durably. Raises StorageError."""
    from preserva.files.disk import move, write_file, writing

    new = path.with_name(f".{path.name}.new")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)  # what a run left that was killed
    write_file(new, text.encode())
    move(new, path)
