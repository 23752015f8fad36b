"""A web server for the WSGI application: waitress, with limits that idle and slow clients meet.

One thread looks after all connections, and a few answer requests: connections that say nothing, or
a byte now and then, cost a descriptor for some seconds and no more
(docs/adr/0029-what-others-send.md).
"""

from __future__ import annotations

import logging
import resource
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from waitress import wasyncore
from waitress.server import create_server

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_CONNECTIONS = 500
"""Connections at a time, fewer where the system allows few descriptors; further ones wait."""

_OTHERS = 64  # descriptors for all else: databases, files
_THREADS = 8
_IDLE = 10
"""Seconds after which a connection on which nothing happens is closed."""

_SLOWEST = 60
"""Seconds within which a request must be complete."""

_HEAD, _BODY = 32_768, 65_536


def address_of(host: str, port: int) -> str:
    """Where the application is reached if it is not named otherwise."""
    return f"http://{host}:{port}/oai"


class CatalogueServer:
    """A server that listens already; a context manager. `port` is where it listens."""

    def __init__(self, application: WSGIApplication, host: str, port: int) -> None:
        logging.getLogger("waitress").addHandler(logging.NullHandler())
        descriptors, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if descriptors == resource.RLIM_INFINITY:
            descriptors = 4 * _CONNECTIONS
        self._map: dict[int, Any] = {}
        self._stopped = False
        self._server = create_server(
            application,
            map=self._map,
            host=host,
            port=port,
            ident="preserva",
            threads=_THREADS,
            backlog=_CONNECTIONS,
            connection_limit=max(16, min(_CONNECTIONS, descriptors - _OTHERS)),
            channel_timeout=_IDLE,
            cleanup_interval=1,
            max_request_header_size=_HEAD,
            max_request_body_size=_BODY,
            log_socket_errors=False,
            asyncore_use_poll=True,
        )
        self.port: int = self._server.effective_port

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.task_dispatcher.shutdown()
        self._server.close()
        for connection in list(self._map.values()):
            connection.close()

    def serve_forever(self) -> None:
        """Answer until an exception ends it, as Ctrl-C does, or `stop` is called."""
        while not self._stopped:
            wasyncore.loop(timeout=1, map=self._map, use_poll=True, count=1)
            self._end_slow()

    def stop(self) -> None:
        """Have `serve_forever`, which another thread runs, end within a second."""
        self._stopped = True

    def _end_slow(self) -> None:
        """Close connections whose request is still arriving after a minute, a byte at a time."""
        late = time.time() - _SLOWEST
        for channel in list(self._server.active_channels.values()):
            if channel.request is not None and channel.creation_time < late:
                channel.will_close = True


def make_server(application: WSGIApplication, host: str, port: int) -> CatalogueServer:
    """A server that listens already; a context manager. Threads answer the requests."""
    return CatalogueServer(application, host, port)
