"""Which packages have a record: read once for each version, and not for withdrawn ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage
from preserva.batch import packaged_records
from preserva.batch.packaged_records import PackagesOfRecords
from preserva.batch.record_list import list_records
from preserva.catalogue.import_records import records_of_package
from preserva.core.values.model import PackageId
from preserva.describe.record import Record, read_record
from preserva.errors import UsageError
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from tests.support.batches import records, scans
from tests.support.books import an_archive
from tests.support.house import BOOK, OTHER, House

ONE, TWO = PackageId("aonb", "kp-1"), PackageId("aonb", "kp-2")


def record(number: int) -> Record:
    """The record of that number."""
    found = read_record(records([number]).encode(), name="one.xml")
    assert isinstance(found, Record)
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with two packages, whose scans differ."""
    with an_archive(tmp_path / "archive") as archive:
        for number in (1, 2):
            folder = scans(tmp_path / "scans" / str(number), 1, number)
            package(folder, record(number), archive, local=f"kp-{number}")
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The packages whose records are read from the storage."""
    seen: list[str] = []

    def counted(archive: ArchivalStorage, one: PackageId) -> object:
        seen.append(one.local)
        return records_of_package(archive, one)

    monkeypatch.setattr(packaged_records, "records_of_package", counted)
    return seen


def having(place: Path, number: int, *, dry_run: bool = False) -> list[PackageId]:
    """What another process would find."""
    with an_archive(place / "archive") as archive:
        return PackagesOfRecords(archive, dry_run=dry_run).of(record(number))


def memory(place: Path) -> Path:
    """The file of what was read."""
    return place / "archive/ledger-records.sqlite"


def test_each_version_is_read_once(place: Path, read: list[str]) -> None:
    """The next process asks the file; a version that came meanwhile is read."""
    assert having(place, 1) == [ONE]
    assert having(place, 2) == [TWO]
    assert sorted(read) == ["kp-1", "kp-2"]
    read.clear()
    (place / "three.xml").write_text(records([3]), "utf-8")
    with an_archive(place / "archive") as archive:
        update(archive, TWO, Change(place / "three.xml", reason="a mistake", other_record=True))
    assert (having(place, 2), having(place, 3)) == ([], [TWO])
    assert read == ["kp-2"]


def corrected(place: Path, number: int) -> None:
    """Give the second package another record, as its second version."""
    (place / "other.xml").write_text(records([number]), "utf-8")
    with an_archive(place / "archive") as archive:
        update(archive, TWO, Change(place / "other.xml", reason="a mistake", other_record=True))


def test_a_ledger_that_was_restored_may_have_another_second_version(place: Path) -> None:
    """What was read of the lost one is forgotten."""
    shutil.copytree(place / "archive", place / "backup")
    corrected(place, 3)
    assert having(place, 3) == [TWO]
    remembered = memory(place).read_bytes()
    shutil.rmtree(place / "archive")
    (place / "backup").rename(place / "archive")
    memory(place).write_bytes(remembered)
    corrected(place, 4)
    for _time in ("once read", "remembered"):
        assert (having(place, 3), having(place, 4)) == ([], [TWO])


def test_a_dry_run_writes_nothing(place: Path, read: list[str]) -> None:
    """It finds the same."""
    assert having(place, 1, dry_run=True) == [ONE]
    assert not memory(place).exists()
    assert sorted(read) == ["kp-1", "kp-2"]


@pytest.mark.parametrize("content", [b"", b"no database" * 500])
def test_an_unusable_file_costs_a_reading(place: Path, content: bytes) -> None:
    """What stands in the packages is found."""
    memory(place).write_bytes(content)
    assert having(place, 1) == [ONE]


def test_a_package_that_cannot_be_read_is_read_the_next_time(place: Path, read: list[str]) -> None:
    """Nothing is remembered of it, and the others are found."""
    (mods,) = (place / "archive/storages/aonb-main").rglob("*kp-1/metadata/descriptive/source.xml")
    hidden = mods.rename(mods.with_suffix(".hidden"))
    assert (having(place, 1), having(place, 2)) == ([], [TWO])
    hidden.rename(mods)
    assert having(place, 1) == [ONE]
    assert sorted(read) == ["kp-1", "kp-1", "kp-1", "kp-2"]


def test_a_withdrawn_package_has_no_record(tmp_path: Path) -> None:
    """Whoever makes the right one hears of no duplicate, and its number is found again."""
    house = House(tmp_path)
    with house.by("ivanova") as archive:
        book, other = (records_of_package(archive, one)[0] for one in (BOOK, OTHER))
    assert isinstance(book, Record) and isinstance(other, Record)
    house.withdraw()
    with house.by("ivanova") as archive:
        found = PackagesOfRecords(archive)
        assert (found.of(book), found.of(other)) == ([], [OTHER])


def test_a_scan_is_no_file_of_records(place: Path) -> None:
    """Any bytes can be cut into pieces; that is said once, and no piece is listed."""
    scan = place / "scan.tif"
    scan.write_bytes(b"II*\0" + b"\x1d\x0e" * 900)
    with an_archive(place / "archive") as archive:
        with pytest.raises(UsageError, match="holds no records"):
            list(list_records(archive, scan))
        mixed = place / "mixed.xml"
        mixed.write_text(records([1, 2]), "utf-8")
        assert [one.packages for one in list_records(archive, mixed)] == [(ONE,), (TWO,)]
