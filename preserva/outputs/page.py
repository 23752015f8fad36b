"""A page for people: one HTML file that needs nothing else, and prints well.

No script, nothing from the network; charts are SVG with a title and a description. Everything that
is shown goes through the escaping of Jinja2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from preserva.i18n import language

_HEIGHT = 180
_TOP = 30
_BOTTOM = 30
_STEP = 84


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a bar, from its upper edge down; its kind is its colour."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: where it stands, what is written over and under it."""

    label: str
    value: str
    x: float
    blocks: tuple[Block, ...]

    @property
    def middle(self) -> float:
        """Where its words are centred."""
        return self.x + _STEP * 0.35

    @property
    def top(self) -> float:
        """Where it ends."""
        return min((one.y for one in self.blocks), default=_HEIGHT)


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
        """Of all bars, in the units of the drawing; a chart of few bars is not blown up."""
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
    """A whole page; `lead` is what a reader must know if nothing else is read."""

    title: str
    subtitle: str
    lead: str
    alarm: bool
    sections: tuple[Section, ...] = field(default=())


def chart(
    title: str, description: str, values: Sequence[tuple[str, Sequence[tuple[str, int]]]]
) -> Chart:
    """A chart of bars, each with its label and the parts that it is made of, the lowest first."""
    most = max((sum(size for _kind, size in parts) for _label, parts in values), default=0) or 1
    bars = []
    for place, (label, parts) in enumerate(values):
        blocks, edge = [], float(_HEIGHT)
        for kind, size in parts:
            height = round(size / most * (_HEIGHT - _TOP), 1)
            edge = round(edge - height, 1)
            if size:
                blocks.append(Block(kind, edge, height))
        total = sum(size for _kind, size in parts)
        bars.append(Bar(label, str(total), round((place + 0.15) * _STEP, 1), tuple(blocks)))
    return Chart(title, description, tuple(bars))


def html(page: Page) -> str:
    """The page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("preserva.outputs", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(page=page, language=language())
