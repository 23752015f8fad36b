"""The public API as data: its calls, its values, and every type that they speak of."""

from __future__ import annotations

import ast
import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from types import ModuleType

import preserva
from preserva import bags

Call = Callable[..., object]

CLASSES: tuple[type, ...] = (
    preserva.Archive,
    preserva.Catalogue,
    preserva.ArchiveLedger,
    preserva.StaffPages,
)
"""The classes whose methods are calls; all others are values."""

_ON_DISK = {"from_facts", "to_facts"}
"""Methods that are about the form of a value in the ledger, which is no part of the API."""


def public() -> dict[str, object]:
    """Everything that `preserva` exports, by its name."""
    return {name: getattr(preserva, name) for name in preserva.__all__}


def functions() -> dict[str, Call]:
    """The functions of the package itself, by their names."""
    return {name: one for name, one in public().items() if inspect.isfunction(one)}


def functions_of_bags() -> dict[str, Call]:
    """The functions of `preserva.bags`, in the order of the module."""
    members = {name: getattr(bags, name) for name in bags.__all__}
    calls = [(name, one) for name, one in members.items() if inspect.isfunction(one)]
    return dict(sorted(calls, key=lambda call: call[1].__code__.co_firstlineno))


def methods(of: type) -> dict[str, Call]:
    """The public methods of a class, and what its properties call, base classes first."""
    found: dict[str, Call] = {}
    for base in [base for base in of.__mro__ if _is_ours(base)]:
        for name, member in vars(base).items():
            call = member.fget if isinstance(member, property) else member
            if not name.startswith("_") and inspect.isfunction(call):
                found.setdefault(name, call)
    return found


def values() -> dict[str, type]:
    """The exported classes that are no calls, by their names."""
    return {
        name: one
        for name, one in public().items()
        if isinstance(one, type) and one not in CLASSES and not issubclass(one, BaseException)
    }


def methods_of_value(of: type) -> dict[str, Call]:
    """The methods of a value that need nothing but values that are exported as well."""
    if not (is_dataclass(of) or issubclass(of, Enum)):
        return {}
    known = {*values().values(), *CLASSES}
    found: dict[str, Call] = {}
    for base in [base for base in of.__mro__ if _is_ours(base)]:
        for name, member in vars(base).items():
            call = member.__func__ if isinstance(member, classmethod) else member
            if name.startswith("_") or name in _ON_DISK or not inspect.isfunction(call):
                continue
            if all(one in known for one in mentioned(list(hints(call).values()))):
                found.setdefault(name, call)
    return found


def exceptions() -> dict[str, type[BaseException]]:
    """The exported exceptions, by their names."""
    return {
        name: one
        for name, one in public().items()
        if isinstance(one, type) and issubclass(one, BaseException)
    }


def fields(of: type) -> dict[str, object]:
    """The public fields and properties of a value with their types."""
    names: dict[str, object] = {}
    for base in [base for base in of.__mro__ if _is_ours(base)]:
        names = {**_names(sys.modules[base.__module__]), **names}
    found = {
        name: type_
        for name, type_ in typing.get_type_hints(of, None, names).items()
        if not name.startswith("_") and typing.get_origin(type_) is not typing.ClassVar
    }
    for base in reversed([base for base in of.__mro__ if _is_ours(base)]):
        for name, member in vars(base).items():
            if isinstance(member, property) and not name.startswith("_"):
                found[name] = hints(member.fget).get("return") if member.fget else None
    return found


def hints(call: Call) -> dict[str, object]:
    """The types of a function's parameters, and of what it returns under `return`."""
    return typing.get_type_hints(call, _names(sys.modules[call.__module__]))


def mentioned(type_: object) -> Iterator[type]:
    """The classes of ours in a type, however deep."""
    if isinstance(type_, (list, tuple)):
        for part in type_:
            yield from mentioned(part)
    elif isinstance(type_, typing.TypeVar):
        yield from mentioned(type_.__bound__)
    elif isinstance(type_, type) and not typing.get_args(type_):
        if _is_ours(type_):
            yield type_
    else:
        yield from mentioned(typing.get_args(type_))


def _is_ours(class_: type) -> bool:
    return class_.__module__.partition(".")[0] == "preserva"


@cache
def _names(module: ModuleType) -> dict[str, object]:
    """The names of a module, and those that it imports for type checkers or when it needs them."""
    found = dict(vars(module))
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and node.module:
            source = import_module(node.module)
            for alias in node.names:
                if hasattr(source, alias.name):
                    found.setdefault(alias.asname or alias.name, getattr(source, alias.name))
    return found
