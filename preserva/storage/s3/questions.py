"""Questions to an object store for which obstore has no call, so we send the requests ourselves.

Whether it refuses bytes that do not match their checksum, and what the bucket does with deleted
objects. Signed by AWS Signature Version 4 with the keys of the environment; where there are none (a
machine's role), nothing is asked and nothing is known.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from preserva.core.values.limitations import Limitation
from preserva.errors import Unreachable
from preserva.i18n import _

_TIMEOUT = 60.0
_LARGEST = 1 << 20


class StoreAnswer(NamedTuple):
    """The status and the body of an answer."""

    status: int
    body: bytes


class Questions:
    """Signed requests to one bucket; `prefix` is before every key.

    All methods raise StorageError, and return None where there are no keys to sign with.
    """

    def __init__(self, endpoint: str, region: str, bucket: str, prefix: str) -> None:
        self._url = urlsplit(endpoint or f"https://s3.{region}.amazonaws.com")
        self._region = region
        self._bucket = bucket
        self._prefix = prefix

    def takes_wrong_checksum(self, key: str) -> bool | None:
        """Whether the store accepts bytes that do not match the SHA-256 sent with them."""
        wrong = base64.b64encode(hashlib.sha256(b"other bytes").digest()).decode()
        place = f"{self._prefix}/{key}".strip("/")
        answer = self.ask("PUT", place, "", b"bytes", {"x-amz-checksum-sha256": wrong})
        return None if answer is None else answer.status < 300

    def limitations(self) -> Iterator[Limitation]:
        """What the bucket does with objects that are deleted."""
        if self._is_versioned():
            yield Limitation.KEEPS_VERSIONS
        if self._retains():
            yield Limitation.RETAINS_OBJECTS

    def _is_versioned(self) -> bool | None:
        """Whether the bucket keeps objects that are deleted or overwritten."""
        answer = self.ask("GET", query="versioning=")
        return None if answer is None or answer.status != 200 else b">Enabled<" in answer.body

    def _retains(self) -> bool | None:
        """Whether every new object is retained for a time: object lock with a default retention."""
        answer = self.ask("GET", query="object-lock=")
        if answer is None or answer.status not in {200, 404}:
            return None
        return answer.status == 200 and b"<DefaultRetention>" in answer.body

    def ask(
        self,
        method: str,
        key: str = "",
        query: str = "",
        body: bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> StoreAnswer | None:
        """The answer to one request; None where there are no keys to sign it with."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        keys = tuple(os.environ.get(name, "") for name in names)
        if not all(keys):
            return None
        base = self._url.path.rstrip("/")
        path = quote(f"{base}/{self._bucket}/{key}" if key else f"{base}/{self._bucket}")
        headers = {"host": self._url.netloc, **(more or {})}
        if token := os.environ.get("AWS_SESSION_TOKEN"):
            headers["x-amz-security-token"] = token
        signed = _signed(_Request(method, path, query, body, headers), self._region, keys)
        return self._send(method, f"{path}?{query}" if query else path, body, signed)

    def _send(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> StoreAnswer:
        url = self._url
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        line = kind(url.hostname or "", url.port, timeout=_TIMEOUT)
        try:
            line.request(method, target, body, dict(headers))
            response = line.getresponse()
            return StoreAnswer(response.status, response.read(_LARGEST))
        except (OSError, http.client.HTTPException) as error:
            message = _("{path}: the connection failed: {reason}")
            raise Unreachable(message.format(path=url.netloc, reason=error), path="") from error
        finally:
            line.close()


class _Request(NamedTuple):
    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str]


def _signed(request: _Request, region: str, keys: tuple[str, ...]) -> dict[str, str]:
    """The headers of a request with its signature: AWS Signature Version 4."""
    key, secret = keys
    now = datetime.now(UTC)
    day, time = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(request.body).hexdigest()
    headers = {**request.headers, "x-amz-content-sha256": digest, "x-amz-date": time}
    names = sorted(headers)
    lines = [f"{name}:{headers[name]}" for name in names]
    canonical = "\n".join(
        [request.method, request.path, request.query, *lines, "", ";".join(names), digest]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", time, scope, _sha256(canonical)])
    signing = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    signature = hmac.digest(signing, text.encode(), "sha256").hex()
    credential = f"AWS4-HMAC-SHA256 Credential={key}/{scope}"
    authorization = f"{credential},SignedHeaders={';'.join(names)},Signature={signature}"
    return {**headers, "authorization": authorization}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def questions_for(url: str) -> Questions:
    """Those to the bucket of a storage's URL, which `open_bucket` has accepted."""
    parts = urlsplit(url)
    settings = dict(parse_qsl(parts.query))
    endpoint = settings.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL", "")
    region = settings.get("region") or os.environ.get("AWS_REGION", "us-east-1")
    return Questions(endpoint, region, parts.netloc, unquote(parts.path).strip("/"))
