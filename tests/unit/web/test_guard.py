"""Hostile forms of request: each is refused before any page sees it, and nothing is done."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from preserva.web import jobs
from preserva.web.application import guarded
from preserva.web.forms import LARGEST_FORM
from preserva.web.visit import StaffSite
from tests.unit.web.conftest import OWN, Visitor

ORDER = {"form": "f1", "action": "replicate"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "same-origin, cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"sec-fetch-site": ""}, 403),
        ({"host": "evil.example"}, 421),
        ({"host": "testserver.evil.example"}, 421),
        ({"host": "127.0.0.1@evil.example"}, 421),
        ({"host": ""}, 421),
        ({"content-length": "-1"}, 413),
        ({"content-length": "9" * 30}, 413),
        ({"content-length": "٣"}, 413),
    ],
)
def test_a_forged_request_does_nothing(
    site: StaffSite, visitor: Visitor, headers: dict[str, str], status: int
) -> None:
    """Though the browser sends the cookie of somebody who may."""
    client = visitor("administer")
    encoded = [(name.encode(), value.encode()) for name, value in {**OWN, **headers}.items()]
    assert client.post("/jobs", data=ORDER, headers=encoded).status_code == status
    assert jobs.recent(site.database) == []


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://testserver", 303), ("http://evil.example", 403), ("null", 403), (None, 403)],
)
def test_where_a_browser_says_less_its_origin_counts(
    site: StaffSite, visitor: Visitor, origin: str | None, status: int
) -> None:
    client = visitor("administer")
    del client.headers["sec-fetch-site"]
    headers = {} if origin is None else {"origin": origin}
    assert client.post("/jobs", data=ORDER, headers=headers).status_code == status
    assert len(jobs.recent(site.database)) == (status == 303)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "XX"])
def test_other_methods_are_not_used(visitor: Visitor, method: str) -> None:
    assert visitor("administer").request(method, "/jobs").status_code == 405


@pytest.mark.parametrize("path", ["/jobs", "/sign-in", "/enter/x", "/decisions/1", "/incidents/1"])
def test_a_form_that_is_too_large_is_not_read(stranger: TestClient, path: str) -> None:
    """Also one that does not say how large it is."""
    whole = {"reason": "я" * LARGEST_FORM}
    assert stranger.post(path, data=whole).status_code == 413

    def parts() -> object:
        for _part in range(LARGEST_FORM // 1000 + 2):
            yield b"x" * 1000

    assert stranger.post(path, content=parts()).status_code == 413  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"&".join(b"a%d=1" % n for n in range(3000))])
def test_a_form_that_is_none_is_refused(site: StaffSite, visitor: Visitor, body: bytes) -> None:
    client = visitor("administer")
    assert client.post("/jobs", content=body).status_code == 413
    assert jobs.recent(site.database) == []


def test_every_answer_holds_the_browser_to_our_rules(stranger: TestClient) -> None:
    """The pages, what is refused, what is missing, what is static."""
    for path in ("/", "/sign-in", "/missing", "/static/style.css", "/enter/none"):
        headers = stranger.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none';") and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] in ("no-store", "max-age=300")
    refused = stranger.get("/", headers={"host": "evil.example"})
    assert "default-src 'none'" in refused.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../people.py",
        "/static/%2e%2e/people.py",
        "/static/..%2fpeople.py",
        "/books/..%2f..%2fweb.sqlite3",
        "/books/aonb-kp-7%00",
        "/books/--apply",
        "/books/<script>",
        "/jobs/1e9",
        "/jobs/-1",
        "/jobs/99999999999999999999999",
        f"/jobs/{'1' * 5000}",
        "/jobs/0",
        "/jobs/٣",
        "/incidents/99999999999999999999999",
        "/decisions/99999999999999999999999",
    ],
)
def test_tricks_with_addresses_lead_nowhere(visitor: Visitor, path: str) -> None:
    answer = visitor("administer").get(path)
    assert answer.status_code == 404
    assert "<script" not in answer.text and "Traceback" not in answer.text


def test_a_web_socket_is_closed(site: StaffSite) -> None:
    from starlette.websockets import WebSocketDisconnect

    client = TestClient(guarded(site, ("testserver",)))
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass
