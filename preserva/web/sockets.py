"""Where the server listens: a port, a Unix socket, or what systemd has opened for it."""

from __future__ import annotations

import os
import pwd
import socket
import stat
from contextlib import ExitStack, suppress
from pathlib import Path

from preserva.errors import Refused, UsageError
from preserva.i18n import _, system_reason

_FIRST = 3
"""The first descriptor that systemd hands over: sd_listen_fds(3)."""
_RIGHTS = 0o660
"""Of our Unix socket: for our account and the group of its folder, and nobody else."""


def listening(host: str, port: int, path: str | None) -> list[socket.socket]:
    """The sockets to listen on; `path` is that of a Unix socket, instead of `host` and `port`.

    What systemd has opened comes before both. Raises UsageError for an address that cannot be used,
    Refused for a path at which something else is.
    """
    given = _from_systemd()
    if given:
        return given
    return [_at_path(path)] if path is not None else [_at_port(host, port)]


def is_unix(sockets: list[socket.socket]) -> bool:
    """Whether all of them are Unix sockets: then only this computer can connect."""
    return all(one.family == socket.AF_UNIX for one in sockets)


def user_named(name: str) -> int:
    """The number of an account of this computer. Raises UsageError."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as error:
        message = _("there is no account {name} on this computer")
        raise UsageError(message.format(name=name)) from error


def _from_systemd() -> list[socket.socket]:
    """Sockets that were opened for this very process. The variables are not for its children."""
    process, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if process != str(os.getpid()) or not count.isdigit():
        return []
    sockets = [socket.socket(fileno=_FIRST + number) for number in range(int(count))]
    for one in sockets:
        os.set_inheritable(one.fileno(), False)
        one.setblocking(False)
    return sockets


def _at_port(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with ExitStack() as stack:
            made = stack.enter_context(socket.socket(family, kind, protocol))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            stack.pop_all()
    except OSError as error:
        raise _cannot_listen(f"{host}:{port}", error) from error
    return made


def _at_path(path: str) -> socket.socket:
    """A Unix socket. One that a server which is gone has left is replaced."""
    before = os.umask(0o777 & ~_RIGHTS)  # it never is open to others, not for a moment
    try:
        _make_room(path)
        with ExitStack() as stack:
            made = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            made.bind(path)
            stack.pop_all()
    except OSError as error:
        raise _cannot_listen(path, error) from error
    finally:
        os.umask(before)
    return made


def _make_room(path: str) -> None:
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise Refused(_("{path} is something else than a socket").format(path=path))
        Path(path).unlink()


def _cannot_listen(address: str, error: OSError) -> UsageError:
    message = _("cannot listen at {address}: {reason}")
    return UsageError(message.format(address=address, reason=system_reason(error)))
