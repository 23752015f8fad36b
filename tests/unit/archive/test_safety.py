"""What was lost, exchanged or rolled back is found and refused, never passed over or made anew."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from preserva import config as configuration
from preserva.archive.archive import create_archive, open_archive
from preserva.cli.main import status_of
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome, Report
from preserva.core.values.subjects import Named
from preserva.errors import (
    LedgerError,
    Locked,
    PreservaError,
    Refused,
    StorageError,
    StorageFull,
    UsageError,
)
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.bag import store
from preserva.ingest.package import package, package_bag
from preserva.replication.replicate import replicate
from tests.support.books import an_archive, make_book, object_folder

ID = PackageId("aonb", "kp-7")


@pytest.fixture
def place(one_book: Path) -> Path:
    """An archive with one package, replicated."""
    return one_book


def all_files(place: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not path.name.startswith("ledger.sqlite-") and path.name != "lock"
    }


def test_a_package_lost_from_its_own_storage_is_reported_by_replicate(place: Path) -> None:
    shutil.rmtree(object_folder(place, "aonb-main", ID))
    with an_archive(place) as archive:
        for asked in ((), (ID,)):
            (done,) = replicate(archive, asked)
            assert [one.code for one in done.report.findings] == [Code.COPY_MISSING]
            assert done.report.outcome is Outcome.FAIL


def test_what_was_lost_is_not_made_anew(place: Path) -> None:
    book = place.parent / "book"
    shutil.rmtree(object_folder(place, "aonb-main", ID))
    with an_archive(place) as archive:
        package_bag(book, place.parent / "book.xml", archive.config.institution, place / "bags")
        before = all_files(place)
        with pytest.raises(Refused, match="was stored in aonb-main") as refused:
            package(book, place.parent / "book.xml", archive)
        assert "export --storage" in (refused.value.advice() or "")
        with pytest.raises(Refused, match="was stored in aonb-main"):
            store(archive, place / "bags" / ID.portable)
        assert all_files(place) == before


def test_nothing_is_replicated_into_a_storage_where_packages_are_made(place: Path) -> None:
    path = place / configuration.NAME
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('role = "replica"', 'role = "primary"'), encoding="utf-8")
    with an_archive(place) as archive, pytest.raises(UsageError, match="not a replica"):
        replicate(archive, to="nlb-copy")


def test_a_version_that_nobody_recorded_has_another_owner(place: Path) -> None:
    folder = object_folder(place, "nlb-copy", ID)
    inventory = json.loads((folder / "inventory.json").read_bytes())
    inventory["versions"]["v2"] = inventory["versions"]["v1"]
    inventory["head"] = "v2"
    write_version(folder, inventory)
    with an_archive(place) as archive:
        _ours, theirs = validate_stored(archive, ID)
        assert (Code.DIVERGED, "v2/inventory.json") in {
            (one.code, one.path) for one in theirs.findings
        }
        assert theirs.outcome is Outcome.FAIL
        before = all_files(folder)
        (done,) = replicate(archive)
        assert [one.code for one in done.report.findings] == [Code.DIVERGED]
        assert all_files(folder) == before


def write_version(folder: Path, inventory: dict[str, object]) -> None:
    """Enter a version into an object as any OCFL program would."""
    data = json.dumps(inventory).encode()
    line = f"{hashlib.sha512(data).hexdigest()} inventory.json\n"
    (folder / "v2").mkdir()
    for place in (folder, folder / "v2"):
        (place / "inventory.json").write_bytes(data)
        (place / "inventory.json.sha512").write_text(line)


def change_entry(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("DROP TRIGGER never_changed")
        connection.execute(
            "UPDATE entry SET body = CAST(replace(body, 'success', 'failure') AS BLOB)"
            " WHERE number = 2"
        )
        connection.commit()


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["status"],
        ["replicate"],
        ["validate", "aonb-kp-7"],
        ["export", "aonb-kp-7", "out"],
        ["package", "../book", "--record", "../book.xml"],
        ["init"],
    ],
)
def test_every_command_stops_at_a_ledger_that_does_not_verify(
    arguments: list[str], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_entry(place / "ledger.sqlite")
    monkeypatch.chdir(place)
    before = all_files(place)
    assert status_of(arguments) == 5
    assert all_files(place) == before


def test_the_newest_entries_are_verified_alone(place: Path) -> None:
    with an_archive(place) as archive:
        validate_stored(archive, ID)
    change_entry(place / "ledger.sqlite")
    with pytest.raises(LedgerError, match="entry 2 was changed"):
        open_archive(place / configuration.NAME)
    from preserva.ledger import Ledger

    ledger = Ledger(place / "ledger.sqlite")
    assert ledger.verify(since=3) == []
    assert len(ledger.verify(since=2)) == len(ledger.verify()) == 1
    ledger.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_IOERR_FSYNC, StorageError),
        (sqlite3.SQLITE_BUSY, Locked),
        (sqlite3.SQLITE_CORRUPT, LedgerError),
    ],
)
def test_a_ledger_on_a_failing_disk_is_not_called_forged(
    code: int, kind: type[PreservaError], place: Path
) -> None:
    error = sqlite3.OperationalError("as the system says")
    error.sqlite_errorcode = code

    class Failing:
        def execute(self, *_arguments: object) -> None:
            raise error

        def close(self) -> None: ...

    with an_archive(place) as archive:
        archive.ledger.close()
        archive.ledger._connection = Failing()  # type: ignore[assignment]
        with pytest.raises(PreservaError) as raised:
            archive.ledger.append("x", time=archive.now(), outcome="success")
    assert type(raised.value) is kind


def unmount(place: Path) -> None:
    shutil.rmtree(place / "storages/nlb-copy")
    (place / "storages/nlb-copy").mkdir()


def delete(place: Path) -> None:
    shutil.rmtree(place / "storages/nlb-copy")


def forget_ledger(place: Path) -> None:
    (place / "ledger.sqlite").unlink()


def empty_ledger(place: Path) -> None:
    (place / "ledger.sqlite").write_bytes(b"")


def other_storage(place: Path) -> None:
    path = place / "storages/nlb-copy/preserva-storage.json"
    path.write_bytes(path.read_bytes().replace(b"nlb-copy", b"somebody"))


def other_owner(place: Path) -> None:
    path = place / "storages/nlb-copy/preserva-storage.json"
    said = {**json.loads(path.read_bytes()), "institution": "aonb"}
    path.write_text(json.dumps(said), "utf-8")


def strange_files(place: Path) -> None:
    unmount(place)
    (place / "storages/nlb-copy/holiday.jpg").write_bytes(b"not ours")


def linked_twice(place: Path) -> None:
    delete(place)
    (place / "storages/nlb-copy").symlink_to("aonb-main")


def linked_inside(place: Path) -> None:
    delete(place)
    (place / "storages/nlb-copy").symlink_to("aonb-main/ocfl")


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (unmount, Refused, "held packages"),
        (delete, Refused, "held packages"),
        (forget_ledger, Refused, "their ledger"),
        (empty_ledger, Refused, "their ledger"),
        (other_storage, StorageError, "is the storage somebody"),
        (other_owner, StorageError, "belongs to aonb"),
        (strange_files, Refused, "holiday"),
        (linked_twice, Refused, "in the same folder"),
        (linked_inside, Refused, "in the same folder"),
    ],
)
def test_init_makes_nothing_where_something_is_amiss(
    change: Callable[[Path], None], kind: type[PreservaError], said: str, place: Path
) -> None:
    change(place)
    before = all_files(place), sorted(place.rglob("*"))
    with pytest.raises(kind, match=said):
        create_archive(configuration.load(place / configuration.NAME))
    after = all_files(place), sorted(place.rglob("*"))
    gone = {one for one in before[1] if one.name.startswith("ledger.sqlite-")}
    assert after[0] == before[0]
    assert set(after[1]) - gone == set(before[1]) - gone


def test_init_refuses_an_empty_file_as_ledger(tmp_path: Path) -> None:
    path = tmp_path / configuration.NAME
    path.write_text(configuration.TEMPLATE, encoding="utf-8")
    (tmp_path / "ledger.sqlite").touch()
    with pytest.raises(Refused, match="is not a ledger"):
        create_archive(configuration.load(path))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["ledger.sqlite", configuration.NAME]


def test_init_adds_a_storage_to_an_archive(place: Path) -> None:
    config = configuration.load(place / configuration.NAME)
    third = replace(config.storages["nlb-copy"], id="third", url=str(place / "storages/third"))
    create_archive(
        replace(config, storages={**config.storages, "third": third}),
        identifiers=lambda: str(UUID(int=7)),
    )
    found = json.loads((place / "storages/third/preserva-storage.json").read_bytes())
    aonb, nlb = config.institutions["aonb"], config.institutions["nlb"]
    assert found == {
        "storage": "third",
        "institution": "nlb",
        "format": 2,
        "id": str(UUID(int=7)),
        "name": third.name,
        "role": third.role,
        "configured_by": "aonb",
        "institutions": {
            "aonb": {"name": aonb.names, "country": "RU"},
            "nlb": {"name": nlb.names, "country": "BY", "isil": "BY-HM0000"},
        },
    }


def test_a_storage_that_says_only_what_it_must_is_known(place: Path) -> None:
    """Its first file as preserva wrote it before it held names and roles."""
    path = place / "storages/nlb-copy/preserva-storage.json"
    whole = json.loads(path.read_bytes())
    path.write_text(
        json.dumps({key: whole[key] for key in ("storage", "institution", "format", "id")})
    )
    with open_archive(place / configuration.NAME) as archive:
        archive.store("nlb-copy").check_identity()


def test_a_copy_that_failed_its_last_check_is_no_copy(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    assert status_of(["status"]) == 0
    assert "aonb-main: never checked, v1\n" in capsys.readouterr().out
    page = object_folder(place, "nlb-copy", ID)
    page /= "v1/content/data/aonb-kp-7/representations/master/data/0001.tif"
    page.write_bytes(page.read_bytes()[:-1])
    assert status_of(["validate", "aonb-kp-7"]) == 1
    capsys.readouterr()
    assert status_of(["status"]) == 1
    said = capsys.readouterr().out
    assert "aonb-main: sound, v1; checked " in said
    assert "nlb-copy: damaged, v1; checked " in said
    assert "too few copies" in said


def test_too_few_copies_are_unfinished_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
    config = str(tmp_path / "archive" / configuration.NAME)
    assert status_of(["--config", config, "status"]) == 3
    said = capsys.readouterr().out
    assert "nlb-copy: absent\n" in said
    assert "too few copies" in said


def codes(reports: list[Report]) -> set[tuple[str, str]]:
    return {(one.code.value, one.path or "") for report in reports for one in report.findings}


def test_a_storage_root_is_looked_at_everywhere(place: Path) -> None:
    root = place / "storages/nlb-copy/ocfl"
    own, found = validate(root)
    assert (own.outcome, found.outcome) == (Outcome.PASS, Outcome.PASS)
    (root / "README.txt").write_bytes(b"OCFL 1.1 E087: files in the root itself are ignored")
    (root / "abc/def").mkdir(parents=True)
    (root / "abc/letter.txt").write_bytes(b"beside an object")
    (root / "abc/link").symlink_to(object_folder(place, "aonb-main", ID))
    os.mkfifo(root / "pipe")
    deep = root / "/".join("x" * 45)
    deep.mkdir(parents=True)
    (deep / "file").touch()
    copied = root / "copied"
    shutil.copytree(object_folder(place, "nlb-copy", ID), copied)
    reports = validate(root)
    assert len(reports) == 3
    assert codes(reports) == {
        ("E214", "abc/def"),
        ("E213", "abc/letter.txt"),
        ("E215", "abc/link"),
        ("E215", "pipe"),
        ("E217", "/".join("x" * 40)),
        ("E210", "copied"),
    }


def test_a_root_without_its_declaration_or_objects_is_still_a_root(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    with an_archive(tmp_path / "archive"):
        pass
    root = tmp_path / "archive/storages/nlb-copy/ocfl"
    (empty,) = validate(root)
    assert (empty.outcome, empty.subject) == (Outcome.PASS, Named(str(root)))
    (root / "0=ocfl_1.1").unlink()
    assert codes(validate(root)) == {("E211", "0=ocfl_1.1")}
    (root / "0=ocfl_1.1").write_text("ocfl_1.0\n")
    assert codes(validate(root)) == {("E211", "0=ocfl_1.1")}


def test_a_link_above_an_object_is_not_followed(place: Path) -> None:
    top = object_folder(place, "nlb-copy", ID).parents[2]
    top.rename(top.with_name("elsewhere"))
    top.symlink_to("elsewhere")
    with an_archive(place) as archive:
        ours, theirs = validate_stored(archive, ID)
    assert ours.outcome is Outcome.PASS
    assert codes([theirs]) == {("E215", f"ocfl/{top.name}")}


def test_what_does_not_belong_into_an_object_is_named(place: Path) -> None:
    folder = object_folder(place, "nlb-copy", ID)
    (folder / "v3").mkdir()
    (folder / "extensions/known").mkdir(parents=True)
    (folder / "extensions/known/file").touch()
    (folder / "extensions/odd").touch()
    os.mkfifo(folder / "logs/pipe")
    (folder / "logs/link").symlink_to("/etc/passwd")
    with an_archive(place) as archive:
        _ours, theirs = validate_stored(archive, ID)
    assert codes([theirs]) == {
        ("E216", "v3"),
        ("E202", "extensions/odd"),
        ("E208", "logs/pipe"),
        ("E208", "logs/link"),
    }


@pytest.mark.parametrize("event", ["ingestion", "replication"])
def test_the_records_of_events_are_held_against_the_ledger(event: str, place: Path) -> None:
    """That of the ingestion came along with the copy."""
    logs = object_folder(place, "nlb-copy", ID) / "logs"
    (record,) = logs.glob(f"*-{event}-*.xml")
    good = record.read_bytes()
    with an_archive(place) as archive:
        record.write_bytes(good.replace(b"success", b"failure"))
        _ours, theirs = validate_stored(archive, ID)
        assert codes([theirs]) == {("W307", f"logs/{record.name}"), ("E306", "logs")}
        record.unlink()
        _ours, theirs = validate_stored(archive, ID)
        assert codes([theirs]) == {("E306", "logs")}
        record.write_bytes(good)
        _ours, theirs = validate_stored(archive, ID)
        assert codes([theirs]) == set()


def test_a_file_below_a_file_is_found_in_a_tar(tmp_path: Path) -> None:
    path = tmp_path / "bag.container.tar"
    with tarfile.open(path, "w") as tar:
        for name, data in {
            "bag/bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag/data/a": b"x",
            "bag/data/a/b/c": b"x",
            "bag/manifest-sha256.txt": "".join(
                f"{hashlib.sha256(b'x').hexdigest()}  data/{one}\n" for one in ("a", "a/b/c")
            ).encode(),
        }.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert codes(validate(path)) == {("E129", "data/a")}
