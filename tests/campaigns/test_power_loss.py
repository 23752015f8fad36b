"""The power goes in the middle of the work: what was not on the disk is lost.

A loop device with ext4 is shut down as a power cut does it (EXT4_IOC_SHUTDOWN without flushing its
log), mounted anew and looked at. Only the replica's disk stops, or the machine with everything on
it: storages and ledger.

What is mounted anew is always a copy of the disk, in a new file. Any other process with mounts of
its own (`ip netns exec`) that began while the disk was mounted keeps it alive after `umount`; to
mount the same file again would then give back that file system, shut down as it is, with every call
ending with EIO, or with what it had in memory.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from preserva import config
from preserva.archive.archive import create_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.report import Outcome
from preserva.errors import StorageError
from preserva.fixity.audit import audit
from preserva.fixity.ocfl_object import check_object
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ledger import Ledger
from preserva.replication.replicate import replicate
from preserva.storage.local import LocalStorage
from tests.campaigns.points import Counter, Fault, count_calls, in_child
from tests.campaigns.test_every_write import VERBS, check_after_fault, check_finished, prepared
from tests.conftest import require
from tests.faults.damage import PACKAGE
from tests.support.books import an_archive, make_book

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


def power_is_back(image: Path, folder: Path) -> Path:
    """Mount what was on the disk when the power went; the copy of it that is mounted."""
    left = image.with_name("left")
    left.unlink(missing_ok=True)
    subprocess.run(["umount", str(folder)], check=True)
    subprocess.run(["cp", "--sparse=always", str(image), str(left)], check=True)
    assert mount(left, folder)
    return left


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
    power_is_back(image, disk)
    with an_archive(place) as archive:
        target = archive.store("nlb-copy")
        assert archive.ledger.verify() == []
        for path in target.root.objects():
            assert check_object(target.storage, path).report.outcome is Outcome.PASS
        if StoredCopy(archive, target, PACKAGE).acknowledged():
            assert target.root.holds(PACKAGE.uri)
        replicate(archive)
        reports = validate_stored(archive, PACKAGE)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER])
@pytest.mark.parametrize("verb", ["package", "update", "replicate", "replicate a second version"])
def test_the_machine_loses_power_at_a_call_that_writes(
    verb: str, fault: Fault, image: Path, tmp_path: Path
) -> None:
    """When the command has just ended, and at every call in a long run, at two in a short one."""
    disk, work = tmp_path / "disk", VERBS[verb]
    prepared(verb, disk / "trial")
    total = count_calls(partial(work, prepared(verb, tmp_path / "counted")), tmp_path)
    os.sync()  # `umount` does it only where nobody else keeps the disk alive
    subprocess.run(["umount", str(disk)], check=True)
    start = image.rename(tmp_path / "start")

    def cut() -> None:
        require(cut_power(disk), "this file system cannot be shut down")

    def trial(counter: Counter) -> None:
        subprocess.run(["cp", "--sparse=always", str(start), str(image)], check=True)
        assert mount(image, disk)
        status = in_child(partial(work, disk / "trial"), counter)
        assert status == (-9 if counter.at else 0), f"call {counter.at} of {total}"
        if not counter.at:
            cut()
        power_is_back(image, disk)
        with an_archive(disk / "trial" / "archive") as archive:
            check_after_fault(archive, verb)
        if counter.at:
            work(disk / "trial")
        check_finished(disk / "trial", verb)
        subprocess.run(["umount", str(disk)], check=True)
        image.unlink()

    trial(Counter(0, fault))
    points = range(1, total + 1) if LONG else [total // 2, total * 9 // 10]
    for at in points:
        trial(Counter(at, fault, cut))
    assert mount(start, disk)  # the fixture takes it down
    print(f"{verb}, power lost, {fault.value}: {len(points)} of {total} calls")


class Appends(Counter):
    """Counts the entries of the ledger alone."""

    def install(self) -> None:
        """Put the counter before the ledger."""
        Ledger.append = self.wrap(Ledger.append)  # type: ignore[method-assign]


def audited(place: Path, told: Path) -> None:
    """An audit of everything, while others write to the same disk; `told` says what it recorded.

    The clock begins anew each time, so every copy is made due by an event.
    """
    append = Ledger.append

    def telling(self: Ledger, type_: str, **rest: Any) -> object:
        entry = append(self, type_, **rest)
        with told.open("a") as stream:
            stream.write(f"{type_}\n")
        return entry

    def load() -> None:
        for number in count():
            path = place / f"load-{number % 8}"
            with path.open("wb") as stream, suppress(OSError):
                stream.write(bytes(1 << 16))
                os.fsync(stream.fileno())

    Ledger.append = telling  # type: ignore[assignment]
    threading.Thread(target=load, daemon=True).start()
    with an_archive(place) as archive:
        audit(archive, moved=tuple(archive.config.storages))


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER])
def test_the_power_goes_while_an_audit_records(fault: Fault, image: Path, tmp_path: Path) -> None:
    """At each entry of the ledger, under load: what was recorded is there, the chain verifies."""
    disk, told = tmp_path / "disk", tmp_path / "told"
    with an_archive(disk / "trial") as archive:
        for number in range(3):
            record = make_book(tmp_path / f"book{number}", pages=1, seed=number)
            package(tmp_path / f"book{number}", record, archive, local=f"kp-{number}")
        list(replicate(archive))
        before = len(list(archive.ledger.entries()))
    os.sync()
    subprocess.run(["umount", str(disk)], check=True)
    start = image.rename(tmp_path / "start")

    def cut() -> None:
        require(cut_power(disk), "this file system cannot be shut down")

    for at in range(1, 8):  # the ledger is verified, then six copies are read
        subprocess.run(["cp", "--sparse=always", str(start), str(image)], check=True)
        assert mount(image, disk)
        told.unlink(missing_ok=True)
        counter = Appends(at, fault, cut)
        assert in_child(partial(audited, disk / "trial", told), counter) == -9, at
        power_is_back(image, disk)
        known = told.read_text().splitlines() if told.exists() else []
        assert len(known) == at - 1
        with an_archive(disk / "trial") as archive:
            assert archive.ledger.verify() == []
            assert archive.ledger.verify_copies() == []
            entries = [one.type for one in archive.ledger.entries()][before:]
            assert entries[: len(known)] == known
            assert len(entries) == at - (fault is Fault.KILL_BEFORE)
            found = audit(archive, moved=tuple(archive.config.storages))
            assert [one.outcome for one in found.reports] == [Outcome.PASS] * 6
        subprocess.run(["umount", str(disk)], check=True)
        image.unlink()
    assert mount(start, disk)  # the fixture takes it down
