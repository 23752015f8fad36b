"""Log lines on the standard error, for whoever must report a fault."""

from __future__ import annotations

import logging
import platform
import sys
import time

from preserva.cli.terminal import clean
from preserva.logs import NAME
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
    handler = logging.StreamHandler(sys.stderr)
    formatter = _Formatter(_LINE, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    logger.info(
        "preserva %s, Python %s, %s", __version__, platform.python_version(), platform.platform()
    )
