"""The interface for programs: what it says is what it describes, and it lets nobody do more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from preserva.config import PageSettings
from preserva.web import jobs, people, sessions, uploads
from preserva.web.actions import ACTIONS
from preserva.web.application import guarded
from preserva.web.forms import LARGEST_FORM
from preserva.web.interface import tokens
from preserva.web.interface.endpoints import BASE, ENDPOINTS
from preserva.web.interface.openapi import openapi
from preserva.web.people import PageRole
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker
from tests.conftest import require
from tests.unit.web.conftest import OWN, Clock, Visitor
from tests.unit.web.state import damage

DOCUMENT = openapi("https://books.library.example")
Program = Callable[[str], TestClient]


@pytest.fixture
def program(site: StaffSite) -> Program:
    """A program with a token of an account of a role: it sends nothing that browsers send."""

    def with_token(role: str) -> TestClient:
        if people.account(site.database, role) is None:
            people.add(site.database, role, PageRole(role))
        token = tokens.make(site.database, role, "scanner 1", "admin")
        headers = {"authorization": f"Bearer {token}"}
        return TestClient(guarded(site, ("testserver",)), headers=headers)

    return with_token


def said(answer: Any, name: str) -> Any:
    """The document of an answer, which must be what is described of this operation."""
    (operation,) = (
        operation
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        if operation["operationId"] == name
    )
    (content,) = operation["responses"][str(answer.status_code)]["content"].items()
    media, described = content
    assert answer.headers["content-type"] == media
    schema = {"components": DOCUMENT["components"], **described["schema"]}
    document = answer.json()
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []
    return document


def test_the_description_is_whole(site: StaffSite) -> None:
    """Every schema is one, every reference leads to one, every parameter is described."""
    client = TestClient(guarded(site, ("testserver",)))
    answer = client.get(f"{BASE}/openapi.json")
    assert answer.json() == openapi(site.url)
    schemas = DOCUMENT["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    text = json.dumps(DOCUMENT)
    used = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert used == set(schemas)
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
            assert len(operation["summary"]) > 10 and "\n" not in operation["summary"]
    names = [endpoint.name for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names)


def test_the_description_is_openapi() -> None:
    """By the validator of the OpenAPI community."""
    require(find_spec("openapi_spec_validator") is not None, "openapi-spec-validator is missing")
    from openapi_spec_validator import validate

    validate(DOCUMENT)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer preserva_x"},
        {"authorization": "Basic cHJlc2VydmE6eA=="},
    ],
)
def test_without_a_valid_token_nothing_is_answered(
    site: StaffSite, endpoint: Any, sent: dict[str, str]
) -> None:
    """Neither to the session of a person who may do everything."""
    people.add(site.database, "ivanova", PageRole.ADMINISTER)
    client = TestClient(guarded(site, ("testserver",)), headers={**OWN, **sent})
    client.cookies.set("preserva_session", sessions.start(site.database, "ivanova"))
    path = endpoint.path.replace("{package}", "aonb-kp-7").replace("{number}", "1")
    answer = client.request(endpoint.method, f"{BASE}{path}")
    assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")
    said(answer, endpoint.name)


def test_a_token_counts_until_it_is_ended(site: StaffSite, program: Program, clock: Clock) -> None:
    """Or its account is removed; of the token itself nothing is kept."""
    client = program("look")
    assert client.get(f"{BASE}/today").status_code == 200
    (token,) = tokens.known(site.database)
    assert (token.name, token.person, token.made_by, token.used) == (
        "scanner 1", "look", "admin", clock.now
    )  # fmt: skip
    secret = client.headers["authorization"].removeprefix("Bearer ")
    everything = b"".join(path.read_bytes() for path in site.database.folder.glob("web.sqlite3*"))
    assert secret.encode() not in everything and secret.startswith("preserva_")
    tokens.end(site.database, token.number)
    assert client.get(f"{BASE}/today").status_code == 401
    again = program("look")
    people.add(site.database, "admin", PageRole.ADMINISTER)
    people.remove(site.database, "look")
    assert again.get(f"{BASE}/today").status_code == 401
    assert tokens.known(site.database) == []


@pytest.mark.parametrize("role", ["decide", "administer"])
def test_what_is_decided_persons_decide(site: StaffSite, program: Program, role: str) -> None:
    """A token never may more than prepare, whatever its account may."""
    client = program(role)
    listed = said(client.get(f"{BASE}/actions"), "listActions")["actions"]
    assert {action["role"] for action in listed} == {"prepare"}
    for action in ("repair", "withdraw"):
        new = {"action": action, "package": "aonb-kp-7", "reason": "a"}
        answer = client.post(f"{BASE}/jobs", json=new, headers={"idempotency-key": "1"})
        assert answer.status_code == 409
        said(answer, "beginJob")
    assert jobs.recent(site.database) == []
    assert client.get("/people").status_code == 401


def test_who_looks_begins_nothing(site: StaffSite, program: Program) -> None:
    client = program("look")
    for path, name in (("jobs", "beginJob"), ("files", "handOverFile"), ("jobs/1/stop", "stopJob")):
        answer = client.post(f"{BASE}/{path}", content=b"{}")
        assert answer.status_code == 403
        said(answer, name)
    assert jobs.recent(site.database) == []


def test_a_job_is_begun_once(site: StaffSite, program: Program) -> None:
    """However often it is sent; with the same key, nothing else is."""
    client = program("prepare")
    new = {"action": "validate", "package": "aonb-kp-7"}
    key = {"idempotency-key": "scan-2026-12-01/7"}
    first, second = (
        said(client.post(f"{BASE}/jobs", json=new, headers=key), "beginJob") for _time in range(2)
    )
    assert first == second and first["state"] == "queued" and first["person"] == "prepare"
    assert client.post(f"{BASE}/jobs", json=new, headers=key).status_code == 202
    other = client.post(f"{BASE}/jobs", json={"action": "replicate"}, headers=key)
    assert other.status_code == 409
    (job,) = jobs.recent(site.database)
    assert (job.action, job.fields) == ("validate", {"package": "aonb-kp-7"})
    listed = said(client.get(f"{BASE}/jobs"), "listJobs")["jobs"]
    assert [known["number"] for known in listed] == [job.number]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"action": "rm"}, "k"),
        ({}, "k"),
        ({"action": "validate", "package": "../.."}, "k"),
        ({"action": "validate", "package": "--apply"}, "k"),
        ({"action": "validate", "package": ["aonb-kp-7"]}, "k"),
        ([], "k"),
        ("x", "k"),
        ({"action": "replicate"}, ""),
        ({"action": "replicate"}, "k" * 61),
        ({"action": "replicate"}, "a b"),
    ],
)
def test_what_no_program_should_send(
    site: StaffSite, program: Program, body: object, key: str
) -> None:
    headers = {"idempotency-key": key}
    answer = program("prepare").post(f"{BASE}/jobs", json=body, headers=headers)
    assert answer.status_code == 400
    said(answer, "beginJob")
    assert jobs.recent(site.database) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 5000, b"\xff", b'{"action":"a","action":"b"}'])
def test_what_is_no_json(program: Program, body: bytes) -> None:
    answer = program("prepare").post(f"{BASE}/jobs", content=body, headers={"idempotency-key": "k"})
    assert answer.status_code == 400
    said(answer, "beginJob")


def test_too_much_is_not_taken(program: Program) -> None:
    body = b'{"action": "' + b"a" * LARGEST_FORM + b'"}'
    answer = program("prepare").post(f"{BASE}/jobs", content=body)
    assert answer.status_code == 413
    said(answer, "beginJob")


def test_a_job_is_followed_to_its_end(site: StaffSite, program: Program) -> None:
    """Its progress, what it wrote, how it ended; others cannot stop it."""
    client, other = program("prepare"), program("administer")
    new = {"action": "validate", "package": "aonb-kp-7"}
    begun = client.post(f"{BASE}/jobs", json=new, headers={"idempotency-key": "1"})
    number = begun.json()["number"]
    jobs.claim(site.database)
    progress = {"subject": "кніга", "done": 5, "total": None, "unit": "bytes"}
    jobs.progress_file(site.database, number).write_text(json.dumps(progress), encoding="utf-8")
    running = said(client.get(f"{BASE}/jobs/{number}"), "getJob")
    assert (running["job"]["state"], running["progress"]) == ("running", progress)
    assert other.post(f"{BASE}/jobs/{number}/stop").status_code == 409
    stopped = said(client.post(f"{BASE}/jobs/{number}/stop"), "stopJob")
    assert stopped["stopped_by"] == "prepare"
    jobs.output_files(site.database, number)[0].write_text("all sound\n", encoding="utf-8")
    jobs.end(site.database, number, 143)
    over = said(client.get(f"{BASE}/jobs/{number}"), "getJob")
    assert (over["job"]["state"], over["job"]["exit_status"]) == ("ended", 143)
    assert (over["output"], over["progress"]) == ("all sound\n", None)
    for missing in ("99", "x", "9" * 30):
        answer = client.get(f"{BASE}/jobs/{missing}")
        assert answer.status_code == 404
        said(answer, "getJob")


def test_nobody_fills_the_queue(
    site: StaffSite, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from preserva.web.interface import views

    monkeypatch.setattr(views, "_MOST_WAITING", 2)
    client = program("prepare")
    codes = [
        client.post(
            f"{BASE}/jobs", json={"action": "replicate"}, headers={"idempotency-key": str(number)}
        ).status_code
        for number in range(3)
    ]
    assert codes == [202, 202, 409]


def test_what_programs_see(site: StaffSite, program: Program) -> None:
    """Today, books, one book: by the one judgement."""
    number, client = damage(site), program("look")
    today = said(client.get(f"{BASE}/today"), "today")
    assert today["outcome"] == "fail" and today["too_few"] == 1
    assert [incident["number"] for incident in today["incidents"]] == [number]
    books = said(client.get(f"{BASE}/books?q=амур"), "listBooks")
    assert (books["total"], books["books"][0]["title"]) == (1, "Повѣсть о рѣкѣ Амурѣ")
    assert said(client.get(f"{BASE}/books?q=война"), "listBooks")["books"] == []
    book = said(client.get(f"{BASE}/books/aonb-kp-7"), "getBook")
    assert book == books["books"][0]
    assert [copy["state"] for copy in book["copies"]] == ["sound", "damaged"]
    for missing in ("aonb-kp-8", "..%2F..", "x" * 5000):
        answer = client.get(f"{BASE}/books/{missing}")
        assert answer.status_code == 404
    assert client.get(f"{BASE}/books?start=-1").status_code == 404


def test_a_scanner_hands_over_a_book(site: StaffSite, clock: Clock) -> None:
    """Its scans lie in the inbox; it sends the record, and begins the packaging."""
    place = site.config.path.parent.parent
    config = replace(site.config, web=PageSettings(inbox=(place,)))
    site = StaffSite.of(config, site.database, Worker(config, site.database))
    people.add(site.database, "scanner", PageRole.PREPARE)
    token = tokens.make(site.database, "scanner", "scanner", "admin")
    client = TestClient(
        guarded(site, ("testserver",)), headers={"authorization": f"Bearer {token}"}
    )
    folders = said(client.get(f"{BASE}/inbox"), "listInbox")["folders"]
    assert {"place": 0, "folder": "book"} in folders
    record = (place / "book.xml").read_bytes()
    sent = client.post(f"{BASE}/files?name=..%2Fbook.xml", content=record)
    file = said(sent, "handOverFile")["file"]
    kept = uploads.path_of(config, file)
    assert kept.read_bytes() == record and kept.name == "book.xml"
    new = {"action": "package", "place": "0", "folder": "book", "file": file, "id": "kp-9"}
    answer = client.post(f"{BASE}/jobs", json=new, headers={"idempotency-key": "9"})
    said(answer, "beginJob")
    (job,) = jobs.recent(site.database)
    line = ACTIONS["package"].line(config, job.fields)
    assert line == ["package", str(place / "book"), f"--record={kept}", "--id=kp-9"]
    for wrong in ({"folder": "../archive"}, {"folder": "book.xml"}, {"file": "x"}, {"place": "7"}):
        again = client.post(f"{BASE}/jobs", json={**new, **wrong}, headers={"idempotency-key": "x"})
        assert again.status_code in (400, 404), wrong
    assert client.post(f"{BASE}/files", content=b"").status_code == 400


def test_an_archive_that_does_not_open(site: StaffSite, program: Program) -> None:
    client = program("look")
    site.config.ledger.rename(site.config.ledger.with_suffix(".away"))
    answer = client.get(f"{BASE}/today")
    assert answer.status_code == 503
    assert "Traceback" not in said(answer, "today")["detail"]


def test_tokens_are_made_and_ended_on_a_page(site: StaffSite, visitor: Visitor) -> None:
    """By who administers; the token is shown once."""
    client = visitor("administer")
    fields = {"change": "token", "name": "Scanner <1>", "person": "administer"}
    page = client.post("/programs", data=fields).text
    (secret,) = re.findall(r"<code>(preserva_[\w-]+)</code>", page)
    assert "Scanner &lt;1&gt;" in page and secret not in client.get("/programs").text
    program = TestClient(guarded(site, ("testserver",)))
    headers = {"authorization": f"Bearer {secret}"}
    assert program.get(f"{BASE}/today", headers=headers).status_code == 200
    (token,) = tokens.known(site.database)
    ended = {"change": "end-token", "number": str(token.number)}
    assert client.post("/programs", data=ended).status_code == 303
    assert program.get(f"{BASE}/today", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"change": "token", "name": "", "person": "administer"},
        {"change": "token", "name": "x" * 101, "person": "administer"},
        {"change": "token", "name": "x", "person": "nobody"},
        {"change": "end-token", "number": "x"},
        {"change": "hook", "url": "https://books.library.example/"},
        {"change": "?"},
        {},
    ],
)
def test_what_no_form_of_programs_sends(
    site: StaffSite, visitor: Visitor, fields: dict[str, str]
) -> None:
    assert visitor("administer").post("/programs", data=fields).status_code == 400
    assert tokens.known(site.database) == []


def test_only_who_administers_sees_programs(visitor: Visitor) -> None:
    client = visitor("decide")
    assert client.get("/programs").status_code == 403
    fields = {"change": "token", "name": "x", "person": "decide"}
    assert client.post("/programs", data=fields).status_code == 403


def test_a_file_of_the_inbox_is_no_folder(tmp_path: Path, site: StaffSite) -> None:
    """Without an inbox there is nothing to hand over."""
    from preserva.errors import PreservaError

    with pytest.raises(PreservaError):
        ACTIONS["package"].line(site.config, {"place": "0", "folder": "book", "file": "0" * 32})
