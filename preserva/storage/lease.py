"""The lock of a storage that has no locks: numbered files, each a lease that must be renewed.

The holder of the highest number that is neither given up nor run out is the only writer. Taking the
lock means to create the next number, which one alone can do; so a lock is never taken from someone
by removing his file, and two who find the same dead one cannot both follow it. The highest number
always stays, given up, so that numbers only grow. Age is judged by the storage's own clock.
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
"""Seconds after which a lock that was not renewed belongs to nobody."""

_GIVEN_UP = b"given up"  # never nothing: that is a lock that is being written
_RENEWALS = 4  # in each lease: three may fail
_WORDS = 5.0  # seconds in which a lease file that was just made gets its holder's words


class LeaseFiles(Protocol):
    """The few things that a storage must be able to do for a lease. All raise StorageError."""

    url: str

    def numbers(self) -> list[int]:
        """The numbers of the lease files that are there."""

    def take(self, number: int, holder: bytes) -> bool:
        """Create a lease file. False if there is one: of two callers, one alone gets True."""

    def put(self, number: int, holder: bytes) -> None:
        """Write a lease file anew, which also makes it young."""

    def holder(self, number: int) -> bytes:
        """What stands in a lease file."""

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

        After a kill the lock is free when its lease has run out.
        """
        words = holder.encode()[:500] or b"?"
        self._number = self._take(words)
        _logger.info("lease %d of %s taken", self._number, redacted(self._files.url))
        ended = threading.Event()
        renewing = threading.Thread(
            target=self._renew, args=(self._number, words, ended), daemon=True
        )
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()
            number, self._number = self._number, None
            _logger.info("lease %d of %s given up", number, redacted(self._files.url))
            with suppress(StorageError):  # it runs out by itself
                self._files.put(number, _GIVEN_UP)

    def check(self) -> None:
        """Raise StorageError if another process has taken the lock over since we had it."""
        if self._number is not None and max(self._files.numbers(), default=0) != self._number:
            _logger.error("lease %d of %s lost", self._number, redacted(self._files.url))
            raise StorageError(
                _("{url}: this process was cut off so long that another one is writing now").format(
                    url=self._files.url
                ),
                hint=N_(
                    "Nothing more was changed. Run the command again when the other has ended."
                ),
            )

    def _take(self, words: bytes) -> int:
        while True:
            with suppress(NotFound):  # someone else followed the one that we were looking at
                if (number := self._follow(words)) is not None:
                    return number

    def _follow(self, words: bytes) -> int | None:
        """The number that is ours now; None if another was faster, and has given up already."""
        numbers = self._files.numbers()
        newest = max(numbers, default=0)
        if newest:
            self._refuse_living(newest)
        if not self._files.take(newest + 1, words):
            self._refuse_living(newest + 1)
            return None
        with suppress(StorageError):  # they count for nothing; the next one clears them away
            for older in numbers:
                self._files.remove(older)
        return newest + 1

    def _refuse_living(self, number: int) -> None:
        words = self._files.holder(number)
        if words == _GIVEN_UP or self._files.age(number) >= self._seconds:
            return
        patience = time.monotonic() + _WORDS
        while not words and time.monotonic() < patience:  # made or renewed, and not written yet
            time.sleep(_WORDS / 100)
            words = self._files.holder(number)
        if words != _GIVEN_UP:
            raise self._locked(words)

    def _locked(self, words: bytes) -> Locked:
        message = _("another process is writing to {url}: {holder}")
        who = words.decode("utf-8", "replace").strip() or _("it has not said who it is")
        hint = N_("Wait until it ends. If it was killed, the lock is free a minute after that.")
        return Locked(message.format(url=self._files.url, holder=who), hint=hint)

    def _renew(self, number: int, words: bytes, ended: threading.Event) -> None:
        while not ended.wait(self._seconds / _RENEWALS):
            try:
                self._files.put(number, words)
            except StorageError as error:  # the next write of the holder meets the same
                _logger.warning("lease %d not renewed: %s", number, redacted(error))
                continue
