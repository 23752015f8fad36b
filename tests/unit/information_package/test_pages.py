"""Which page of the book a path is: by the METS that is sound, else by the name of the file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from preserva.access.export import export
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import BookPage, Report
from preserva.fixity.validate import validate, validate_stored
from preserva.information_package.pages import ObjectPages
from preserva.ingest.revision import Change, update
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from tests.faults.damage import PAGE, flip
from tests.support.books import an_archive, object_folder, replicated

ID = PackageId("aonb", "kp-7")
METS = "v1/content/data/aonb-kp-7/representations/master/METS.xml"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with one book of two pages in two copies."""
    return replicated(tmp_path, ID)


def pages_of(report: Report) -> list[tuple[Code, str | None, BookPage | None]]:
    """Each finding with its path and its page."""
    return [(finding.code, finding.path, finding.page) for finding in report.findings]


def test_a_damaged_page_is_named_as_the_book_names_it(place: Path) -> None:
    """Not only the file; a damaged METS is no page, and its word does not count any more."""
    folder = object_folder(place, "nlb-copy", ID)
    flip(folder / PAGE.format(2))
    with an_archive(place) as archive:
        (report,) = validate_stored(archive, ID, storage="nlb-copy")
        assert pages_of(report) == [
            (Code.OBJECT_DIGEST_MISMATCH, PAGE.format(2), BookPage(2, "л. 2"))
        ]
        flip(folder / METS)
        (report,) = validate_stored(archive, ID, storage="nlb-copy")
        assert pages_of(report) == [
            (Code.OBJECT_DIGEST_MISMATCH, METS, None),
            (Code.OBJECT_DIGEST_MISMATCH, PAGE.format(2), BookPage(2)),
        ]


def test_a_page_that_is_gone_or_too_many(place: Path) -> None:
    """What METS does not know is no page of the book, whatever its name."""
    folder = object_folder(place, "nlb-copy", ID)
    (folder / PAGE.format(1)).unlink()
    (folder / PAGE.format(3)).write_bytes(b"no page")
    with an_archive(place) as archive:
        (report,) = validate_stored(archive, ID, storage="nlb-copy")
    assert sorted(pages_of(report), key=str) == sorted(
        [
            (Code.OBJECT_FILE_MISSING, PAGE.format(1), BookPage(1, "л. 1")),
            (Code.OBJECT_FILE_EXTRA, PAGE.format(3), None),
        ],
        key=str,
    )


def test_a_page_is_called_what_the_newest_version_calls_it(place: Path, tmp_path: Path) -> None:
    """The file of the first version stays where it is, and is called otherwise."""
    structure = tmp_path / "structure.csv"
    structure.write_text("first,last,label\n2,2,стр. 4\n", encoding="utf-8")
    with an_archive(place) as archive:
        update(archive, ID, Change(structure=structure, reason="a test"))
        replicate(archive)
        flip(object_folder(place, "nlb-copy", ID) / PAGE.format(2))
        (report,) = validate_stored(archive, ID, storage="nlb-copy")
    assert pages_of(report) == [
        (Code.OBJECT_DIGEST_MISMATCH, PAGE.format(2), BookPage(2, "стр. 4"))
    ]


def test_a_repair_knows_the_pages_by_the_sound_copy(place: Path) -> None:
    """Also if the METS of the damaged copy is gone; and of a page that no copy has."""
    ours = object_folder(place, "aonb-main", ID)
    theirs = object_folder(place, "nlb-copy", ID)
    flip(theirs / PAGE.format(1))
    flip(theirs / PAGE.format(2))
    (theirs / METS).unlink()
    flip(ours / PAGE.format(2))
    with an_archive(place) as archive:
        (planned,) = repair(archive, [ID], storage="nlb-copy")
    assert [(file.path, file.page) for file in planned.put] == [
        (METS, None),
        (PAGE.format(1), BookPage(1, "л. 1")),
    ]
    assert pages_of(planned.report) == [(Code.NO_GOOD_COPY, PAGE.format(2), BookPage(2, "л. 2"))]


def test_replication_names_the_page_of_a_damaged_original(tmp_path: Path) -> None:
    """With the path in the storage, as all its findings have it."""
    place = replicated(tmp_path, ID)
    shutil.rmtree(object_folder(place, "nlb-copy", ID))
    ours = object_folder(place, "aonb-main", ID)
    flip(ours / PAGE.format(1))
    with an_archive(place) as archive:
        path = archive.primary.root.path_of(ID.uri)
        (done,) = replicate(archive)
    damaged = (Code.OBJECT_DIGEST_MISMATCH, f"{path}/{PAGE.format(1)}", BookPage(1, "л. 1"))
    assert damaged in pages_of(done.report)


@pytest.mark.parametrize("name", ["bag", "bag.tar"])
def test_pages_of_a_bag(name: str, place: Path, tmp_path: Path) -> None:
    """In a folder and in one file."""
    with an_archive(place) as archive:
        written = export(archive, ID, tmp_path / name)
    file = "data/aonb-kp-7/representations/master/data/0002.tif"
    if name == "bag":
        flip(written / file)
    else:
        data = written.read_bytes()
        at = data.index(b"II*\x00", data.index(b"master/data/0002.tif"))
        written.write_bytes(data[: at + 300] + b"\xff\x01" + data[at + 302 :])
    (report,) = validate(written)
    assert (Code.DIGEST_MISMATCH, file, BookPage(2, "л. 2")) in [
        (finding.code, finding.path, finding.page) for finding in report.findings
    ]


def test_others_files_are_no_pages_by_their_names(place: Path) -> None:
    """Only our own names of pages tell a number; a storage that is away tells nothing."""
    with an_archive(place) as archive:
        stored = archive.primary.root.read(ID.uri)
        page_of = ObjectPages([], stored.path, stored.inventory)
    base = "v1/content/data/aonb-kp-7/representations"
    assert page_of(f"{base}/master/data/0002.tif") == BookPage(2)
    assert page_of(f"{stored.path}/{base}/master/data/0002.tif") == BookPage(2)
    for path in (
        f"{base}/original/data/1799/0002.tif",
        f"{base}/original/data/12.tif",
        f"{base}/master/METS.xml",
        "v1/content/manifest-sha512.txt",
        "v9/content/data/aonb-kp-7/representations/master/data/0002.tif",
        "inventory.json",
        "",
    ):
        assert page_of(path) is None
