"""Storages on other machines, broken at the requests by which they are written to.

The process is killed before or after a request, or the server refuses it. Replication goes to a
replica there; a package and its correction are made in a primary storage there; `receive`, which
only reads there, is broken at the requests by which it reads. After each fault: what was
acknowledged is whole, nothing half-made is visible, the next run finishes.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from preserva import config
from preserva.archive.archive import create_archive, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.bag.create.create import create_bag
from preserva.core.values.report import Outcome
from preserva.errors import Locked
from preserva.fixity.ocfl_object import check_object
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.replicate import replicate
from preserva.storage.base import read_all
from tests.campaigns.pieces import left
from tests.campaigns.remote import RECEIVE, WORK
from tests.conftest import ROOT
from tests.faults.damage import PACKAGE
from tests.support.books import RECORD, an_archive, make_book
from tests.support.leases import LEASE, short_lease
from tests.support.partners import OTHER_SIDE

LONG = os.environ.get("PRESERVA_LONG") == "1"
KINDS = (
    *("package", "import", "update", "replicate", "replicate a second version", "repair"),
    RECEIVE,
)
FAULTS = ("kill before", "kill after", "refuse")
AMONG = {"sftp": 250, "s3": 20}
"""As many requests as each verb makes at least, to choose one among."""
AMONG_READS = {"sftp": 40, "s3": 15}
"""The same of `receive`."""

ALL = list(product(AMONG, KINDS, FAULTS))
CASES = ALL if LONG else [one for turn, one in enumerate(ALL) if turn % 3 == turn // 3 % 3]


def prepared(verb: str, place: Path, url: str) -> None:
    """An archive whose storage at the URL is the one that the verb writes to."""
    place.mkdir()
    storage = "nlb-copy" if verb.startswith("re") else "aonb-main"
    text = config.TEMPLATE.replace(f'"storages/{storage}"', f'"{url}"')
    (place / "archive").mkdir()
    (place / "archive" / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(place / "archive" / config.NAME))
    make_book(place / "book", pages=1)
    (place / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    (place / "new.toml").write_text('[[parts]]\ntype = "text"\nfirst = 1\n')
    with an_archive(place / "archive") as archive:
        if verb == "import":
            create_bag(place / "book", place / "bag")
        elif verb != "package":
            package(place / "book", place / "book.xml", archive)
        if verb == "replicate a second version":
            replicate(archive)
            update(archive, PACKAGE, Change(place / "new.xml", reason="a test"))
        if verb == RECEIVE:
            replicate(archive)
            hold(place, url)
        if verb == "repair":
            replicate(archive)
            damage(StoredCopy(archive, archive.store("nlb-copy"), PACKAGE))


def hold(place: Path, url: str) -> None:
    """The other institution, which holds our replica at the URL."""
    (place / "minsk").mkdir()
    path = place / "minsk" / config.NAME
    path.write_text(OTHER_SIDE.replace("../archive/storages/nlb-copy", url), encoding="utf-8")
    create_archive(config.load(path))


def damage(copy: StoredCopy) -> None:
    """Another byte in each page, written through the driver."""
    storage = copy.store.storage
    for entry in list(storage.walk(f"{copy.path}/v1/content")):
        if entry.path.endswith(".tif"):
            data = read_all(storage, entry.path, 1 << 30)
            storage.replace(entry.path, data[:-1] + bytes([data[-1] ^ 1]))


def broken(verb: str, place: Path, at: int, fault: str) -> tuple[int, int]:
    """Run the verb with the fault: its exit status, and the requests that it made."""
    words = [sys.executable, "-m", "tests.campaigns.remote", str(place), verb, str(at), fault]
    ended = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    return ended.returncode, int(ended.stdout or 0)


def finish(verb: str, place: Path) -> None:
    """The next run, when the dead one's lock is free."""
    for _try in range(20):
        try:
            WORK[verb](place)
        except Locked:
            time.sleep(LEASE / 4)
        else:
            return
    raise AssertionError("the lock of the killed process never became free")


def check_after_fault(place: Path, verb: str) -> None:
    """What is visible is whole, what was acknowledged is visible.

    Only a copy that is being repaired may still be as damaged as it was.
    """
    with an_archive(place / "archive") as archive:
        assert archive.ledger.verify() == []
        for held in [archive.primary] if verb == "repair" else archive.stores():
            for path in held.root.objects():
                held.root.recover(path)  # between a new inventory and its digest file
                report = check_object(held.storage, path).report
                assert report.outcome is Outcome.PASS, report.findings
            if StoredCopy(archive, held, PACKAGE).acknowledged():
                assert held.root.holds(PACKAGE.uri)


def check_finished(place: Path, verb: str) -> None:
    """Every copy is acknowledged and sound, by the ledger of each institution."""
    copies = {place / "archive": 2 if verb.startswith("re") else 1}
    if verb == RECEIVE:
        copies[place / "minsk"] = 1
    for folder, number in copies.items():
        with open_archive(folder / config.NAME, person="") as archive:
            assert archive.ledger.verify() == []
            reports = validate_stored(archive, PACKAGE)
            assert [one.outcome for one in reports] == [Outcome.PASS] * number
            for held in archive.stores():
                held.storage.close()


@pytest.mark.parametrize(("driver", "verb", "fault"), CASES)
def test_a_fault_at_a_request_that_writes(
    driver: str,
    verb: str,
    fault: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every request and fault in a long run; one that chance chose in a short one."""
    server: Any = request.getfixturevalue(f"{driver}_server")
    if driver == "sftp":
        monkeypatch.setenv("PRESERVA_SSH_CONFIG", str(server.ssh_config))
    else:
        for name, value in server.keys.items():
            monkeypatch.setenv(name, value)
    short_lease(monkeypatch.setitem)

    def trial(name: str) -> Path:
        place = tmp_path / name
        there: Any = tmp_path / f"there-{name}" if driver == "sftp" else f"{tmp_path.name}/{name}"
        prepared(verb, place, server.url(there))
        return place

    among = AMONG_READS if verb == RECEIVE else AMONG
    points = [random.Random(f"{driver} {verb}").randint(1, among[driver])]
    if LONG:
        status, total = broken(verb, trial("sound"), 0, fault)
        assert status == 0
        points = list(range(1, total + 1))
    tried = 0
    for at in left(f"{driver}, {verb}, {fault}", points) if LONG else points:
        tried += 1
        place = trial(str(at))
        status, _seen = broken(verb, place, at, fault)
        check_after_fault(place, verb)
        expected = {0, 3} if fault == "refuse" else {-9}  # not every refusal matters
        assert status in expected or LONG, f"request {at}"  # threads: some runs need fewer
        finish(verb, place)
        check_finished(place, verb)
        shutil.rmtree(place)
    print(f"{driver}, {verb}, {fault}: {tried} of {len(points)} requests")
