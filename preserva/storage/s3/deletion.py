"""Objects are deleted only by who holds the lock at that moment.

The client repeats a failed request by itself, also after an hour for which the machine was
suspended. By then another writer may have the lock, and a deletion would take what it has put in
the same place. So deletions are sent once, and repeated here, where the lock is asked for first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import obstore
from obstore.store import S3Store

from preserva.errors import Unreachable
from preserva.retry import retry
from preserva.storage.lease import Lease
from preserva.storage.s3.bucket import errors

_AT_ONCE = 1000  # what one request takes
_ATTEMPTS = 4
_PAUSE = 0.2


def delete(
    store: S3Store,
    keys: list[str],
    url: str,
    lease: Lease,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Delete objects, if they are there. The `store` must not repeat requests by itself.

    Raises LockLost, StorageError.
    """

    def pause(failed: int, _error: Unreachable) -> float:
        lease.check(ask=True)
        return _PAUSE * 2.0**failed

    for start in range(0, len(keys), _AT_ONCE):
        lease.check()
        act = partial(_delete_once, store, keys[start : start + _AT_ONCE], url)
        retry(act, Unreachable, attempts=_ATTEMPTS, delay=pause, sleep=sleep)


def _delete_once(store: S3Store, keys: list[str], url: str) -> None:
    with errors(keys[0], url):
        obstore.delete(store, keys)
