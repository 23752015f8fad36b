"""A proxy before an object store that misbehaves on request, in threads of the test."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.servers import Weed, free_port

_ERROR = b"""<?xml version="1.0"?><Error><Code>InternalError</Code><Message>after all</Message>\
<Resource>/</Resource><RequestId>1</RequestId></Error>"""
_ENTRY = b"""<Contents><Key>%s</Key><LastModified>2026-11-30T17:00:00.000Z</LastModified>\
<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size>\
<StorageClass>STANDARD</StorageClass></Contents>"""
_HOPS = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class _Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class HostileS3:
    """What lies between: `mode` is what it does wrong from now on, to paths that contain `only`.

    With `times`, it does so only so often. `held` is set when a request waits for `release`.
    """

    def __init__(self, behind: Weed) -> None:
        self.behind = behind
        self.port = free_port()
        self.deleted: list[str] = []
        self.held, self.release = threading.Event(), threading.Event()
        self._guard = threading.Lock()
        self.behave()

    def url(self, prefix: str) -> str:
        """The URL of a storage below a prefix of the bucket."""
        return f"s3://books/{prefix}?endpoint=http://127.0.0.1:{self.port}&region=us-east-1"

    def behave(self, mode: str = "", *, only: str = "", times: int = 1_000_000) -> None:
        """Misbehave in this way from now on, or no more."""
        self.mode, self.only, self._left = mode, only, times

    def does(self, mode: str, path: str) -> bool:
        """Whether it misbehaves so this time."""
        with self._guard:
            hit = self.mode == mode and self.only in path and self._left > 0
            self._left -= hit
            return hit


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    hostile: HostileS3

    def do_GET(self) -> None:
        """Pass it on, or not."""
        length = int(self.headers.get("Content-Length") or 0)
        self._send(self._answered(self.rfile.read(length)))

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of http.server

    def _answered(self, body: bytes) -> _Answer:
        hostile, path = self.hostile, unquote(unquote(self.path))
        keys = [key.decode() for key in re.findall(rb"<Key>(.*?)</Key>", body)]
        deletes = self.command == "DELETE" or "?delete" in self.path
        if deletes:
            if hostile.does("delete does nothing", path + " ".join(keys)):
                listed = b"".join(b"<Deleted><Key>%s</Key></Deleted>" % k.encode() for k in keys)
                if self.command == "DELETE":
                    return _Answer(204, [], b"")
                return _Answer(200, [], b"<DeleteResult>" + listed + b"</DeleteResult>")
            hostile.deleted += keys or [unquote(self.path.split("?")[0].removeprefix("/books/"))]
        if self.command == "PUT" and hostile.does("put held", path):
            hostile.held.set()
            hostile.release.wait(600)
        answer = self._upstream(body)
        written = self.command == "PUT" and answer.status < 300
        if written and hostile.does("error after the write", path):
            return _Answer(500, [], _ERROR)
        if self.command == "GET" and answer.status == 200:
            answer = self._twisted(path, answer)
        return answer

    def _twisted(self, path: str, answer: _Answer) -> _Answer:
        hostile, body = self.hostile, answer.body
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" not in query:
            if hostile.does("short answers", path):
                body = body[: len(body) // 2]
        elif hostile.mode == "deleted stay listed" and "delimiter" not in query:
            prefix = query.get("prefix", [""])[0]
            extra = b"".join(
                _ENTRY % key.encode()
                for key in dict.fromkeys(hostile.deleted)
                if key.startswith(prefix)
                and hostile.only in key
                and b"<Key>%s</Key>" % key.encode() not in body
            )
            body = body.replace(b"</ListBucketResult>", extra + b"</ListBucketResult>")
        elif hostile.does("lists without end", path) and b"<Contents>" in body:
            body = re.sub(rb"<IsTruncated>.*?</IsTruncated>", b"", body)
            more = b"<IsTruncated>true</IsTruncated><NextContinuationToken>same"
            more += b"</NextContinuationToken></ListBucketResult>"
            body = body.replace(b"</ListBucketResult>", more)
        return answer._replace(body=body)

    def _upstream(self, body: bytes) -> _Answer:
        there = http.client.HTTPConnection("127.0.0.1", self.hostile.behind.port, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in {"connection"}}
        there.request(self.command, self.path, body, headers)
        response = there.getresponse()
        data = response.read()
        there.close()
        return _Answer(response.status, response.getheaders(), data)

    def _send(self, answer: _Answer) -> None:
        self.send_response_only(answer.status)
        length = str(len(answer.body))
        for name, value in answer.headers:
            if name.lower() not in _HOPS:
                self.send_header(name, value)
            elif name.lower() == "content-length" and self.command == "HEAD":
                length = value
        if answer.status != 204:
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hostile_s3(behind: Weed) -> Iterator[HostileS3]:
    """A proxy until the end of the block."""
    hostile = HostileS3(behind)
    handler = type("Handler", (_Handler,), {"hostile": hostile})
    server = ThreadingHTTPServer(("127.0.0.1", hostile.port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hostile
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
