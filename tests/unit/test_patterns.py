"""Hostile text costs nothing: no regular expression takes more than linear time."""

import ast
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import preserva
from preserva.catalogue import fold
from tests.support.pattern_steps import is_linear

ROOT = Path(preserva.__file__).parent
ANCHORED = {"fullmatch", "match"}

Patterns = Iterator[tuple[str, re.Pattern[Any], bool]]


def patterns_of_modules() -> Patterns:
    """Each compiled pattern with its place, and whether it is searched for anywhere in a text."""
    for module in pkgutil.walk_packages(preserva.__path__, "preserva."):
        if module.name.endswith("__main__"):
            continue
        loaded = import_module(module.name)
        tree = ast.parse(Path(str(loaded.__file__)).read_text("utf-8"))
        for name, value in vars(loaded).items():
            if isinstance(value, re.Pattern):
                methods = {
                    node.attr
                    for node in ast.walk(tree)
                    if isinstance(node, ast.Attribute)
                    and isinstance(node.value, ast.Name)
                    and node.value.id == name
                }
                yield f"{module.name}.{name}", value, not methods or bool(methods - ANCHORED)
    for name, value in vars(fold._folding()).items():
        if isinstance(value, re.Pattern):
            yield f"preserva.catalogue.fold.Folding.{name}", value, True


def patterns_of_calls() -> Patterns:
    """Each pattern that stands in a call such as re.search("...", text)."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and ast.unparse(node.func.value) == "re"
                and node.func.attr not in {"compile", "escape"}
                and isinstance(node.args[0], ast.Constant)
            ):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield place, re.compile(node.args[0].value), node.func.attr not in ANCHORED


def test_no_pattern_is_more_than_linear() -> None:
    patterns = [*patterns_of_modules(), *patterns_of_calls()]
    assert len(patterns) > 100
    slow = {
        place: str(pattern.pattern)
        for place, pattern, searched in patterns
        if not is_linear(pattern, searched=searched)
    }
    assert slow == {}


@pytest.mark.parametrize(
    ("pattern", "searched", "linear"),
    [
        (r"\s*[;/]\s*", True, False),
        (r"\s*[;/]\s*", False, True),
        (r"\[[^]]*\]|\W", True, False),
        (r"\[[^][]*\]|\W", True, True),
        (r"(a|aa)+b", False, False),
        (r"(?:[a-z]+\s*)*;", False, False),
        (r"<!doctype\s+html([^>]*)>", True, False),
        (r"<!doctype\s+html([^<>]*)>", True, True),
        (rb"(.{3,})(?:ab|c)", False, True),
        (r"x{0,200}y", True, True),
        (r"(?>a+)b", False, True),
        (r"a*?b", False, True),
        (r"(?<!a)b*c$", True, False),
        (r"(?<=://)\S*@", True, False),
    ],
)
def test_what_counts_as_linear(pattern: str | bytes, searched: bool, linear: bool) -> None:
    assert is_linear(re.compile(pattern), searched=searched) is linear
