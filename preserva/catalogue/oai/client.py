"""Asking a repository: over HTTP with patience, or in a folder that it was dumped to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

from preserva.catalogue.decision_files import DECISIONS
from preserva.catalogue.oai.harvester import Ask, OaiArguments
from preserva.catalogue.oai.resourcesync import RESOURCES, sums_of
from preserva.catalogue.oai.responses import read_page
from preserva.core.xml.safe import MAX_SIZE, UnsafeXMLError
from preserva.errors import NotFound, StorageError, TooLarge, Unreachable
from preserva.http_client.client import AnswerError, read
from preserva.http_client.policy import SCHEMES, AddressError, RequestPolicy, named_hosts, shown
from preserva.i18n import _

_ATTEMPTS = 6
_DELAY = 5.0
_PAGES = "[0-9]*.xml"


def over_http(url: str, *, sleep: Callable[[float], None] = time.sleep) -> Ask:
    """Asks at that URL. A server that is busy is asked again for some minutes, when it says.

    An error of OAI-PMH is an answer, whatever the status of HTTP that it comes with.

    What is returned raises StorageError: Unreachable if the server does not answer.
    """
    policy = RequestPolicy(SCHEMES, named_hosts(url))

    def asking(arguments: OaiArguments) -> bytes:
        target = f"{url}{'&' if '?' in url else '?'}{urlencode(arguments)}"
        try:
            return _get(target, policy, sleep)
        except AnswerError as error:
            if _is_oai_error(error.body):
                return error.body
            raise Unreachable(f"{shown(url)}: " + str(error)) from error

    return asking


def _is_oai_error(body: bytes) -> bool:
    try:
        return bool(body) and bool(read_page(body).error)
    except UnsafeXMLError:
        return False


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
    """Gives the pages of a dump in their order, each compared with the resource list.

    Raises NotFound where there is no dump, StorageError where the dump is not whole.
    """
    names = [path.name for path in sorted(folder.glob(_PAGES))]
    if not names:
        raise NotFound(_("{path} contains no catalogue dump").format(path=folder))
    sums = _sums(folder)
    missing = next((name for name in sums or {} if not (folder / name).is_file()), None)
    if missing is not None:
        raise StorageError(_("{path} is missing").format(path=folder / missing))

    def page(name: str) -> bytes:
        data = (folder / name).read_bytes()
        _compare(folder / name, data, sums)
        return data

    following: dict[str, str] = {}
    for name, after in pairwise(names):
        with suppress(ValueError):
            following.setdefault(read_page(page(name)).token or "", after)

    def asking(arguments: OaiArguments) -> bytes:
        values = dict(arguments)
        if values["verb"] == "Identify":
            return page("identify.xml")
        token = values.get("resumptionToken")
        name = names[0] if token is None else following.get(token)
        if name is None:
            raise NotFound(_("a page is missing in {path}").format(path=folder))
        return page(name)

    return asking


def _sums(folder: Path) -> dict[str, str] | None:
    try:
        return sums_of(folder)
    except UnsafeXMLError as error:
        message = _("{path} cannot be read: {reason}")
        raise StorageError(message.format(path=folder / RESOURCES, reason=error)) from error


def _compare(path: Path, data: bytes, sums: dict[str, str] | None) -> None:
    """Raises StorageError for a file that is not what the resource list says."""
    if sums is None or sums.get(path.name) == "":
        return
    if sums.get(path.name) != hashlib.sha256(data).hexdigest():
        message = _("{path} is not the file that {list} names: the dump is not whole")
        raise StorageError(
            message.format(path=path, list=RESOURCES),
            hint=_("Copy the dump again. What was received so far is kept."),
        )
