"""The eyes of these tests see: a page full of faults is found out, and one without is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chromium import BrowserError
from tests.browser.page import NARROW, Focus, Page

FAULTY = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Faults</title>
<style>#hidden { outline: none } p { width: 40rem }</style></head>
<body><main><h1>Faults</h1>
<p style="color: #999; background: #fff">Too pale.</p>
<img src="missing.png">
<img src="http://example.org/outside.png" alt="from outside">
<a href="other.html">Another <b>page</b></a>
<button id="hidden">Unseen</button>
<input aria-label="A field">
<noscript>No scripts here.</noscript>
</main>
<script>console.error("a complaint"); missing();</script>
</body></html>
"""


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """The page full of faults."""
    (tmp_path / "page.html").write_text(FAULTY, encoding="utf-8")
    return tmp_path / "page.html"


def test_every_request_and_complaint_is_seen(page: Page, faulty: Path) -> None:
    """Those that fail as well."""
    page.open(faulty.as_uri())
    folder = faulty.parent.as_uri()
    outside = "http://example.org/outside.png"
    assert page.requests == [faulty.as_uri(), f"{folder}/missing.png", outside]
    assert sorted(page.failures) == ["net::ERR_FILE_NOT_FOUND", "net::ERR_NAME_NOT_RESOLVED"]
    for fault in ("a complaint", "missing is not defined", "missing.png", "outside.png"):
        assert sum(fault in error for error in page.errors) == 1, (fault, page.errors)
    assert len(page.errors) == 4
    assert page.links() == [f"{folder}/other.html"]
    assert page.links("img", "src") == [f"{folder}/missing.png", outside]


def test_the_keyboard_and_what_is_said(page: Page, faulty: Path) -> None:
    """Names as a screen reader says them; a focus without a mark is not taken for one."""
    page.open(faulty.as_uri())
    assert page.tab_order() == [
        Focus("Another page", "link", '<a href="other.html">', True),
        Focus("Unseen", "button", '<button id="hidden">', False),
        Focus("A field", "textbox", '<input aria-label="A field">', True),
    ]
    page.evaluate("document.querySelector('input').focus()")
    page.write("кніга")
    page.press("a")
    assert page.evaluate("document.querySelector('input').value") == "кнігаa"


def test_what_is_against_wcag(page: Page, faulty: Path, axe: str) -> None:
    """Each fault, and where it is."""
    page.open(faulty.as_uri())
    assert {one.partition(":")[0] for one in page.axe(axe)} == {
        "color-contrast", "html-has-lang", "image-alt",
    }  # fmt: skip
    page.size(*NARROW)
    assert page.sideways() > 0


def test_scripts_can_be_switched_off(page: Page, faulty: Path) -> None:
    """And on again."""
    with page.without_scripts():
        page.open(faulty.as_uri())
        assert "No scripts here." in page.text()
        assert not any("a complaint" in error for error in page.errors)
    page.open(faulty.as_uri())
    assert "No scripts here." not in page.text()
    assert any("a complaint" in error for error in page.errors)


def test_a_page_that_is_not_there(page: Page, tmp_path: Path) -> None:
    """Is no empty page."""
    with pytest.raises(BrowserError, match="ERR_FILE_NOT_FOUND"):
        page.open((tmp_path / "none.html").as_uri())
