"""Damage that libtiff reports on standard error only: a bad code word in a fax-coded strip.

Pillow accepts lines that libtiff made up as decoded. Standard error belongs to the whole process:
only `fax_worker`, which is a process of its own, listens there.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
_COMPLAINT = re.compile(rb"^Fax\w+: (?!Warning,).*$", re.MULTILINE)


@contextmanager
def overheard() -> Iterator[list[str]]:
    """A list that holds libtiff's complaints once the block has ended.

    Everything else written to standard error meanwhile, by whatever thread, is passed on
    afterwards. One block at a time.
    """
    complaints: list[str] = []
    try:
        before = os.dup(_STDERR)
    except OSError:  # a process without standard error, such as a service
        yield complaints
        return
    try:
        with tempfile.TemporaryFile() as caught:
            os.dup2(caught.fileno(), _STDERR)
            try:
                yield complaints
            finally:
                os.dup2(before, _STDERR)
            caught.seek(0)
            text = caught.read()
        complaints += [line.decode("ascii", "replace") for line in _COMPLAINT.findall(text)]
        if others := _COMPLAINT.sub(b"", text).strip(b"\n"):
            os.write(_STDERR, others)
    finally:
        os.close(before)
