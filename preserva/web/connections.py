"""Connections that keep us waiting are closed: uvicorn waits for the head of a request without end.

A proxy before us is believed when it says who its user is; so only its account may connect, if one
is named.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Collection

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10.0
"""Seconds for the head of a request, from the connection or from its own first byte."""

PATIENCE_WITH_READERS = 60.0
"""Seconds for which somebody may read nothing of an answer."""

_CREDENTIALS = struct.Struct("3i")  # process, user, group: struct ucred of Linux


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to waiting.

    `users` are the accounts of this computer that may connect by a Unix socket; None: whoever the
    rights of its file let in.
    """

    users: Collection[int] | None = None
    _head: asyncio.TimerHandle | None = None
    _reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        if self.users is not None and _user_of(peer) not in self.users:
            transport.close()
            return
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that has begun must come to its end."""
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, of which a part may be here already."""
        super().on_response_complete()
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        for timer in (self._head, self._reader):
            if timer is not None:
                timer.cancel()

    def pause_writing(self) -> None:
        """Somebody does not read: begin to wait."""
        super().pause_writing()
        self._reader = self.loop.call_later(PATIENCE_WITH_READERS, self.transport.abort)

    def resume_writing(self) -> None:
        """They read again."""
        super().resume_writing()
        if self._reader is not None:
            self._reader.cancel()

    def _watch_head(self) -> None:
        waits = self.conn.their_state is h11.IDLE
        if waits and self._head is None:
            self._head = self.loop.call_later(PATIENCE, self.transport.close)
        elif not waits and self._head is not None:
            self._head.cancel()
            self._head = None


def only_for(users: Collection[int] | None) -> type[ImpatientProtocol]:
    """The protocol of a server to which only these accounts may connect; None: all."""
    return type("OurProtocol", (ImpatientProtocol,), {"users": users})


def _user_of(peer: socket.socket) -> int | None:
    """The account at the other end of a Unix socket; None for any other socket."""
    if peer.family != socket.AF_UNIX:
        return None
    data = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    user: int = _CREDENTIALS.unpack(data)[1]
    return user
