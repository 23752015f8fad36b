"""The repository on the web: a WSGI application (PEP 3333) that only reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

from preserva.access.document import Document, read_document
from preserva.archive.archive import open_archive
from preserva.catalogue.decision_files import DECISIONS
from preserva.catalogue.import_records import open_catalogue
from preserva.catalogue.oai.provider import About, ReadMets, Repository
from preserva.core.values.model import PackageId
from preserva.errors import PreservaError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_LONGEST = 16_384
"""Bytes of a request's arguments at most."""

_MOST = 64
_RETRY = "60"
_XML = ("Content-Type", "text/xml; charset=utf-8")
_LINES = ("Content-Type", "application/jsonl; charset=utf-8")
_PLAIN = ("Content-Type", "text/plain; charset=utf-8")


def application(config: Path | None, about: About) -> WSGIApplication:
    """The application for an archive's catalogue. Each request opens the file again."""
    read = mets_reader(config)

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, headers, body = _answer(environ, config, about, read)
        start(status, [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return answer


def mets_reader(config: Path | None) -> ReadMets:
    """What reads the METS documents of packages; one at a time, since storages share a line."""
    lock = threading.Lock()

    def read(package: str) -> bytes:
        with lock, open_archive(config, person="") as archive:
            return read_document(archive, PackageId.parse(package), Document.METS)

    return read


def _answer(
    environ: WSGIEnvironment, config: Path | None, about: About, read: ReadMets
) -> tuple[str, list[tuple[str, str]], bytes]:
    method = environ["REQUEST_METHOD"]
    if method not in {"GET", "HEAD", "POST"}:
        return "405 Method Not Allowed", [_PLAIN, ("Allow", "GET, HEAD, POST")], b""
    text = _arguments(environ, method)
    if text is None:
        return "413 Content Too Large", [_PLAIN], b""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST)
    except ValueError:
        return "400 Bad Request", [_PLAIN], b""
    try:
        with open_catalogue(config, must_exist=True) as database:
            repository = Repository(database, about, read)
            if environ.get("PATH_INFO", "").endswith(f"/{DECISIONS}"):
                return "200 OK", [_LINES], repository.decisions()
            return "200 OK", [_XML], repository.answer(pairs)
    except PreservaError:
        return "503 Service Unavailable", [_PLAIN, ("Retry-After", _RETRY)], b""


def _arguments(environ: WSGIEnvironment, method: str) -> str | None:
    """The arguments, unchanged, from the URL or the body; None if they are too long."""
    if method != "POST":
        text: str = environ.get("QUERY_STRING", "")
        return text if len(text) <= _LONGEST else None
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > _LONGEST:
        return None
    read = cast("Callable[[int], bytes]", environ["wsgi.input"].read)
    return read(int(length)).decode("ascii", "replace")
