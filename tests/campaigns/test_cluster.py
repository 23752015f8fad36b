"""An audit on a Dask cluster of real processes: none is read twice, whatever is killed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.core.values.codes import Code
from preserva.core.values.entries import FIXITY_CHECK
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.conftest import ROOT, require
from tests.support.books import an_archive, make_book
from tests.support.servers import free_port, wait_for

BOOKS = 12
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process of the cluster; all are gone at the end."""
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError:
        require(False, "distributed is not installed")
    started: list[subprocess.Popen[bytes]] = []

    def run(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with (tmp_path / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=tmp_path, stdout=log, stderr=log, env=environment
            )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive of a dozen books in two storages."""
    with an_archive(tmp_path / "archive") as archive:
        for number in range(BOOKS):
            record = make_book(tmp_path / f"book{number}", seed=number)
            package(tmp_path / f"book{number}", record, archive, local=f"kp-{number:02}")
        replicate(archive)
    return tmp_path / "archive"


def scheduler(start: Start, host: str = "127.0.0.1") -> tuple[subprocess.Popen[bytes], str]:
    """A scheduler, and where it listens."""
    port = free_port()
    process = start("scheduler", "--host", host, "--port", str(port))
    wait_for(port, process)
    return process, f"127.0.0.1:{port}"


def worker(start: Start, address: str, scheme: str = "tcp") -> subprocess.Popen[bytes]:
    """One worker that reads one copy at a time, and has no nanny that would bring it back."""
    return start("worker", f"{scheme}://{address}", "--nthreads", "1", "--no-nanny")


def begin(
    place: Path, address: str, *more: str, scheme: str = "dask", verb: str = "audit"
) -> subprocess.Popen[str]:
    """The command line, started."""
    command = [sys.executable, "-m", "preserva", "--config", str(place / configuration.NAME)]
    command += [verb, "--json", "--executor", f"{scheme}://{address}", *more]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def checks(place: Path) -> list[tuple[str | None, str | None, str]]:
    """What the ledger has of checks of copies; its chain verifies."""
    with open_archive(place / configuration.NAME) as archive:
        assert archive.ledger.verify() == archive.ledger.verify_copies() == []
        entries = archive.ledger.entries(types=(FIXITY_CHECK,))
        return [(one.package, one.storage, one.outcome) for one in entries if one.package]


def wait_until(place: Path, count: int, running: subprocess.Popen[str]) -> None:
    """Return when so many checks are recorded."""
    while len(checks(place)) < count:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)


def test_workers_read_and_one_machine_records(place: Path, start: Start) -> None:
    """Damage is read twice there too, and nothing is due afterwards."""
    page = next((place / "storages/nlb-copy").rglob("v1/content/data/*/representations/*/data/*"))
    page.chmod(0o644)
    page.write_bytes(page.read_bytes()[:-1])
    (place / "storages/aonb-main/ocfl").rename(place / "away")
    _scheduler, address = scheduler(start)
    worker(start, address)
    worker(start, address)
    out, err = begin(place, address, "--only", "nlb-copy").communicate(timeout=300)
    document = json.loads(out)
    outcomes = [one["outcome"] for one in document["reports"]]
    assert (outcomes.count("fail"), len(outcomes), document["left_count"]) == (1, BOOKS, 0), err
    (damaged,) = [one for one in document["reports"] if one["outcome"] == "fail"]
    assert {one["code"] for one in damaged["findings"]} == {Code.OBJECT_DIGEST_MISMATCH.value}
    assert len(set(checks(place))) == len(checks(place)) == BOOKS
    with open_archive(place / configuration.NAME) as archive:
        entries = archive.ledger.entries(types=(FIXITY_CHECK,))
        (entry,) = [one for one in entries if one.outcome == "fail"]
        assert entry.facts["first_reading"] == entry.facts["findings"]
        assert [one.left_count for one in [audit(archive, only=("nlb-copy",))]] == [0]
    missing, _err = begin(place, address, "--only", "aonb-main").communicate(timeout=300)
    found = json.loads(missing)["reports"]
    codes = [[one["code"] for one in report["findings"]] for report in found]
    assert codes == [[Code.COPY_MISSING.value]] * BOOKS + [[Code.NOT_RECORDED.value]]


def test_a_worker_that_is_killed_loses_nothing(place: Path, start: Start) -> None:
    """Another one reads what it had been given; every copy is recorded once."""
    _scheduler, address = scheduler(start)
    first = worker(start, address)
    running = begin(place, address)
    wait_until(place, 3, running)
    first.kill()
    worker(start, address)
    out, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    assert len(json.loads(out)["reports"]) == 2 * BOOKS
    assert len(set(checks(place))) == len(checks(place)) == 2 * BOOKS


def test_a_validation_loses_nothing_either(place: Path, start: Start) -> None:
    """Each copy is read by whichever worker is left, and recorded as soon as it comes."""
    _scheduler, address = scheduler(start)
    first = worker(start, address)
    names = [f"kp-{number:02}" for number in range(BOOKS)]
    running = begin(place, address, *names, verb="validate")
    wait_until(place, 3, running)
    first.kill()
    worker(start, address)
    out, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    outcomes = [report["outcome"] for report in json.loads(out)["reports"]]
    assert outcomes == ["pass"] * 2 * BOOKS
    assert len(set(checks(place))) == len(checks(place)) == 2 * BOOKS


def test_a_cluster_that_is_killed_leaves_the_rest_for_the_next_run(
    place: Path, start: Start
) -> None:
    """It says so and ends with 3; the next run, on this machine, reads what is left."""
    process, address = scheduler(start)
    worker(start, address)
    running = begin(place, address)
    wait_until(place, 3, running)
    process.kill()
    out, err = running.communicate(timeout=300)
    assert running.returncode == 3, err
    document = json.loads(out)
    done = len(document["reports"])
    assert list(document["unreachable"]) == ["the cluster"]
    assert (done >= 3, done + document["left_count"]) == (True, 2 * BOOKS)
    with open_archive(place / configuration.NAME) as archive:
        assert len(audit(archive).reports) == 2 * BOOKS - done
    assert len(set(checks(place))) == len(checks(place)) == 2 * BOOKS


def manual_blocks() -> list[str]:
    """The blocks of commands in the manual's part about clusters with certificates."""
    text = (ROOT / "docs/how-to/audit-unattended.md").read_text("utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "openssl" in block or "TLS" in block]


def test_a_cluster_with_certificates_as_in_the_manual(
    place: Path, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has one reads and is believed; who has none is not let in, and nobody falls back."""
    certificates, variables = manual_blocks()
    subprocess.run(["sh", "-ec", certificates], cwd=tmp_path, check=True, capture_output=True)
    for line in variables.splitlines():
        words = line.split("  ")[0].split()
        if words[0] == "export":
            name, _equals, value = words[1].partition("=")
            there = str(tmp_path / value) if "." in value else value
            monkeypatch.setenv(name, there)
    _process, address = scheduler(start, "tls://127.0.0.1")
    worker(start, address, "tls")
    out, err = begin(place, address, scheme="dask+tls").communicate(timeout=300)
    document = json.loads(out)
    assert [report["outcome"] for report in document["reports"]] == ["pass"] * 2 * BOOKS, err
    for name in list(os.environ):
        if name.startswith("DASK_DISTRIBUTED__COMM"):
            monkeypatch.delenv(name)
    for scheme, status in (("dask+tls", 2), ("dask", 3)):
        running = begin(place, address, scheme=scheme)
        out, err = running.communicate(timeout=300)
        assert running.returncode == status, err
    assert len(checks(place)) == 2 * BOOKS


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [("tcp://127.0.0.1:9", 2, "is not a cluster"), ("dask://127.0.0.1:9", 3, "does not answer")],
)
def test_what_is_no_cluster_is_said(place: Path, url: str, status: int, said: str) -> None:
    """Before anything is read."""
    config = ["--config", str(place / configuration.NAME)]
    command = [sys.executable, "-m", "preserva", *config, "audit", "--executor", url]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (ended.returncode, said in ended.stderr) == (status, True), ended.stderr
    assert checks(place) == []
