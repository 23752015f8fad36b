"""What a screen reader has of a page: Chromium's accessibility tree, a line for each thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.browser.page import Page

_SILENT = {
    "InlineTextBox", "LineBreak", "ListMarker", "MenuListPopup", "generic", "none", "RootWebArea",
}  # fmt: skip
"""Roles of what is not said: lines of a text, boxes for the layout."""

_CHANGING = (
    (r"\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}", "DATE"),
    (r"\b\d\d:\d\d UTC", "TIME"),
    (r"\b\d{4}-\d\d\b", "MONTH"),
    (r"\b[0-9a-f]{12,}\b", "DIGEST"),
    (r"\d+(?:[.,]\d+)? (?:[kMGTP]?B|[кМГТП]?Б)(?!\w)", "SIZE"),
)
"""What another day, another computer or another run says otherwise."""


def spoken(page: Page) -> str:
    """The roles and names of a page, indented as they are within each other."""
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    known = {node["nodeId"]: node for node in nodes}
    return "".join(f"{line}\n" for line in _lines(known, nodes[0], 0, ""))


def _lines(
    known: Mapping[str, Any], node: Mapping[str, Any], depth: int, above: str
) -> Iterator[str]:
    """The lines of a node and of those within it; `above` is the name that it is part of."""
    role, name = (str(node.get(what, {}).get("value", "")) for what in ("role", "name"))
    name = " ".join(name.split())
    said = not (node.get("ignored") or role in _SILENT)
    if said and role == "StaticText":
        said = bool(name) and name not in above
    if said:
        yield f"{'  ' * depth}{role}{_level(node)} {_masked(name)}".rstrip()
        above = name or above
    if role in {"textbox", "searchbox"}:
        return  # what is typed there is no name
    for child in node.get("childIds", ()):
        if child in known:
            yield from _lines(known, known[child], depth + said, above)


def _level(node: Mapping[str, Any]) -> str:
    """That of a heading, after a space."""
    values = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
    return f" {values['level']}" if node["role"]["value"] == "heading" else ""


def _masked(text: str) -> str:
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text)
    return text
