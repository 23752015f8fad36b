"""Phrases that puzzle a native reader, and terms that were retired, do not return."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.catalogues import messages

RETIRED = {
    r"\bjoint catalogue": "union catalogue",
    r"(?<![-\w])anew\b": "again, or re-: rebuild, rewrite",
    r"\b(?:gone|goes|go|went) on with\b": "resume",
    r"\bas (?:it|they) came\b": "unchanged, as supplied",
    r"\bcame (?:along|from others)\b": "supplied, imported",
    r"\b(?:what|who|that) (?:was|is|were|are) (?:said|told)\b": "recorded, stated, reported",
    r"\bsay so\b": "report it",
    r"\bshall\b": "must, or the present tense",
    r"\bstands? (?:twice|in for|beside|behind)\b": "is listed twice, is beside",
    r"\bof (?:someone|somebody) else\b": "made elsewhere, of another institution",
    r"\bheld against\b": "checked against, compared with",
    r"\bends? with [0-9]": "Exit status: 1",
    r"\btaken in\b": "imported, ingested",
    r"\b(?:lost|cut|slow|thin|failing) lines?\b|\bthe line or the\b": "connection",
    r"\bso nothing is known of\b": "about",
    r"(?<!there )\bis no (?:bag|cluster|date|ledger|path|replica|share|table|URI)\b": "is not a",
    r"; there are: ": "known ones:",
}
"""Patterns, each with what to write instead."""

EXEMPT_PAGES = {
    "CHANGELOG.md",  # its older part says what earlier versions did in the words of their day
    "docs/reference/api.md",  # generated from docstrings
    "docs/reference/records-seen.md",  # generated
    "docs/reference/names-seen.md",  # generated
}


def problems(place: str, text: str) -> list[str]:
    """Each retired phrase in a text, with its place and what to write instead."""
    plain = " ".join(text.split())
    return [
        f"{place}: {match.group()!r}: {better}"
        for pattern, better in RETIRED.items()
        for match in re.finditer(pattern, plain, re.IGNORECASE)
    ]


PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if path.relative_to(ROOT).as_posix() not in EXEMPT_PAGES
)


def test_messages_and_help_texts_have_no_retired_phrase() -> None:
    texts = [
        (place, text)
        for (said, _context), place in messages()
        for text in ([said] if isinstance(said, str) else said)
    ]
    assert len(texts) > 500
    assert [problem for place, text in texts for problem in problems(place, text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_have_no_retired_phrase(page: Path) -> None:
    assert problems(page.name, page.read_text("utf-8")) == []


def test_a_retired_phrase_is_found() -> None:
    """Across the end of a line as well; options that have the word as a name are not meant."""
    assert problems("x", "It is gone\non with.") == ["x: 'gone on with': resume"]
    assert problems("x", "harvest --anew") == []


def test_every_exempt_page_exists() -> None:
    assert [page for page in EXEMPT_PAGES if not (ROOT / page).is_file()] == []
