"""What a benchmark finds: printed for whoever watches, and kept for the page of all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

KEPT = "PRESERVA_FIGURES"
"""Names the file that gets a line of JSON for each figure."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The ratios of the rounds of a comparison."""

    low: float
    middle: float
    high: float

    def __str__(self) -> str:
        """As people read it; without its ends where there was one round."""
        if self.low == self.high:
            return f"{self.middle:.2f}"
        return f"{self.middle:.2f} ({self.low:.2f}–{self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Figure:
    """Ours divided by a peer's, or by the limit: below 1 we are faster, or need less.

    `what` names both sides, as "1 GiB in 16 files / two sha512sum". The ratio is by the clock, by
    processor time, or by both; `aim` is what was asked for by the clock.
    """

    what: str
    clock: Spread | None = None
    processor: Spread | None = None
    aim: float | None = None

    def __str__(self) -> str:
        """As it is printed."""
        parts = [
            f"{spread} by {way}"
            for spread, way in ((self.clock, "the clock"), (self.processor, "processor time"))
            if spread is not None
        ]
        aim = "" if self.aim is None else f" (aim: {self.aim:g})"
        return f"{self.what}: {', '.join(parts)}{aim}"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is no comparison: memory, a count, a peer that is not here."""

    text: str


def spread(ratios: Sequence[float]) -> Spread:
    """The least, the median and the greatest of them."""
    return Spread(min(ratios), median(ratios), max(ratios))


def report(figure: Figure) -> Figure:
    """Print a figure, and keep it where a file is named for that."""
    print(figure, flush=True)
    _keep({"figure": asdict(figure)})
    return figure


def remark(text: str) -> None:
    """Print what is no comparison, and keep it likewise."""
    print(text, flush=True)
    _keep({"remark": text})


def _keep(line: dict[str, object]) -> None:
    if path := os.environ.get(KEPT):
        with Path(path).open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(line, ensure_ascii=False) + "\n")


def kept(path: Path) -> Iterator[Figure | Remark]:
    """What was kept in a file, in its order; nothing if there is none."""
    if not path.exists():
        return
    for text in path.read_text("utf-8").splitlines():
        line = json.loads(text)
        if "remark" in line:
            yield Remark(line["remark"])
        else:
            figure = line["figure"]
            ways = {way: figure[way] and Spread(**figure[way]) for way in ("clock", "processor")}
            yield Figure(figure["what"], **ways, aim=figure["aim"])
