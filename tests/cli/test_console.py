"""Bars on a terminal: bytes where a step has a size, or else whatever it counts."""

from __future__ import annotations

import io
import sys

import pytest

from preserva.cli.console import observer
from preserva.core.values.report import Advanced, Ended, Started, counted
from preserva.core.values.subjects import Named


class Terminal(io.StringIO):
    """What people see."""

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal on which progress is shown from here on."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return stream


def test_a_step_without_a_size_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    seen = observer(quiet=False)
    assert list(counted("dump", Named("folder"), "abc", 3, seen)) == ["a", "b", "c"]
    assert "folder" in terminal.getvalue() and "3/3" in terminal.getvalue()


def test_a_step_with_a_size_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    seen = observer(quiet=False)
    seen(Started("package", Named("book"), 2, 2000))
    seen(Advanced(1000))
    seen(Advanced(500, "a"))
    seen(Ended("package", Named("book")))
    assert "1.5/2.0 kB" in terminal.getvalue()


def test_nothing_is_shown_to_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    list(counted("dump", Named("folder"), "abc", 3, observer(quiet=True)))
    assert terminal.getvalue() == ""
