"""The pages of the manual in Russian and Belarusian keep step with the English ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages import Catalog

from tests.conftest import ROOT
from tools import pages

LANGUAGES = ("be", "ru")
FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)

ENGLISH = pages.sources()
BOTH = [(language, source) for language in LANGUAGES for source in ENGLISH]


def both_ids(value: object) -> str:
    """A page as a test names it."""
    return pages.name(value) if isinstance(value, Path) else str(value)


@pytest.mark.parametrize("source", ENGLISH, ids=pages.name)
def test_a_page_is_taken_apart_and_put_together_to_the_byte(source: Path) -> None:
    text = source.read_text("utf-8")
    assert "".join(block.text for block in pages.blocks(text)) == text
    untranslated = pages.translated(text, pages.template())
    assert (untranslated.text, untranslated.done) == (text, 0)


@pytest.mark.parametrize(("language", "source"), BOTH, ids=both_ids)
def test_a_page_is_what_its_source_and_its_translations_make(language: str, source: Path) -> None:
    """Mended by `python -m tools.pages`."""
    assert pages.place(source, language).read_text("utf-8") == pages.manual(language).text(source)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_translations_are_those_of_the_pages(language: str) -> None:
    """No paragraph is forgotten, none is kept that is gone: `python -m tools.pages`."""
    kept = pages.po_file(language).read_bytes()
    assert pages.written(pages.updated(language, pages.template())) == kept
    made = {pages.place(source, language) for source in ENGLISH}
    assert set((ROOT / "docs" / language).rglob("*.md")) == made


@pytest.mark.parametrize(("language", "source"), BOTH, ids=both_ids)
def test_what_is_typed_is_the_same(language: str, source: Path) -> None:
    """Blocks of code, and what stands between back quotes in each paragraph."""
    english = source.read_text("utf-8")
    page = pages.place(source, language).read_text("utf-8")
    assert [m[0] for m in FENCE.finditer(page)] == [m[0] for m in FENCE.finditer(english)]
    code = re.compile(r"`[^`]+`")
    original, own = (
        list(pages.blocks(english)),
        list(pages.blocks(pages.manual(language).pages[source].text)),
    )
    assert len(original) == len(own)
    wrong = [
        mine.message
        for theirs, mine in zip(original, own, strict=True)
        if sorted(code.findall(theirs.message)) != sorted(code.findall(mine.message))
    ]
    assert wrong == []


@pytest.mark.parametrize(("language", "source"), BOTH, ids=both_ids)
def test_every_link_leads_somewhere(language: str, source: Path) -> None:
    """To a file that exists, and to a heading or an anchor in it."""
    page = pages.place(source, language)
    links = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text("utf-8")))
    assert links
    broken = []
    for link in links:
        if "://" in link:
            continue
        path, _mark, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            broken.append(link)
        elif fragment:
            text = target.read_text("utf-8")
            if fragment not in pages.anchors(text) and f'<a id="{fragment}">' not in text:
                broken.append(link)
    assert broken == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_are_those_of_the_original(language: str) -> None:
    """A translator writes the links of the English paragraph; the script turns them."""
    link = re.compile(r"\]\(([^)\s]+)\)")
    wrong = [
        message.id
        for message in pages.read(language)
        if message.id
        and message.string
        and not message.fuzzy
        and sorted(link.findall(str(message.id))) != sorted(link.findall(str(message.string)))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_lags_behind_its_original_unawares(language: str) -> None:
    """Translate it, or name it in docs/translations/lagging.txt."""
    allowed = pages.may_lag()[language]
    behind = [
        f"{page}: {percent} %"
        for page, percent in pages.lagging(language).items()
        if percent < pages.ENOUGH and page not in allowed
    ]
    assert behind == []


def test_every_page_that_may_lag_exists() -> None:
    names = {pages.name(source) for source in ENGLISH}
    assert {page for some in pages.may_lag().values() for page in some} <= names


def test_a_changed_paragraph_is_english_until_it_is_translated_again() -> None:
    """Its old translation is kept as fuzzy, so that the translator need not begin again."""
    before, after = "Read the page with care.\n", "Read the whole page with care.\n"
    catalogue = Catalog(locale="ru")
    catalogue.add("Read the page with care.", "Внимательно прочитайте страницу.")
    assert pages.translated(before, catalogue).text == "Внимательно прочитайте страницу.\n"
    changed = Catalog()
    changed.add("Read the whole page with care.")
    catalogue.update(changed)
    page = pages.translated(after, catalogue)
    assert (page.text, page.percent) == (after, 0)
    message = catalogue.get("Read the whole page with care.")
    assert message is not None and message.fuzzy
    assert message.string == "Внимательно прочитайте страницу."


def test_a_translated_line_never_begins_with_a_mark() -> None:
    """A number or a dash at the start of a line would begin a list."""
    catalogue = Catalog(locale="ru")
    words = " ".join(["слово"] * 16)
    catalogue.add("A text.", f"{words} - 7. слово")
    page = pages.translated("- A text.\n", catalogue)
    assert page.text.startswith("- слово")
    assert [line for line in page.text.splitlines()[1:] if re.match(r" *(-|\d)", line)] == []
    assert next(iter(pages.blocks(page.text))).message == f"{words} - 7. слово"
