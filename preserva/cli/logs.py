"""Log lines on the standard error, for whoever must report a fault."""

from __future__ import annotations

import logging
import platform
import sys
import time
from logging.handlers import WatchedFileHandler
from pathlib import Path

from preserva.cli.terminal import clean
from preserva.files.disk import writing
from preserva.logs import NAME, redacted
from preserva.version import __version__

_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _Formatter(logging.Formatter):
    """Lines for a terminal: what they quote may come from anywhere."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, clean."""
        return clean(super().format(record))


def log_to_stderr(verbosity: int) -> None:
    """Write what is logged: from INFO on if asked for once, from DEBUG on if more often."""
    logger = logging.getLogger(NAME)
    logger.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)
    if any(type(handler) is logging.StreamHandler for handler in logger.handlers):
        return
    _add(logger, logging.StreamHandler(sys.stderr))


def log_to_file(path: Path) -> None:
    """Append what is logged to a file, from INFO on or as much as is asked for.

    It is opened anew if it was moved away, so that the system can rotate it. Raises StorageError.
    """
    logger = logging.getLogger(NAME)
    logger.setLevel(min(logging.INFO, logger.level or logging.INFO))
    if _files(logger):
        return
    with writing(path):
        handler = WatchedFileHandler(path, encoding="utf-8")
    _add(logger, handler)


def log_error(error: Exception) -> None:
    """Say in the file why the command could not do its work; stderr says so anyway."""
    _to_files(logging.ERROR, f"{type(error).__name__}: {redacted(error)}")


def end_log(status: int) -> None:
    """Say in the file how the command ended, and close it."""
    _to_files(logging.INFO, f"ended with exit status {status:d}")
    logger = logging.getLogger(NAME)
    for handler in _files(logger):
        logger.removeHandler(handler)
        handler.close()


def _files(logger: logging.Logger) -> list[WatchedFileHandler]:
    return [handler for handler in logger.handlers if isinstance(handler, WatchedFileHandler)]


def _to_files(level: int, message: str) -> None:
    logger = logging.getLogger(NAME)
    for handler in _files(logger):
        handler.handle(logger.makeRecord(NAME, level, __file__, 0, message, (), None))


def _add(logger: logging.Logger, handler: logging.Handler) -> None:
    formatter = _Formatter(_LINE, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    logger.info(
        "preserva %s, Python %s, %s", __version__, platform.python_version(), platform.platform()
    )
