"""Two hosts with a line between them: each brings its packages to the other, even if it breaks.

Network namespaces of this machine, each with its own OpenSSH server and its own archive.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.bag.create.create import create_bag
from preserva.core.values.model import PackageId
from preserva.ingest.transfer import accept
from tests.conftest import ROOT, require
from tests.support.books import RECORD, make_book, tiff
from tests.support.leases import LEASE
from tests.support.partners import INSTITUTIONS
from tests.support.servers import find_sshd

LONG = os.environ.get("PRESERVA_LONG") == "1"
SIZE = (1 << 30) if LONG else (48 << 20)
"""Bytes of the large package."""

SSHD = """\
Port 22
ListenAddress {address}
HostKey {folder}/host
AuthorizedKeysFile {other}/client.pub
PidFile none
StrictModes no
PasswordAuthentication no
Subsystem sftp internal-sftp
"""
CLIENT = """\
Host {other_address}
  IdentityFile {folder}/client
  UserKnownHostsFile {folder}/known_hosts
  Compression yes
"""
CONFIG = (
    """\
[archive]
institution = "{own}"
"""
    + INSTITUTIONS
    + """\
[storages.{own}-main]
institution = "{own}"
url = "main"
role = "primary"
[storages.{own}-copies]
institution = "{own}"
url = "copies"
role = "held"
[storages.{other}-copies]
institution = "{other}"
url = "sftp://root@{other_address}{other_folder}/copies"
role = "replica"
"""
)


@dataclass
class Host:
    """One institution: its namespace, its address, its folder."""

    name: str
    space: str
    address: str
    folder: Path

    def run(self, *arguments: str) -> subprocess.Popen[str]:
        """The command line, started on this host."""
        preserva = [sys.executable, "-m", "tests.support.leases"]  # a lock must run out below
        config = ["--config", str(self.folder / configuration.NAME)]
        return subprocess.Popen(
            ["ip", "netns", "exec", self.space, *preserva, *config, *arguments],
            cwd=ROOT,
            env={**os.environ, "PRESERVA_SSH_CONFIG": str(self.folder / "config")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def done(self, *arguments: str) -> str:
        """What the command said; it must end with 0."""
        process = self.run(*arguments)
        said, _nothing = process.communicate(timeout=600)
        assert process.returncode == 0, said
        return said

    def gone_on(self, *arguments: str) -> str:
        """The same, when the lock of a process that was killed has run out."""
        while True:
            process = self.run(*arguments)
            said, _nothing = process.communicate(timeout=600)
            if process.returncode != 11:
                assert process.returncode == 0, said
                return said
            time.sleep(LEASE / 4)

    def line(self, state: str) -> None:
        """Bring the line up or down."""
        ip("-n", self.space, "link", "set", "line", state)

    def traffic(self) -> int:
        """Bytes that went over the line, in both directions, since it was made."""
        names = (f"/sys/class/net/line/statistics/{one}_bytes" for one in ("rx", "tx"))
        command = ["ip", "netns", "exec", self.space, "cat", *names]
        return sum(int(one) for one in subprocess.check_output(command, text=True).split())


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[tuple[Host, Host]]:
    """Two hosts, prepared, their servers running."""
    require(os.geteuid() == 0 and shutil.which("ip") is not None, "needs root and iproute2")
    sshd = find_sshd()
    require(sshd is not None, "OpenSSH's server is not installed")
    mark = f"{os.getpid():x}"
    pair = (
        Host("aonb", f"preserva-aonb-{mark}", "10.77.0.1", tmp_path / "aonb"),
        Host("nlb", f"preserva-nlb-{mark}", "10.77.0.2", tmp_path / "nlb"),
    )
    servers: list[subprocess.Popen[bytes]] = []
    try:
        for host in pair:
            ip("netns", "add", host.space)
        ip(
            "link",
            "add",
            "line",
            "netns",
            pair[0].space,
            "type",
            "veth",
            "peer",
            "name",
            "line",
            "netns",
            pair[1].space,
        )
        for host in pair:
            ip("-n", host.space, "addr", "add", f"{host.address}/24", "dev", "line")
            host.line("up")
            host.folder.mkdir()
            for name in ("host", "client"):
                key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host.folder / name)]
                subprocess.run(key, check=True)
        Path("/run/sshd").mkdir(exist_ok=True)
        for host, other in (pair, pair[::-1]):
            servers.append(_serve(str(sshd), host, other))
            _configure(host, other)
        for host in pair * 2:  # each prepares the other's place as well, when there is a server
            host.done("init")
        yield pair
    finally:
        for server in servers:
            server.kill()
            server.wait()
        for host in pair:
            subprocess.run(["ip", "netns", "del", host.space], check=False)


def _serve(sshd: str, host: Host, other: Host) -> subprocess.Popen[bytes]:
    names = {"address": host.address, "folder": host.folder, "other": other.folder}
    (host.folder / "sshd_config").write_text(SSHD.format(**names))
    command = [sshd, "-D", "-e", "-f", str(host.folder / "sshd_config")]
    with (host.folder / "log").open("wb") as log:
        return subprocess.Popen(["ip", "netns", "exec", host.space, *command], stderr=log)


def _configure(host: Host, other: Host) -> None:
    names = {
        "own": host.name,
        "other": other.name,
        "folder": host.folder,
        "other_address": other.address,
        "other_folder": other.folder,
    }
    (host.folder / "config").write_text(CLIENT.format(**names))
    key = (other.folder / "host.pub").read_text()
    (host.folder / "known_hosts").write_text(f"{other.address} {key}")
    (host.folder / configuration.NAME).write_text(CONFIG.format(**names), "utf-8")


def test_they_converge_after_the_line_was_cut_in_the_middle(hosts: tuple[Host, Host]) -> None:
    """Both ways; what was acknowledged is sound on both sides, and noted on both."""
    here, there = hosts
    for host in hosts:
        record = make_book(host.folder / "book")
        for page in (1, 2):  # of a size, and such that the line's compression makes nothing smaller
            (host.folder / "book" / "master" / f"л. {page}.tif").write_bytes(
                tiff(os.urandom(3_000_000))
            )
        host.done("package", str(host.folder / "book"), "--record", str(record), "--id", "kp-1")
    running = [host.run("replicate", "--bandwidth", "1MB") for host in hosts]
    while here.traffic() < 2_000_000 and all(one.poll() is None for one in running):
        time.sleep(0.05)
    here.line("down")
    for one in running:
        one.kill()
        said, _nothing = one.communicate()
        assert one.returncode == -signal.SIGKILL, f"it had ended before the line was cut: {said}"
    here.line("up")
    for host in hosts:
        host.gone_on("replicate")
        assert "no version is missing" in host.done("replicate")
    for host, other in (hosts, hosts[::-1]):
        assert "v1 read and recorded" in host.done("receive")
        host.done("validate", f"{host.name}-kp-1")
        host.done("validate", f"{other.name}-kp-1")
        host.done("ledger", "verify")
    assert there.done("receive") == "nothing new\n"


def test_a_corrected_record_moves_next_to_nothing(hosts: tuple[Host, Host]) -> None:
    """Whatever the size of the package: less than 300 KB over the line, with the proofs."""
    here, _there = hosts
    source = here.folder / "source"
    source.mkdir()
    piece = os.urandom(1 << 20)
    for number in range(16):
        with (source / f"{number}.bin").open("wb") as stream:
            for _part in range(SIZE // 16 // len(piece)):
                stream.write(piece)
    create_bag(source, here.folder / "bag")
    with open_archive(here.folder / configuration.NAME) as archive:
        assert accept(archive, here.folder / "bag", local="kp-2").package == PackageId(
            "aonb", "kp-2"
        )
    here.done("replicate")
    assert here.traffic() > SIZE
    (here.folder / "new.xml").write_text(RECORD, "utf-8")
    here.done(
        "update",
        "aonb-kp-2",
        "--record",
        str(here.folder / "new.xml"),
        "--other-record",
        "--reason",
        "a test",
    )
    before = here.traffic()
    assert "v2 copied, read back and compared" in here.done("replicate")
    moved = here.traffic() - before
    print(f"a corrected record of a package of {SIZE} bytes moved {moved} bytes")
    assert moved < 300_000
