"""Two writers of one storage, one of them suspended at random and woken when it was followed.

Whatever a ledger acknowledges is whole, and a further run of either finishes. A few rounds in every
run; with PRESERVA_LONG=1 a hundred of each kind, in pieces: PRESERVA_ROUNDS names a file that keeps
what was seen, and a run goes on after what stands there. PRESERVA_SEED is that of the first round,
PRESERVA_MINUTES the time of a piece.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import create_archive, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import WrongLedger
from preserva.fixity.ocfl_object import check_object
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.replicate import replicate
from preserva.storage.sftp.connection import SSH_CONFIG
from tests.conftest import ROOT
from tests.support.books import RECORD, an_archive, make_book
from tests.support.leases import LEASE, short_lease
from tests.support.servers import Sshd, Weed

LONG = os.environ.get("PRESERVA_LONG") == "1"
ROUNDS = 100 if LONG else 2
SEED = int(os.environ.get("PRESERVA_SEED", "20"))
PIECE = 60 * float(os.environ.get("PRESERVA_MINUTES", "9"))
KEPT = os.environ.get("PRESERVA_ROUNDS")
PACKAGES = [PackageId("aonb", f"kp-{number}") for number in range(3)]
REPLICATE, REPLICATE_V2, PACKAGE, UPDATE = "replicate", "replicate v2", "package", "update"
STORAGE = {
    REPLICATE: "nlb-copy",
    REPLICATE_V2: "nlb-copy",
    PACKAGE: "aonb-main",
    UPDATE: "aonb-main",
}
ENDS = {0, 3, 5, 11}
"""Done; not reached; the other's ledger was there first; the lock is the other's."""

VERSIONS = {REPLICATE: 1, REPLICATE_V2: 2, PACKAGE: 1, UPDATE: 2}
"""How many versions of each package are acknowledged when the verb is done."""

IN_SHORT = {
    ("sftp", REPLICATE, 2),
    ("sftp", REPLICATE_V2, 2),
    ("sftp", PACKAGE, 1),
    ("sftp", UPDATE, 1),
    ("s3", REPLICATE, 1),
    ("s3", UPDATE, 2),
}
"""Driver, verb, and how many ledgers: those that a run of minutes tries."""


def prepared(place: Path, url: str, verb: str, writers: int) -> list[Path]:
    """The archives of the writers: one storage, and as many ledgers as there are archives."""
    first = place / "archive0"
    first.mkdir(parents=True)
    text = config.TEMPLATE.replace(f'"storages/{STORAGE[verb]}"', f'"{url}"')
    (first / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(first / config.NAME))
    (place / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    with an_archive(first) as archive:
        for number, identifier in enumerate(packages_of(verb)):
            record = make_book(place / f"book{number}", pages=1, seed=number)
            record.write_text(RECORD.replace("KP 7", f"KP {number}"), encoding="utf-8")
            if verb != PACKAGE:
                package(place / f"book{number}", record, archive)
            if verb == REPLICATE_V2:
                replicate(archive, [identifier])
                update(
                    archive,
                    identifier,
                    Change(place / "new.xml", other_record=True, reason="a test"),
                )
    archives = [first]
    for number in range(1, writers):
        archives.append(place / f"archive{number}")
        shutil.copytree(first, archives[-1])
    return archives


def packages_of(verb: str) -> list[PackageId]:
    """The packages that a verb works on: replication on several, one after the other."""
    return PACKAGES[:1] if verb in {PACKAGE, UPDATE} else PACKAGES


def started(archive: Path, verb: str, place: Path) -> subprocess.Popen[bytes]:
    """The verb in a process of its own."""
    words = ["replicate"]
    if verb == PACKAGE:
        words = ["package", str(place / "book0"), "--record", str(place / "book0.xml")]
    if verb == UPDATE:
        change = ["--record", str(place / "new.xml"), "--other-record", "--reason", "a test"]
        words = ["update", str(PACKAGES[0]), *change]
    command = [sys.executable, "-m", "tests.support.leases", "--config", str(archive / config.NAME)]
    with (place / "log").open("ab") as log:
        return subprocess.Popen([*command, *words], cwd=ROOT, stdout=log, stderr=log)


def duration(place: Path, url: str, verb: str) -> float:
    """Seconds that the verb takes here when nobody disturbs it, so that it is stopped within."""
    (archive,) = prepared(place, url, verb, 1)
    since = time.monotonic()
    assert started(archive, verb, place).wait(timeout=300) == 0, (place / "log").read_text()
    return time.monotonic() - since


def one_round(
    place: Path, url: str, verb: str, writers: int, after: float, chance: random.Random
) -> list[int]:
    """A stops, B works, A goes on: how both ended. Then what was acknowledged is looked at."""
    archives = prepared(place, url, verb, writers)
    first = started(archives[0], verb, place)
    time.sleep(after)
    first.send_signal(signal.SIGSTOP)
    other = started(archives[-1], verb, place)
    time.sleep(LEASE * chance.uniform(1.2, 4.0))
    first.send_signal(signal.SIGCONT)
    statuses = [first.wait(timeout=300), other.wait(timeout=300)]
    for archive in archives:
        look(archive, verb)
    for archive in archives:
        status = started(archive, verb, place).wait(timeout=300)
        # of two ledgers, the copy of one there does not go on as the other does: E311
        # 5: the storage has seen the other ledger, so this one may write there no more
        # 4: what is there already is not packaged again
        fine = ({0, 1, 5} if writers == 2 else {0}) | ({4} if verb == PACKAGE else set())
        assert status in fine, (place / "log").read_text()
        look(archive, verb, whole=status == 0 or (status == 1 and STORAGE[verb] == "nlb-copy"))
    return statuses


def look(archive: Path, verb: str, *, whole: bool = False) -> None:
    """Each copy that a ledger acknowledges is sound; with `whole`, these all are acknowledged."""
    with open_archive(archive / config.NAME) as opened:
        for identifier in packages_of(verb):
            copy = StoredCopy(opened, opened.store(STORAGE[verb]), identifier)
            acknowledged = copy.acknowledged()
            assert len(acknowledged) >= (VERSIONS[verb] if whole else 0)
            if acknowledged:
                assert_whole(copy, acknowledged)


def assert_whole(copy: StoredCopy, acknowledged: set[str]) -> None:
    """A copy is sound. A ledger that its storage refuses, because the other one went on there, is
    right all the same about the versions that it acknowledges.
    """
    try:
        (report,) = validate_stored(copy.archive, copy.package, storage=copy.store.id)
    except WrongLedger:
        checked = check_object(copy.storage, copy.path)
        report, recorded = checked.report, copy.recorded.inventories()
        assert {checked.digests[one] for one in acknowledged} == set(recorded.values())
    assert report.outcome is Outcome.PASS, report.findings


CASES = [
    (driver, verb, writers)
    for verb in STORAGE
    for driver in ("sftp", "s3")
    for writers in (2, 1)
    if LONG or (driver, verb, writers) in IN_SHORT
]


@pytest.mark.parametrize(("driver", "verb", "writers"), CASES)
def test_what_is_acknowledged_is_whole(
    driver: str,
    verb: str,
    writers: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Round after round, each with a seed of its own."""
    short_lease(monkeypatch.setitem)
    kept = Path(KEPT) if KEPT else tmp_path / "rounds.jsonl"
    done = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    case = [driver, verb, writers]
    before = sum(entry["case"] == case for entry in done)
    end = time.monotonic() + PIECE
    if driver == "sftp":
        server: Sshd = request.getfixturevalue("sftp_server")
        monkeypatch.setenv(SSH_CONFIG, str(server.ssh_config))
    else:
        store: Weed = request.getfixturevalue("s3_server")
        for name, value in store.keys.items():
            monkeypatch.setenv(name, value)

    def url(name: str) -> str:
        if driver == "sftp":
            return server.url(tmp_path / name / "there")
        return store.url(f"{tmp_path.name}-{name}-{writers}-{os.getpid()}")

    usual = duration(tmp_path / "sound", url("sound"), verb) if before < ROUNDS else 0
    for number in range(before, ROUNDS):
        if number > before and time.monotonic() > end:
            break  # the next run resumes after the rounds that are kept
        place = tmp_path / f"round{number}"
        chance = random.Random(SEED + number)
        after = usual * chance.uniform(0.1, 1.1)
        statuses = one_round(place, url(place.name), verb, writers, after, chance)
        fine = ENDS | ({4} if verb == PACKAGE else set())
        assert set(statuses) <= fine, (place / "log").read_text()
        with kept.open("a") as out:
            out.write(json.dumps({"case": case, "seed": SEED + number, "ends": statuses}) + "\n")
        shutil.rmtree(place)
