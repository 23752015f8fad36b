"""One name, one thing: no two modules give the same name to different classes or types."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import preserva

ROOT = Path(preserva.__file__).parent


def names_of_types(module: ast.Module) -> Iterator[str]:
    """The public classes and type aliases of a module; type variables name no thing."""
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and not is_type_variable(node.value):
            for target in node.targets:
                if isinstance(target, ast.Name) and not target.id.isupper():
                    yield target.id


def is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in {"TypeVar", "ParamSpec"}


def shared_names(modules: dict[str, ast.Module]) -> dict[str, list[str]]:
    """Names that several modules define, with the modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, module in sorted(modules.items()):
        for name in names_of_types(module):
            if name[0].isupper():
                places[name].append(path)
    return {name: paths for name, paths in places.items() if len(paths) > 1}


def test_no_class_or_type_is_defined_twice() -> None:
    modules = {
        str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
        for path in ROOT.rglob("*.py")
    }
    shared = shared_names(modules)
    assert shared == {}


def test_what_counts_as_shared() -> None:
    """Classes and aliases of a name count; constants, type variables and private names do not."""
    first = ast.parse(
        "class Page: ...\nRow = dict[str, str]\nT = TypeVar('T')\n_Row = int\nMAX = 1"
    )
    second = ast.parse("Page = int\nclass Row: ...\nclass Tag: ...\nclass _Row: ...\nMAX = 2")
    third = ast.parse("Tag = TypeVar('Tag')")
    modules = {"first": first, "second": second, "third": third}
    assert shared_names(modules) == {"Page": ["first", "second"], "Row": ["first", "second"]}
