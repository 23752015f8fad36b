"""A page of the manual as a test follows it: its sections, the commands, what is edited."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

_BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """A line that is typed."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """What is written into `preserva.toml`."""

    text: str


def page(name: str) -> str:
    """The text of a how-to page."""
    return (ROOT / "docs" / "how-to" / name).read_text("utf-8")


def section(text: str, anchor: str) -> list[Command | Edit]:
    """What a reader of a section does, in its order."""
    (body,) = re.findall(rf'<a id="{anchor}"></a>\n(.*?)(?=<a id=|\Z)', text, re.DOTALL)
    return list(_steps(body))


def _steps(body: str) -> Iterator[Command | Edit]:
    for language, block in _BLOCK.findall(body):
        if language == "toml":
            yield Edit(block)
            continue
        for line in block.splitlines():
            if words := shlex.split(line, comments=True):
                yield Command(tuple(words))


def edit(path: Path, block: str) -> None:
    """Put the keys of a block into a TOML file: those that stand there are replaced.

    A comment `# without [TABLE]` takes a table out.
    """
    text = path.read_text("utf-8")
    for name in re.findall(r"^# without \[(.*)\]$", block, re.MULTILINE):
        text = re.sub(rf"(?ms)^\[{re.escape(name)}\]\n.*?(?=^\[|\Z)", "", text)
    for header, lines in re.findall(r"(?ms)^\[(.*?)\]\n(.*?)(?=^\[|\Z)", block):
        text = _merged(text, header, lines.strip().splitlines())
    tomllib.loads(text)
    path.write_text(text, "utf-8")


def _merged(text: str, header: str, lines: list[str]) -> str:
    if f"\n[{header}]\n" not in text:
        return f"{text}\n[{header}]\n" + "".join(f"{line}\n" for line in lines)
    before, rest = text.split(f"\n[{header}]\n", 1)
    table, mark, after = rest.partition("\n[")
    for line in lines:
        key = line.partition(" = ")[0]
        table = re.sub(rf"(?m)^{re.escape(key)} = .*\n?", "", table)
        table = f"{line}\n{table}"
    return f"{before}\n[{header}]\n{table}{mark}{after}"
