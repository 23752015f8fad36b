"""The lock of a storage that has no locks: numbered files, each a lease that must be renewed.

The writer is the holder of the highest number, unless that lease was given up or has run out. To
take the lock is to create the file with the next number, in which only one process can succeed. So
a lock is never taken by removing another's file, and two processes that find the same expired lease
cannot both follow it. The file with the highest number always stays, so that numbers only grow. Age
is measured by the storage's own clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from preserva.errors import Locked, NotFound, StorageError
from preserva.i18n import N_, _
from preserva.logs import get_logger, redacted

_logger = get_logger(__name__)

LEASE = 60.0
"""Seconds after which a lock that was not renewed is free."""

_GIVEN_UP = b"given up"  # not empty: an empty file is a lock that is being written
_RENEWALS = 4  # in each lease: three may fail
_PATIENCE = 5.0  # seconds within which a new lease file gets the name of its holder


class LeaseFiles(Protocol):
    """What a lease needs from a storage. All raise StorageError."""

    url: str

    def numbers(self) -> list[int]:
        """The numbers of the lease files that are there."""

    def take(self, number: int, holder: bytes) -> bool:
        """Create a lease file. False if there is one: of two callers, one alone gets True."""

    def put(self, number: int, holder: bytes) -> None:
        """Rewrite a lease file, which also renews it."""

    def holder(self, number: int) -> bytes:
        """The content of a lease file."""

    def age(self, number: int) -> float:
        """Seconds since a lease file was written, by the storage's own clock."""

    def remove(self, number: int) -> None:
        """Remove a lease file, if it is there."""


class Lease:
    """The lock of one storage, taken by one process at a time."""

    def __init__(self, files: LeaseFiles, seconds: float = LEASE) -> None:
        self._files = files
        self._seconds = seconds
        self._number: int | None = None

    @contextmanager
    def held(self, holder: str) -> Iterator[None]:
        """Be the only writer until the end of the block. Raises Locked.

        If the process is killed, the lock is free when its lease has run out.
        """
        name = holder.encode()[:500] or b"?"
        number = self._number = self._take(name)
        _logger.info("lease %d of %s taken", number, redacted(self._files.url))
        ended = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(number, name, ended), daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()
            self._number = None
            _logger.info("lease %d of %s given up", number, redacted(self._files.url))
            with suppress(StorageError):  # it runs out by itself
                self._files.put(number, _GIVEN_UP)

    def check(self) -> None:
        """Raise StorageError if another process has taken the lock over from us."""
        if self._number is not None and max(self._files.numbers(), default=0) != self._number:
            _logger.error("lease %d of %s lost", self._number, redacted(self._files.url))
            raise StorageError(
                _(
                    "{url}: this process was cut off and lost its lock; another one is writing now"
                ).format(url=self._files.url),
                hint=N_(
                    "Nothing more was changed. Run the command again when the other has ended."
                ),
            )

    def _take(self, name: bytes) -> int:
        while True:
            with suppress(NotFound):  # another process removed the file that we were looking at
                if (number := self._follow(name)) is not None:
                    return number

    def _follow(self, name: bytes) -> int | None:
        """The number that is ours now; None if another was faster, and has given up already."""
        numbers = self._files.numbers()
        newest = max(numbers, default=0)
        if newest:
            self._refuse_living(newest)
        if not self._files.take(newest + 1, name):
            self._refuse_living(newest + 1)
            return None
        with suppress(StorageError):  # they count for nothing; the next holder removes them
            for older in numbers:
                self._files.remove(older)
        return newest + 1

    def _refuse_living(self, number: int) -> None:
        name = self._files.holder(number)
        if name == _GIVEN_UP or self._files.age(number) >= self._seconds:
            return
        patience = time.monotonic() + _PATIENCE
        while not name and time.monotonic() < patience:  # created or truncated, and not written yet
            time.sleep(_PATIENCE / 100)
            name = self._files.holder(number)
        if name != _GIVEN_UP:
            raise self._locked(name)

    def _locked(self, name: bytes) -> Locked:
        message = _("another process is writing to {url}: {holder}")
        who = name.decode("utf-8", "replace").strip() or _("it gave no name")
        hint = N_("Wait until it ends. If it was killed, the lock is free a minute after that.")
        return Locked(message.format(url=self._files.url, holder=who), hint=hint)

    def _renew(self, number: int, name: bytes, ended: threading.Event) -> None:
        while not ended.wait(self._seconds / _RENEWALS):
            try:
                self._files.put(number, name)
            except StorageError as error:  # the next write of the holder fails too, and reports it
                _logger.warning("lease %d not renewed: %s", number, redacted(error))
                continue
