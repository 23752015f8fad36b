"""Tables and files of records by the public API."""

from __future__ import annotations

from pathlib import Path

import pytest

import preserva
from preserva import PackageType, RowState
from tests.support.batches import book_row, records, scans, table_text
from tests.support.books import an_archive


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Two books, their records and their table."""
    for number in (1, 2):
        scans(tmp_path / "scans" / str(number), seed=number)
    (tmp_path / "all.xml").write_text(records((1, 2)), "utf-8")
    (tmp_path / "books.csv").write_text(table_text(map(book_row, (1, 2))), "utf-8")
    with an_archive(tmp_path / "archive"):
        pass
    return tmp_path


def test_a_table_is_packaged_corrected_and_exported(desk: Path) -> None:
    (desk / "changes.csv").write_text("number\nRU/AONB/1\nRU/AONB/2\n", "utf-8")
    (desk / "new.xml").write_text(records((1, 2)).replace("Книга", "Кніга"), "utf-8")
    with preserva.open_archive(desk / "archive/preserva.toml") as archive:
        checked = archive.package_batch(
            desk / "books.csv", records=desk / "all.xml", dry_run=True, results=desk / "check.csv"
        )
        assert [row.state for row in checked.rows] == [RowState.READY] * 2
        assert checked.results == desk / "check.csv"
        share = archive.package_batch(
            desk / "books.csv", records=desk / "all.xml", share=(2, 2), scratch=desk / "scratch"
        )
        assert [(row.row, row.state) for row in share.rows] == [(3, RowState.DONE)]
        assert list((desk / "scratch").iterdir()) == []
        whole = archive.package_batch(desk / "books.csv", records=desk / "all.xml")
        assert [row.state for row in whole.rows] == [RowState.DONE, RowState.BEFORE]
        changed = archive.update_batch(desk / "changes.csv", records=desk / "new.xml", reason="be")
        assert [row.title for row in changed.rows] == ["Кніга 1", "Кніга 2"]
        (desk / "changes-results.csv").unlink()
        sent = archive.export_batch(
            desk / "changes.csv", desk / "out", kind=PackageType.SIP, recipient="NLB"
        )
        assert [row.state for row in sent.rows] == [RowState.DONE] * 2
        listed = list(archive.records(desk / "all.xml"))
        assert [record.packages for record in listed] == [(row.package,) for row in whole.rows]
    names = sorted(path.name for path in (desk / "out").iterdir())
    assert names == ["aonb-kp-000001", "aonb-kp-000002"]


@pytest.mark.parametrize("share", [(0, 1), (3, 2), (1, 0)])
def test_a_share_that_is_none_is_refused(desk: Path, share: tuple[int, int]) -> None:
    with preserva.open_archive(desk / "archive/preserva.toml") as archive:
        with pytest.raises(preserva.UsageError):
            archive.package_batch(desk / "books.csv", share=share)
        assert archive.packages().packages == []
