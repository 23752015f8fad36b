"""What goes over a line, counted: the requests of SFTP, by name, and those of HTTP, by method."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asyncssh import sftp

_HTTP = re.compile(rb"(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/1\.1\r\n")
_NAMES = {
    value: name.removeprefix("FXP_").lower()
    for name, value in vars(sftp).items()
    if name.startswith("FXP_") and isinstance(value, int)
}


class Requests:
    """The requests since the last `reset`, by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._guard = threading.Lock()

    def add(self, name: str) -> None:
        """One more of these."""
        with self._guard:
            self.counts[name] += 1

    def reset(self) -> None:
        """Begin to count anew."""
        with self._guard:
            self.counts.clear()

    @property
    def total(self) -> int:
        """All of them."""
        return self.counts.total()

    def passing(self, data: bytes) -> None:
        """Count the HTTP requests that begin in what a client sends."""
        for method, target in _HTTP.findall(data):
            is_list = method == b"GET" and b"list-type" in target
            self.add("LIST" if is_list else method.decode())


@contextmanager
def counted_sftp() -> Iterator[Requests]:
    """The requests of all SFTP clients of this process until the end of the block."""
    requests = Requests()
    handler: Any = sftp.SFTPClientHandler
    plain = handler._send_request

    def counting(self: Any, kind: Any, arguments: Any, waiter: Any) -> None:
        name = _NAMES.get(kind) if isinstance(kind, int) else kind.decode().partition("@")[0]
        requests.add(name or str(kind))
        plain(self, kind, arguments, waiter)

    handler._send_request = counting
    try:
        yield requests
    finally:
        handler._send_request = plain
