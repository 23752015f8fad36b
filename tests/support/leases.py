"""Locks of dead writers that are free after a second instead of a minute.

    python -m tests.support.leases VERB ...

runs the command line with such locks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from preserva.storage.s3.driver import S3Storage
from preserva.storage.sftp.driver import SftpStorage

LEASE = 1.0
"""Seconds after which the lock of a killed writer is free."""


def short_lease(put: Callable[[dict[str, Any], str, Any], object] = dict.__setitem__) -> None:
    """Nobody waits a minute for a process that is known to be dead."""
    for driver in (SftpStorage, S3Storage):
        named = driver.__init__.__kwdefaults__
        assert named is not None
        put(named, "lease", LEASE)


if __name__ == "__main__":
    from preserva.cli.main import run

    short_lease()
    run()
