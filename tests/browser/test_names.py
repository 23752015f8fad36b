"""What a screen reader says of every page for staff, in three languages; and WCAG.

The texts are in names/: one for each page and language. After a change that is meant:

    PRESERVA_NAMES=1 python -m pytest -n 0 tests/browser/test_names.py

writes them again; read what has changed as somebody who does not see the page.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import preserva
from preserva import config as configuration
from preserva.archive.archive import create_archive, open_archive
from preserva.fixity.audit import audit
from preserva.i18n import languages
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.web import jobs, people, sessions, shelf
from preserva.web.database import WebDatabase
from preserva.web.people import PageRole
from tests.browser.page import Page
from tests.browser.spoken import spoken
from tests.browser.test_web import PASSWORD, served
from tests.support import books
from tests.unit.reporting.test_overview import flip

NAMES = Path(__file__).parent / "names"
PAGES = {
    "today": "/",
    "books": "/books",
    "books-found": "/books?q=kp-0",
    "book": "/books/aonb-kp-0",
    "pages": "/books/aonb-kp-0/v1/pages",
    "page": "/books/aonb-kp-0/v1/pages/2",
    "structure": "/books/aonb-kp-0/v1/structure",
    "inbox": "/inbox",
    "inbox-folder": "/inbox/0/scans",
    "batches": "/batches",
    "incidents": "/incidents",
    "incident": "/incidents/{incident}",
    "copies": "/copies",
    "audits": "/audits",
    "reports": "/reports",
    "report-archive": "/reports/archive",
    "report-levels": "/reports/levels",
    "report-period": "/reports/period",
    "decisions": "/decisions",
    "decision": "/decisions/{decision}",
    "jobs": "/jobs",
    "job": "/jobs/1",
    "account": "/account",
    "people": "/people",
    "programs": "/programs",
    "missing": "/no-such-page",
    "problem": "/jobs/99",
}
"""All that somebody sees who is signed in, each by the name of its file."""

STRANGERS = {"sign-in": "/sign-in", "invitation": "/enter/{token}", "used-invitation": "/enter/no"}
"""What everybody sees."""


@dataclass(frozen=True, slots=True)
class House:
    """A server at an address, and a session there; `made` is what addresses of pages name."""

    address: str
    session: str
    folder: str
    made: Mapping[str, str]

    def page(self, path: str) -> str:
        """The address of a page."""
        return self.address + path.format_map(self.made)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two books, one of them damaged in Minsk; an inbox with a folder that is being written."""
    folder = tmp_path_factory.mktemp("names")
    path = folder / configuration.NAME
    text = configuration.TEMPLATE + books.UNASKED
    path.write_text(text.replace("# [web]\n", '[web]\ninbox = ["inbox"]\n'), encoding="utf-8")
    create_archive(configuration.load(path))
    books.make_book(folder / "inbox" / "scans", 2, seed=50)
    later = time.time() + 400 * 86_400  # else it would be at rest after a minute, amid the tests
    os.utime(folder / "inbox" / "scans", (later, later))
    with open_archive(path, person="petrov") as archive:
        for number in range(2):
            record = books.make_book(folder / f"book{number}", 3, seed=number)
            package(folder / f"book{number}", record, archive, local=f"kp-{number}")
        replicate(archive)
        flip(folder, 0)
        audit(archive)
    return folder


@pytest.fixture(scope="module")
def house(archive: Path) -> Iterator[House]:
    """The server: a request waits for a second person, a job has ended."""
    config = configuration.load(archive / configuration.NAME)
    database = WebDatabase.of(config)
    people.accept(database, people.add(database, "petrov", PageRole.ADMINISTER), PASSWORD)
    token = people.add(database, "ivanova", PageRole.DECIDE)
    number = jobs.submit(database, "form", "audit", {}, "petrov", "en")
    jobs.output_files(database, number)[0].write_text("1 copy\n", encoding="utf-8")
    jobs.end(database, number, 1)
    with preserva.open_archive(config.path, person="ivanova") as opened:
        asked = opened.request_decision("withdrawal", "дублет", package="aonb-kp-1")
    with open_archive(config.path) as opened:
        shelf.refresh(opened, database)
        (trouble,) = opened.ledger.copies.troubled()
    made = {"incident": str(trouble.problem), "decision": str(asked.number), "token": token}
    with served(archive) as (address, _said):
        yield House(address, sessions.start(database, "petrov"), str(archive), made)


@pytest.mark.parametrize("language", languages())
def test_every_page_says_what_it_said(
    language: str, page: Page, house: House, axe: str, tmp_path: Path
) -> None:
    """Roles and names, in their order; and nothing is against WCAG 2.2 AA."""
    rewrite = os.environ.get("PRESERVA_NAMES") == "1"
    kept = NAMES / language
    seen = kept if rewrite else tmp_path / language
    seen.mkdir(parents=True, exist_ok=True)
    page.open(f"{house.page('/sign-in')}?lang={language}")
    wrong, frames = list[str](), dict[str, str]()
    for name, path in {**STRANGERS, **PAGES}.items():
        if path == next(iter(PAGES.values())):
            page.call(
                "Network.setCookie",
                name="preserva_session", value=house.session, url=house.address,
            )  # fmt: skip
        page.open(house.page(path))
        wrong += [f"{name}: {problem}" for problem in page.axe(axe)]
        frame, main, rest = spoken(page).replace(house.folder, "FOLDER").partition("main\n")
        (seen / f"{name}.txt").write_text(main + rest, encoding="utf-8")
        frames.setdefault(frame, name)
    for frame, name in frames.items():
        (seen / f"frame-of-{name}.txt").write_text(frame, encoding="utf-8")
    assert (wrong, len(frames)) == ([], 2), "the same above all pages, but for strangers"
    assert texts(seen) == texts(kept), "PRESERVA_NAMES=1 writes them again"


def texts(folder: Path) -> dict[str, str]:
    """The files of a folder."""
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}
