"""How long a run waits for another one that is writing where it wants to write."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from preserva.errors import Locked, LockLost
from preserva.storage.lock_holder import LockHolder

_PAUSE = 5.0
"""Seconds between two attempts."""


def _ignore(_error: Locked) -> None:
    """Who does not want to know for whom is waited."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Wait up to `seconds`; `tell` is told once for whom. `sleep` can be given, for tests."""

    seconds: float
    tell: Callable[[Locked], object] = _ignore
    sleep: Callable[[float], object] = time.sleep

    @contextmanager
    def locked(self, lock: Callable[[], AbstractContextManager[object]]) -> Iterator[None]:
        """Hold a lock, as soon as it can be had. Raises Locked if that takes too long."""
        with ExitStack() as stack:
            self._wait_for(lock, stack)
            yield

    def _wait_for(
        self, lock: Callable[[], AbstractContextManager[object]], stack: ExitStack
    ) -> None:
        left = self.seconds
        while True:
            try:
                stack.enter_context(lock())
            except LockLost:
                raise
            except Locked as error:
                if left <= 0:
                    raise
                if left == self.seconds:
                    self.tell(error)
                self.sleep(min(_PAUSE, left))
                left -= _PAUSE
            else:
                return


NO_PATIENCE = Patience(0)


def name_of_process(time: str, work: str | None = None, usual: int | None = None) -> str:
    """Who holds a lock since this time, for those who wait for it.

    `work` is what is done, `usual` how many seconds that usually takes.
    """
    return LockHolder(socket.gethostname(), os.getpid(), time, work, usual).line()
