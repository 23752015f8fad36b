"""From an inbox to a package and its structure, as people do it: in a browser, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from preserva.catalogue.import_records import import_file, open_catalogue
from preserva.ingest.package import package
from tests.browser.page import Page
from tests.browser.test_web import PASSWORD, check_pages, fill, finished, press, served
from tests.support import books

RECORD = books.RECORD.replace("KP 7", "KP 100").replace("Повѣсть", "Записки")
PATHS = [
    "/inbox",
    "/inbox/0/scans-100",
    "/inbox/0/scans-100?q=записки",
    "/inbox/0/scans-200/structure",
    "/batches",
    "/books/aonb-kp-0",
    "/books/aonb-kp-0/v1/pages",
    "/books/aonb-kp-0/v1/pages/2",
    "/books/aonb-kp-0/v1/pages/2?size=large",
    "/books/aonb-kp-0/v1/structure",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one book of six pages; an inbox with the scans of another, which lacks one."""
    place = tmp_path_factory.mktemp("books")
    record = books.make_book(place / "one" / "kp-0", 6)
    books.make_book(place / "inbox" / "scans-100", 4, seed=50)
    books.make_book(place / "inbox" / "scans-200", 4, seed=90)
    for name in ("scans-100.xml", "scans-200.xml"):
        (place / "inbox" / name).unlink()
    for folder, suffix in (("master", "tif"), ("text", "txt")):
        (place / "inbox" / "scans-100" / folder / f"л. 2.{suffix}").unlink()
    with books.an_archive(place / "archive") as opened:
        package(place / "one" / "kp-0", record, opened, local="kp-0")
    path = place / "archive" / "preserva.toml"
    text = path.read_text("utf-8").replace("# [web]\n", f'[web]\ninbox = ["{place}/inbox"]\n')
    path.write_text(text, encoding="utf-8")
    other = place / "record.xml"
    other.write_text(RECORD, encoding="utf-8")
    with open_catalogue(path) as database:
        import_file(database, other, "aonb", 1_800_000_000)
    return place / "archive"


@pytest.fixture
def address(archive: Path, page: Page) -> Iterator[str]:
    """The server, at which the page is signed in."""
    with served(archive) as (where, said):
        if said.startswith("http"):
            page.open(said)
            fill(page, password=PASSWORD, again=PASSWORD)
        else:
            page.open(where)
            fill(page, person="petrov", password=PASSWORD)
            page.errors.clear()  # whoever is not signed in is answered 401
            page.failures.clear()
        yield where


def button(name: str, value: str) -> str:
    return f"document.querySelector('button[name={name}][value={value}]')"


def test_scans_become_a_package(page: Page, address: str, axe: str) -> None:
    """The gap is seen, the record found, the package made; every page on the way for everybody."""
    check_pages(page, axe, [f"{address}/", *(f"{address}{path}" for path in PATHS)])
    page.open(f"{address}/inbox")
    press(page, "document.querySelector('td a')")
    assert page.text("h1") == "scans-100"
    assert "the numbering of the pages has gaps" in page.text("main")
    press(page, "document.querySelector('form[action$=\"/check\"] button')")
    finished(page)
    assert "Newest check: sound" in page.text("main")
    page.evaluate("document.querySelector('[name=q]').focus()")
    page.write("записки амур")
    press(page, "document.querySelector('[name=q]').form.querySelector('button')")
    assert "Записки о рѣкѣ Амурѣ" in page.text("fieldset")
    press(page, button("do", "package"))
    finished(page)
    assert "done: 1" in page.text("main")
    assert page.axe(axe) == []
    press(page, "document.querySelector('td a[href^=\"/books/\"]')")
    assert page.text("h1") == "Записки о рѣкѣ Амурѣ"
    page.until("[...document.images].every((one) => one.complete && one.naturalWidth > 0)")
    outside = [url for url in page.requests if not url.startswith(address)]
    assert (outside, page.errors, page.failures) == ([], [], [])


def test_the_structure_is_made_with_the_keyboard(page: Page, address: str, axe: str) -> None:
    """Pages 2 to 4 chosen by arrows, labelled; what is typed outlives its page."""
    page.size(1280, 900)
    page.open(f"{address}/books/aonb-kp-0/v1/structure")
    page.evaluate("document.querySelector('a[data-page=\"1\"]').focus()")
    page.press("ArrowRight")
    page.press("ArrowRight", shift=True)
    page.press("ArrowRight", shift=True)
    page.until("document.querySelector('#last').value === '4'")
    assert page.evaluate("document.querySelector('#first').value") == "2"
    page.call("Input.dispatchKeyEvent", type="rawKeyDown", key="д", code="KeyL")
    page.until("document.activeElement.id === 'label'")
    page.write("л. 8")
    page.until("document.querySelector('#news').textContent === 'What you typed is kept.'")
    page.open(f"{address}/books/aonb-kp-0/v1/structure")
    assert page.evaluate("document.querySelector('#label').value") == "л. 8"
    press(page, "document.querySelector('#label-form button')")
    assert labels(page) == ["л. 1", "л. 8", "л. 8 об.", "л. 9", "л. 5", "л. 6"]
    press(page, "document.querySelector('[name=do][value=undo]').form.querySelector('button')")
    assert page.evaluate("document.querySelector('#page-2 b').textContent") == "л. 2"
    stops = page.tab_order()
    assert [stop.name for stop in stops if not (stop.name and stop.visible)] == []
    assert {"1 л. 1", "Label these pages", "Save the text"} <= {stop.name for stop in stops}
    assert page.axe(axe) == []
    assert (page.errors, page.failures) == ([], [])


def test_pages_are_moved_before_they_are_packaged(page: Page, address: str, axe: str) -> None:
    """By dragging, by keyboard, and by a button; then the package has that order."""
    editor = f"{address}/inbox/0/scans-200/structure"
    page.size(1280, 900)
    page.open(editor)
    page.until("[...document.images].every((one) => one.complete)")
    page.drag("#page-4", "#page-1", 0.2)
    arrived(page, "1")
    assert labels(page) == ["л. 4", "л. 1", "л. 2", "л. 3"]
    page.press("ArrowRight")
    page.press("ArrowRight", shift=True)
    page.call("Input.dispatchKeyEvent", type="rawKeyDown", key="ь", code="KeyM")
    page.until("document.activeElement.id === 'move-to'")
    page.write("3")
    page.press("Enter")
    arrived(page, "3-4")
    assert labels(page) == ["л. 4", "л. 3", "л. 1", "л. 2"]
    chosen = "[...document.querySelectorAll('.chosen a')].map((one) => one.dataset.page)"
    assert page.evaluate(chosen) == ["3", "4"]
    press(page, "document.querySelector('[name=by][value=earlier]')")
    assert labels(page) == ["л. 4", "л. 1", "л. 2", "л. 3"]
    assert page.axe(axe) == []
    page.open(f"{address}/inbox/0/scans-200?q=записки")
    assert "the package is made with it" in page.text("main")
    page.evaluate("document.querySelector('[name=id]').value = 'kp-200', null")
    press(page, button("do", "package"))
    finished(page)
    assert "done: 1" in page.text("main")
    page.open(f"{address}/books/aonb-kp-200/v1/structure")
    assert labels(page) == ["л. 4", "л. 1", "л. 2", "л. 3"]
    assert (page.errors, page.failures) == ([], [])


def arrived(page: Page, pages: str) -> None:
    """Wait for the page on which these are chosen, with the keyboard on the first of them."""
    first = pages.partition("-")[0]
    page.until(
        f"location.search === '?pages={pages}' && document.readyState === 'complete'"
        f" && document.activeElement?.dataset.page === '{first}'"
    )


def labels(page: Page) -> list[str]:
    script = "[...document.querySelectorAll('#sheet b')].map((one) => one.textContent)"
    return cast("list[str]", page.evaluate(script))


def test_all_of_it_works_without_scripts(page: Page, address: str) -> None:
    with page.without_scripts():
        page.open(f"{address}/books/aonb-kp-0/v1/structure")
        fields = {"part-first": "3", "part-last": "5", "part-title": "Глава"}
        for name, text in fields.items():
            page.evaluate(f"document.getElementById('{name}').focus()")
            page.write(text)
        press(page, "document.querySelector('#part-form button')")
        assert "Глава 3–5" in page.text(".stays")
        page.open(f"{address}/inbox/0/scans-100")
        assert page.evaluate("document.querySelectorAll('.sheet li').length") == 3
        page.open(f"{address}/inbox/0/scans-100/structure?pages=3")
        press(page, "document.querySelector('[name=by][value=earlier]')")
        assert labels(page) == ["л. 1", "л. 4", "л. 3"]
