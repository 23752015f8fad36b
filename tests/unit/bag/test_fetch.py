"""Filling holes from a real server on this machine: what is allowed, checked, resumed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from preserva.bag.create.create import create_bag
from preserva.bag.fetch import Fetched, fetch_missing
from preserva.bag.folder import FolderSource
from preserva.bag.validate import BagVerdict, validate_source
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.errors import Locked, NotAFile, UsageError
from preserva.http_client.client import REDIRECTS

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SOUND = {BagVerdict.VALID, BagVerdict.VALID_WITH_WARNINGS}


class Server(ThreadingHTTPServer):
    """Serves files from memory and notes what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.cut: int | None = None  # bytes after which the connection ends, once
        self.ranges = True
        self.headers: dict[str, str] = {}

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers.get("Range")
        server.asked.append((self.path, wanted))
        if self.path in server.redirects:
            self.send_response(302)
            self.send_header("Location", server.redirects[self.path])
            self.end_headers()
            return
        if self.path not in server.files:
            self.send_error(404)
            return
        body = server.files[self.path]
        start = int(wanted[6:-1]) if wanted and server.ranges else 0
        if start and start >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if "Content-Length" not in server.headers:
            self.send_header("Content-Length", str(len(body) - start))
        for name, value in server.headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        cut, server.cut = server.cut, None
        self.wfile.write(body[start : None if cut is None else start + cut])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def holey(folder: Path, holes: dict[str, tuple[str, bytes, str]]) -> Path:
    """A bag with one file there, and for each path a hole: address, true content, length."""
    source = folder / "source"
    for path, content in {"here": b"here", **{p: c for p, (_u, c, _l) in holes.items()}}.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(content)
    create_bag(source, folder / "bag")
    lines = ""
    for path, (url, _content, length) in holes.items():
        file = folder / "bag/data" / path
        file.unlink()
        if file.parent.name != "data":
            file.parent.rmdir()
        lines += f"{url} {length} data/{path}\n"
    (folder / "bag/fetch.txt").write_text(lines)
    return folder / "bag"


def fetch(bag: Path, **changes: Any) -> Fetched:
    asked: dict[str, Any] = {
        "allow_hosts": ["127.0.0.1"],
        "allow_schemes": ["http"],
        "max_bytes": 2_000_000,
    }
    return fetch_missing(bag, **asked | changes)


def codes(fetched: Fetched) -> list[tuple[Code, str | None]]:
    return [(finding.code, finding.path) for finding in fetched.report.findings]


def left(folder: Path) -> list[str]:
    """What lies beside the bag, but for the source."""
    return sorted(p.name for p in folder.iterdir() if p.name not in {"bag", "source"})


def test_holes_are_filled_and_the_bag_is_valid(tmp_path: Path, server: Server) -> None:
    server.files = {"/one": CONTENT, "/two?x=1": b"two"}
    bag = holey(
        tmp_path,
        {
            "sub/ё": (server.url("/one"), CONTENT, str(len(CONTENT))),
            "two": (server.url("/two?x=1"), b"two", "-"),
        },
    )
    planned = fetch(bag, dry_run=True)
    assert planned.report.outcome is Outcome.UNKNOWN
    assert (planned.paths, codes(planned), server.asked) == (("data/sub/ё", "data/two"), [], [])
    refused = fetch(bag, dry_run=True, max_bytes=1000)
    assert refused.paths == ("data/two",)
    assert codes(refused) == [(Code.FETCH_TOO_LONG, "data/sub/ё")]
    fetched = fetch(bag)
    assert fetched.paths == ("data/sub/ё", "data/two")
    assert (fetched.report.outcome, codes(fetched)) == (Outcome.PASS, [])
    assert (fetched.report.listed, fetched.report.checked) == (2, 2)
    assert fetched.report.bytes_read == len(CONTENT) + 3
    assert (bag / "data/sub/ё").read_bytes() == CONTENT
    assert validate_source(FolderSource(bag)).verdict in SOUND
    assert left(tmp_path) == []
    again = fetch(bag)
    assert (again.report.outcome, again.paths) == (Outcome.PASS, ())
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("url", "changes"),
    [
        ("https://127.0.0.1:{port}/one", {}),
        ("http://127.0.0.1:{port}/one", {"allow_schemes": ["https"]}),
        ("http://127.0.0.1:{port}/one", {"allow_hosts": []}),
        ("http://127.0.0.1:{port}/one", {"allow_hosts": ["example.org", "10.0.0.0/8"]}),
        ("http://localhost:{port}/one", {"allow_hosts": ["localhost"]}),
        ("http://localhost:{port}/one", {"allow_hosts": ["127.0.0.1"]}),
        ("http://me:secret@127.0.0.1:{port}/one", {}),
        ("http://127.0.0.1.example.org:{port}/one", {}),
        ("http://[::ffff:127.0.0.1]:{port}/one", {"allow_hosts": ["::ffff:0:0/96"]}),
        ("http://127.0.0.1:99999/one", {}),
        ("http:///one", {}),
        ("http://127.0.0.1:{port}/й", {}),
        ("file:///etc/passwd", {"allow_schemes": ["http", "https"]}),
        ("ftp://127.0.0.1/one", {}),
        ("urn:one", {}),
    ],
)
def test_nothing_is_asked_of_an_address_that_is_not_allowed(
    tmp_path: Path, server: Server, url: str, changes: dict[str, Any]
) -> None:
    server.files = {"/one": b"1"}
    bag = holey(tmp_path, {"one": (url.format(port=server.server_port), b"1", "1")})
    fetched = fetch(bag, **changes)
    assert codes(fetched) == [(Code.FETCH_NOT_ALLOWED, "data/one")]
    assert fetched.report.outcome is Outcome.FAIL
    assert (server.asked, left(tmp_path)) == ([], [])
    assert not (bag / "data/one").exists()


def test_a_name_may_lead_to_a_private_address_only_if_that_is_named(
    tmp_path: Path, server: Server
) -> None:
    server.files = {"/one": b"1"}
    url = f"http://localhost:{server.server_port}/one"
    bag = holey(tmp_path, {"one": (url, b"1", "1")})
    fetched = fetch(bag, allow_hosts=["localhost", "127.0.0.0/8", "::1"])
    assert (fetched.paths, codes(fetched)) in [
        (("data/one",), []),
        ((), [(Code.FETCH_FAILED, "data/one")]),  # localhost is ::1 here, where nobody listens
    ]


def test_every_redirect_is_checked(tmp_path: Path, server: Server) -> None:
    port = server.server_port
    server.files = {"/end": b"1"}
    server.redirects = {
        "/good": "/step",
        "/step": server.url("/end"),
        "/away": f"http://localhost:{port}/end",
        "/file": "file:///etc/passwd",
        "/loop": "/loop",
    }
    holes = {name: (server.url(f"/{name}"), b"1", "-") for name in ("away", "file", "good", "loop")}
    fetched = fetch(holey(tmp_path, holes))
    assert fetched.paths == ("data/good",)
    assert codes(fetched) == [
        (Code.FETCH_NOT_ALLOWED, "data/away"),
        (Code.FETCH_NOT_ALLOWED, "data/file"),
        (Code.FETCH_FAILED, "data/loop"),
    ]
    assert [path for path, _range in server.asked].count("/loop") == REDIRECTS + 1
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("length", "limit", "headers", "asked"),
    [
        ("3", 100, {}, 1),  # more than fetch.txt states
        ("-", 3, {}, 1),  # more than the caller allows
        ("3", 100, {"Content-Length": ""}, 1),  # the server does not say how long it is
        ("4", 3, {}, 0),  # stated as more than allowed
    ],
)
def test_too_much_is_not_kept(
    tmp_path: Path, server: Server, length: str, limit: int, headers: dict[str, str], asked: int
) -> None:
    server.files = {"/one": b"1234"}
    server.headers = headers
    bag = holey(tmp_path, {"one": (server.url("/one"), b"1234", length)})
    fetched = fetch(bag, max_bytes=limit)
    assert codes(fetched) == [(Code.FETCH_TOO_LONG, "data/one")]
    assert (len(server.asked), left(tmp_path)) == (asked, [])
    assert not (bag / "data/one").exists()


def test_a_wrong_file_never_takes_the_place(tmp_path: Path, server: Server) -> None:
    server.files = {"/one": b"onE", "/mirror": b"one", "/two": b""}
    bag = holey(
        tmp_path,
        {"one": (server.url("/one"), b"one", "-"), "two": (server.url("/two"), b"two", "3")},
    )
    fetched = fetch(bag)
    assert codes(fetched) == [
        (Code.FETCH_MISMATCH, "data/one"),
        (Code.FETCH_MISMATCH, "data/two"),
    ]
    assert (fetched.paths, left(tmp_path)) == ((), [])
    with (bag / "fetch.txt").open("a") as lines:
        lines.write(f"{server.url('/mirror')} 3 data/one\n")
    assert fetch(bag).paths == ("data/one",)  # a second address for the same file is tried


def test_a_cut_connection_goes_on_where_it_ended(tmp_path: Path, server: Server) -> None:
    server.files = {"/one": CONTENT}
    bag = holey(tmp_path, {"one": (server.url("/one"), CONTENT, "-")})
    server.cut = 500_000
    first = fetch(bag)
    assert codes(first) == [(Code.FETCH_FAILED, "data/one")]
    assert first.report.outcome is Outcome.UNKNOWN
    assert left(tmp_path) == [".bag.preserva-fetch"]
    second = fetch(bag)
    assert (second.paths, codes(second)) == (("data/one",), [])
    assert second.report.bytes_read == len(CONTENT) - 500_000
    assert server.asked == [("/one", None), ("/one", "bytes=500000-")]
    assert left(tmp_path) == []


@pytest.mark.parametrize("ranges", [True, False])
def test_what_an_earlier_run_left_may_be_of_another_file(
    tmp_path: Path, server: Server, ranges: bool
) -> None:
    server.files = {"/one": CONTENT[::-1]}
    server.ranges = ranges
    bag = holey(tmp_path, {"one": (server.url("/one"), CONTENT, "-")})
    server.cut = 500_000
    assert codes(fetch(bag)) == [(Code.FETCH_FAILED, "data/one")]
    server.files = {"/one": CONTENT}
    assert fetch(bag).paths == ("data/one",)
    assert (bag / "data/one").read_bytes() == CONTENT


@pytest.mark.parametrize("size", [1_048_576, 2_000_000])
def test_a_whole_or_overlong_part_is_settled(tmp_path: Path, server: Server, size: int) -> None:
    server.files = {"/one": CONTENT}
    url = server.url("/one")
    bag = holey(tmp_path, {"one": (url, CONTENT, "-")})
    (tmp_path / ".bag.preserva-fetch").mkdir()
    key = hashlib.sha256(f"{url}\ndata/one".encode()).hexdigest()
    (tmp_path / ".bag.preserva-fetch" / f"{key}.part").write_bytes((CONTENT * 2)[:size])
    assert fetch(bag).paths == ("data/one",)
    assert (bag / "data/one").read_bytes() == CONTENT
    whole = size == len(CONTENT)
    assert server.asked == ([] if whole else [("/one", f"bytes={size}-"), ("/one", None)])


@pytest.mark.parametrize(
    ("headers", "path"), [({"Content-Encoding": "gzip"}, "/one"), ({}, "/missing")]
)
def test_what_the_server_does_not_give_is_unknown(
    tmp_path: Path, server: Server, headers: dict[str, str], path: str
) -> None:
    server.files = {"/one": b"1"}
    server.headers = headers
    fetched = fetch(holey(tmp_path, {"one": (server.url(path), b"1", "-")}))
    assert codes(fetched) == [(Code.FETCH_FAILED, "data/one")]
    assert (fetched.report.outcome, left(tmp_path)) == (Outcome.UNKNOWN, [])


def test_a_server_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    with Server() as gone:
        url = gone.url("/one")
    fetched = fetch(holey(tmp_path, {"one": (url, b"1", "1")}))
    assert codes(fetched) == [(Code.FETCH_FAILED, "data/one")]


def test_a_bag_that_is_wrong_otherwise_is_left_alone(tmp_path: Path, server: Server) -> None:
    server.files = {"/one": b"1"}
    bag = holey(tmp_path, {"one": (server.url("/one"), b"1", "1")})
    (bag / "data/extra").touch()
    fetched = fetch(bag)
    assert (Code.UNLISTED_FILE, "data/extra") in codes(fetched)
    assert (fetched.report.outcome, server.asked) == (Outcome.FAIL, [])


def test_wrong_arguments(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    with pytest.raises(UsageError):
        fetch(tmp_path / "bag", allow_schemes=["ftp"])
    with pytest.raises(NotAFile):
        fetch(tmp_path / "missing")
    from preserva.files.disk import locked_folder

    with locked_folder(tmp_path / "bag"), pytest.raises(Locked):
        fetch(tmp_path / "bag")
