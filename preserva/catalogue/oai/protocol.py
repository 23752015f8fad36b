"""The Open Archives Initiative Protocol for Metadata Harvesting 2.0: requests, tokens, times.

https://www.openarchives.org/OAI/openarchivesprotocol.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from preserva.core.formats.guarded_json import read_json

NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
LOCATION = f"{NAMESPACE} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_PREFIX = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_SET = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 2_000


class Problem(StrEnum):
    """The errors of the protocol (3.6)."""

    ARGUMENT = "badArgument"
    TOKEN = "badResumptionToken"
    VERB = "badVerb"
    FORMAT = "cannotDisseminateFormat"
    IDENTIFIER = "idDoesNotExist"
    NOTHING = "noRecordsMatch"
    NO_FORMATS = "noMetadataFormats"


class Prefix(StrEnum):
    """The formats of records that are given: metadataPrefix."""

    DC = "oai_dc"
    MODS = "mods"
    MARCXCHANGE = "marcxchange"
    METS = "mets"


class OaiError(Exception):
    """The request cannot be answered: the protocol's error, and a sentence in English."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Request:
    """A request that keeps to the protocol. `arguments` are unchanged, for the response.

    `start` and `end` are seconds since 1970, `end` inclusive; `after` and `cursor` say where a list
    continues.
    """

    verb: str
    arguments: tuple[tuple[str, str], ...] = ()
    identifier: str | None = None
    prefix: Prefix | None = None
    part: str | None = None
    start: int | None = None
    end: int | None = None
    after: tuple[int, int] = (-1, -1)
    cursor: int = 0


# required arguments, optional ones; a resumptionToken stands alone
_ARGUMENTS: dict[str, tuple[set[str], set[str]]] = {
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), {"resumptionToken"}),
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
    "ListIdentifiers": ({"metadataPrefix"}, {"from", "until", "set", "resumptionToken"}),
    "ListRecords": ({"metadataPrefix"}, {"from", "until", "set", "resumptionToken"}),
}


def parse(pairs: Sequence[tuple[str, str]]) -> Request:
    """The request in the arguments of a URL. Raises OaiError."""
    verbs = [value for key, value in pairs if key == "verb"]
    if len(verbs) != 1 or verbs[0] not in _ARGUMENTS:
        raise OaiError(Problem.VERB, "exactly one of the six verbs is needed")
    verb = verbs[0]
    arguments = dict(pairs)
    required, optional = _ARGUMENTS[verb]
    if any(_FORBIDDEN.search(key + value) for key, value in pairs):
        raise OaiError(Problem.ARGUMENT, "a character that XML forbids")
    if len(arguments) != len(pairs):
        raise OaiError(Problem.ARGUMENT, "an argument is repeated")
    names = arguments.keys() - {"verb"}
    if names - required - optional:
        raise OaiError(Problem.ARGUMENT, "an argument does not belong to this verb")
    if "resumptionToken" in arguments:
        if len(names) > 1:
            raise OaiError(Problem.ARGUMENT, "resumptionToken excludes every other argument")
        return _resumed(verb, arguments)
    if required - names:
        raise OaiError(Problem.ARGUMENT, f"missing: {', '.join(sorted(required - names))}")
    return _request(verb, arguments)


def token(request: Request, after: tuple[int, int], cursor: int) -> str:
    """The resumptionToken for what follows: it holds everything, so nothing is kept for it."""
    assert request.prefix is not None, "only lists have tokens"
    facts = [request.prefix.value, request.part, request.start, request.end, *after, cursor]
    text = json.dumps(facts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def stamp(seconds: int) -> str:
    """A UTCdatetime with seconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str, *, end: bool = False) -> int:
    """A UTCdatetime of either granularity as seconds since 1970; the `end` of a day is its last.

    Raises ValueError.
    """
    if _SECOND.fullmatch(text):
        return int(datetime.fromisoformat(text).timestamp())
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    day = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return int(day.timestamp()) + (int(timedelta(days=1).total_seconds()) - 1 if end else 0)


def _request(verb: str, arguments: dict[str, str]) -> Request:
    identifier, part, prefix = (
        arguments.get(key) for key in ("identifier", "set", "metadataPrefix")
    )
    if identifier is not None and (len(identifier) > _LONGEST or not _URI.fullmatch(identifier)):
        raise OaiError(Problem.ARGUMENT, "the identifier is not a URI")
    if prefix is not None and not _PREFIX.fullmatch(prefix):
        raise OaiError(Problem.ARGUMENT, "not a metadataPrefix")
    if part is not None and not _SET.fullmatch(part):
        raise OaiError(Problem.ARGUMENT, "not a setSpec")
    start, end = _range(arguments.get("from"), arguments.get("until"))
    if prefix is not None and prefix not in set(Prefix):
        raise OaiError(Problem.FORMAT, "no such metadataPrefix")
    known = Prefix(prefix) if prefix else None
    return Request(verb, tuple(arguments.items()), identifier, known, part, start, end)


def _range(start: str | None, end: str | None) -> tuple[int | None, int | None]:
    if start is not None and end is not None and len(start) != len(end):
        raise OaiError(Problem.ARGUMENT, "from and until differ in granularity")
    try:
        first = seconds_of(start) if start is not None else None
        last = seconds_of(end, end=True) if end is not None else None
    except ValueError:
        raise OaiError(Problem.ARGUMENT, "not a UTCdatetime") from None
    if first is not None and last is not None and first > last:
        raise OaiError(Problem.ARGUMENT, "from is later than until")
    return first, last


def _resumed(verb: str, arguments: dict[str, str]) -> Request:
    text = arguments["resumptionToken"]
    try:
        facts: Any = read_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        prefix, part, start, end, changed, id_, cursor = facts
        numbers = [number for number in (start, end, changed, id_, cursor) if number is not None]
        bounded = all(type(number) is int and -2 < number < 1 << 50 for number in numbers)
        if not bounded or not (part is None or _SET.fullmatch(part)) or verb == "ListSets":
            raise ValueError(text)
        prefix = Prefix(prefix)
        after = (int(changed), int(id_))
        return Request(
            verb, tuple(arguments.items()), None, prefix, part, start, end, after, int(cursor)
        )
    except (ValueError, TypeError):
        raise OaiError(Problem.TOKEN, "not a resumptionToken of this repository") from None
