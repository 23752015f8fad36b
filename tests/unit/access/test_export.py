"""What leaves the store is what was recorded, whole, and lands where it spoils nothing."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.access.export import export
from preserva.bag.create.create import create_bag
from preserva.cli.main import status_of
from preserva.core.values.model import PackageId
from preserva.errors import Damaged, Refused, StorageError, StorageFull, UsageError
from preserva.files.disk import staging_for
from preserva.fixity.validate import validate
from preserva.ingest.package import package, package_bag
from tests.support.books import an_archive, make_book, object_folder

ID = PackageId("aonb", "kp-7")


@pytest.fixture
def place(one_book: Path) -> Path:
    """An archive with one package, replicated."""
    return one_book


@pytest.mark.parametrize(
    "inside",
    [
        "archive/storages/aonb-main",
        "archive/storages/aonb-main/ocfl",
        "archive/storages/nlb-copy/ocfl/new/folder",
        "a bag/data",
        "link",
    ],
)
def test_nothing_is_written_into_what_is_kept(inside: str, place: Path) -> None:
    book, record = place.parent / "book", place.parent / "book.xml"
    create_bag(book, place.parent / "a bag")
    (place.parent / "link").symlink_to(object_folder(place, "nlb-copy", ID))
    target = place.parent / inside
    before = sorted(place.parent.rglob("*"))
    with an_archive(place) as archive:
        for destination in (target, target / "book.tar"):
            for dry_run in (True, False):
                with pytest.raises(Refused, match="must stay as it is"):
                    export(archive, ID, destination, dry_run=dry_run)
        with pytest.raises(Refused, match="must stay as it is"):
            package_bag(book, record, archive.config.institution, target)
    with pytest.raises(Refused, match="must stay as it is"):
        create_bag(book, target / "bag")
    assert sorted(place.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["out", "out.tar"])
def test_another_package_in_its_place_is_not_exported(name: str, place: Path) -> None:
    record = make_book(place.parent / "other", seed=9)
    with an_archive(place.parent / "elsewhere") as elsewhere:
        package(place.parent / "other", record, elsewhere)
    target = object_folder(place, "aonb-main", ID)
    shutil.rmtree(target)
    shutil.copytree(object_folder(place.parent / "elsewhere", "aonb-main", ID), target)
    out = place.parent / name
    with an_archive(place) as archive:
        with pytest.raises(Damaged, match="not the package that was recorded"):
            export(archive, ID, out)
        assert not out.exists()
        made = export(archive, ID, out, storage="nlb-copy")
    (report,) = validate(made)
    assert report.findings == []


def test_what_nobody_recorded_is_not_exported(place: Path) -> None:
    with an_archive(place.parent / "elsewhere"):
        pass
    target = object_folder(place.parent / "elsewhere", "aonb-main", ID)
    shutil.copytree(object_folder(place, "aonb-main", ID), target)
    with (
        an_archive(place.parent / "elsewhere") as archive,
        pytest.raises(StorageError, match="no record"),
    ):
        export(archive, ID, place.parent / "out")
    assert not (place.parent / "out").exists()


@pytest.mark.parametrize("name", ["b.tar.gz", "b.TGZ", "b.zip", "b.tar.zst"])
def test_a_container_that_is_not_written_is_wrong_usage(name: str, place: Path) -> None:
    with an_archive(place) as archive, pytest.raises(UsageError, match="not compressed"):
        export(archive, ID, place.parent / name)
    assert not (place.parent / name).exists()


def test_a_tar_is_a_tar_in_any_case(place: Path) -> None:
    with an_archive(place) as archive:
        made = export(archive, ID, place.parent / "BOOK.TAR")
    assert made == place.parent / "BOOK.TAR"
    (report,) = validate(made)
    assert report.findings == []


def test_a_file_in_the_way_and_a_folder_that_cannot_be_written(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place.parent / "file").touch()
    config = ["--config", str(place / configuration.NAME)]
    assert status_of([*config, "export", "aonb-kp-7", str(place.parent / "file")]) == 4
    assert "exists already" in capsys.readouterr().err
    assert status_of([*config, "export", "aonb-kp-7", "/proc/nowhere/out"]) == 3
    assert "could not write" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["out", "out.tar"])
def test_a_full_disk_leaves_nothing(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_unused: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with an_archive(place) as archive:
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(StorageFull):
            export(archive, ID, place.parent / "new" / name)
    monkeypatch.undo()
    assert [path for path in (place.parent / "new").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["out", "out.tar"])
def test_what_a_killed_export_left_goes_with_the_next(name: str, place: Path) -> None:
    target = place.parent / name
    final = target if name.endswith(".tar") else target / ID.portable
    left = staging_for(final)
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"half a file")
    with an_archive(place) as archive:
        assert export(archive, ID, target) == final
    assert sorted(one.name for one in final.parent.iterdir() if one.name.startswith(".")) == []
