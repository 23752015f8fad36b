"""Asking a repository: over HTTP with patience, or in a folder that it was dumped to."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

from preserva.catalogue.decision_files import DECISIONS
from preserva.catalogue.oai.harvester import Ask, OaiArguments
from preserva.catalogue.oai.responses import read_page
from preserva.core.xml.safe import MAX_SIZE
from preserva.errors import NotFound, StorageError, TooLarge, Unreachable
from preserva.http_client.client import AnswerError, read
from preserva.http_client.policy import SCHEMES, AddressError, RequestPolicy, named_hosts, shown
from preserva.i18n import _

_ATTEMPTS = 6
_DELAY = 5.0


def over_http(url: str, *, sleep: Callable[[float], None] = time.sleep) -> Ask:
    """Asks at that URL. A server that is busy is asked again for some minutes, when it says.

    What is returned raises StorageError: Unreachable if the server does not answer.
    """
    policy = RequestPolicy(SCHEMES, named_hosts(url))

    def asking(arguments: OaiArguments) -> bytes:
        target = f"{url}{'&' if '?' in url else '?'}{urlencode(arguments)}"
        try:
            return _get(target, policy, sleep)
        except AnswerError as error:
            raise Unreachable(f"{shown(url)}: " + str(error)) from error

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
        data = _get(target, RequestPolicy(SCHEMES, named_hosts(source)), sleep)
    except AnswerError as error:
        if error.status is not None and 400 <= error.status < 500:
            return b""
        raise Unreachable(f"{shown(target)}: " + str(error)) from error
    return data if data.startswith(b"{") else b""


def _get(target: str, policy: RequestPolicy, sleep: Callable[[float], None]) -> bytes:
    """A whole answer. Raises TooLarge, StorageError for an address, and AnswerError."""
    try:
        data = read(target, policy, MAX_SIZE + 1, attempts=_ATTEMPTS, delay=_DELAY, sleep=sleep)
    except AddressError as error:
        raise StorageError(f"{shown(target)}: " + str(error)) from error
    if len(data) > MAX_SIZE:
        message = _("{url}: the response is longer than {limit} bytes and was not read")
        raise TooLarge(message.format(url=shown(target), limit=MAX_SIZE))
    return data


def in_folder(folder: Path) -> Ask:
    """Gives the pages of a dump in their order. Raises NotFound where there is none."""
    pages = sorted(folder.glob("[0-9]*.xml"))
    if not pages:
        raise NotFound(_("{path} contains no catalogue dump").format(path=folder))
    following: dict[str, Path] = {}
    for page, after in pairwise(pages):
        with suppress(ValueError):
            following[read_page(page.read_bytes()).token or ""] = after

    def asking(arguments: OaiArguments) -> bytes:
        values = dict(arguments)
        if values["verb"] == "Identify":
            return (folder / "identify.xml").read_bytes()
        token = values.get("resumptionToken")
        page = pages[0] if token is None else following.get(token)
        if page is None:
            raise NotFound(_("a page is missing in {path}").format(path=folder))
        return page.read_bytes()

    return asking
