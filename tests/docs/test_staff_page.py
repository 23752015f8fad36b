"""The tutorial of the pages for staff says what the tour does, in the words that the pages have."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from PIL import Image

from preserva.i18n import _, speaking
from tests.conftest import ROOT
from tools import pages

TOUR = ROOT / "tests/browser/test_tour.py"
PAGE = ROOT / "docs/tutorials/staff-page.md"
PICTURES = PAGE.parent / "pictures"
LANGUAGES = ("en", "ru", "be")
LARGEST = 2 << 20
"""Bytes of all pictures; who clones the project gets each of them as often as it was made."""

Step = tuple[tuple[str, ...], tuple[str, ...]]
"""What is pressed in a step, by the English words, and the pictures that it shows."""


def page_in(language: str) -> Path:
    return PAGE if language == "en" else pages.place(PAGE, language)


def tour_steps() -> list[Step]:
    """Those of the tour: each function in which something is pressed is one."""
    steps = []
    for function in ast.parse(TOUR.read_text("utf-8")).body:
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("test_"):
            calls = [call for call in ast.walk(function) if isinstance(call, ast.Call)]
            calls.sort(key=lambda call: call.lineno)
            pressed, shown = _texts(calls, "press"), _texts(calls, "show")
            if pressed:
                steps.append((pressed, shown))
    return steps


def _texts(calls: list[ast.Call], method: str) -> tuple[str, ...]:
    """The texts that calls of a method have as their first argument, marked with _ or not."""
    made = (call for call in calls if getattr(call.func, "attr", "") == method)
    first = (ast.unparse(call.args[0]) for call in made)
    return tuple(ast.literal_eval(text.removeprefix("_")) for text in first)


def tutorial_steps(language: str) -> list[Step]:
    """Those of the page: each numbered section is one."""
    sections = re.split(r"^## \d+\. ", page_in(language).read_text("utf-8"), flags=re.MULTILINE)
    return [
        (
            tuple(
                " ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)
            ),
            tuple(re.findall(rf"pictures/{language}/([\w-]+)\.png\)", text)),
        )
        for text in sections[1:]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tutorial_is_the_tour(language: str) -> None:
    """Bold is what is pressed, in its order; each picture is in the section in which it is made."""
    with speaking(language):
        walked = [(tuple(map(_, pressed)), shown) for pressed, shown in tour_steps()]
    assert tutorial_steps(language) == walked


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_is_there_and_used(language: str) -> None:
    """All of one width; the pages of a language show that language alone."""
    named = re.findall(r"\]\(([^)]+\.png)\)", page_in(language).read_text("utf-8"))
    used = {(page_in(language).parent / name).resolve() for name in named}
    assert used == set((PICTURES / language).iterdir())
    assert {_width(path) for path in used} == {1000}


def _width(path: Path) -> int:
    with Image.open(path) as image:
        return image.width


def test_the_pictures_are_small() -> None:
    files = [path for path in PICTURES.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST
    assert {path.parent.name for path in files} == set(LANGUAGES)
