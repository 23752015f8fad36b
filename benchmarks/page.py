"""The page of benchmarks, made from what they found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.figures import Figure, Remark
from benchmarks.limits import LIMITS
from benchmarks.parts import Part

_HEAD = """\
# Benchmarks

Written by `make bench`, which anybody can run again: an hour at most, with nothing else running
meanwhile. Each row is a ratio: the time of preserva divided by that of the peer, or of the physical
limit, in the same run and in turns. **Below 1, preserva is faster.** It is the median of the
rounds; the least and the greatest stand in brackets. Processor time counts all processes of both
sides. Absolute times are no results: they belong to one machine.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """What one benchmark found, and how it ended if not well."""

    part: Part
    found: tuple[Figure | Remark, ...]
    end: str = ""


def page(machine: dict[str, str], sections: Sequence[Section]) -> str:
    """The whole page, in Markdown."""
    lines = [_HEAD, "| made with | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in machine.items()]
    for section in sections:
        lines += ["", f"## {section.part.title}", "", *_section(section)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> Iterator[str]:
    words = (f"python -m benchmarks.bench_{section.part.name}", *section.part.arguments)
    yield f"`{' '.join(words)}`"
    figures = [one for one in section.found if isinstance(one, Figure)]
    if figures:
        yield ""
        yield "| ours / theirs | by the clock | by processor time | aim |"
        yield "|---|---|---|---|"
        yield from map(_row, figures)
    remarks = [one.text.strip() for one in section.found if isinstance(one, Remark)]
    if remarks:
        yield ""
        yield from (f"- {text}" for text in remarks)
    if section.end:
        yield ""
        yield f"**{section.end[0].upper()}{section.end[1:]}.**"
    for limit in LIMITS.get(section.part.name, ()):
        yield ""
        yield limit


def _row(figure: Figure) -> str:
    clock, processor = (str(one or "") for one in (figure.clock, figure.processor))
    if figure.clock is None or figure.aim is None:
        aim = ""
    else:
        aim = f"{figure.aim:g}, {'met' if figure.clock.middle <= figure.aim else 'not met'}"
    return f"| {figure.what} | {clock} | {processor} | {aim} |"
