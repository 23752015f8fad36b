"""The public API: complete, documented, typed, and free of cost until it is used."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import preserva
from tests.conftest import ROOT
from tools import api_page, api_surface

PAGE = ROOT / "docs" / "reference" / "api.md"


def _calls() -> dict[str, api_surface.Call]:
    """Every function and every method, by its full name."""
    calls = {**api_surface.functions(), **api_surface.functions_of_bags()}
    for class_ in api_surface.CLASSES:
        for name, call in api_surface.methods(class_).items():
            calls[f"{class_.__name__}.{name}"] = call
    return calls


def test_the_page_is_what_the_code_says() -> None:
    """`python -m tools.api_page` writes it."""
    assert PAGE.read_text("utf-8") == api_page.page()


def test_every_name_is_there_and_shown() -> None:
    """Loaded when it is asked for; `dir` has all of them; type checkers see the same ones."""
    assert set(preserva.__all__) == {"__version__", *preserva._PLACES}
    assert set(preserva.__all__) <= set(dir(preserva))
    for name in preserva.__all__:
        assert getattr(preserva, name) is not None
    text = Path(preserva.__file__).read_text("utf-8")
    seen = text.partition("if TYPE_CHECKING:")[2].partition("_PLACES")[0]
    imported = {match.rpartition(" ")[2] for match in re.findall(r"[\w ]+(?=[,\n])", seen)}
    assert set(preserva._PLACES) <= imported


def test_every_type_that_a_call_speaks_of_is_exported() -> None:
    """In parameters, in what is returned, and in the fields of that."""
    exported: set[type] = set(api_surface.values().values()) | set(api_surface.CLASSES)
    exported |= set(api_surface.exceptions().values())
    spoken_of = {name: list(api_surface.hints(call).values()) for name, call in _calls().items()}
    for name, value in api_surface.values().items():
        spoken_of[name] = list(api_surface.fields(value).values())
    missing = {
        f"{name}: {type_.__module__}.{type_.__name__}"
        for name, types in spoken_of.items()
        for type_ in api_surface.mentioned(types)
        if type_ not in exported
    }
    assert not missing
    assert len(spoken_of) > 100, "the walk found the calls and the values"


def test_every_exception_is_exported() -> None:
    """All that derive from PreservaError, wherever they are defined."""
    for module in pkgutil.walk_packages(preserva.__path__, "preserva."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting: list[type[BaseException]] = [preserva.PreservaError]
    for error in waiting:
        waiting += error.__subclasses__()
    ours = {error for error in waiting if error.__module__.startswith("preserva.")}
    assert ours == set(api_surface.exceptions().values())


def test_a_class_has_one_name() -> None:
    """Nothing is exported twice."""
    values = [*api_surface.values().values(), *api_surface.exceptions().values()]
    assert len(values) == len(set(values))


def test_options_are_given_by_name() -> None:
    """At most four arguments have a place of their own, and none of them is a switch."""
    for name, call in _calls().items():
        placed = [
            one
            for one in inspect.signature(call).parameters.values()
            if one.kind is one.POSITIONAL_OR_KEYWORD and one.name != "self"
        ]
        assert len(placed) <= 3, name
        assert not any(isinstance(one.default, bool) for one in placed), name


def test_importing_loads_nothing() -> None:
    """No I/O, no heavy module."""
    script = (
        "import sys, preserva; print(sorted(m for m in sys.modules if m.startswith('preserva')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['preserva', 'preserva.version']"


def test_the_package_is_typed() -> None:
    """PEP 561."""
    assert (Path(preserva.__file__).parent / "py.typed").is_file()


def test_no_module_and_no_function_is_too_long() -> None:
    """400 lines and 50 lines: what is longer needs a reason, and stands here with it."""
    import ast

    long: dict[str, int] = {}
    for path in sorted((ROOT / "preserva").rglob("*.py")):
        text = path.read_text("utf-8")
        name = path.relative_to(ROOT).as_posix()
        if text.count("\n") > 400:
            long[name] = text.count("\n")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 50:
                long[f"{name}:{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    reasons = {
        "preserva/__init__.py": "a registry: one line for each public name",
        "preserva/config.py": "the file's template stands beside what reads it",
        "preserva/cli/repair.py:command": "click declares one argument for each option",
        "preserva/api/ingest.py:update": "one argument for each option, and what each means",
        "preserva/core/values/codes.py": "a registry: one entry for each finding, and nothing else",
        "preserva/cli/bag.py:create": "click declares one argument for each option",
        "preserva/cli/export.py:command": "click declares one argument for each option",
        "preserva/cli/exhibit.py:build": "click declares one argument for each option",
        "preserva/cli/import_.py:command": "click declares one argument for each option",
        "preserva/cli/package.py:command": "click declares one argument for each option",
        "preserva/cli/rebuild.py:ledger": "click declares one argument for each option",
        "preserva/cli/relate.py:command": "click declares one argument for each option",
        "preserva/core/values/facts.py": "a registry: the facts of each type of entry",
        "preserva/cli/update.py:command": "click declares one argument for each option",
        "preserva/cli/validate.py:command": "click declares one argument for each option",
        "preserva/cli/withdraw.py:command": "click declares one argument for each option",
    }
    assert set(long) <= set(reasons), long
