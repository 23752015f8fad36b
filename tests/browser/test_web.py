"""The pages for staff as people have them: started by the command, in a browser without scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from preserva.core.values.model import PackageId
from preserva.i18n import languages
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.browser.page import NARROW, Page
from tests.support import books
from tests.support.servers import free_port, wait_for
from tests.unit.reporting.test_overview import at, flip

PASSWORD = "зимний вечер у реки"
PATHS = [
    "/",
    "/books",
    "/books/aonb-kp-0",
    "/incidents",
    "/decisions?all=1",
    "/audits",
    "/copies",
    "/reports",
    "/reports/archive",
    "/reports/levels",
    "/reports/period?from=2026",
    "/jobs",
    "/account",
    "/programs",
    "/people",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one package whose copy in Minsk is damaged, and nobody has noticed."""
    place = tmp_path_factory.mktemp("web")
    (place / "one").mkdir()
    record = books.make_book(place / "one" / "kp-0")
    with books.an_archive(place / "archive") as opened:
        package(place / "one" / "kp-0", record, opened, local="kp-0")
        replicate(opened)
    flip(place / "archive", 0)
    return place / "archive"


@contextmanager
def served(archive: Path) -> Iterator[tuple[str, str]]:
    """The address of a server, and what it printed at its start: nothing where it knows people."""
    port = free_port()
    process = start_server(archive, port)
    try:
        yield f"http://127.0.0.1:{port}", (archive / "said").read_text("utf-8").strip()
    finally:
        process.terminate()
        process.wait()


def start_server(archive: Path, port: int) -> subprocess.Popen[bytes]:
    """A server that answers; what it prints is in the file `said` of the archive."""
    command = [sys.executable, "-m", "preserva", "web", "--port", str(port), "--person", "petrov"]
    config = ["--config", str(archive / "preserva.toml")]
    with (archive / "said").open("wb") as out:
        process = subprocess.Popen(
            [*command, *config],
            stdout=out,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    wait_for(port, process)
    return process


def fill(page: Page, **fields: str) -> None:
    """Write into the fields of a form by their names, and send it by its button."""
    form = f"[name={next(iter(fields))}]"
    for name, text in fields.items():
        page.evaluate(f"document.querySelector('[name={name}]').focus()")
        page.write(text)
    press(page, f"document.querySelector('{form}').form.querySelector('button')")


def press(page: Page, button: str) -> None:
    """Press a button, and wait for the page that answers."""
    page.take()
    page.evaluate(f"{button}.click(), null")
    page.browser.wait_for(page.session, "Page.loadEventFired")
    page.take()


def action(name: str) -> str:
    """The button of a form that begins a job."""
    return f"document.querySelector('[name=action][value={name}]').form.querySelector('button')"


def test_the_way_of_an_incident(page: Page, archive: Path, axe: str) -> None:
    """From the first start to a repair, and what WCAG says of every page on the way."""
    with served(archive) as (address, invitation):
        assert invitation.startswith(f"{address}/enter/")
        page.open(invitation)
        assert page.axe(axe) == []
        fill(page, password=PASSWORD, again=PASSWORD)
        assert page.text("h1") == "Today"
        press(page, action("audit"))
        finished(page)
        assert "damage" in page.text("main")
        page.open(f"{address}/incidents")
        page.open(page.links("td a")[0])
        incident = page.evaluate("location.href")
        fill(page, reason="Восстановить")
        assert "petrov: Восстановить" in page.text("main")
        check_pages(page, axe, [f"{address}{path}" for path in PATHS] + [incident])
        page.open(incident)
        press(page, action("repair"))
        finished(page)
        assert "repaired, read back and validated" in page.text("main")
        page.open(incident)
        assert "This incident is over" in page.text("main")
        page.open(address)
        assert page.text("main .lead").startswith("All 2 copies are sound")
        outside = [url for url in page.requests if not url.startswith(address)]
        assert (outside, page.errors, page.failures) == ([], [], [])
    with at(archive, 1) as opened:
        entries = list(opened.ledger.entries(package=PackageId("aonb", "kp-0").uri))
    assert [entry.person for entry in entries if entry.type == "incident decision"] == ["petrov"]


def finished(page: Page) -> None:
    """Wait until the page of a job says how it ended; it asks again by itself."""
    for _refresh in range(40):
        if not page.evaluate("Boolean(document.querySelector('meta[http-equiv=refresh]'))"):
            return
        page.browser.wait_for(page.session, "Page.loadEventFired")
    raise AssertionError("the job did not end")


def check_pages(page: Page, axe: str, urls: list[str]) -> None:
    """In every language, wide and narrow, light and dark; every stop of the keyboard is seen."""
    for language in languages():
        page.open(f"{urls[0]}?lang={language}")
        for url in urls:
            for width, colours in ((1280, "light"), (NARROW[0], "dark")):
                page.size(width, 800)
                page.prefer("prefers-color-scheme", colours)
                page.open(url)
                assert page.axe(axe) == [], (url, language, width)
                assert page.sideways() <= 0, (url, language, width)
    page.open(f"{urls[0]}?lang=en")
    page.size(1280, 800)
    stops = page.tab_order()
    assert [stop.name for stop in stops[:3]] == ["Skip to the content", "Today", "Books"]
    assert all(stop.name and stop.visible for stop in stops), stops
