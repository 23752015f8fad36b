"""The power goes in the middle of a replication: what was not on the replica's disk is lost.

A loop device with ext4 is shut down as a power cut does it (EXT4_IOC_SHUTDOWN without flushing its
log), mounted anew and looked at.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from preserva import config
from preserva.archive import create_archive
from preserva.core.report import Outcome
from preserva.errors import StorageError
from preserva.services.objectcheck import check_object
from preserva.services.package import package
from preserva.services.recorded import recorded_versions
from preserva.services.replicate import replicate
from preserva.services.validate import validate_stored
from preserva.storage.local import LocalStorage
from tests.books import an_archive, make_book
from tests.conftest import require
from tests.faults.damage import PACKAGE

LONG = os.environ.get("PRESERVA_LONG") == "1"
_SHUTDOWN, _WITHOUT_LOG = 0x8004587D, 2  # EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH
_POINTS = {"create": 20 if LONG else 2, "flush": 2, "publish": 1, "discard": 1}


def mount(image: Path, folder: Path) -> bool:
    """Mount the disk; False if that is not possible here."""
    command = ["mount", "-o", "loop", str(image), str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def cut_power(folder: Path) -> bool:
    """Stop the file system at once; False if its kind cannot."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _WITHOUT_LOG))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """A new disk, mounted at `disk`."""
    require(os.geteuid() == 0, "only root can mount a file system")
    path, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with path.open("wb") as stream:
        stream.truncate(64 << 20)
    made = subprocess.run(["mkfs.ext4", "-qF", str(path)], capture_output=True, check=False)
    require(made.returncode == 0 and mount(path, folder), "no ext4 can be mounted here")
    yield path
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("verb", "at"), [(verb, at) for verb, most in _POINTS.items() for at in range(1, most + 1)]
)
def test_power_is_lost_at_a_call_that_writes(
    verb: str, at: int, after: bool, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before or after the call: nothing acknowledged is lost, and the next run finishes."""
    disk, place = tmp_path / "disk", tmp_path / "archive"
    place.mkdir()
    text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{disk}/minsk"')
    (place / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(place / config.NAME))
    record = make_book(tmp_path / "book", pages=1)
    with an_archive(place) as archive:
        package(tmp_path / "book", record, archive)
    calls = 0
    plain = getattr(LocalStorage, verb)

    def cut(self: LocalStorage, *rest: str | bytes | Iterable[bytes]) -> object:
        nonlocal calls
        calls += str(disk) in self.url
        lost = calls == at and str(disk) in self.url
        if lost and not after:
            require(cut_power(disk), "this file system cannot be shut down")
        result = plain(self, *rest)
        if lost and after:
            require(cut_power(disk), "this file system cannot be shut down")
        return result

    with monkeypatch.context() as patch, an_archive(place) as archive:
        patch.setattr(LocalStorage, verb, cut)
        try:
            replicate(archive)
        except StorageError as error:
            assert error.exit_status == 3
    assert calls >= at, "the call was not reached"
    subprocess.run(["umount", str(disk)], check=True)
    left = tmp_path / "left"  # a device of its own: somebody's mount namespace may hold the old one
    subprocess.run(["cp", "--sparse=always", str(image), str(left)], check=True)
    assert mount(left, disk)
    with an_archive(place) as archive:
        target = archive.store("nlb-copy")
        assert archive.ledger.verify() == []
        for path in target.root.objects():
            assert check_object(target.storage, path).report.outcome is Outcome.PASS
        if recorded_versions(archive, target, PACKAGE):
            assert target.root.holds(PACKAGE.uri)
        replicate(archive)
        reports = validate_stored(archive, PACKAGE)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
