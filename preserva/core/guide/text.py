"""The text of a README as HTML.

A line at the margin is a heading, lines indented by two are a paragraph, by four or more they are
shown as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby

from preserva.core.guide.books import page

_KINDS = ("h2", "p", "pre")


def readme_html(title: str, texts: Mapping[str, str]) -> bytes:
    """One page of the README in several languages, by their codes; first a link to each."""
    links = " · ".join(f'<a href="#{code}">{code}</a>' for code in texts)
    parts = "".join(
        f'<section id="{code}" lang="{code}">{"".join(_blocks(text))}</section>'
        for code, text in texts.items()
    )
    return page(escape(title), f"<h1>{escape(title)}</h1><p>{links}</p>{parts}")


def _blocks(text: str) -> Iterator[str]:
    for kind, lines in groupby(text.splitlines(), _kind):
        block = "\n".join(line[4:] if kind == "pre" else line.strip() for line in lines)
        if kind:
            yield f"<{kind}>{escape(block)}</{kind}>\n"


def _kind(line: str) -> str:
    if not line.strip():
        return ""
    return _KINDS[min((len(line) - len(line.lstrip(" "))) // 2, 2)]
