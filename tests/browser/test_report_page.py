"""The printed report, as a reader has it in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva.core.values.model import PackageId
from preserva.fixity.audit import audit
from preserva.i18n import use_language
from preserva.ingest.package import package
from preserva.outputs.page import html
from preserva.outputs.report import package_page, report_page
from preserva.replication.replicate import replicate
from preserva.reporting.overview import history, overview
from tests.browser.page import NARROW, Page
from tests.support.books import an_archive, make_book
from tests.unit.reporting.test_overview import at, flip

LANGUAGES = ("en", "ru", "be")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """An archive with a damaged copy, and the history of that package, in each language."""
    place = tmp_path_factory.mktemp("report")
    with an_archive(place / "archive") as archive:
        for number in range(2):
            record = make_book(place / f"book{number}", seed=number)
            package(place / f"book{number}", record, archive, local=f"kp-{number}")
        replicate(archive)
    flip(place / "archive", 1)
    paths = []
    with at(place / "archive", 0) as archive:
        audit(archive)
        found = overview(archive)
        damaged = PackageId("aonb", "kp-1")
        done, incidents = history(archive, damaged)
        for language in LANGUAGES:
            use_language(language)
            pages = {
                "archive": report_page(found),
                "package": package_page(damaged, done, incidents, found.at),
            }
            for name, one in pages.items():
                paths.append(place / f"{name}.{language}.html")
                paths[-1].write_text(html(one), encoding="utf-8")
    use_language("en")
    return paths


def test_it_is_as_wcag_wants_it(page: Page, reports: list[Path], axe: str) -> None:
    """In every language, on a large screen and on a small one, where only tables are wider."""
    for path in reports:
        for width in (1280, NARROW[0]):
            page.size(width, 800)
            page.open(path.as_uri())
            assert page.axe(axe) == [], (path.name, width)
            assert page.sideways() <= 0, (path.name, width)


def test_it_asks_for_nothing_else(page: Page, reports: list[Path]) -> None:
    """Each page is one file, and nothing in it complains."""
    for path in reports:
        page.open(path.as_uri())
    assert page.requests == [path.as_uri() for path in reports]
    assert (page.failures, page.errors) == ([], [])


def test_wide_tables_are_reached_by_the_keyboard(page: Page, reports: list[Path]) -> None:
    """They are the only stops, each with its heading for a name and a mark to be seen."""
    for path in reports:
        page.open(path.as_uri())
        headings = page.evaluate(
            "Array.from(document.querySelectorAll('.wide'), (one) =>"
            " one.closest('section').querySelector('h2').textContent)"
        )
        stops = page.tab_order()
        assert [(one.role, one.name) for one in stops] == [("region", name) for name in headings]
        assert headings and all(one.visible for one in stops), path.name


def test_no_word_of_a_chart_lies_on_another(page: Page, reports: list[Path]) -> None:
    """In languages whose words are longer as well."""
    overlaps = """
        Array.from(document.querySelectorAll("svg"), (chart) => {
            const boxes = Array.from(chart.querySelectorAll("text"), (one) =>
                [one.textContent, one.getBoundingClientRect()]);
            return boxes.flatMap(([word, box], place) => boxes.slice(place + 1)
                .filter(([_, next]) => box.left < next.right && next.left < box.right
                    && box.top < next.bottom && next.top < box.bottom)
                .map(([next]) => `${word} ${next}`));
        }).flat()
    """
    for path in reports:
        page.open(path.as_uri())
        assert page.evaluate(overlaps) == [], path.name
        if path.name.startswith("archive"):
            assert len(page.links("svg", "id")) == 2
