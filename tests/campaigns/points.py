"""Faults at every call by which preserva writes: the process is killed there, or the call fails.

The calls of the operating system are counted in a child process, so that a kill kills only it.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from enum import Enum
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from preserva.describe.characterization import pronom
from preserva.errors import PreservaError
from preserva.ledger import Ledger

_CALLS = ("write", "pwrite", "fsync", "rename", "mkdir", "unlink", "rmdir", "ftruncate")


class Fault(Enum):
    """What happens at the chosen call."""

    KILL_BEFORE = "killed before the call"
    KILL_AFTER = "killed after the call"
    EIO = errno.EIO
    ENOSPC = errno.ENOSPC


class Counter:
    """Counts the write-side calls of this process; at the n-th, the fault happens.

    `last` is done just before a kill: what else ends with the process.
    """

    def __init__(self, at: int, fault: Fault, last: Callable[[], object] = lambda: None) -> None:
        self.at = at
        self.fault = fault
        self.last = last
        self.count = 0
        self._numbers = count(1)  # several threads make calls durable at once

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, counted."""

        def counted(*arguments: Any, **named: Any) -> Any:
            self.count = number = next(self._numbers)
            if number != self.at:
                return call(*arguments, **named)
            if self.fault is Fault.KILL_BEFORE:
                self._kill()
            if isinstance(self.fault.value, int):
                raise OSError(self.fault.value, os.strerror(self.fault.value))
            try:
                return call(*arguments, **named)
            finally:  # some calls fail in a sound run: a folder is there already
                self._kill()

        return counted

    def _kill(self) -> None:
        self.last()
        os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Put the counter before the system's calls, creation of files and the ledger's commits."""
        for name in _CALLS:
            setattr(os, name, self.wrap(getattr(os, name)))
        plain_open = os.open
        create = self.wrap(plain_open)

        def opened(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            chosen = create if flags & os.O_CREAT else plain_open
            return int(chosen(path, flags, *rest, **named))

        os.open = opened
        if not isinstance(self.fault.value, int):  # SQLite's own calls are not Python's to fail
            Ledger.append = self.wrap(Ledger.append)  # type: ignore[method-assign]


def in_child(work: Callable[[], object], counter: Counter, calls: Path | None = None) -> int:
    """Run the work in a child with the fault; its exit status, negative for a signal.

    With `calls`, the child writes there how many write-side calls it made.
    """
    child = os.fork()
    if child == 0:
        status = 70
        pronom.is_installed = lambda: False  # it would take longer to load than all the work
        try:
            counter.install()
            work()
            status = 0
        except PreservaError as error:
            status = error.exit_status
        finally:
            if calls is not None:
                counter.at = -1
                calls.write_text(str(counter.count))
            sys.stdout.flush()
            os._exit(status)
    _pid, waited = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(waited)


def count_calls(work: Callable[[], object], scratch: Path) -> int:
    """How many write-side calls the work makes when nothing fails."""
    calls = scratch / "calls"
    assert in_child(work, Counter(-1, Fault.EIO), calls) == 0
    return int(calls.read_text())


def in_new_process(work: Callable[..., object], *arguments: object) -> None:
    """Do the work in a process that has used nothing yet. Raises what it raises.

    libvips hangs in a process that is forked after its use, and another test may have used it.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(work, *arguments).result()
