"""What `fs` 2.4.16 needs from `pkg_resources`, which setuptools 82 removed and no wheel contains.

It calls two functions: `declare_namespace` while it is imported, and `iter_entry_points` whenever
it opens a URL, to find openers that other distributions bring. Both are implemented here with the
standard library, and are used whether or not `pkg_resources` is installed: the same with every
setuptools.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pkgutil import extend_path
from types import ModuleType

_NAME = "pkg_resources"


class _StandIn(ModuleType):
    """The module in the place of `pkg_resources`."""

    @staticmethod
    def declare_namespace(package: str) -> None:
        """Let a package have parts in other folders of `sys.path`, such as `fs.sshfs`."""
        module = sys.modules[package]
        module.__path__ = extend_path(module.__path__, package)

    @staticmethod
    def iter_entry_points(group: str, name: str | None = None) -> Iterator[EntryPoint]:
        """The entry points of all distributions installed now; those of one name, if given."""
        openers = entry_points(group=group)
        return iter(openers if name is None else openers.select(name=name))


@contextmanager
def stand_in_for_pkg_resources() -> Iterator[None]:
    """Inside the `with`, an import of `pkg_resources` gets the stand-in.

    Afterwards nobody else sees it: `sys.modules` is as it was, and only what was imported inside
    still holds it. That is enough for `fs`, whose registry of openers keeps the module it imported.
    """
    before = {name: module for name, module in sys.modules.items() if name == _NAME}
    sys.modules[_NAME] = _StandIn(_NAME)
    try:
        yield
    finally:
        del sys.modules[_NAME]
        sys.modules.update(before)
