"""What a failed request to an object store was, and what people are told of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from preserva.errors import NotFound, StorageError, StorageFull, Unreachable, UsageError
from preserva.storage.open import open_storage
from tests.support.servers import free_port

pytest.importorskip("obstore")


class Answering(BaseHTTPRequestHandler):
    """Answers everything with one status and body."""

    status = 500
    body = b""

    def do_GET(self) -> None:
        """The answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_PUT = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a store that answers as `Answering` is told to, without a second attempt."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"s3://bucket/folder?endpoint=http://127.0.0.1:{server.server_port}&region=x"
        server.shutdown()


def refusal(url: str) -> StorageError:
    """What a listing ends with, as the driver itself raises it."""
    from preserva.storage.s3.driver import S3Storage

    with closing(S3Storage(url)) as storage, pytest.raises(StorageError) as caught:
        storage.children("")
    return caught.value


def xml(code: str, message: str = "") -> bytes:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return text.encode()


_PROSE = "in 507.4 ms; 507 InsufficientStorage QuotaExceeded NoSuchBucket connection timed out"


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, xml("Strange", _PROSE), StorageError, "Strange"),
        (400, xml("QuotaExceeded"), StorageFull, "no space left"),
        (507, b"whatever", StorageFull, "no space left"),
        (403, xml("RequestTimeTooSkewed"), StorageError, "clock of this machine"),
        (403, xml("InvalidAccessKeyId"), StorageError, "does not know the access key"),
        (403, xml("SignatureDoesNotMatch"), StorageError, "secret key does not belong"),
        (403, xml("AccessDenied", "no clock"), StorageError, "denied access"),
        (404, xml("NoSuchBucket"), StorageError, "there is no bucket"),
    ],
)
def test_what_it_is_comes_from_status_and_code(
    status: int,
    body: bytes,
    kind: type[StorageError],
    said: str,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever stands in the message of the server, or in a time that it took."""
    monkeypatch.setattr(Answering, "status", status)
    monkeypatch.setattr(Answering, "body", body)
    error = refusal(place)
    assert type(error) is kind
    assert said in str(error)
    assert not isinstance(error, NotFound)
    assert bool(error.advice()) is (kind is StorageFull or status in {403, 404})


def test_a_store_that_is_not_there_is_unreachable(place: str) -> None:
    """And never full, however long it took."""
    error = refusal(f"s3://bucket/507?endpoint=http://127.0.0.1:{free_port()}&region=x")
    assert type(error) is Unreachable


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/x?endpoint=https://KEY:geheim@host",
        "s3://bucket/x?endpoint=https://KEY%3Ageheim%40host",
        "s3://KEY:geheim@bucket/x",
        "s3://bucket/x?aws_secret_access_key=geheim",
        "sftp://user;password=geheim@host/x",
        "sftp://user%3Ageheim@host/x",
        "sftp://user%253Ageheim%2540host/x",
        "fs+ftp://user:geheim@host/x",
        "fs+ftp://host/x?passwd=geheim",
        "fs+ftp://host/x?pwd=geheim",
        "fs+s3://bucket/x?aws_secret_access_key=geheim",
    ],
)
def test_no_spelling_of_a_secret_is_taken_or_repeated(url: str) -> None:
    """A configuration is copied, mailed and backed up."""
    with pytest.raises(UsageError) as caught:
        open_storage(url)
    assert "geheim" not in str(caught.value)
