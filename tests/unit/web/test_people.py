"""Accounts: who may come in, with what, how often somebody may guess."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from preserva.errors import Refused, UsageError
from preserva.web import people, sessions
from preserva.web.application import guarded
from preserva.web.people import PageRole
from preserva.web.visit import StaffSite
from tests.unit.web.conftest import OWN, PASSWORD, Clock, Visitor


def test_roles_include_each_other() -> None:
    allowed = [[have.allows(needed) for needed in PageRole] for have in PageRole]
    assert allowed == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]


def test_an_invitation_lets_in_once(site: StaffSite, stranger: TestClient) -> None:
    """To look at it changes nothing; a second use is refused; nobody reads it from the file."""
    token = people.add(site.database, "petrov", PageRole.DECIDE)
    for _time in range(2):
        page = stranger.get(f"/enter/{token}")
        assert (page.status_code, "petrov" in page.text) == (200, True)
    passwords = {"password": PASSWORD, "again": PASSWORD}
    answer = stranger.post(f"/enter/{token}", data=passwords)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    assert stranger.get("/").status_code == 200
    assert stranger.get(f"/enter/{token}").status_code == 404
    assert stranger.post(f"/enter/{token}", data=passwords).status_code == 404
    whole = b"".join(path.read_bytes() for path in site.database.folder.glob("web.sqlite3*"))
    assert token.encode() not in whole and PASSWORD.encode() not in whole


@pytest.mark.parametrize("password", ["short", "a" * 40, "PETROV petrov 1", "я" * 2000])
def test_a_password_is_not_easily_guessed(
    site: StaffSite, stranger: TestClient, password: str
) -> None:
    token = people.add(site.database, "petrov", PageRole.LOOK)
    answer = stranger.post(f"/enter/{token}", data={"password": password, "again": password})
    assert answer.status_code == 400
    assert not people.proves(site.database, "petrov", password, "here")
    assert people.invited(site.database, token) == "petrov"


def test_two_passwords_must_be_the_same(site: StaffSite, stranger: TestClient) -> None:
    token = people.add(site.database, "petrov", PageRole.LOOK)
    answer = stranger.post(f"/enter/{token}", data={"password": PASSWORD, "again": PASSWORD + "!"})
    assert (answer.status_code, "not the same" in answer.text) == (400, True)
    assert people.invited(site.database, token) == "petrov"


def test_an_invitation_ends_after_a_week_and_with_the_next(site: StaffSite, clock: Clock) -> None:
    first = people.add(site.database, "petrov", PageRole.LOOK)
    second = people.invite(site.database, "petrov")
    assert people.invited(site.database, first) is None
    clock.now += 7 * 86_400
    assert people.invited(site.database, second) is None
    with pytest.raises(Refused):
        people.accept(site.database, second, PASSWORD)


def test_guessing_is_slowed_down_and_the_right_one_waits_too(site: StaffSite, clock: Clock) -> None:
    """For a person, and for an address that tries many persons; a quarter of an hour later not."""
    people.accept(site.database, people.add(site.database, "petrov", PageRole.LOOK), PASSWORD)
    for _guess in range(10):
        assert not people.proves(site.database, "petrov", "wrong", "there")
    with pytest.raises(Refused):
        people.proves(site.database, "petrov", PASSWORD, "elsewhere")
    clock.now += 901
    assert people.proves(site.database, "petrov", PASSWORD, "here")
    for guess in range(50):
        assert not people.proves(site.database, f"nobody{guess}", "wrong", "there")
    with pytest.raises(Refused):
        people.proves(site.database, "somebody", "wrong", "there")
    assert people.proves(site.database, "petrov", PASSWORD, "here")


def test_who_is_slowed_down_is_told(site: StaffSite, stranger: TestClient) -> None:
    fields = {"person": "petrov", "password": "wrong"}
    statuses = [stranger.post("/sign-in", data=fields).status_code for _guess in range(11)]
    assert statuses == [401] * 10 + [409]


def test_a_password_in_another_form_of_unicode_is_the_same(site: StaffSite) -> None:
    token = people.add(site.database, "petrov", PageRole.LOOK)
    people.accept(site.database, token, "ёлка й вечер 7")
    assert people.proves(site.database, "petrov", "ёлка й вечер 7", "here")


def test_a_session_ends(site: StaffSite, visitor: Visitor, clock: Clock) -> None:
    """When nobody used it, after a day of work, when its person says so, or is taken away."""
    client = visitor("look")
    for _hour in range(11):
        clock.now += 3600
        assert client.get("/account").status_code == 200
    clock.now += 3700
    assert client.get("/account").status_code == 401
    idle = sessions.start(site.database, "look")
    clock.now += 4 * 3600 + 1
    assert sessions.whose(site.database, idle) is None
    tokens = [sessions.start(site.database, "look") for _computer in range(2)]
    client.cookies.set("preserva_session", tokens[0])
    assert client.post("/sign-out").status_code == 303
    assert [sessions.whose(site.database, token) is None for token in tokens] == [True, False]
    client.cookies.set("preserva_session", tokens[1])
    assert client.post("/sign-out-everywhere").status_code == 303
    assert sessions.whose(site.database, tokens[1]) is None
    last = sessions.start(site.database, "look")
    people.remove(site.database, "look")
    assert sessions.whose(site.database, last) is None


@pytest.mark.parametrize("token", ["", "x", "\udcff", "' OR 1=1 --", "a" * 5000])
def test_a_guessed_session_is_none(site: StaffSite, token: str) -> None:
    assert sessions.whose(site.database, token) is None


def test_by_https_the_cookie_is_bound_to_the_host(site: StaffSite) -> None:
    from dataclasses import replace

    secure = replace(site, url="https://books.example")
    token = people.add(site.database, "petrov", PageRole.LOOK)
    client = TestClient(guarded(secure, ("testserver",)), headers=OWN, follow_redirects=False)
    answer = client.post(f"/enter/{token}", data={"password": PASSWORD, "again": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-preserva_session=") and "; Path=/;" in cookie
    assert "Secure" in cookie and "Domain" not in cookie


def test_the_last_who_administers_stays(site: StaffSite) -> None:
    people.add(site.database, "petrov", PageRole.ADMINISTER)
    with pytest.raises(Refused):
        people.remove(site.database, "petrov")
    with pytest.raises(Refused):
        people.set_role(site.database, "petrov", PageRole.LOOK)
    people.add(site.database, "sidorov", PageRole.ADMINISTER)
    people.set_role(site.database, "petrov", PageRole.LOOK)
    assert [(known.code, known.role) for known in people.accounts(site.database)] == [
        ("petrov", PageRole.LOOK),
        ("sidorov", PageRole.ADMINISTER),
    ]


@pytest.mark.parametrize("code", ["", " ", "a b", "-x", "a" * 65, "a\nb"])
def test_only_a_code_names_a_person(site: StaffSite, code: str) -> None:
    with pytest.raises(UsageError):
        people.add(site.database, code, PageRole.LOOK)
    assert people.accounts(site.database) == []


def test_nobody_is_added_twice(site: StaffSite) -> None:
    people.add(site.database, "petrov", PageRole.LOOK)
    with pytest.raises(UsageError):
        people.add(site.database, "petrov", PageRole.ADMINISTER)
    assert [known.role for known in people.accounts(site.database)] == [PageRole.LOOK]


def test_scrypt_costs_what_owasp_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """N = 2^17, r = 8, p = 1: the first choice of its cheat sheet; each hash has a salt."""
    monkeypatch.undo()
    first, second = people._hashed(PASSWORD), people._hashed(PASSWORD)
    assert first.startswith("scrypt$131072$") and first != second
    assert people._fits(PASSWORD, first) and not people._fits(PASSWORD + " ", second)


def test_who_administers_invites_and_sends_away(site: StaffSite, visitor: Visitor) -> None:
    """The invitation is shown once and counts; a new role, the end of sessions, a removal too."""
    client = visitor("administer")
    added = client.post("/people", data={"change": "add", "person": "petrov", "role": "prepare"})
    (token,) = re.findall(r"/enter/([\w-]+)<", added.text)
    assert people.invited(site.database, token) == "petrov"
    assert token not in client.get("/people").text
    renewed = client.post("/people", data={"change": "invite", "person": "petrov"})
    (second,) = re.findall(r"/enter/([\w-]+)<", renewed.text)
    assert people.invited(site.database, token) is None
    people.accept(site.database, second, PASSWORD)
    session = sessions.start(site.database, "petrov")
    client.post("/people", data={"change": "role", "person": "petrov", "role": "decide"})
    known = sessions.whose(site.database, session)
    assert known is not None and known.role is PageRole.DECIDE
    client.post("/people", data={"change": "end", "person": "petrov"})
    assert sessions.whose(site.database, session) is None
    client.post("/people", data={"change": "remove", "person": "petrov"})
    assert [known.code for known in people.accounts(site.database)] == ["administer"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"change": "role", "person": "administer", "role": "look"}, 409),
        ({"change": "remove", "person": "administer"}, 409),
        ({"change": "remove", "person": "nobody"}, 400),
        ({"change": "add", "person": "a b", "role": "look"}, 400),
        ({"change": "add", "person": "petrov", "role": "root"}, 400),
        ({"change": "add", "person": "administer", "role": "look"}, 400),
        ({"change": "", "person": "administer"}, 400),
        ({}, 400),
    ],
)
def test_what_may_not_be_done_to_people(
    site: StaffSite, visitor: Visitor, fields: dict[str, str], status: int
) -> None:
    client = visitor("administer")
    assert client.post("/people", data=fields).status_code == status
    assert [(known.code, known.role) for known in people.accounts(site.database)] == [
        ("administer", PageRole.ADMINISTER)
    ]


@pytest.mark.parametrize("role", ["look", "prepare", "decide"])
def test_nobody_else_sees_or_changes_people(site: StaffSite, visitor: Visitor, role: str) -> None:
    client = visitor(role)
    fields = {"change": "role", "person": role, "role": "administer"}
    assert client.get("/people").status_code == 403
    assert client.post("/people", data=fields).status_code == 403
    assert [known.role for known in people.accounts(site.database)] == [PageRole(role)]
