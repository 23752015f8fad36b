"""What is due among a million packages, and what an audit costs beside its reading.

    python -m benchmarks.bench_ledger [PACKAGES] [CHECKS]

A ledger is generated with two copies of each package and so many checks of each copy, spread over
the interval. In turns: the whole list of what is due today with the forecast, and a plain scan in
SQLite of the copies that the ledger keeps. Prints ratios, the memory that listing took, and what
one check costs to be recorded beside a bare durable insert.
"""

from __future__ import annotations

import hashlib
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import remark
from benchmarks.pairs import ratio
from preserva.core.formats.canonical_json import Value, canonical
from preserva.core.policy.audit import Lane
from preserva.core.values.entries import END, FIXITY_CHECK, REPLICATION, SUCCESS
from preserva.core.values.facts import Check
from preserva.fixity.audit_schedule import due_copies, foresee
from preserva.ledger import Ledger

NOW = datetime(2036, 11, 23, tzinfo=UTC)
INTERVAL = timedelta(days=90)
STORAGES = ("aonb-main", "nlb-copy")
FACTS: dict[str, Value] = {"bytes": 4_000_000_000, "files": 900, "findings": [], "more_findings": 0}
CHECK = Check(size=4_000_000_000, files=900, findings=(), more=0)
RECORDED = 300


def generated(packages: int, checks: int) -> Iterator[tuple[str, datetime, str, str]]:
    """Type, time, package and storage of every entry, oldest first."""
    first = NOW - INTERVAL * (checks + 1)
    for number in range(packages):
        for storage, type_ in zip(STORAGES, (END, REPLICATION), strict=True):
            yield type_, first, f"urn:preserva:aonb:kp-{number:07}", storage
    for turn in range(checks, 0, -1):
        for number in range(packages):
            time = NOW - INTERVAL * (turn - number / packages)
            for storage in STORAGES:
                yield FIXITY_CHECK, time, f"urn:preserva:aonb:kp-{number:07}", storage


def fill(path: Path, packages: int, checks: int) -> None:
    """Put all of it into a new ledger at once: made durable one by one it would take a day."""
    Ledger(path).close()
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("BEGIN")
    previous = ""
    for number, (type_, time, package, storage) in enumerate(generated(packages, checks), 1):
        body = canonical(
            {
                "facts": FACTS,
                "number": number,
                "outcome": SUCCESS,
                "package": package,
                "previous": previous,
                "storage": storage,
                "time": time.isoformat(),
                "type": type_,
                "version": None,
            }
        )
        previous = hashlib.sha256(body).hexdigest()
        row = (number, type_, package, storage, body, previous)
        raw.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)
    raw.execute("COMMIT")
    raw.close()


def memory() -> int:
    """The most memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def record(ledger: Ledger, plain: sqlite3.Connection) -> None:
    """What it costs to record one check, beside a bare durable insert of as many bytes."""

    def ours() -> None:
        for number in range(RECORDED):
            package = f"urn:preserva:aonb:kp-{number:07}"
            ledger.append(FIXITY_CHECK, time=NOW.isoformat(), outcome=SUCCESS, package=package,
                          storage=STORAGES[0], facts=CHECK)  # fmt: skip

    def theirs() -> None:
        for _number in range(RECORDED):
            plain.execute("INSERT INTO plain VALUES (?)", [bytes(700)])

    ratio("recording one check / a bare durable insert", ours, theirs)


def main() -> None:
    """Generate, list, record."""
    packages, checks = (int(one) for one in (*sys.argv[1:], "1000000", "1")[:2])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        fill(path, packages, checks)
        ledger = Ledger(path)
        ledger.reindex()
        lanes = [Lane(storage, INTERVAL) for storage in STORAGES]
        plain = sqlite3.connect(path, isolation_level=None)
        plain.execute("PRAGMA synchronous=FULL")
        before = memory()
        due = sum(1 for _one in due_copies(ledger, lanes, now=NOW))
        remark(f"{ledger.size} entries, {2 * packages} copies, {due} due")

        def listing() -> None:
            sum(1 for _one in due_copies(ledger, lanes, now=NOW))

        def foreseeing() -> None:
            foresee(ledger, lanes, now=NOW, capacity=10**12)

        def scan() -> None:
            for _row in plain.execute("SELECT storage, package, checked, size FROM copy"):
                pass

        ratio("the list of what is due / a plain scan of the copies", listing, scan)
        ratio("the forecast / a plain scan of the copies", foreseeing, scan)
        remark(f"memory of it: {memory() - before} MiB")
        plain.execute("CREATE TABLE plain (body BLOB)")
        record(ledger, plain)
        plain.close()
        ledger.close()


if __name__ == "__main__":
    main()
