"""Decisions on file names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import permutations

from preserva.core.values.names import folded, is_foreign_to_windows, is_unsafe, nfc, twins


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        "data/../x",
        "data/..",
        "data//x",
        "data/",
        "./x",
        "data/./x",
        "~",
        "~/x",
        "~root/x",
        "C:\\x",
        "C:x",
        "\\\\server\\x",
        "\\\\?\\x",
        "data\\x",
        "data/a\0b",
        "data/.. /x",
        "data/. ./x",
        "data/ /x",
        "%HomeDrive%\\x",
    ],
)
def test_unsafe(path: str) -> None:
    assert is_unsafe(path)


@pytest.mark.parametrize(
    "path",
    [
        "data/x",
        "data/~",
        "data/~root/x",
        "~$x.docx",
        "data/.hidden",
        "data/a..b",
        "data/..a",
        "data/a b",
        "data/a\nb",
        "data/\xa0",
        "data/C:x",
        "data/%2e%2e/x",
    ],
)
def test_safe(path: str) -> None:
    assert not is_unsafe(path)


@pytest.mark.parametrize(
    "path",
    [
        "data/CON",
        "data/aux.txt",
        "data/nul/x",
        "data/Lpt9",
        "data/com¹.txt",
        "data/x.",
        "data/x ",
        "data/x./y",
        "data/a:b",
        'data/a"b',
        "data/a?b",
        "data/" + "x" * 256,
    ],
)
def test_windows_cannot_hold(path: str) -> None:
    assert is_foreign_to_windows(path)


@pytest.mark.parametrize(
    "path", ["data/console", "data/com10", "data/xaux", "data/.x", "data/a.b", "data/" + "x" * 255]
)
def test_windows_can_hold(path: str) -> None:
    assert not is_foreign_to_windows(path)


@given(permutations(("data/A", "data/\u0439", "data/b", "data/a", "data/\u0438\u0306", "data/c")))
def test_twins_are_the_same_in_any_order(paths: tuple[str, ...]) -> None:
    composed, parted = "data/\u0439", "data/\u0438\u0306"
    assert list(twins(lambda: paths)) == [("data/a", "data/A"), (composed, parted)]
    assert nfc(parted) == composed
    assert folded("data/\u0418\u0306") == composed
