"""Bars on a terminal: bytes where a step has a size, or else whatever it counts."""

from __future__ import annotations

import io
import sys

import pytest

from preserva.cli.console import Screen
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
    seen = Screen().observer(quiet=False)
    assert list(counted("dump", Named("folder"), "abc", 3, seen)) == ["a", "b", "c"]
    assert "folder" in terminal.getvalue() and "3/3" in terminal.getvalue()


def test_a_step_with_a_size_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    seen = Screen().observer(quiet=False)
    seen(Started("package", Named("book"), 2, 2000))
    seen(Advanced(1000))
    seen(Advanced(500, "a"))
    seen(Ended("package", Named("book")))
    assert "1.5/2.0 kB" in terminal.getvalue()


def test_nothing_is_shown_to_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    list(counted("dump", Named("folder"), "abc", 3, Screen().observer(quiet=True)))
    assert terminal.getvalue() == ""


def test_what_is_counted_stands_above_what_is_done_to_one_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also if a step is given up in the middle; results are printed between the bars."""
    terminal = on_terminal(monkeypatch)
    screen = Screen()
    seen = screen.observer(quiet=False)
    for name in counted("replicate", Named("minsk"), "abc", 3, seen):
        seen(Started("replicate", Named(f"book {name}"), 2, 2000))
        seen(Advanced(2000, "page"))
        if name != "b":
            seen(Ended("replicate", Named(f"book {name}")))
        with screen.hidden():
            terminal.write(f"result {name}\n")
    shown = terminal.getvalue()
    assert all(f"result {name}\n" in shown for name in "abc")
    assert all(text in shown for text in ("book a", "book c", "2.0/2.0 kB", "1/3", "2/3", "3/3"))
    assert screen._bars is None, "the last bar is taken away"
