"""Whether the name of a file says what its page is called."""

from __future__ import annotations

import pytest

from preserva.core.book.labels import label_in_name


@pytest.mark.parametrize(
    "name",
    ["л. 1", "л. 001", "л. 12 об.", "арк. 3 адв.", "[12r]", "стр. 4, чертёж", "ix", "7", "обложка"],
)
def test_people_name_files_as_pages_are_called(name: str) -> None:
    assert label_in_name(name) == name


@pytest.mark.parametrize(
    "name", ["0001", "IMG_0023", "scan-7", "page_0001", "2026-11-23 12.00", "С_5", "0001_cover"]
)
def test_what_a_scanner_counted_is_no_label(name: str) -> None:
    """It is kept in PREMIS as the file's former name, and nothing is lost."""
    assert label_in_name(name) is None
