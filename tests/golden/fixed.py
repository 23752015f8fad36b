"""preserva's command line with a clock and identifiers that are the same in every run."""

from __future__ import annotations

import datetime as clock
import os
import pkgutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from importlib import import_module
from io import BytesIO, TextIOWrapper
from itertools import count
from unittest.mock import patch

import preserva
from preserva.archive.acting import VARIABLE
from preserva.cli.main import status_of
from preserva.describe.characterization import pronom
from preserva.fixity.audit import audit


@contextmanager
def fixed(start: clock.datetime) -> Iterator[None]:
    """Until the end of the block it is `start`, a second later at each question; UUIDs count.

    Reading takes no time. Formats are named without DROID's signatures, which are an extra and
    change from month to month.
    """
    seconds, numbers = count(), count(1)

    class Fixed(clock.datetime):
        @classmethod
        def now(cls, tz: clock.tzinfo | None = None) -> Fixed:
            moment = start + clock.timedelta(seconds=next(seconds))
            return cls.fromtimestamp(moment.timestamp(), tz)

    def identifier() -> uuid.UUID:
        return uuid.UUID(f"00000000-0000-4000-8000-{next(numbers):012}")

    assert audit.__kwdefaults__ is not None
    with ExitStack() as patches:
        patches.enter_context(patch("uuid.uuid4", identifier))
        patches.enter_context(patch.dict(os.environ, {VARIABLE: ""}))  # nobody acts
        patches.enter_context(patch.object(pronom, "is_installed", bool))
        patches.enter_context(patch.dict(audit.__kwdefaults__, timer=float))
        for module in _modules_with_a_clock():
            patches.enter_context(patch.object(module, "datetime", Fixed))
        yield


def _modules_with_a_clock() -> list[object]:
    for module in pkgutil.walk_packages(preserva.__path__, "preserva."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    return [
        module
        for name, module in sorted(sys.modules.items())
        if name.startswith("preserva.") and getattr(module, "datetime", None) is clock.datetime
    ]


def run(command: str) -> tuple[int, bytes]:
    """A command, as somebody types it: its exit status, and what it prints."""
    buffer = BytesIO()
    output = TextIOWrapper(buffer, "utf-8")
    with redirect_stdout(output):
        status = status_of(command.split())
    output.flush()
    return status, buffer.getvalue()
