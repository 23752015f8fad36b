"""The narrative of an exhibition, from Markdown (CommonMark) to harmless HTML.

HTML in the text is shown as text, addresses that would run code do not become links, and pictures
become links: the site loads nothing from outside.
"""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False})
    return parser.disable("image")


def html(text: str) -> Markup:
    """The HTML of a text. Its headings begin below that of the page."""
    tokens = _parser().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + 1)}"
    return Markup(_parser().renderer.render(tokens, _parser().options, {}))
