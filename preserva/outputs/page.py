"""A page for people: one self-contained HTML file that prints well.

It has no scripts and loads nothing from the network; charts are SVG with a title and a description.
All text is escaped by Jinja2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from preserva.i18n import language

if TYPE_CHECKING:
    from markupsafe import Markup

_HEIGHT = 180
_TOP = 30
_BOTTOM = 30
_STEP = 84


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a bar: its upper edge, its height, and its kind, which gives its colour."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: its position, the label below it and the value above it."""

    label: str
    value: str
    x: float
    blocks: tuple[Block, ...]

    @property
    def middle(self) -> float:
        """The x coordinate on which its label and value are centred."""
        return self.x + _STEP * 0.35

    @property
    def top(self) -> float:
        """The y coordinate of its upper end."""
        return min((block.y for block in self.blocks), default=_HEIGHT)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of bars."""

    title: str
    description: str
    bars: tuple[Bar, ...]
    floor: int = _HEIGHT
    height: int = _HEIGHT + _BOTTOM
    bar_width: float = _STEP * 0.7

    @property
    def width(self) -> int:
        """The width of the drawing; a chart with few bars is not enlarged."""
        return max(640, _STEP * len(self.bars))


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: sentences, a chart, a table."""

    heading: str
    texts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page. `lead` is the one sentence that every reader must see."""

    title: str
    subtitle: str
    lead: str
    alarm: bool
    sections: tuple[Section, ...] = field(default=())


def chart(
    title: str, description: str, values: Sequence[tuple[str, Sequence[tuple[str, int]]]]
) -> Chart:
    """Draw a chart of bars, each with its label and its parts, the lowest first."""
    most = max((sum(size for _kind, size in parts) for _label, parts in values), default=0) or 1
    bars = []
    for position, (label, parts) in enumerate(values):
        blocks, edge = [], float(_HEIGHT)
        for kind, size in parts:
            height = round(size / most * (_HEIGHT - _TOP), 1)
            edge = round(edge - height, 1)
            if size:
                blocks.append(Block(kind, edge, height))
        total = sum(size for _kind, size in parts)
        bars.append(Bar(label, str(total), round((position + 0.15) * _STEP, 1), tuple(blocks)))
    return Chart(title, description, tuple(bars))


def bound(text: str) -> str:
    """The text with no line break between a number and the word that belongs to it."""
    text = re.sub(r"(?<![\w.-])([0-9][0-9.,]*) (?=[^\W\d_])", "\\1\N{NO-BREAK SPACE}", text)
    return re.sub(r"(?<=[№§]) (?=[0-9])", "\N{NO-BREAK SPACE}", text)


def typeset(text: str) -> Markup:
    """A text as HTML: commands, which stand between back quotes, as code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:  # a back quote without another
        return escape(bound(text))
    around = Markup("{}"), Markup("<code>{}</code>")
    return Markup("").join(
        around[number % 2].format(part if number % 2 else bound(part))
        for number, part in enumerate(parts)
    )


def html(page: Page) -> str:
    """Render the page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("preserva.outputs", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["set"] = typeset
    return environment.get_template("page.html.j2").render(page=page, language=language())
