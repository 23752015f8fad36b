"""How many requests go over a line, verb by verb: each is a wait, and they are held to numbers.

Numbers, not seconds. What a verb may cost at most stands here; `benchmarks/bench_line.py` shows
what that means in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.codes import Code
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.storage.sftp.connection import SSH_CONFIG
from tests.support.books import an_archive, make_book
from tests.support.hostile_sftp import hostile_sftp
from tests.support.requests import Requests, counted_sftp
from tests.support.servers import Weed, line

PACKAGE = PackageId("aonb", "kp-0")
FILES = 27
"""Content files of the package: those of a book of five leaves."""

AT_MOST = {
    "sftp": {"new": 675, "nothing": 95, "another": 680, "validate": 230, "audit": 510},
    "s3": {"new": 180, "nothing": 47, "another": 192, "validate": 50, "audit": 120},
}
"""A run that brought anything also renews the two lists of books at the top of the storage."""


@dataclass
class Lab:
    """An archive whose replica is on a server, and the requests that go there."""

    archive: ArchivalStorage
    requests: Requests
    place: Path

    @property
    def copy(self) -> StoredCopy:
        """The copy of the package there."""
        return StoredCopy(self.archive, self.archive.store("nlb-copy"), PACKAGE)

    def add(self, number: int) -> None:
        """Package another book of five leaves."""
        record = make_book(self.place / f"book{number}", pages=5, seed=number)
        package(self.place / f"book{number}", record, self.archive, local=f"kp-{number}")

    def replicate(self) -> list[list[str]]:
        """Replicate all; the versions that were acknowledged, package by package."""
        self.requests.reset()
        done = replicate(self.archive)
        assert [result.report.findings for result in done] == [[]] * len(done)
        return [result.acknowledged for result in done]


@pytest.fixture
def lab(
    driver: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lab]:
    """An archive of one package, and a replica that was made and is empty."""

    def made(url: str, requests: Requests) -> Iterator[Lab]:
        place = tmp_path / "archive"
        place.mkdir()
        text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{url}"')
        (place / config.NAME).write_text(text, encoding="utf-8")
        create_archive(config.load(place / config.NAME))
        with an_archive(place) as archive:
            lab = Lab(archive, requests, tmp_path)
            lab.add(0)
            assert (
                len(StoredCopy(archive, archive.primary, PACKAGE).read().inventory.content())
                == FILES
            )
            yield lab
            archive.store("nlb-copy").storage.close()

    if driver == "sftp":
        with hostile_sftp(tmp_path / "server") as server, counted_sftp() as requests:
            monkeypatch.setenv(SSH_CONFIG, str(server.ssh_config))
            yield from made(server.url("minsk"), requests)
        return
    weed: Weed = request.getfixturevalue("s3_server")
    for name, value in weed.keys.items():
        monkeypatch.setenv(name, value)
    requests = Requests()
    with line(weed.port) as between:
        between.watch = requests.passing
        place = f"{tmp_path.name}?endpoint=http://127.0.0.1:{between.port}&region=us-east-1"
        yield from made(f"s3://books/{place}", requests)


@pytest.mark.parametrize("driver", ["sftp", "s3"])
def test_no_verb_asks_more_often_than_it_must(lab: Lab, driver: str) -> None:
    """A package is brought, nothing is new, another package of two is; the copy is checked."""
    counts = {}
    assert lab.replicate() == [["v1"]]
    counts["new"] = lab.requests.total
    assert lab.replicate() == [[]]
    counts["nothing"] = lab.requests.total
    lab.add(1)
    assert lab.replicate() == [[], ["v1"]]
    counts["another"] = lab.requests.total
    lab.requests.reset()
    (report,) = validate_stored(lab.archive, PACKAGE, storage="nlb-copy")
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
    counts["validate"] = lab.requests.total
    lab.requests.reset()
    done = audit(lab.archive, only=("nlb-copy",), moved=("nlb-copy",))
    assert [report.outcome for report in done.reports] == [Outcome.PASS] * 2
    counts["audit"] = lab.requests.total
    assert {verb: count for verb, count in counts.items() if count > AT_MOST[driver][verb]} == {}


@pytest.mark.parametrize("driver", ["sftp", "s3"])
def test_each_package_with_nothing_new_costs_one_look(lab: Lab, driver: str) -> None:
    """What one package more adds to a run: a look, and the listings of the folders above it."""
    lab.replicate()
    lab.replicate()
    before = lab.requests.total
    lab.add(1)
    lab.replicate()
    assert lab.replicate() == [[], []]
    assert lab.requests.total - before <= {"sftp": 17, "s3": 9}[driver]


@pytest.mark.parametrize("driver", ["sftp", "s3"])
def test_a_look_that_shows_anything_else_is_followed_by_a_comparison(lab: Lab, driver: str) -> None:
    """A copy whose inventory is another one, with its digest, is compared and refused."""
    lab.replicate()
    copy = lab.copy
    sidecar = f"{copy.path}/{copy.read().inventory.sidecar}"
    digest = digest_bytes(b"{}", ["sha512"])["sha512"]
    copy.storage.replace(f"{copy.path}/inventory.json", b"{}")
    copy.storage.replace(sidecar, f"{digest} inventory.json\n".encode())
    (done,) = replicate(lab.archive)
    assert [finding.code for finding in done.report.findings] == [Code.INVENTORY_INVALID]


@pytest.mark.parametrize("driver", ["sftp", "s3"])
def test_what_no_look_shows_is_found_by_the_audit(lab: Lab, driver: str) -> None:
    """Nothing new to send does not mean sound, and nothing is recorded as if it did."""
    lab.replicate()
    copy, before = lab.copy, lab.archive.ledger.size
    size = len(copy.read().data)
    copy.storage.replace(f"{copy.path}/inventory.json", b"{}".ljust(size))
    assert lab.replicate() == [[]]
    assert lab.archive.ledger.size == before
    done = audit(lab.archive, only=("nlb-copy",), moved=("nlb-copy",))
    assert [report.outcome for report in done.reports] == [Outcome.FAIL]
