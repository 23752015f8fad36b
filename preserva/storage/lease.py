"""The lock of a storage that has no locks: numbered files, each a lease that must be renewed.

The writer is the holder of the highest number, unless that lease was given up or has run out. To
take the lock is to create the file with the next number, in which only one process can succeed. So
a lock is never taken by removing another's file, and two processes that find the same expired lease
cannot both follow it. The file with the highest number always stays, so that numbers only grow. Age
is measured by the storage's own clock; but a lease that looks too old is taken only if nobody
renews it while it is watched, for a clock can lie.

The holder asks before every write. As long as nobody can have followed it, its own clock answers;
after that the storage does. A late request of a former holder finds its folder renamed: see
docs/adr/0030-final-place-and-fencing.md.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from preserva.errors import Locked, LockLost, NotFound, StorageError, Unreachable
from preserva.i18n import N_, _
from preserva.logs import get_logger, redacted
from preserva.storage.lock_holder import holder_for_people
from preserva.storage.process_mark import has_ended, process_mark

_logger = get_logger(__name__)

LEASE = 60.0
"""Seconds after which a lock that was not renewed is free."""

_GIVEN_UP = b"given up"  # not empty: an empty file is a lock that is being written
_RENEWALS = 4  # in each lease: three may fail
_WATCHED = 1.5  # times the pause between two renewals, for which an expired lease is watched
_PATIENCE = 5.0  # seconds within which a new lease file gets the name of its holder
_LOOKS = 20  # at a lease that is watched


def _now() -> float:
    """Seconds of a clock that runs on while this machine is suspended, as leases do."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class LeaseFiles(Protocol):
    """What a lease needs from a storage. All raise StorageError."""

    url: str

    def numbers(self) -> list[int]:
        """The numbers of the lease files that are there."""

    def take(self, number: int, holder: bytes) -> bool:
        """Create a lease file. False if there is one: of two callers, only one gets True."""

    def put(self, number: int, holder: bytes) -> None:
        """Rewrite a lease file, which also renews it."""

    def holder(self, number: int) -> bytes:
        """The content of a lease file."""

    def age(self, number: int) -> float | None:
        """Seconds since a lease file was written, by the storage's own clock.

        None if the storage keeps no reliable times.
        """

    def remove(self, number: int) -> None:
        """Remove a lease file, if it is there."""


class Lease:
    """The lock of one storage, taken by one process at a time."""

    def __init__(
        self,
        files: LeaseFiles,
        seconds: float = LEASE,
        *,
        clock: Callable[[], float] = _now,
        fenced: bool = True,
    ) -> None:
        """`fenced`: whether what a former holder still sends finds nothing.

        Where it would take effect, a lease that has run out is taken only from a process that has
        certainly ended: it ran on this machine.
        """
        self._files = files
        self._seconds = seconds
        self._clock = clock
        self._fenced = fenced
        self._number: int | None = None
        self._name = b""
        self._asked = 0.0  # by our clock, before the storage last confirmed that we hold it
        self._lost = False

    @property
    def number(self) -> int | None:
        """The number that is ours; None while we do not hold the lock."""
        return self._number

    @contextmanager
    def held(self, holder: str) -> Iterator[int]:
        """Be the only writer until the end of the block; gives the number. Raises Locked.

        If the process is killed, the lock is free when its lease has run out.
        """
        name = holder.encode()[:500].replace(b"\n", b" ") or b"?"
        name += f"\n{process_mark()}\n{secrets.token_hex(8)}".encode()  # no other writes the same
        number = self._take(name)
        self._number, self._name, self._lost = number, name, False
        _logger.info("lease %d of %s taken", number, redacted(self._files.url))
        ended = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(number, name, ended), daemon=True)
        renewing.start()
        try:
            yield number
        finally:
            ended.set()
            renewing.join()
            self._number = None
            _logger.info("lease %d of %s given up", number, redacted(self._files.url))
            with suppress(StorageError):  # it runs out by itself
                if not self._lost:
                    self._files.put(number, _GIVEN_UP)

    def check(self, *, ask: bool = False) -> None:
        """Raise LockLost if another process has taken the lock over from us.

        With `ask`, the storage itself answers in any case: for what would become visible.
        """
        number, since = self._number, self._clock()
        if number is None:
            return
        age = since - self._asked
        if not self._lost and not ask and age < self._seconds / 2:
            return
        if not self._lost:
            if age >= self._seconds:  # it may be taken at this moment
                with suppress(NotFound):  # the follower removed it
                    self._files.put(number, self._name + b" again")
            self._lost = max(self._files.numbers(), default=0) != number
        if self._lost:
            _logger.error("lease %d of %s lost", number, redacted(self._files.url))
            message = _("{url}: this process was cut off and lost its lock to another one")
            raise LockLost(message.format(url=self._files.url))
        self._asked = since

    def _take(self, name: bytes) -> int:
        while True:
            with suppress(NotFound):  # another process removed the file that we were looking at
                if (number := self._follow(name)) is not None:
                    return number

    def _follow(self, name: bytes) -> int | None:
        """The number that is now ours; None if another was faster and has already given up."""
        numbers = self._files.numbers()
        newest = max(numbers, default=0)
        if newest:
            self._refuse_living(newest)
        self._asked = self._clock()
        if not self._taken(newest + 1, name):
            self._refuse_living(newest + 1)
            return None
        with suppress(StorageError):  # they count for nothing; the next holder removes them
            for older in numbers:
                self._files.remove(older)
        return newest + 1

    def _taken(self, number: int, name: bytes) -> bool:
        """Whether the file of a number is ours, even if the answer to our request was lost."""
        try:
            if self._files.take(number, name):
                return True
        except Unreachable:
            with suppress(StorageError):
                if self._files.holder(number) == name:
                    return True
            raise
        return self._files.holder(number) == name

    def _refuse_living(self, number: int) -> None:
        name = self._files.holder(number)
        if name == _GIVEN_UP:
            return
        age = self._files.age(number)
        if age is None or age >= self._seconds:
            watched = self._seconds if age is None else self._seconds / _RENEWALS * _WATCHED
            if not self._is_renewed(number, name, watched):
                if not self._fenced:
                    self._refuse_unless_ended(name)
                return
        patience = time.monotonic() + _PATIENCE
        while not name and time.monotonic() < patience:  # created or truncated, and not written yet
            time.sleep(_PATIENCE / 100)
            name = self._files.holder(number)
        if name != _GIVEN_UP:
            raise self._locked(name)

    def _refuse_unless_ended(self, name: bytes) -> None:
        """Refuse to follow a holder that could go on, since nothing would stop it."""
        mark = name.decode("utf-8", "replace").split("\n")[1:2]
        if not (mark and has_ended(mark[0])):
            raise Locked(
                str(self._locked(name)),
                hint=N_(
                    "It may be suspended, and this kind of storage could not stop it if it goes on."
                    " If it has ended, run the command on its computer, which knows that. If that"
                    " computer is gone, remove the folder staging/leases of the storage."
                ),
            )

    def _is_renewed(self, number: int, name: bytes, seconds: float) -> bool:
        """Whether somebody rewrites a lease file within this many seconds, changing its content."""
        for _look in range(_LOOKS):
            time.sleep(seconds / _LOOKS)
            if (seen := self._files.holder(number)) != name:
                return seen != _GIVEN_UP
        return False

    def _locked(self, name: bytes) -> Locked:
        message = _("another process is writing to {url}: {holder}")
        who = holder_for_people(name.decode("utf-8", "replace").partition("\n")[0].strip())
        hint = N_(
            "Wait until it ends, or let --wait do so. If it was killed, the lock is free a minute"
            " after that."
        )
        return Locked(message.format(url=self._files.url, holder=who), hint=hint)

    def _renew(self, number: int, name: bytes, ended: threading.Event) -> None:
        renewals = 0
        while not ended.wait(self._seconds / _RENEWALS) and not self._lost:
            since = self._clock()
            try:
                if max(self._files.numbers(), default=0) != number:
                    self._lost = True  # the next write of the holder ends its run
                    return
                renewals += 1
                self._files.put(number, name + b" %d" % renewals)
            except StorageError as error:  # the next write of the holder fails too, and reports it
                _logger.warning("lease %d not renewed: %s", number, redacted(error))
                continue
            self._asked = since
