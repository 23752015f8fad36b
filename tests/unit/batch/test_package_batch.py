"""Packages made of the rows of a table: checked, made, corrected, made again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage
from preserva.batch import package_rows
from preserva.batch.outcome import BatchResult, RowState
from preserva.batch.run import BatchOptions
from preserva.batch.shares import Share
from preserva.batch.verbs import package_batch
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Advanced, Ended, Outcome, Progress, Started
from preserva.errors import Locked, Refused, UsageError
from preserva.ingest.book_revision import PageChanges
from preserva.ingest.package import Packaged, package
from preserva.ingest.revision import Change, update
from tests.support.batches import HEADER, book_row, read_results, records, scans, table_text
from tests.support.books import an_archive, tiff

BOOKS = 12


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Twelve books, their records, and their table as a spreadsheet in Russian Windows saves it."""
    for number in range(1, BOOKS + 1):
        scans(tmp_path / "scans" / str(number), seed=number)
    (tmp_path / "all.xml").write_text(records(range(1, BOOKS + 1)), "utf-8")
    write_table(tmp_path, [book_row(number) for number in range(1, BOOKS + 1)])
    return tmp_path


def write_table(desk: Path, rows: list[tuple[str, ...]]) -> None:
    """The table."""
    (desk / "books.csv").write_bytes(table_text(rows).encode("cp1251"))


def work(archive: ArchivalStorage, desk: Path, **options: object) -> BatchResult:
    """Work on the table."""
    settings = BatchOptions(desk / "books.csv", **options)  # type: ignore[arg-type]
    return package_batch(archive, settings, records=desk / "all.xml")


def states(result: BatchResult) -> Counter[RowState]:
    """How many rows became what."""
    return Counter(row.state for row in result.rows)


def stored(archive: ArchivalStorage) -> int:
    """How many packages there are."""
    return len(list(archive.primary.root.objects()))


def test_a_check_stores_nothing_and_a_run_stores_all(desk: Path) -> None:
    with an_archive(desk / "archive") as archive:
        before = archive.ledger.size
        checked = work(archive, desk, dry_run=True)
        assert states(checked) == {RowState.READY: BOOKS}
        assert checked.outcome is Outcome.PASS
        assert (stored(archive), archive.ledger.size) == (0, before)
        done = work(archive, desk)
        assert states(done) == {RowState.DONE: BOOKS}
        assert done.rows[4].title == "Книга 5"
        again = work(archive, desk)
        assert states(again) == {RowState.BEFORE: BOOKS}
        assert [row.package for row in again.rows] == [row.package for row in done.rows]
        assert stored(archive) == BOOKS
        assert archive.ledger.verify() == []
    (first, *_rest) = read_results(desk / "books-results.csv")
    assert first == {
        "Папка": "scans/1", "Шифр": "К-1/1", "Идентификатор": "kp-000001", "Примечания": "",
        "result": "done before", "stored package": "aonb-kp-000001", "findings": "",
    }  # fmt: skip


def codes(result: BatchResult) -> dict[int, list[str]]:
    """The codes of what was wrong with each row that was not done."""
    failed = [row for row in result.rows if row.state is RowState.FAILED]
    return {row.row: [problem.split()[0] for problem in row.problems] for row in failed}


def broken(desk: Path) -> None:
    """Faults in five of the rows: each is found in its own row, once."""
    (desk / "scans/2/0001.tif").write_bytes((desk / "scans/2/0001.tif").read_bytes()[:-100])
    for page in (desk / "scans/3").iterdir():
        page.unlink()
    rows: list[tuple[str, ...]] = [book_row(number) for number in range(1, BOOKS + 1)]
    rows[3] = ("scans/4", "К-444/1", "kp-000004", "")
    rows[4] = ("../outside", "К-5/1", "kp-000005", "")
    rows[5] = ("scans/1", "К-6/1", "kp-000006", "")
    write_table(desk, rows)


def test_a_bad_row_stops_no_other_and_a_corrected_table_is_done(desk: Path) -> None:
    broken(desk)
    with an_archive(desk / "archive") as archive:
        checked = work(archive, desk, dry_run=True)
        assert checked.outcome is Outcome.FAIL
        done = work(archive, desk)
        assert codes(checked) == codes(done)  # a check finds all that the run refuses
        assert done.outcome is Outcome.UNKNOWN
        assert codes(done) == {
            3: ["E451"], 4: ["E405"], 5: ["E461"], 6: ["E464"], 7: ["E463"],
        }  # fmt: skip
        assert stored(archive) == BOOKS - 5
        for number in (2, 3):
            for page in (desk / f"scans/{number}").iterdir():
                page.unlink()
            (desk / f"scans/{number}").rmdir()
            scans(desk / f"scans/{number}", seed=number)
        results = desk / "books-results.csv"
        text = results.read_text("utf-8-sig")
        text = text.replace("К-444/1", "К-4/1").replace("../outside", "scans/5")
        text = text.replace("scans/1;К-6/1", "scans/6;К-6/1")
        results.write_text(text, "utf-8-sig")
        options = BatchOptions(results)
        corrected = package_batch(archive, options, records=desk / "all.xml")
        assert states(corrected) == {RowState.BEFORE: BOOKS - 5, RowState.DONE: 5}
        assert corrected.results == results
        assert stored(archive) == BOOKS


def test_structures_lie_in_a_folder_beside(desk: Path) -> None:
    """For rows that name none: each called like the folder of scans, as the table names that."""
    place = desk / "written" / "scans"
    place.mkdir(parents=True)
    chapter = 'title = "{}"\n[[parts]]\ntype = "chapter"\nfirst = 1\n'
    (place / "1.toml").write_text(chapter.format("по расклейке"), "utf-8")
    (place / "2.csv").write_text("first;label\n1;л. 7\n", "utf-8")
    for name in ("3.toml", "3.xml"):
        (place / name).write_text(chapter.format("?"), "utf-8")
    (desk / "scans" / "own.toml").write_text(chapter.format("своя"), "utf-8")
    rows = [(*book_row(number), "") for number in (1, 2, 3)] + [(*book_row(4), "scans/own.toml")]
    (place / "4.toml").write_text("[[", "utf-8")
    header = (*HEADER, "Структура")
    (desk / "books.csv").write_text(table_text(rows, header), "utf-8")
    with an_archive(desk / "archive") as archive:
        result = package_batch(
            archive,
            BatchOptions(desk / "books.csv"),
            records=desk / "all.xml",
            structures=desk / "written",
        )
        assert [row.state for row in result.rows] == [
            RowState.DONE, RowState.DONE, RowState.FAILED, RowState.DONE,
        ]  # fmt: skip
        assert "3.toml, 3.xml" in result.rows[2].problems[0]
        stored_at = Path(archive.primary.storage.url)
        kept = {
            path.parents[1].name: path.name for path in stored_at.rglob("documentation/structure.*")
        }
    assert kept == {
        "aonb-kp-000001": "structure.toml",
        "aonb-kp-000002": "structure.csv",
        "aonb-kp-000004": "structure.toml",
    }


def test_shares_do_all_rows_between_them(desk: Path) -> None:
    with an_archive(desk / "archive") as archive:
        results = [work(archive, desk, share=Share(number, 3)) for number in (1, 2, 3)]
        assert [states(result) for result in results] == [{RowState.DONE: 4}] * 3
        rows = sorted(row.row for result in results for row in result.rows)
        assert rows == list(range(2, BOOKS + 2))
        assert stored(archive) == BOOKS
        assert states(work(archive, desk)) == {RowState.BEFORE: BOOKS}
        assert archive.ledger.verify() == []
    assert (desk / "books-results-2-of-3.csv").exists()
    assert list((desk / "archive/ledger-batch").iterdir()) == []


def test_shares_find_what_is_stored_already(desk: Path) -> None:
    """The scans of the second book are those of the first, which another share stored."""
    for page in (desk / "scans/2").iterdir():
        page.write_bytes((desk / "scans/1" / page.name).read_bytes())
    with an_archive(desk / "archive") as archive:
        work(archive, desk, share=Share(1, 2))
        (second, *_rest) = work(archive, desk, share=Share(2, 2)).rows
        assert second.state is RowState.DONE
        assert [(note.code.value, note.path, note.seen) for note in second.findings] == [
            ("W474", "aonb-kp-000001", "2 / 2")
        ]


def test_one_bar_for_the_whole_table(desk: Path) -> None:
    seen: list[Progress] = []
    with an_archive(desk / "archive") as archive:
        options = BatchOptions(desk / "books.csv")
        package_batch(archive, options, records=desk / "all.xml", observer=seen.append)
    begun, ended = seen[0], seen[-1]
    assert isinstance(begun, Started) and isinstance(ended, Ended)
    size = sum(path.stat().st_size for path in (desk / "scans").rglob("*.tif"))
    assert (begun.files, begun.size) == (BOOKS, size)
    assert sum(event.size for event in seen[1:-1] if isinstance(event, Advanced)) == size


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (("Папка", "Шифор"), "there is no column Шифор; did you mean шифр"),
        (("Папка", "Colour"), "there is no column Colour; known ones: folder"),
        (("Папка", "Folder"), "there are two columns Folder"),
    ],
)
def test_a_column_that_is_not_known_is_named(
    desk: Path, header: tuple[str, str], message: str
) -> None:
    (desk / "books.csv").write_text(table_text([("scans/1", "x")], header), "utf-8")
    with an_archive(desk / "archive") as archive:
        with pytest.raises(UsageError, match=message):
            work(archive, desk)
        assert stored(archive) == 0


def test_results_never_take_the_place_of_something_else(desk: Path) -> None:
    (desk / "books-results.csv").write_text("Папка\nscans/1\n", "utf-8")
    with an_archive(desk / "archive") as archive:
        with pytest.raises(Refused):
            work(archive, desk)
        assert stored(archive) == 0
    assert (desk / "books-results.csv").read_text("utf-8") == "Папка\nscans/1\n"


def test_an_error_of_the_archive_ends_the_run(desk: Path) -> None:
    """Every other row would only meet it again; the results say which were not reached."""
    with an_archive(desk / "archive") as archive:
        with archive.primary.storage.lock("somebody"):
            result = work(archive, desk)
        assert isinstance(result.stopped, Locked)
        assert states(result) == {RowState.LEFT: BOOKS}
        assert result.outcome is Outcome.UNKNOWN
        assert stored(archive) == 0
    results = read_results(desk / "books-results.csv")
    assert {row["result"] for row in results} == {"not reached"}


def test_a_bug_that_one_book_meets_costs_the_others_nothing(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_package(folder: Path, *arguments: object, **named: object) -> Packaged:
        if folder.name == "3":
            raise RecursionError("too deep")
        return package(folder, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(package_rows, "package", broken_package)
    with an_archive(desk / "archive") as archive:
        result = work(archive, desk)
    assert states(result) == {RowState.DONE: BOOKS - 1, RowState.FAILED: 1}
    assert "a bug in preserva: RecursionError('too deep')" in result.rows[2].problems[0]


def test_a_further_copy_of_a_book_is_noted(desk: Path) -> None:
    """In the same table and in a later one; the row is done all the same."""
    scans(desk / "scans" / "second", seed=99)
    scans(desk / "scans" / "third", seed=98)
    _folder, shelfmark, _id, note = book_row(1)
    write_table(desk, [book_row(1), ("scans/second", shelfmark, "kp-second", note)])
    with an_archive(desk / "archive") as archive:
        first, second = work(archive, desk).rows
        assert (first.state, first.findings) == (RowState.DONE, ())
        assert second.state is RowState.DONE
        assert [(note.code, note.seen) for note in second.findings] == [
            (Code.RECORD_PACKAGED, "aonb-kp-000001")
        ]
        write_table(desk, [("scans/third", shelfmark, "kp-third", note)])
        (third,) = work(archive, desk).rows
        assert [(note.code, note.seen) for note in third.findings] == [
            (Code.RECORD_PACKAGED, "aonb-kp-000001, aonb-kp-second")
        ]


def test_a_book_that_was_corrected_since_is_done_all_the_same(desk: Path) -> None:
    """By pages, by a record, by what is derived: a table is run again for months."""
    page = desk / "again" / "1.tif"
    page.parent.mkdir()
    page.write_bytes(tiff(bytes(range(250))))
    (desk / "s.toml").write_text('[[parts]]\ntype = "text"\nfirst = 1\n', "utf-8")
    one, two = (PackageId("aonb", f"kp-00000{number}") for number in (1, 2))
    with an_archive(desk / "archive") as archive:
        work(archive, desk)
        update(archive, one, Change(pages=PageChanges(page.parent), reason="blurred"))
        update(archive, two, Change(structure=desk / "s.toml", reason="parts"))
        update(archive, two, Change(documents=(desk / "s.toml",), reason="kept"))
        for dry_run in (True, False):
            again = work(archive, desk, dry_run=dry_run)
            assert states(again) == {RowState.BEFORE: BOOKS}
            noted = [(row.row, note.code, note.seen) for row in again.rows for note in row.findings]
            assert noted == [
                (2, Code.PACKAGE_CORRECTED, "v2"),
                (3, Code.PACKAGE_CORRECTED, "v3"),
            ]
        (desk / "scans/1/0002.tif").write_bytes(page.read_bytes())
        assert codes(work(archive, desk)).keys() == {2}  # what no version has is refused


def test_a_row_says_what_helps(desk: Path) -> None:
    """As `preserva check` does; an identifier is named by its column, not by an option."""
    (desk / "scans/2/0001.tif").write_bytes((desk / "scans/2/0001.tif").read_bytes()[:-100])
    others = [("scans/3", "К-3/1", "КП 3", ""), ("scans/4", "К-4/1", "nlb-kp-4", "")]
    write_table(desk, [book_row(2), *others])
    with an_archive(desk / "archive") as archive:
        truncated, named, foreign = work(archive, desk, dry_run=True).rows
    assert truncated.problems[0].startswith("E451") and len(truncated.problems) == 1
    assert "Scan these pages again, or copy them again from the scanner" in truncated.cells()[2]
    assert foreign.problems == (
        "E483 Идентификатор: not a permitted value; expected aonb-…; seen nlb-kp-4",
    )
    (problem,) = named.problems
    assert problem.startswith("E483 Идентификатор:") and "small Latin letters" in problem
    assert "--id" not in problem


def test_a_check_names_all_that_is_wrong_with_scans(desk: Path) -> None:
    """Also what packaging would come to only when the rest is mended."""
    (desk / "scans/2/0001.tif").write_bytes((desk / "scans/2/0001.tif").read_bytes()[:-100])
    (desk / "scans/2/0002.tif").write_bytes(b"")
    write_table(desk, [book_row(2), book_row(3), ("scans/3", "К-3/1", "kp-3", "")])
    with an_archive(desk / "archive") as archive:
        checked = work(archive, desk, dry_run=True)
    assert codes(checked) == {2: ["E408", "E451"], 4: ["E463"]}
    assert checked.rows[2].problems[0].endswith("seen scans/3, row 3")


def test_of_many_files_alike_a_row_names_some(desk: Path) -> None:
    """A cell of a spreadsheet holds 32,767 letters, and nobody reads as many."""
    place = desk / "scans" / "many"
    scans(place, pages=60)
    for path in place.iterdir():
        path.rename(path.with_suffix(".png"))
    write_table(desk, [("scans/many", "К-1/1", "kp-many", "")])
    with an_archive(desk / "archive") as archive:
        (row,) = work(archive, desk, dry_run=True).rows
    assert len(row.findings) == 60
    (said,) = [text for text in row.sentences if text.startswith("W821")]
    assert said.startswith("W821 0001.png, 0002.png, 0003.png and 57 more: ")


def test_records_that_nobody_can_ask_for_are_named(desk: Path) -> None:
    """A record without number and shelfmark may be the one that a row wants."""
    text = records([1, 2]).replace("<controlfield", "<x").replace("</controlfield>", "</x>")
    text = text.replace('code="j"', 'code="z"')
    (desk / "all.xml").write_text(text, "utf-8")
    with an_archive(desk / "archive") as archive:
        problem = work(archive, desk, dry_run=True).rows[0].problems[0]
    assert problem.endswith("К-1/1; records without number and shelfmark: #1, #2")


def test_records_with_the_same_shelfmark_are_named_by_their_numbers(desk: Path) -> None:
    """So that the row can have one of these instead."""
    (desk / "all.xml").write_text(records([1, 2]).replace("К-2/1", "К-1/1"), "utf-8")
    with an_archive(desk / "archive") as archive:
        problem = work(archive, desk, dry_run=True).rows[0].problems[0]
    assert problem.endswith("К-1/1: RU/AONB/1 (#1), RU/AONB/2 (#2)")
