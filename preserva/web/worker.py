"""The thread that has the jobs done, one after the other, each by a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

from preserva.config import Config
from preserva.logs import get_logger
from preserva.web import jobs
from preserva.web.database import WebDatabase

_logger = get_logger(__name__)
_PAUSE = 2.0


class Worker(threading.Thread):
    """Takes jobs from the table. `wake` says that there is a new one; `idle` is done in pauses."""

    def __init__(
        self, config: Config, database: WebDatabase, idle: Callable[[], object] | None = None
    ) -> None:
        super().__init__(name="preserva-web-worker", daemon=True)
        self._config, self._database, self._idle = config, database, idle
        self._child: subprocess.Popen[bytes] | None = None
        self._woken = threading.Event()
        self._stopped = False

    def wake(self) -> None:
        """Look at the table now."""
        self._woken.set()

    def stop(self) -> None:
        """Take no more jobs. The one that is being done goes on, and writes its own end."""
        self._stopped = True
        self._woken.set()
        self.join()

    def run(self) -> None:
        """Work until stopped. What goes wrong once is tried again."""
        while not self._stopped:
            try:
                if not self.step() and self._idle is not None:
                    self._idle()
            except Exception:
                _logger.exception("the worker of the pages failed; it goes on")
            self._woken.wait(0.1 if self._child is not None else _PAUSE)
            self._woken.clear()

    def step(self) -> bool:
        """Begin the next job, if none is being done; whether there is one now."""
        if self._child is not None:
            if self._child.poll() is None:
                return True
            self._child = None
        for orphan in jobs.orphans(self._database):
            _logger.warning("job %d was interrupted; it begins again", orphan.number)
            jobs.give_back(self._database, orphan.number)
        job = jobs.claim(self._database)
        if job is None:
            return False
        self._child = subprocess.Popen(
            [sys.executable, "-m", "preserva.web.run_job", str(self._config.path), str(job.number)],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C, and the end of the server, are not for it
        )
        return True
