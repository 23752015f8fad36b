"""The manual as a site: whole in three languages, and it asks no other host for anything."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.conftest import require
from tools import pages

LANGUAGES = ("en", "be", "ru")

LOADS = re.compile(
    r"<(?:script|img|iframe|source|video|audio|object|embed)\b[^>]*?\b(?:src|data)=[\"']([^\"']*)"
    r"|<link\b[^>]*?\bhref=[\"']([^\"']*)"
    r"|url\(\s*[\"']?([^\"')]*)"
    r"|@import\s+[\"']([^\"']*)"
    r"|\b(?:fetch|importScripts|import)\(\s*[\"'`]([^\"'`]*)"
)
"""What a browser fetches by itself; a link that a reader may follow is no such thing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once."""
    require(importlib.util.find_spec("furo") is not None, "preserva[docs] is not installed")
    from tools.site import build

    folder = tmp_path_factory.mktemp("manual") / "site"
    build(folder)
    return folder


def test_every_page_is_there_in_every_language(site: Path) -> None:
    """And in the language: its heading is the translated one."""
    for language in LANGUAGES:
        for source in pages.sources():
            page = (
                site
                / language
                / Path(*source.parts[-3:] if "docs" in source.parts[-3:] else source.parts[-1:])
            )
            text = page.with_suffix(".html").read_text("utf-8")
            assert f'<html class="no-js" lang="{language}"' in text
    for language, heading in {
        "en": "Your first book",
        "ru": "Ваша первая книга",
        "be": "Ваша першая кніга",
    }.items():
        tutorial = site / language / "docs" / "tutorials" / "first-book.html"
        assert f"<h1>{heading}<" in tutorial.read_text("utf-8")


def test_nothing_is_asked_of_another_host(site: Path) -> None:
    """No script, style, font, picture or request; and there are such things of its own."""
    outside, own = [], 0
    for path in site.rglob("*"):
        if path.suffix in (".html", ".css", ".js"):
            for match in LOADS.finditer(path.read_text("utf-8")):
                address = next(group for group in match.groups() if group is not None)
                own += 1
                if re.match(r"(?:[a-z]+:)?//", address):
                    outside.append(f"{path.relative_to(site)}: {address}")
    assert outside == []
    assert own > 1000


def test_every_link_within_leads_somewhere(site: Path) -> None:
    """From page to page, and from language to language."""
    broken, followed = [], 0
    for page in site.rglob("*.html"):
        for link in re.findall(r'<a\b[^>]*?\bhref="([^"#]+)', page.read_text("utf-8")):
            if not re.match(r"[a-z]+:", link):
                followed += 1
                if not (page.parent / unquote(link.partition("?")[0])).exists():
                    broken.append(f"{page.relative_to(site)}: {link}")
    assert broken == []
    assert followed > 1000


@pytest.mark.parametrize(
    ("language", "word"), [("en", "quarantin"), ("ru", "карантин"), ("be", "каранцін")]
)
def test_the_search_knows_the_words(site: Path, language: str, word: str) -> None:
    """The index is a script beside the pages, so it needs no server."""
    script = (site / language / "searchindex.js").read_text("utf-8")
    index = json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))
    assert any(term.startswith(word) for term in index["terms"])
