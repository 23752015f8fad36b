"""Packages corrected and exported by the rows of a table."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from preserva.access.document import Document, read_document
from preserva.archive.archive import ArchivalStorage
from preserva.batch.outcome import BatchResult, RowState
from preserva.batch.record_list import list_records
from preserva.batch.run import BatchOptions
from preserva.batch.shares import WHOLE, Share
from preserva.batch.verbs import export_batch, package_batch, update_batch
from preserva.catalogue.database import Database
from preserva.catalogue.import_records import NAME, import_packages
from preserva.catalogue.index import Index
from preserva.core.eark.mets import PackageType
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from tests.support.batches import book_row, records, scans, table_text
from tests.support.books import an_archive

BOOKS = (1, 2, 3)
RIGHTS = """
[[rights]]
basis = "copyright"
status = "public domain"
jurisdiction = "ru"
"""
EVENTS = """
[agents.w]
name = "Иванова"
type = "person"
[[events]]
type = "capture"
when = "2026-01-02"
agents = ["w"]
"""


def kp(number: int) -> PackageId:
    """The identifier of a book."""
    return PackageId("aonb", f"kp-{number:06}")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Three books that are packaged, and new records of them after re-cataloguing."""
    for number in BOOKS:
        scans(tmp_path / "scans" / str(number), seed=number)
    (tmp_path / "all.xml").write_text(records(BOOKS), "utf-8")
    (tmp_path / "books.csv").write_text(table_text(map(book_row, BOOKS)), "utf-8")
    (tmp_path / "new.xml").write_text(records(BOOKS).replace("Книга", "Новая книга"), "utf-8")
    with an_archive(tmp_path / "archive") as archive:
        options = BatchOptions(tmp_path / "books.csv")
        package_batch(archive, options, records=tmp_path / "all.xml")
    return tmp_path


def table(desk: Path, *lines: str) -> BatchOptions:
    """A table of these lines, to work on."""
    (desk / "work.csv").write_text("\n".join(lines), "utf-8")
    return BatchOptions(desk / "work.csv")


def update(archive: ArchivalStorage, desk: Path, options: BatchOptions) -> BatchResult:
    """Correct packages with the new records."""
    return update_batch(archive, options, records=desk / "new.xml", reason="re-catalogued")


def states(result: BatchResult) -> list[str]:
    """What became of each row."""
    return [row.state.value for row in result.rows]


def test_packages_are_found_by_the_numbers_in_their_records(desk: Path) -> None:
    options = table(
        desk, "number,shelfmark,reason,notes", "RU/AONB/1,,wrong year,", ",к-2/1,,", ",,,x"
    )
    with an_archive(desk / "archive") as archive:
        result = update(archive, desk, options)
        assert [row.package for row in result.rows] == [kp(1), kp(2), None]
        assert result.rows[0].title == "Новая книга 1"
        assert result.outcome is Outcome.UNKNOWN  # the last row names nothing
        assert [row.state for row in result.rows] == [
            RowState.DONE, RowState.DONE, RowState.FAILED,
        ]  # fmt: skip
        assert "E462" in result.rows[2].problems[0]
        premis = [read_document(archive, kp(book), Document.PREMIS).decode() for book in (1, 2)]
        assert "wrong year" in premis[0] and "re-catalogued" in premis[1]
        assert states(update(archive, desk, options)) == ["before", "before", "failed"]


def test_a_number_alone_says_which_package_is_corrected(desk: Path) -> None:
    """Without a file of records, a row that corrects something else needs none."""
    (desk / "s.toml").write_text('[[parts]]\ntype = "text"\nfirst = 1\n', "utf-8")
    options = table(
        desk,
        "shelfmark,record,structure",
        "К-1/1,,s.toml",
        ",RU/AONB/2,s.toml",
        "К-9/1,,s.toml",
        "К-3/1,,",
        f",{'x' * 300},s.toml",
    )
    with an_archive(desk / "archive") as archive:
        result = update_batch(archive, options, reason="parts")
        assert [row.package for row in result.rows] == [kp(1), kp(2), None, None, None]
        assert states(result) == ["done", "done", "failed", "failed", "failed"]
        assert "К-9/1" in result.rows[2].problems[0]
        assert "E484" in result.rows[3].problems[0]


def test_a_check_of_corrections_changes_nothing(desk: Path) -> None:
    with an_archive(desk / "archive") as archive:
        before = archive.ledger.size
        options = BatchOptions(table(desk, "id,number", "kp-000003,RU/AONB/3").table, dry_run=True)
        result = update(archive, desk, options)
        assert states(result) == ["ready"]
        assert archive.ledger.size == before


def test_a_record_of_another_book_is_refused_in_its_row_only(desk: Path) -> None:
    options = table(desk, "id,number", "kp-000001,RU/AONB/2", "kp-000003,RU/AONB/3", "kp-000003,")
    with an_archive(desk / "archive") as archive:
        result = update(archive, desk, options)
    assert states(result) == ["failed", "done", "failed"]
    assert "a record of another book" in result.rows[0].problems[0]


def test_packages_are_exported_once(desk: Path) -> None:
    options = table(desk, "id,as", "kp-000001,", "aonb-kp-000002,sip", "kp-9,", "kp-000001,")
    with an_archive(desk / "archive") as archive:
        first = export_batch(archive, options, desk / "out")
        assert states(first) == ["done", "done", "failed", "failed"]
        assert "E463" in first.rows[3].problems[0]
        assert sorted(path.name for path in (desk / "out").iterdir()) == [
            "aonb-kp-000001", "aonb-kp-000002",
        ]  # fmt: skip
        again = export_batch(archive, options, desk / "out")
        assert states(again) == ["before", "before", "failed", "failed"]
        update(archive, desk, table(desk, "number", "RU/AONB/1"))
        newer = export_batch(archive, table(desk, "id", "kp-000001"), desk / "out")
        assert states(newer) == ["failed"]  # the older version is in its place
        older = export_batch(archive, table(desk, "id,version", "kp-000001,1"), desk / "out")
        assert states(older) == ["before"]
        kind = export_batch(
            archive, table(desk, "shelfmark", "К-3/1"), desk / "out", kind=PackageType.DIP
        )
        assert states(kind) == ["failed"]  # masters only
        assert "DIP" in kind.rows[0].problems[0] or "access" in kind.rows[0].problems[0]


def test_records_are_listed_with_their_packages(desk: Path) -> None:
    (desk / "more.xml").write_text(records((7, 2)), "utf-8")
    with an_archive(desk / "archive") as archive:
        listed = list(list_records(archive, desk / "more.xml"))
    assert [(record.position, record.number, record.shelfmarks) for record in listed] == [
        (1, "RU/AONB/7", ("К-7/1",)),
        (2, "RU/AONB/2", ("К-2/1",)),
    ]
    assert [record.title for record in listed] == ["Книга 7", "Книга 2"]
    assert [record.packages for record in listed] == [(), (kp(2),)]


def test_a_row_corrects_all_that_update_does(desk: Path) -> None:
    """Rights, history, pages, access copies and text; each row by the same function."""
    (desk / "rights.toml").write_text(RIGHTS, "utf-8")
    (desk / "events.toml").write_text(EVENTS, "utf-8")
    scans(desk / "again", pages=1, seed=50)
    scans(desk / "copies", pages=2, seed=60)
    (desk / "words").mkdir()
    (desk / "words/0002.txt").write_text("слова", "utf-8")
    options = table(
        desk,
        "id,права,история,pages,access,текст,reason",
        "kp-000001,rights.toml,,,,,assessed",
        "kp-000002,,events.toml,again,copies,words,blurred",
        "kp-000003,,,,nowhere,,x",
        "kp-000003,,,,,,",
    )
    with an_archive(desk / "archive") as archive:
        checked = update_batch(archive, replace(options, dry_run=True))
        assert states(checked) == ["ready", "ready", "failed", "failed"]
        done = update_batch(archive, options)
        assert states(done) == ["done", "done", "failed", "failed"]
        premis = read_document(archive, kp(1), Document.PREMIS).decode()
        assert "the rights were replaced by rights.toml; assessed" in premis
        premis = read_document(archive, kp(2), Document.PREMIS).decode()
        assert "the history was replaced by events.toml; blurred" in premis
        names = archive.primary.root.read(kp(2).uri).inventory.versions["v2"].files()
        held = sorted(path.partition("/representations/")[2] for path in names if "/data/" in path)
        assert [path for path in held if path.partition("/")[2].startswith("data/")] == [
            "access/data/0001.tif", "access/data/0002.tif",
            "master/data/0001.tif", "master/data/0002.tif", "text/data/0002.txt",
        ]  # fmt: skip
        assert states(update_batch(archive, options)) == ["before", "before", "failed", "failed"]


def test_a_row_without_a_reason_is_refused(desk: Path) -> None:
    options = table(desk, "number,reason", "RU/AONB/1,", "RU/AONB/2,wrong year")
    with an_archive(desk / "archive") as archive:
        result = update_batch(archive, options, records=desk / "new.xml")
        assert states(result) == ["failed", "done"]
        why, advice = result.rows[0].problems
        assert (why, "--reason" in advice) == ("a correction needs a reason", True)


def test_new_versions_are_in_the_union_catalogue(desk: Path) -> None:
    """Packages of a table, also of a share of it, and their corrections."""
    with an_archive(desk / "archive") as archive:
        with closing(Database(archive.config.ledger.parent / NAME)) as database:
            import_packages(archive, database, 0)
        for number, share in ((4, WHOLE), (5, Share(1, 1)), (6, Share(1, 2))):
            scans(desk / f"scans/{number}", seed=number)
            (desk / "more.xml").write_text(records((number,)), "utf-8")
            (desk / "more.csv").write_text(table_text([book_row(number)]), "utf-8")
            more = BatchOptions(desk / "more.csv", share=share)
            made = package_batch(archive, more, records=desk / "more.xml")
            assert states(made) == ["done"]
        assert states(update(archive, desk, table(desk, "number", "RU/AONB/2"))) == ["done"]
        with closing(Database(archive.config.ledger.parent / NAME)) as database:
            titles = {
                record.entry.title
                for record in Index(database).changed_since()
                if record.entry is not None
            }
    assert titles == {
        "Книга 1", "Новая книга 2", "Книга 3", "Книга 4", "Книга 5", "Книга 6",
    }  # fmt: skip
