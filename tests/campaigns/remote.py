"""One command in a process of its own, broken at the n-th request by which a driver writes.

    python -m tests.campaigns.remote PLACE VERB AT FAULT

`receive`, which writes nothing there, is broken at the n-th request by which it reads. Prints how
many such requests there were, unless it is killed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import asyncssh
import obstore
from asyncssh.sftp import SFTPClientHandler
from obstore.exceptions import GenericError

from preserva import config
from preserva.archive.archive import open_archive
from preserva.core.values.report import Outcome
from preserva.describe.characterization import pronom
from preserva.errors import PreservaError, StorageError
from preserva.replication.accession import receive
from tests.campaigns.test_every_write import VERBS
from tests.support.leases import short_lease

SFTP = ("open", "write", "fsync", "close", "mkdir", "rename", "posix_rename", "remove", "rmdir")
S3 = ("put", "copy", "delete")
SFTP_READS = ("open", "read", "stat", "lstat", "opendir", "readdir", "close")
S3_READS = ("get", "head", "list", "list_with_delimiter_async")
RECEIVE = "receive"


class Requests:
    """Counts requests; at the n-th, the process is killed or the server refuses."""

    def __init__(self, at: int, fault: str) -> None:
        self.at = at
        self.fault = fault
        self.seen = 0
        self._numbers = count(1)

    def next(self, refusal: Exception) -> bool:
        """Whether the process is to be killed when the answer has come."""
        self.seen = number = next(self._numbers)
        if number != self.at:
            return False
        if self.fault == "kill before":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "refuse":
            raise refusal
        return True

    def sftp(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A request of asyncssh, counted."""

        async def counted(*arguments: Any, **named: Any) -> Any:
            last = self.next(asyncssh.SFTPFailure("a fault on purpose"))
            try:
                return await call(*arguments, **named)
            finally:
                if last:
                    os.kill(os.getpid(), signal.SIGKILL)

        return counted

    def s3(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """A request of obstore, counted."""

        def counted(*arguments: Any, **named: Any) -> Any:
            last = self.next(GenericError("a fault on purpose"))
            try:
                return call(*arguments, **named)
            finally:
                if last:
                    os.kill(os.getpid(), signal.SIGKILL)

        return counted

    def install(self, *, reads: bool = False) -> None:
        """Put the counter before the requests by which the drivers write, or read."""
        for name in SFTP_READS if reads else SFTP:
            setattr(SFTPClientHandler, name, self.sftp(getattr(SFTPClientHandler, name)))
        for name in S3_READS if reads else S3:
            setattr(obstore, name, self.s3(getattr(obstore, name)))


def do_receive(place: Path) -> None:
    """Record what the other institution copied to us."""
    with open_archive(place / "minsk" / config.NAME, person="") as archive:
        for receipt in receive(archive):
            if receipt.outcome is not Outcome.PASS:
                raise StorageError(str(receipt.report.findings))


WORK = {**VERBS, RECEIVE: do_receive}


def main() -> None:
    """Do as the command line says."""
    place, verb, at, fault = sys.argv[1:]
    pronom.is_installed = lambda: False  # it would take longer to load than all the work
    short_lease()
    requests = Requests(int(at), fault)
    requests.install(reads=verb == RECEIVE)
    status = 0
    try:
        WORK[verb](Path(place))
    except PreservaError as error:
        status = error.exit_status
    print(requests.seen, flush=True)
    os._exit(status)


if __name__ == "__main__":
    main()
