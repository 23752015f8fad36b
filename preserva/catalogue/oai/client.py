"""Asking a repository: over HTTP with patience, or in a folder that it was dumped to."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from preserva.catalogue.decision_files import DECISIONS
from preserva.catalogue.oai.harvester import Arguments, Ask
from preserva.catalogue.oai.responses import read_page
from preserva.core.xml.safe import MAX_SIZE
from preserva.errors import NotFound, StorageError, TooLarge, Unreachable
from preserva.http_client import SCHEMES, AddressError, AnswerError, Policy, ask
from preserva.i18n import _

_ATTEMPTS = 6
_LONGEST_WAIT = 600


def over_http(url: str, *, sleep: Callable[[float], None] = time.sleep) -> Ask:
    """Asks at that URL; a server that is busy is asked again when it wants, some minutes long."""
    policy = Policy(SCHEMES, _hosts(url))

    def asking(arguments: Arguments) -> bytes:
        target = f"{url}{'&' if '?' in url else '?'}{urlencode(arguments)}"
        try:
            return _get(target, policy, sleep)
        except AnswerError as error:
            raise Unreachable(f"{url}: {error}") from error

    return asking


def decisions_of(source: str, *, sleep: Callable[[float], None] = time.sleep) -> bytes:
    """What people decided of editions there: JSON lines; empty where others than we answer.

    Raises StorageError where the server cannot be reached.
    """
    if "://" not in source:
        path = Path(source) / DECISIONS
        return path.read_bytes() if path.is_file() else b""
    target = f"{source.partition('?')[0].rstrip('/')}/{DECISIONS}"
    try:
        data = _get(target, Policy(SCHEMES, _hosts(source)), sleep)
    except AnswerError as error:
        if error.status is not None and 400 <= error.status < 500:
            return b""
        raise Unreachable(f"{target}: {error}") from error
    return data if data.startswith(b"{") else b""


def _get(target: str, policy: Policy, sleep: Callable[[float], None]) -> bytes:
    """The answer, however often it must be asked for. Raises StorageError, and AnswerError."""
    for attempt in range(_ATTEMPTS):
        try:
            with ask(target, 0, policy) as answer:
                data = answer.stream.read(MAX_SIZE + 1)
        except AddressError as error:
            raise StorageError(f"{target}: {error}") from error
        except AnswerError as error:
            wait = 5 * 2**attempt if error.wait is None else error.wait
            again = error.status is None or error.status in {429, 500, 502, 503, 504}
            if not again or wait > _LONGEST_WAIT or attempt == _ATTEMPTS - 1:
                raise
            sleep(wait)
            continue
        if len(data) > MAX_SIZE:
            message = _("{url}: the response is longer than {limit} bytes and was not read")
            raise TooLarge(message.format(url=target, limit=MAX_SIZE))
        return data
    raise AssertionError("the last attempt returns or raises")


def in_folder(folder: Path) -> Ask:
    """Gives the pages of a dump in their order. Raises NotFound where there is none."""
    pages = sorted(folder.glob("[0-9]*.xml"))
    if not pages:
        raise NotFound(_("{path} contains no catalogue dump").format(path=folder))
    following: dict[str, Path] = {}
    for page, after in pairwise(pages):
        with suppress(ValueError):
            following[read_page(page.read_bytes()).token or ""] = after

    def asking(arguments: Arguments) -> bytes:
        request = dict(arguments)
        if request["verb"] == "Identify":
            return (folder / "identify.xml").read_bytes()
        page = (
            following.get(request["resumptionToken"]) if "resumptionToken" in request else pages[0]
        )
        if page is None:
            raise NotFound(_("a page is missing in {path}").format(path=folder))
        return page.read_bytes()

    return asking


def _hosts(url: str) -> tuple[str, ...]:
    """The host that the person named, by name and by address, public or not."""
    host = urlsplit(url).hostname or ""
    addresses: set[str] = set()
    with suppress(OSError, UnicodeError):
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    return host, *sorted(addresses)
