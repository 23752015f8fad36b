"""The pages of an archive with one book, and people of each role who are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.web import people, sessions, shelf
from preserva.web.application import guarded
from preserva.web.database import WebDatabase
from preserva.web.people import PageRole
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker

PASSWORD = "зимний вечер у реки"
OWN = {"sec-fetch-site": "same-origin"}


class Clock:
    """A clock that stands still until it is moved on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrypt at its lowest cost: what it costs is not what these tests are about."""
    monkeypatch.setattr(people, "_COST", 2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(one_book: Path, clock: Clock) -> StaffSite:
    """The site of the archive of one book; its worker is begun by no test but its own."""
    config = configuration.load(one_book / configuration.NAME)
    database = WebDatabase(config.ledger.parent / "web", clock)
    with open_archive(config.path) as archive:
        shelf.refresh(archive, database)
    return StaffSite.of(config, database, Worker(config, database))


Visitor = Callable[[str], TestClient]


@pytest.fixture
def stranger(site: StaffSite) -> Iterator[TestClient]:
    """A browser that is not signed in. The worker does not run: jobs stay as they are."""
    yield TestClient(guarded(site, ("testserver",)), headers=OWN, follow_redirects=False)


def visitor_of(site: StaffSite, role: str) -> TestClient:
    """A browser of a person of a role, whose code is the name of the role."""
    token = people.add(site.database, role, PageRole(role.rstrip("2")))
    people.accept(site.database, token, PASSWORD)
    client = TestClient(guarded(site, ("testserver",)), headers=OWN, follow_redirects=False)
    client.cookies.set("preserva_session", sessions.start(site.database, role))
    return client


@pytest.fixture
def visitor(site: StaffSite) -> Visitor:
    """As `visitor_of`, on the site of one book."""
    return partial(visitor_of, site)


def form_of(page: str, action: str = "") -> dict[str, str]:
    """The hidden fields of the form of an action, or of the first form that has an id."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        named = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
        fields = {name: unescape(value) for name, value in named}
        if "form" in fields and fields.get("action", "") == action:
            return fields
    raise AssertionError(f"no form {action}")
