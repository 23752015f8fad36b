"""A browser for the tests that look at pages, and the judge of their accessibility."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, chromium, find_chromium
from tests.browser.page import Page, new_page
from tests.conftest import require


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Chromium, started once."""
    program = find_chromium()
    require(program is not None, "Chromium is not installed")
    assert program is not None
    with chromium(program, tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
def page(browser: Chromium) -> Iterator[Page]:
    """A tab of its own for each test."""
    with new_page(browser) as made:
        yield made


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which knows what WCAG demands of a page."""
    path = os.environ.get("PRESERVA_AXE", "")
    require(bool(path), "axe-core is not here: PRESERVA_AXE does not name its axe.min.js")
    return Path(path).read_text("utf-8")
