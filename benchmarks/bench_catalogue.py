"""The union catalogue with many records: filling it, and the first page of a search.

    python -m benchmarks.bench_catalogue [RECORDS] [FILE]

Records are generated; their words are as frequent as words are (Zipf). FILE keeps the catalogue and
is used again if it is there. Filling is told by tenths, by the clock and by the processor, with the
memory after each: all should stay as they are. A search is compared with a plain FTS5 query for
twenty rows with the same words. Without RECORDS, 10,000 are taken, then 100,000, and 1,000,000
where PRESERVA_LONG is set.
"""

from __future__ import annotations

import os
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from benchmarks.figures import Figure, Spread, remark, report
from benchmarks.pairs import compared, spent
from preserva.catalogue.database import Database
from preserva.catalogue.entry import CatalogueEntry, Contributor, Facet, Item, uri_of
from preserva.catalogue.index import Incoming, Index
from preserva.catalogue.query import terms
from preserva.catalogue.search import Search

SYLLABLES = re.findall("[^ ]+", "ба ве ги до жу за ко лю ми но пе ра со ту фе хо ца ши ще эн ять")
WORDS = 30_000
BATCH = 500
TIMES = 20
PLAIN = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 20"
QUESTIONS = (("two frequent words", (3, 8)), ("one frequent word", (0,)),
             ("a frequent and a rare one", (2, 9_000)), ("a rare word", (5_000,)))  # fmt: skip


def vocabulary() -> list[str]:
    """Words of two to five syllables, each once, always the same."""
    chance = random.Random(7)
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found["".join(chance.choices(SYLLABLES, k=chance.randint(2, 5)))] = None
    return list(found)


def records(count: int) -> Iterator[Incoming]:
    """Generated records, always the same."""
    chance, words = random.Random(8), vocabulary()
    weights = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))
    for number in range(count):
        text = chance.choices(words, cum_weights=weights, k=14)
        entry = CatalogueEntry(
            title=" ".join(text[:7]),
            agents=(Contributor(" ".join(text[7:9])),),
            subjects=tuple(text[9:12]),
            place=text[12][:4],
            publisher=text[13],
            year=chance.randint(1517, 1925),
            languages=(chance.choice(["rus", "bel", "chu", "pol"]),),
            form="text",
            items=(Item(chance.choice(["АОНБ", "НББ"]), f"Р-{number}", (str(number),)),),
        )
        yield Incoming(uri_of("aonb", str(number)), "generated", entry, str(number).encode() * 50)


def peak_memory() -> int:
    """Of this process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fill(database: Database, count: int) -> None:
    """Put the records in, and say how long each tenth takes and how much memory there was."""
    index, source = Index(database), records(count)
    by_processor = []
    for tenth in range(1, 11):

        def some() -> None:
            for _batch in range(count // 10 // BATCH):
                with database.writing():
                    for _one in range(BATCH):
                        index.put(next(source), 1)

        seconds, processor = spent(some)
        by_processor.append(processor)
        memory = peak_memory()
        each, worked = (one / (count // 10) * 1e6 for one in (seconds, processor))
        print(f"tenth {tenth}: {each:.0f} µs a record ({worked:.0f} of the processor),"
              f" {memory} MiB", flush=True)  # fmt: skip
    growth, memory = by_processor[-1] / by_processor[0], peak_memory()
    what = f"filling {count:,} records, time per record: the last tenth / the first"
    report(Figure(what, processor=Spread(growth, growth, growth)))
    remark(f"  peak memory: {memory} MiB")


def main() -> None:
    """Fill, then search, for each number of records."""
    if len(sys.argv) > 1:
        run(int(sys.argv[1]))
        return
    for count in (10_000, 100_000, *([1_000_000] if os.environ.get("PRESERVA_LONG") else [])):
        run(count)


def run(count: int) -> None:
    """Fill, then search."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(folder) / "catalogue.sqlite"
        there = path.exists()
        database = Database(path)
        if not there:
            fill(database, count)
        search, words = Search(database), vocabulary()
        for name, ranks in QUESTIONS:
            question = " ".join(words[rank] for rank in ranks)
            ask(database, search, name, question)
        start = time.perf_counter()
        page = search.page(words[0], {Facet.CENTURY: "17", Facet.HOLDER: "НББ"})
        elapsed = time.perf_counter() - start
        remark(f"a frequent word, two facets: {page.total} found, {elapsed * 1000:.0f} ms")
        database.close()


def ask(database: Database, search: Search, name: str, question: str) -> None:
    """The first page of a question, and the plain query, in turns."""
    plain = " AND ".join(f"({term.condition})" for term in terms(question))
    page = search.page(question, {})
    pairs = [
        (spent(lambda: search.page(question, {})), spent(lambda: database.run(PLAIN, plain)))
        for _time in range(TIMES)
    ]
    found = f"{page.total}{'+' if page.more else ''} found"
    compared(f"search for {name}, {found} / a plain query for twenty", pairs)


if __name__ == "__main__":
    main()
