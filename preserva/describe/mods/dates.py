"""When a book was published, according to its MODS record: years, and a text for readers."""

from __future__ import annotations

from lxml import etree

from preserva.core.book.period import Period, period_of_text
from preserva.describe.mods import reading

_KINDS = ("dateIssued", "dateCreated", "copyrightDate", "dateOther")


def period(mods: etree._Element) -> Period | None:
    """The years, preferring coded ones; None if the record has none."""
    for kind in _KINDS:
        nodes = reading.published(mods, f"m:{kind}")
        coded = [node for node in nodes if node.get("encoding")]
        for candidate in (_of(coded), _of([node for node in nodes if node not in coded])):
            if candidate is not None:
                return candidate
    return None


def years(mods: etree._Element) -> str:
    """The years: one, or two with a slash between them (EDTF)."""
    both = period(mods)
    if both is None:
        return ""
    return str(both.first) if both.last is None else f"{both.first}/{both.last}"


def text(mods: etree._Element) -> str:
    """The date as the title page or the cataloguer states it; empty if there are only codes."""
    nodes = [node for kind in _KINDS for node in reading.published(mods, f"m:{kind}")]
    written = next((reading.text_of(node) for node in nodes if not node.get("encoding")), "")
    return _without_loose_bracket(written)


def _of(nodes: list[etree._Element]) -> Period | None:
    start = next((node for node in nodes if node.get("point") != "end"), None)
    if start is None:
        return None
    first = period_of_text(reading.text_of(start))
    if first is None or start.get("point") != "start":
        return first
    ends = (period_of_text(reading.text_of(node)) for node in nodes if node.get("point") == "end")
    last = next((end.last or end.first for end in ends if end is not None), None)
    return first if last is None or last <= first.first else Period(first.first, last)


def _without_loose_bracket(text: str) -> str:
    if text.count("[") != text.count("]"):
        text = text.strip("[]") if text[:1] == "[" or text[-1:] == "]" else text
    return text.strip()
