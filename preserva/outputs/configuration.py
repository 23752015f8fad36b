"""The commented configuration that `preserva init` writes, in the reader's language.

Its comments are messages: a paragraph of lines that begin with #, or a comment after a value.
Settings that are commented out (`# [ping]`, `# basis = "copyright"`) are not messages: only the
comments after them are. Keys and values are the same in every language, except the names of the
storages, which are in the reader's language.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from preserva.config import TEMPLATE
from preserva.i18n import NP_, _, pgettext

_WIDTH = 100
_SETTING = re.compile(
    r'(?P<setting>(?:# )?(?:\[[\w.-]+\]|[\w.-]+ = (?:"[^"]*"|\[[^]]*\]|\w+)))'
    r"(?P<gap> *)(?:# (?P<text>.*))?"
)
_PLACES = (NP_("name of a storage", "Blagoveshchensk"), NP_("name of a storage", "Minsk"))


def comments() -> Iterator[str]:
    """Every comment of the template, as a message."""
    for is_text, lines in _parts():
        if is_text:
            yield _joined(lines)
        for line in () if is_text else lines:
            match = _SETTING.fullmatch(line)
            if match and match["text"]:
                yield match["text"]


def template() -> str:
    """The configuration with its comments translated."""
    lines: list[str] = []
    for is_text, part in _parts():
        if is_text:
            lines += _paragraph(part)
        else:
            lines += map(_translated, part)
    text = "\n".join(lines) + "\n"
    for place in _PLACES:
        text = text.replace(f'"{place}"', f'"{pgettext("name of a storage", place)}"')
    return text


def _paragraph(lines: list[str]) -> list[str]:
    text = _(_joined(lines))
    if text == _joined(lines):
        return lines
    whole = text.replace(
        " = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"
    )  # a setting stays on a line
    wrapped = textwrap.wrap(whole, _WIDTH - 2, break_on_hyphens=False)
    return [f"# {line}".replace("\N{NO-BREAK SPACE}", " ") for line in wrapped]


def _translated(line: str) -> str:
    match = _SETTING.fullmatch(line)
    if match is None or not match["text"]:
        return line
    return f"{match['setting']}{match['gap']}# {_(match['text'])}"


def _parts() -> Iterator[tuple[bool, list[str]]]:
    """Each paragraph of comment, and each run of other lines."""
    held: list[str] = []
    was_text = False
    for line in TEMPLATE.splitlines():
        is_text = line.startswith("# ") and _SETTING.fullmatch(line) is None
        if is_text != was_text and held:
            yield was_text, held
            held = []
        held.append(line)
        was_text = is_text
    yield was_text, held


def _joined(lines: list[str]) -> str:
    return " ".join(line.removeprefix("# ") for line in lines)
