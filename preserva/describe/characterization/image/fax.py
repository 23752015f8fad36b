"""Fax-coded TIFFs are decoded in another process, whose standard error is its own.

libtiff reports a bad code word (CCITT, compression 2 to 4) on standard error only. Reading that
means redirecting it for every thread, which a library must not do in the process of its caller.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import sys
import threading
from contextlib import suppress
from typing import IO, BinaryIO, cast

from preserva.core.values.codes import Code
from preserva.describe.characterization.image.characterization import BrokenError
from preserva.describe.characterization.image.fax_worker import CHUNK, REQUEST, FaxVerdict

_WORKER = "preserva.describe.characterization.image.fax_worker"
_lock = threading.Lock()
_workers: dict[int, _Worker] = {}
"""The worker of each process: a worker inherited through a fork belongs to the parent."""


def decode_fax(stream: BinaryIO, max_pixels: int) -> int | None:
    """Decode every image of the file to its last pixel; the likeness of the first.

    Raises BrokenError.

    The worker is started with the first file and kept for the next ones. A file that makes even a
    fresh worker crash is broken.
    """
    if not sys.executable:
        raise BrokenError(Code.IMAGE_NOT_DECODABLE_HERE, "no Python to start")
    with _lock:
        answer = _ask(stream, max_pixels) or _ask(stream, max_pixels)
    if answer is None:
        raise BrokenError(Code.IMAGE_UNDECODABLE, "the decoder crashed")
    if answer["code"] is not None:
        raise BrokenError(Code[answer["code"]], answer["seen"])
    return answer["likeness"]


def _ask(stream: BinaryIO, max_pixels: int) -> FaxVerdict | None:
    """The worker's answer to a file; None if it ended instead."""
    worker = _workers.get(os.getpid()) or _start()
    try:
        answer = worker.ask(stream, max_pixels)
    except BaseException:
        _drop(worker)
        raise
    if answer is None:
        _drop(worker)
    return answer


def _start() -> _Worker:
    worker = _workers[os.getpid()] = _Worker()
    atexit.register(worker.close)
    return worker


def _drop(worker: _Worker) -> None:
    del _workers[os.getpid()]
    atexit.unregister(worker.close)
    worker.close()


class _Worker:
    """The other process. It receives no signal from the terminal, and ends when we do."""

    def __init__(self) -> None:
        import subprocess  # only for those who have such files

        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            process_group=0,
        )
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    def ask(self, stream: BinaryIO, max_pixels: int) -> FaxVerdict | None:
        """The answer to a file; None if the process has ended."""
        length = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        try:
            self._requests.write(REQUEST.pack(max_pixels, length))
            while length:
                chunk = stream.read(min(length, CHUNK))
                if not chunk:
                    raise EOFError("the file became shorter while it was read")
                self._requests.write(chunk)
                length -= len(chunk)
            self._requests.flush()
        except BrokenPipeError:
            return None
        line = self._answers.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def close(self) -> None:
        """Stop it, whatever it is doing: it only reads."""
        self._process.kill()
        for pipe in (self._requests, self._answers):
            with suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()
