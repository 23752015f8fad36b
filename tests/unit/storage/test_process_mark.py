"""A process is said to have ended only where that is certain."""

from __future__ import annotations

import subprocess
import sys

import pytest

from preserva.storage.process_mark import has_ended, process_mark

_CODE = "from preserva.storage.process_mark import process_mark; print(process_mark()); input()"


def changed(mark: str, place: int, value: str) -> str:
    parts = mark.split("/")
    parts[place] = value
    return "/".join(parts)


def test_a_process_has_ended_when_it_is_gone_and_not_before() -> None:
    command = [sys.executable, "-c", _CODE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        mark = process.stdout.readline().decode().strip()
        assert mark != process_mark() and not has_ended(mark)
        process.kill()
    assert has_ended(mark)


@pytest.mark.parametrize(
    ("place", "value", "ended"),
    [
        (0, "elsewhere", False),  # another machine: nothing is known
        (1, "pid:[1]", False),  # another container, whose numbers are others
        (2, "00000000-0000-0000-0000-000000000000", True),  # before this machine was switched on
        (3, "no number", False),
        (4, "0", True),  # the number is another process's now
    ],
)
def test_what_a_mark_proves(place: int, value: str, ended: bool) -> None:
    assert not has_ended(process_mark())
    assert has_ended(changed(process_mark(), place, value)) is ended


@pytest.mark.parametrize("mark", ["", "preserva init", "a/b", "a/b/c/d/e", "/////"])
def test_what_is_no_mark_proves_nothing(mark: str) -> None:
    assert not has_ended(mark)
