"""Two tabs, the back button, a session that ends while a form is open, uploads without end."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from preserva.web import jobs, sessions
from preserva.web.interface import routes
from preserva.web.visit import StaffSite
from tests.unit.web.conftest import PASSWORD, Visitor, form_of
from tests.unit.web.state import damage, request_withdrawal


def test_two_tabs_are_two_forms_and_a_form_that_is_sent_again_is_one(
    site: StaffSite, visitor: Visitor
) -> None:
    """The back button shows a form that was sent: sent once more, it is the same job."""
    client = visitor("prepare")
    tabs = [form_of(client.get("/audits").text, "audit") for _tab in range(2)]
    places = [client.post("/jobs", data=tab).headers["location"] for tab in (*tabs, *tabs)]
    assert places[0] != places[1] and places[:2] == places[2:]
    assert len(jobs.recent(site.database)) == 2


def test_a_decision_in_two_tabs_is_made_once(site: StaffSite, visitor: Visitor) -> None:
    """The second tab is told that it is not waiting any more."""
    number = request_withdrawal(site, "sidorov")
    client = visitor("decide")
    answers = [
        client.post(f"/decisions/{number}", data={"answer": answer, "password": PASSWORD})
        for answer in ("confirm", "refuse")
    ]
    assert [answer.status_code for answer in answers] == [303, 409]
    assert ">confirmed<" in client.get(f"/decisions/{number}").text


def resumed(client: TestClient, page: str) -> Any:
    """Sign in on the page that asks for it, and send again what is shown then."""
    fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page))
    kept = {name: unescape(text) for name, text in fields.items()}
    again = client.post("/sign-in", data={**kept, "person": "decide", "password": PASSWORD})
    assert again.status_code == 200 and "Send it again" in again.text
    (path,) = re.findall(r'<form method="post" action="([^"]*)"', again.text)
    hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', again.text))
    reason = re.findall(r"<textarea[^>]*>(.*?)</textarea>", again.text)
    words = {"reason": unescape(reason[0])} if reason else {}
    return client.post(path, data={**hidden, **words})


@pytest.mark.parametrize("ended", ["in another tab", "by time"])
def test_a_session_that_ends_while_a_form_is_open(
    site: StaffSite, visitor: Visitor, clock: Any, ended: str
) -> None:
    """Nothing is done without it, nothing typed is lost, and then it is done once."""
    client = visitor("decide")
    number = damage(site)
    page = client.get(f"/incidents/{number}").text
    fields = {**form_of(page), "reason": "Диск <старый>"}
    job = form_of(client.get("/audits").text, "audit")
    if ended == "by time":
        clock.now += sessions.IDLE + 1
    else:
        TestClient(client.app, cookies=dict(client.cookies), headers=dict(client.headers)).post(
            "/sign-out"
        )
    first = client.post("/jobs", data=job)
    assert first.status_code == 401 and jobs.recent(site.database) == []
    assert resumed(client, first.text).status_code == 303
    assert client.post("/jobs", data=job).status_code == 303
    assert len(jobs.recent(site.database)) == 1
    client.post("/sign-out")
    second = client.post(f"/incidents/{number}", data=fields)
    assert second.status_code == 401
    assert resumed(client, second.text).status_code == 303
    assert client.get(f"/incidents/{number}").text.count("Диск &lt;старый&gt;") == 1


@pytest.mark.parametrize("takes", ["", "*"])
def test_an_upload_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch, takes: str) -> None:
    """One that stops, and one that goes on and on."""
    monkeypatch.setattr(routes, "_PATIENCE", 0.2)
    monkeypatch.setattr(routes, "_PATIENCE_WITH_FILES", 0.2)
    monkeypatch.setattr(routes, "LARGEST_UPLOAD", 1 << 16)
    sent = 0

    async def stops() -> dict[str, object]:
        nonlocal sent
        sent += 1
        if sent > 1:
            await asyncio.sleep(600)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def goes_on() -> dict[str, object]:
        return {"type": "http.request", "body": b"a" * 4096, "more_body": True}

    async def body(receive: Any) -> bytes | None:
        request = Request({"type": "http", "method": "POST", "headers": []}, receive)
        return await routes._body(request, takes)

    assert asyncio.run(body(stops)) is None
    assert asyncio.run(body(goes_on)) is None
