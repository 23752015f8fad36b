"""A replica whose disk is full, has no room for a further name, or became read-only meanwhile.

Nothing half-made is visible, the ledger acknowledges nothing, and the next run finishes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import create_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.conftest import require
from tests.faults.damage import PACKAGE
from tests.support.books import an_archive, make_book


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory that can be made smaller and greater."""
    require(os.geteuid() == 0, "only root can mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=20m,nr_inodes=2000", "none", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    require(mounted.returncode == 0, "no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def remount(disk: Path, options: str) -> None:
    """Change what the disk has room for."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


@pytest.mark.parametrize("room", ["size", "nr_inodes=25", "ro"])
def test_a_disk_that_takes_no_more(room: str, disk: Path, tmp_path: Path) -> None:
    """The replica is named as not served; with room again, the next run brings the package."""
    place = tmp_path / "archive"
    place.mkdir()
    text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{disk}/minsk"')
    (place / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(place / config.NAME))
    record = make_book(tmp_path / "book", pages=30)
    with an_archive(place) as archive:
        package(tmp_path / "book", record, archive)
    used = shutil.disk_usage(disk).used // 1024
    remount(disk, f"size={used + 40}k" if room == "size" else room)
    with an_archive(place) as archive:
        (failed,) = replicate(archive)
        assert [finding.code for finding in failed.report.findings] == [Code.NOT_WRITTEN]
        assert (failed.to, failed.outcome, failed.acknowledged) == ("nlb-copy", Outcome.UNKNOWN, [])
        target = archive.store("nlb-copy")
        assert list(target.root.objects()) == []
        assert StoredCopy(archive, target, PACKAGE).acknowledged() == set()
        assert archive.ledger.verify() == []
    remount(disk, "rw,size=20m,nr_inodes=2000")
    with an_archive(place) as archive:
        (done,) = replicate(archive)
        assert (done.acknowledged, done.report.findings) == (["v1"], [])
        reports = validate_stored(archive, PACKAGE)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
        target = archive.store("nlb-copy")
        assert [one.path for one in target.storage.children("staging")] == ["staging/lock"]
