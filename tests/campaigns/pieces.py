"""A long campaign in pieces: in an order that a seed gives, with a file of what is done.

    PRESERVA_LONG=1 PRESERVA_RESULTS=done.jsonl PRESERVA_SEED=7 PRESERVA_MINUTES=15 pytest ...

The next piece takes the same file and continues with what is left; a point that failed is not in
it. Without PRESERVA_RESULTS every point is tried, without PRESERVA_MINUTES until all are done.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_BEGUN = time.monotonic()


def left(campaign: str, points: Iterable[int]) -> Iterator[int]:
    """The points of a campaign that are not done yet; each is recorded when the next is asked for.

    They end when the time for this piece is over.
    """
    named = os.environ.get("PRESERVA_RESULTS")
    results = Path(named) if named else None
    done = _done(results, campaign)
    order = [point for point in points if point not in done]
    random.Random(f"{os.environ.get('PRESERVA_SEED', '0')} {campaign}").shuffle(order)
    minutes = float(os.environ.get("PRESERVA_MINUTES", "inf"))
    for point in order:
        if time.monotonic() - _BEGUN > 60 * minutes:
            return
        yield point
        if results is not None:
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"campaign": campaign, "point": point}) + "\n")


def _done(results: Path | None, campaign: str) -> set[int]:
    if results is None or not results.exists():
        return set()
    lines = map(json.loads, results.read_text("utf-8").splitlines())
    return {line["point"] for line in lines if line["campaign"] == campaign}
