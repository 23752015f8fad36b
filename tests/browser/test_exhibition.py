"""The demonstration exhibition as a visitor has it: from a USB stick, and from a web server."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from PIL import Image

from preserva.catalogue.import_records import import_packages, open_catalogue
from preserva.exhibition.build import build_exhibition
from preserva.ingest.package import package
from tests.browser.page import NARROW, WIDE, Page
from tests.support.books import an_archive
from tests.support.exhibitions import demonstration, write_specification

LANGUAGES = ("ru", "be", "en")
BOOK = "books/aonb-riga.html"
TO_BE_REACHED = """
    Array.from(
        document.querySelectorAll(
            "a[href], button:enabled, select, input, summary, [tabindex='0']"
        ),
        (one) => one.checkVisibility() && one.tabIndex === 0
    ).filter(Boolean).length
"""
MENU = 12
"""Places before the main part of a page: the way past them, the name, the parts, the languages."""

TILES = "#viewer-picture .leaflet-tile img"
WORDS = ("книги", "кнігі", "книгъ", "КНИГАМИ", "knigi")

HANDLERS = """
    Array.from(document.querySelectorAll("*"), (one) => one.getAttributeNames())
        .flat().filter((name) => name.startsWith("on"))
"""
HOSTILE = """
[exhibition]
title = { en = WORDS }
languages = ["en"]
text = "text"
credits = "text"
[[sections]]
id = "one"
title = { en = WORDS }
text = "text"
[[sections.objects]]
package = "aonb-kp-1"
caption = { en = WORDS }
[[writers]]
id = "who"
name = { en = WORDS }
text = "text"
places = ["where"]
[[places]]
id = "where"
name = { en = WORDS }
note = { en = WORDS }
latitude = 50
longitude = 127
[[events]]
date = "1900"
title = { en = WORDS }
place = "where"
writer = "who"
package = "aonb-kp-1"
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built once."""
    place = tmp_path_factory.mktemp("exhibition")
    with demonstration(place, shared) as (archive, specification):
        return build_exhibition(archive, specification, place / "site").path


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """Where a web server of this machine shows the same folder, below another address."""
    handler = functools.partial(_Quiet, directory=str(site.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}"
        server.shutdown()
        thread.join()


@pytest.fixture(params=["file", "http"])
def base(request: pytest.FixtureRequest, site: Path, served: str) -> str:
    """The address of the site, either way."""
    return site.as_uri() if request.param == "file" else served


def kinds(site: Path, language: str) -> list[str]:
    """A page of each kind."""
    copy = min(path.name for path in (site / language / "copies").iterdir())
    return [
        f"{language}/{name}"
        for name in (
            "index.html", "sections/first-books.html", "books/index.html", BOOK,
            "books/aonb-kant.html", "writers/index.html", "writers/kant.html", "timeline.html",
            "map.html", "catalogue/index.html", "catalogue/aonb-kant.html", f"copies/{copy}",
            "search.html", f"search.html#q={quote('книги')}", "about.html", "labels.html",
        )
    ]  # fmt: skip


def sound(page: Page, base: str) -> None:
    """Nothing was missing, nothing complained, and nothing outside of the site was asked for."""
    page.take()
    assert (page.failures, page.errors) == ([], [])
    outside = [one for one in page.requests if not one.startswith((f"{base}/", "data:"))]
    assert outside in ([], [f"{urlsplit(base).scheme}://{urlsplit(base).netloc}/favicon.ico"])


def ask(page: Page, word: str) -> list[str]:
    """The addresses that a search finds, asked by keyboard and announced by their number."""
    page.evaluate("document.getElementById('search-count').textContent = '', null")
    page.evaluate("document.getElementById('search-words').focus()")
    page.evaluate("document.getElementById('search-words').select()")
    page.write(word)
    page.press("Enter")
    page.until("document.getElementById('search-count').textContent")
    assert page.evaluate("new URLSearchParams(location.hash.slice(1)).get('q')") == word
    found = page.links("#search-results a")
    assert not found or str(len(found)) in page.text("#search-count")
    return found


def images(page: Page) -> list[int]:
    """The width of each picture of the page as it came, 0 for one that did not."""
    wait = """
        Promise.all(Array.from(document.images, (one) => {
            one.loading = "eager";
            return one.decode().then(() => one.naturalWidth, () => 0);
        }))
    """
    widths: list[int] = page.evaluate(wait)
    return widths


def test_every_kind_of_page_is_whole(page: Page, site: Path, base: str) -> None:
    """Every link leads to a file and a part of it, every picture is there, in each language."""
    for name in ["index.html", *(one for lang in LANGUAGES for one in kinds(site, lang))]:
        page.open(f"{base}/{name}")
        assert 0 not in images(page), name
        assert page.evaluate("document.documentElement.lang") == name[:2].replace("in", "ru")
        for link in page.links():
            if not link.startswith(f"{base}/"):
                assert not link.startswith(("file:", "javascript:", "http://127.")), link
                continue
            path, _, part = unquote(link.removeprefix(f"{base}/")).partition("#")
            assert (site / path).is_file(), (name, link)
            found = (site / path).read_text("utf-8") if part else ""
            assert not part or f'id="{part}"' in found, (name, link)
    sound(page, base)


def test_a_visitor_changes_the_language_and_stays_where_he_was(page: Page, site: Path) -> None:
    """On every kind of page; a book keeps its title, the words round it are others."""
    for name in kinds(site, "ru"):
        path = name.partition("#")[0].removeprefix("ru/")
        said = set()
        for language in LANGUAGES:
            page.open(f"{site.as_uri()}/{language}/{path}")
            links = page.links(".languages a")
            assert links == [f"{site.as_uri()}/{one}/{path}" for one in LANGUAGES]
            assert page.links(".languages [aria-current]", "lang") == [language]
            said.add(page.text("header") + page.text("footer"))
        assert len(said) == len(LANGUAGES), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_all_spellings_find_the_same(page: Page, base: str, language: str) -> None:
    """Asked by keyboard only, announced, kept in the address, and the answer can be opened."""
    page.open(f"{base}/{language}/search.html")
    answers = [ask(page, word) for word in WORDS]
    assert all(one == answers[0] for one in answers)
    assert len(answers[0]) >= 5
    assert f"{base}/{language}/{BOOK}" in answers[0]
    page.open(f"{base}/{language}/about.html")
    page.open(f"{base}/{language}/search.html#q={quote('книги')}")
    assert page.links("#search-results a") == answers[0]
    assert ask(page, "щщщщщ") == []
    none = page.evaluate("document.getElementById('search').dataset.none")
    assert page.text("#search-count") == none != ""
    page.open(answers[0][0])
    sound(page, base)


def test_everything_is_reached_by_the_keyboard(page: Page, site: Path) -> None:
    """Every stop has a name and a mark to be seen; the first one leads past the menu."""
    for number, name in enumerate(kinds(site, "be")):
        page.open("about:blank")
        page.open(f"{site.as_uri()}/{name}")
        menu = page.tab_order(1 if number else MENU)  # it is the same on every page
        assert 'class="skip"' in menu[0].element, name
        page.evaluate("document.querySelector('.skip').focus()")
        page.press("Enter")
        page.until("document.activeElement.id === 'main'")
        stops = page.tab_order(20)
        assert len(stops) == min(page.evaluate(TO_BE_REACHED) - MENU, 20), name
        assert [one for one in menu + stops if not one.name or not one.visible] == [], name


def test_pages_are_turned_and_enlarged_by_the_keyboard(page: Page, base: str) -> None:
    """The picture, its text, its number and the address go together; Tab leads out again."""
    page.open(f"{base}/ru/{BOOK}")
    page.evaluate("document.getElementById('viewer-picture').focus()")
    seen: dict[int, str] = {}
    for key, number in (("PageDown", 2), ("PageDown", 2), ("PageUp", 1)):
        page.press(key)
        page.until(f"document.getElementById('viewer-status').innerText.endsWith('{number} из 2')")
        assert page.evaluate("location.hash") == f"#page-{number}"
        assert page.evaluate("document.getElementById('viewer-page').selectedIndex") == number - 1
        assert seen.setdefault(number, page.text("#viewer-text")) == page.text("#viewer-text")
    assert seen[1] != seen[2]
    page.still()
    before = page.links(TILES, "src")
    page.press("+")
    page.still()
    assert set(page.links(TILES, "src")) - set(before), "no larger tiles"
    place = "document.querySelector('#viewer-picture .leaflet-map-pane').style.transform"
    here = page.evaluate(place)
    page.press("ArrowDown")
    page.until(f"{place} !== '{here}'")
    page.press("Tab", shift=True)
    page.until("document.activeElement.id === 'viewer-next'")
    for _ in range(2):
        page.press("Tab")
    page.until("document.activeElement.className === 'leaflet-control-zoom-in'")
    page.open(f"{base}/ru/about.html")
    page.open(f"{base}/ru/{BOOK}#page-2")
    assert page.text("#viewer-status").endswith("2 из 2")
    sound(page, base)


def test_nothing_moves_by_itself_for_who_cannot_bear_it(page: Page, site: Path) -> None:
    """Enlarging is done at once where the system asks for less motion."""
    for wish, animated in (("no-preference", True), ("reduce", False)):
        page.prefer("prefers-reduced-motion", wish)
        page.open("about:blank")
        page.open(f"{site.as_uri()}/ru/{BOOK}")
        classes = page.links("#viewer-picture", "className")[0].split()
        assert ("leaflet-fade-anim" in classes) is animated


@pytest.mark.parametrize(("width", "height"), [WIDE, NARROW])
def test_it_is_as_wcag_wants_it(page: Page, site: Path, axe: str, width: int, height: int) -> None:
    """Every kind of page, on a large screen and on a telephone, where nothing sticks out."""
    page.size(width, height)
    for name in ["index.html", *kinds(site, "ru"), "be/index.html", f"en/{BOOK}"]:
        page.open(f"{site.as_uri()}/{name}")
        assert page.axe(axe) == [], name
        assert page.sideways() <= 0, name


def test_words_of_tables_are_not_broken_into_letters(page: Page, site: Path) -> None:
    """On a telephone a table is moved under its frame instead."""
    page.size(*NARROW)
    page.open(f"{site.as_uri()}/ru/books/aonb-kant.html")
    broken = """
        Array.from(document.querySelectorAll("th"), (cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            const words = cell.textContent.trim().split(" ").length;
            const lines = new Set(Array.from(range.getClientRects(), (one) => one.top)).size;
            return lines > words ? cell.textContent : "";
        }).filter(Boolean)
    """
    assert page.evaluate(broken) == []
    assert page.evaluate("document.querySelector('.wide').scrollWidth") > NARROW[0]


def test_without_scripts_texts_and_pictures_are_there(page: Page, site: Path) -> None:
    """Pages of books with their texts; the search says what it lacks."""
    with page.without_scripts():
        page.open(f"{site.as_uri()}/ru/{BOOK}")
        assert len(images(page)) >= 2 and 0 not in images(page)
        page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        assert "Прибалтійскомъ" in page.text(".pages")
        assert not page.evaluate("document.getElementById('viewer').checkVisibility()")
        full = page.links(".pages a")[0]
        page.open(f"{site.as_uri()}/ru/search.html")
        assert page.text("noscript").strip()
        for name in kinds(site, "ru"):
            page.open(f"{site.as_uri()}/{name}")
            assert 0 not in images(page), name
            assert len(page.text("main")) > 20, name
        page.open(full)
    sound(page, site.as_uri())


def test_hostile_words_run_nothing(page: Page, tmp_path: Path) -> None:
    """In titles, captions, narratives, names of files and questions: they are shown as words."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{7*7}}../../x"
    scans = tmp_path / "scans" / "master"
    scans.mkdir(parents=True)
    for name in ("..a<b>&\"'.tif", "<script>alert(3)<.tif"):
        Image.new("RGB", (300, 400), "white").save(scans / name)
    record = tmp_path / "record.xml"
    record.write_text(
        '<mods xmlns="http://www.loc.gov/mods/v3" version="3.8"><titleInfo>'
        f"<title>{escape(evil)}</title></titleInfo><name><namePart>{escape(evil)}</namePart></name>"
        "<recordInfo><recordIdentifier>1</recordIdentifier></recordInfo></mods>",
        encoding="utf-8",
    )
    words = json.dumps(evil)
    text = HOSTILE.replace("WORDS", words)
    with an_archive(tmp_path / "archive") as archive:
        package(scans.parent, record, archive, local="kp-1")
        with open_catalogue(archive.config.path) as database:
            import_packages(archive, database, 1_800_000_000)
        written = write_specification(tmp_path / "spec", text, {"text": f"# {evil}\n\n{evil}\n"})
        site = build_exhibition(archive, written, tmp_path / "site").path
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 10
    for path in pages:
        page.open(path.as_uri())
        assert 0 not in images(page), path
        assert page.evaluate(HANDLERS) == [], path
    page.open(f"{site.as_uri()}/en/search.html")
    found = ask(page, "alert 2")
    assert found and evil in page.text("#search-results")
    assert page.evaluate("document.querySelectorAll('#search-results img').length") == 0
    page.open(f"{site.as_uri()}/en/about.html")
    page.open(f"{site.as_uri()}/en/search.html#q={quote(evil)}")
    assert page.evaluate("document.getElementById('search-words').value") == evil
    sound(page, site.as_uri())
