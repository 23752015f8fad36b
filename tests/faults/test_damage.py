"""Every kind of damage, in either copy, is found and named; the unreadable is not called wrong."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from preserva.cli.main import status_of
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.faults.damage import CASES, COPIES, P1, PACKAGE, flip, folder
from tests.support.books import an_archive, make_book
from tests.support.reports import by_storage


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with one package in two copies."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        (done,) = replicate(archive)
        assert done.acknowledged == ["v1"]
    return tmp_path


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("kind", sorted(CASES))
def test_damage_is_found_and_named(kind: str, copy: str, place: Path) -> None:
    """In the copy where it is, and not in the other."""
    damage, expected = CASES[kind]
    with an_archive(place / "archive") as archive:
        store = archive.store(copy)
        damage(folder(store))
        reports = by_storage(validate_stored(archive, PACKAGE))
    found = {(one.code, one.path or "") for one in reports[copy].findings}
    if kind == "a lost copy":
        expected = {(Code.COPY_MISSING, copy)}
    if kind == "a link in place of a file":
        found = {one for one in found if one[1] == P1}
    assert found == expected
    assert reports[copy].outcome is Outcome.FAIL
    (other,) = set(COPIES) - {copy}
    assert (reports[other].outcome, reports[other].findings) == (Outcome.PASS, [])


@pytest.mark.parametrize("copy", COPIES)
def test_a_valid_package_that_is_another_one_is_found(copy: str, place: Path) -> None:
    """Sound in itself, and not what was recorded."""
    record = make_book(place / "other", seed=9)
    with an_archive(place / "elsewhere") as elsewhere:
        package(place / "other", record, elsewhere)
        strange = folder(elsewhere.primary)
    with an_archive(place / "archive") as archive:
        target = folder(archive.store(copy))
        shutil.rmtree(target)
        shutil.copytree(strange, target)
        reports = by_storage(validate_stored(archive, PACKAGE))
    strange_log = next(iter((target / "logs").iterdir())).name
    assert {(one.code, one.path) for one in reports[copy].findings} == {
        (Code.NOT_AS_RECORDED, "v1/inventory.json"),
        (Code.LOG_UNKNOWN, f"logs/{strange_log}"),
        (Code.LOG_MISSING, "logs"),
    }
    assert reports[copy].outcome is Outcome.FAIL


@pytest.mark.parametrize("copy", COPIES)
def test_a_storage_that_is_not_there_is_said_once(copy: str, place: Path) -> None:
    """An empty mount point is not a storage that lost everything."""
    with an_archive(place / "archive") as archive:
        root = Path(archive.store(copy).storage.url)
        root.rename(root.with_name("unmounted"))
        root.mkdir()
    with an_archive(place / "archive") as archive:
        reports = by_storage(validate_stored(archive, PACKAGE))
    assert [one.code for one in reports[copy].findings] == [Code.STORAGE_UNREACHABLE]
    assert reports[copy].outcome is Outcome.UNKNOWN


def command(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as people do."""
    return subprocess.run(
        [sys.executable, "-m", "preserva.cli.main", *arguments],
        cwd=place / "archive",
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_names_the_file_and_ends_with_1(place: Path) -> None:
    """What a script and a librarian see."""
    with an_archive(place / "archive") as archive:
        flip(folder(archive.store("nlb-copy")) / P1)
    done = command(place, "validate", "aonb-kp-7")
    assert done.returncode == 1
    assert P1 in done.stdout
    assert "E203" in done.stdout


@pytest.mark.parametrize("reason", [errno.EIO, errno.EACCES])
def test_what_cannot_be_read_ends_with_3(
    reason: int,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither damage nor soundness: the system refuses to open the file, or fails to read it."""
    with an_archive(place / "archive") as archive:
        victim = (folder(archive.store("nlb-copy")) / P1).stat()
    opened: set[int] = set()
    plain_open, plain_read = os.open, os.read

    def failing_open(path: str, flags: int, *rest: int, **named: int) -> int:
        descriptor = plain_open(path, flags, *rest, **named)
        opened.discard(descriptor)
        if os.path.samestat(os.fstat(descriptor), victim):
            if reason == errno.EACCES:
                os.close(descriptor)
                raise OSError(reason, os.strerror(reason))
            opened.add(descriptor)
        return descriptor

    def failing_read(descriptor: int, size: int) -> bytes:
        if descriptor in opened:
            raise OSError(reason, os.strerror(reason))
        return plain_read(descriptor, size)

    monkeypatch.setattr(os, "open", failing_open)
    monkeypatch.setattr(os, "read", failing_read)
    config = str(place / "archive" / "preserva.toml")
    assert status_of(["--config", config, "validate", "aonb-kp-7"]) == 3
    seen = capsys.readouterr().out
    assert f"U101 page 1 (л. 1), {P1}: " in seen
    assert os.strerror(reason) in seen
    assert "\n  E" not in seen
