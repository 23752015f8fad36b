"""Packages are found by what their records say, and named without our institution."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva.api.arguments import package_id
from preserva.catalogue.database import Database
from preserva.catalogue.entry import uri_of
from preserva.catalogue.import_records import NAME, catalogue_version, import_packages
from preserva.catalogue.index import Index
from preserva.core.values.model import PackageId
from preserva.errors import UsageError
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.reporting.find import Wanted
from preserva.reporting.status import list_packages, status
from tests.support.books import an_archive, make_book

RECORD = """<?xml version="1.0" encoding="UTF-8"?>
<mods xmlns="http://www.loc.gov/mods/v3" version="3.8">
<titleInfo><title>{title}</title></titleInfo>
<location><physicalLocation>АОНБ</physicalLocation>
<shelfLocator>Р 5-{number}</shelfLocator>
<holdingSimple><copyInformation><itemIdentifier type="inventory">{number}77</itemIdentifier>
</copyInformation></holdingSimple></location>
<recordInfo><recordIdentifier>KP {number}</recordIdentifier></recordInfo>
</mods>
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with two books."""
    with an_archive(tmp_path / "archive") as archive:
        for number, title in ((1, "Повѣсть о рѣкѣ"), (2, "Уставъ")):
            record = make_book(tmp_path / f"book{number}", pages=1, seed=number)
            record.write_text(RECORD.format(number=number, title=title), encoding="utf-8")
            package(tmp_path / f"book{number}", record, archive)
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(title="рѣкѣ"), ["kp-1"]),
        (Wanted(title="УСТАВЪ"), ["kp-2"]),
        (Wanted(shelfmark="р 5 2"), ["kp-2"]),
        (Wanted(inventory="177"), ["kp-1"]),
        (Wanted(record="KP1"), ["kp-1"]),
        (Wanted(record="kp-3"), []),
        (Wanted(register="177"), []),
        (Wanted(title="уставъ", inventory="177"), []),
        (Wanted(), ["kp-1", "kp-2"]),
    ],
)
def test_packages_are_found(wanted: Wanted, found: list[str], place: Path) -> None:
    with an_archive(place / "archive") as archive:
        listed = list_packages(archive, wanted=wanted)
        assert [one.portable for one in listed.packages] == [f"aonb-{name}" for name in found]
        assert [one.portable for one in status(archive, wanted=wanted)] == [
            f"aonb-{name}" for name in found
        ]


def test_our_institution_need_not_be_written(place: Path) -> None:
    with an_archive(place / "archive") as archive:
        for text, meant in (
            ("kp-1", PackageId("aonb", "kp-1")),
            ("aonb-kp-1", PackageId("aonb", "kp-1")),
            ("urn:preserva:aonb:kp-1", PackageId("aonb", "kp-1")),
            ("nlb-kp-1", PackageId("nlb", "kp-1")),
            ("kp-9", PackageId("aonb", "kp-9")),
        ):
            assert package_id(text, archive.config, archive.ledger) == meant
        with pytest.raises(UsageError):
            package_id("Книга", archive.config, archive.ledger)


def test_a_new_version_is_in_the_catalogue_and_never_fails_without_it(place: Path) -> None:
    record = place / "new.xml"
    record.write_text(RECORD.format(number=1, title="Новая повѣсть"), encoding="utf-8")
    with an_archive(place / "archive") as archive:
        path = archive.config.ledger.parent / NAME
        done = update(archive, PackageId("aonb", "kp-1"), Change(record, reason="a test"))
        assert catalogue_version(archive, done.package) == []
        assert not path.exists()  # nobody asked for a catalogue
        database = Database(path)
        import_packages(archive, database, int(archive.clock().timestamp()))
        database.close()
        record.write_text(RECORD.format(number=1, title="Третья повѣсть"), encoding="utf-8")
        done = update(archive, PackageId("aonb", "kp-1"), Change(record, reason="a test"))
        assert catalogue_version(archive, done.package) == []
        database = Database(path, must_exist=True)
        known = Index(database).get(uri_of("aonb", "KP 1"))
        assert known is not None and known.entry is not None
        assert known.entry.title == "Третья повѣсть"
        database.close()
        path.write_bytes(b"no database")
        for name in (f"{NAME}-wal", f"{NAME}-shm"):
            (path.parent / name).unlink(missing_ok=True)
        (finding,) = catalogue_version(archive, done.package)
        assert (finding.code.value, finding.path) == ("W498", "aonb-kp-1")
