"""A kill at every step of filling a hole: the file is whole in its place, or not there yet."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from preserva.bag.create.create import create_bag
from preserva.bag.fetch import fetch_missing
from preserva.bag.folder import FolderSource
from preserva.bag.validate import validate_source
from tests.faults.test_bag_write_faults import SOUND, kill_everywhere

CONTENT = b"0123456789" * 60_000


class Handler(BaseHTTPRequestHandler):
    """Serves one file, from any byte on."""

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "bytes=0-")
        start = int(asked[6:-1])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:])


def prepare(here: Path, url: str) -> Path:
    (here / "source/sub").mkdir(parents=True)
    (here / "source/sub/one").write_bytes(CONTENT)
    (here / "source/here").write_bytes(b"here")
    create_bag(here / "source", here / "bag")
    (here / "bag/data/sub/one").unlink()
    (here / "bag/data/sub").rmdir()
    (here / "bag/fetch.txt").write_text(f"{url} {len(CONTENT)} data/sub/one\n")
    return here / "bag"


def test_a_killed_fetch_goes_on(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/one"
        bag = prepare(tmp_path / "start", url)

        def work() -> None:
            fetch_missing(bag, allow_hosts=["127.0.0.1"], allow_schemes=["http"], max_bytes=10**6)

        def check(allowed: int) -> None:
            nonlocal bag
            file = bag / "data/sub/one"
            assert not file.exists() or file.read_bytes() == CONTENT, allowed
            work()
            assert validate_source(FolderSource(bag)).verdict in SOUND, allowed
            left = {path.name for path in bag.parent.iterdir()}
            assert left <= {"bag", "source", ".bag.preserva-fetch"}, allowed
            bag = prepare(tmp_path / str(allowed), url)

        try:
            assert kill_everywhere(work, check, 100) >= 10
        finally:
            server.shutdown()
            thread.join()
