"""What the daily pages of `preserva web` cost beside their own queries, in a large archive.

    python -m benchmarks.bench_web [PACKAGES] [CHECKS] [REQUESTS]

A ledger is generated with two copies of each package and so many checks of each copy. Each page is
asked for in turns with the queries in SQL that it makes, run again by themselves; a page is made
when nothing has changed since the last request, and when a check was recorded just before. Prints
ratios, and how much memory the requests at the end have added.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from benchmarks.bench_ledger import CHECK, STORAGES, fill
from benchmarks.figures import remark
from benchmarks.pairs import ratio
from preserva import config as configuration
from preserva.archive.archive import create_archive, open_archive, utc_now
from preserva.core.values.entries import FIXITY_CHECK, SUCCESS
from preserva.ledger import Ledger
from preserva.web import people, sessions
from preserva.web.application import guarded
from preserva.web.database import WebDatabase
from preserva.web.people import PageRole
from preserva.web.shelf import fold
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker

PAGES = (
    "/",
    "/books",
    "/books?q=kniga+7",
    "/books?state=few",
    "/incidents",
    "/decisions",
    "/copies",
    "/audits",
    "/jobs",
    "/reports",
)
"""All but the page of a book, which reads that book from its storage."""

_ROWS = 500

Query = tuple[str, str]
"""A file of SQLite, and a statement with its values."""


def archive(place: Path, packages: int, checks: int, ledger: Path | None) -> Path:
    """A configuration with a ledger of so many packages, generated or copied; no bytes of them."""
    path = place / configuration.NAME
    path.write_text(configuration.TEMPLATE, encoding="utf-8")
    config = configuration.load(path)
    create_archive(config)
    for mark in place.glob("storages/*/preserva-ledger.json"):
        mark.unlink()  # the storages have not seen this ledger
    if ledger is not None:
        shutil.copy(ledger, config.ledger)
        return path
    config.ledger.unlink()
    fill(config.ledger, packages, checks)
    with open_ledger(config.ledger) as opened:
        opened.reindex()
    return path


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """A ledger that is closed at the end."""
    opened = Ledger(path)
    try:
        yield opened
    finally:
        opened.close()


def titles(database: WebDatabase, packages: int) -> None:
    """The titles that the server would have read."""
    rows = (
        (f"urn:preserva:aonb:kp-{number:07}", 1, f"Kniga {number}", fold(f"Kniga {number}"))
        for number in range(packages)
    )
    with database.writing() as connection:
        connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?)", rows)


@contextmanager
def noted() -> Iterator[list[Query]]:
    """The queries of all connections that are opened meanwhile."""
    queries: list[Query] = []
    connect = sqlite3.connect

    def watched(database: object, *arguments: object, **options: object) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(database, *arguments, **options)  # type: ignore[call-overload]
        name = str(database).removeprefix("file:").partition("?")[0]
        made.set_trace_callback(lambda text: queries.append((name, text)))
        return made

    sqlite3.connect = watched  # type: ignore[assignment]
    try:
        yield queries
    finally:
        sqlite3.connect = connect


def again(queries: list[Query]) -> Callable[[], None]:
    """The same queries as an action: each file is opened once.

    As many rows of each are fetched as we ever read by one query: of many, the pages read a few.
    """
    reading = [query for query in queries if query[1].lstrip().upper().startswith("SELECT")]

    def run() -> None:
        opened: dict[str, sqlite3.Connection] = {}
        for name, text in reading:
            if name not in opened:
                opened[name] = sqlite3.connect(name, isolation_level=None)
            opened[name].execute(text).fetchmany(_ROWS)
        for connection in opened.values():
            connection.close()

    return run


def memory() -> float:
    """The memory of this process now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


def measure(site: StaffSite, client: TestClient, grows: bool) -> None:
    """Every page beside its own queries; if the ledger grows, a check is recorded each time."""
    count = [0]

    def record() -> None:
        count[0] += 1
        with open_ledger(site.config.ledger) as ledger:
            package = f"urn:preserva:aonb:kp-{count[0]:07}"
            ledger.append(FIXITY_CHECK, time=utc_now().isoformat(), outcome=SUCCESS,
                          package=package, storage=STORAGES[0], facts=CHECK)  # fmt: skip

    for path in PAGES:

        def ask(path: str = path) -> None:
            answer = client.get(path)
            assert answer.status_code == 200, answer.text

        def ours(ask: Callable[[], None] = ask) -> None:
            record() if grows else None
            ask()

        ours()
        with noted() as queries:
            ours()
        theirs = again(queries)

        def sql(theirs: Callable[[], None] = theirs) -> None:
            record() if grows else None
            theirs()

        state = "the ledger grew" if grows else "nothing changed"
        ratio(f"{path}, {state} / its queries", ours, sql, aim=3.0)


def main() -> None:
    """Generate, ask, ask ten thousand times."""
    packages, checks, requests = (int(one) for one in (*sys.argv[1:4], "100000", "4", "10000")[:3])
    ledger = Path(sys.argv[4]) if len(sys.argv) > 4 else None
    with tempfile.TemporaryDirectory() as folder:
        config = configuration.load(archive(Path(folder), packages, checks, ledger))
        database = WebDatabase.of(config)
        titles(database, packages)
        people.add(database, "petrov", PageRole.ADMINISTER)
        site = StaffSite.of(config, database, Worker(config, database))
        client = TestClient(guarded(site, ("testserver",)))
        client.cookies.set("preserva_session", sessions.start(database, "petrov"))
        with open_archive(config.path) as opened:
            remark(f"{opened.ledger.size} entries, {packages} packages")
        measure(site, client, grows=False)
        measure(site, client, grows=True)
        paths = [PAGES[number % len(PAGES)] for number in range(requests)]
        for path in paths[: requests // 10]:
            client.get(path)
        seen = [memory()]
        for number, path in enumerate(paths, 1):
            client.get(path)
            if number % (requests // 5) == 0:
                seen.append(memory())
        remark(
            f"memory, before {requests} requests and after each fifth of them: "
            + ", ".join(f"{one:.1f}" for one in seen)
            + " MiB"
        )


if __name__ == "__main__":
    main()
