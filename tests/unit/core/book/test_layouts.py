"""Folders as scanners and people make them: what becomes of each, and what is said."""

from __future__ import annotations

import pytest

from preserva.core.book.folder_parts import outline_of_folders
from preserva.core.book.structure import Pages, resolve
from preserva.core.book.submission import Arrangement, FolderPages, arrange
from preserva.core.eark.mets import Division
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind

Pages_ = dict[str, list[tuple[str, int | None]]]


def arranged(*paths: str) -> Arrangement:
    return arrange([Entry(path, Kind.FILE, 1) for path in paths])


def pages(arrangement: Arrangement) -> Pages_:
    """The files of each representation by page."""
    return {
        name: [(file.source, file.page) for file in files]
        for name, files in arrangement.representations.items()
    }


def said(arrangement: Arrangement) -> list[tuple[str, str | None]]:
    """Codes and paths of all findings, problems first."""
    findings = (*arrangement.problems, *arrangement.warnings)
    return [(str(finding.code.value), finding.path) for finding in findings]


@pytest.mark.parametrize(
    ("master", "access", "text"),
    [
        ("MASTER", "Access", "TEXT"),
        ("Мастер", "Доступ", "Текст"),
        ("мастэр", "Даступ", "тэксты"),
        ("оригиналы", "копии", "OCR"),
        ("TIFF", "JPG", "alto"),
    ],
)
def test_folders_are_known_by_words_of_three_languages(master: str, access: str, text: str) -> None:
    """In any case; the name in the package's metadata is the one below that folder."""
    found = arranged(f"{master}/1.TIF", f"{access}/1.JPG", f"{text}/1.xml")
    assert said(found) == []
    assert pages(found) == {
        "master": [(f"{master}/1.TIF", 1)],
        "access": [(f"{access}/1.JPG", 1)],
        "text": [(f"{text}/1.xml", 1)],
    }
    assert [file.original for _name, file in found.files()] == ["1.TIF", "1.JPG", "1.xml"]
    assert [file.target for _name, file in found.files()] == ["0001.tif", "0001.jpg", "0001.xml"]


def test_two_folders_for_one_purpose_are_refused() -> None:
    """Which of them counts?"""
    assert said(arranged("master/1.tif", "Мастер/1.tif"))[0] == ("E475", "Мастер/")


@pytest.mark.parametrize(
    ("masters", "copies"),
    [
        (["AONB_kp123_0001", "AONB_kp123_0002"], ["1", "2"]),
        (["0001_m", "0002_m"], ["0001_a", "0002_a"]),
        (["0001_m", "cover_m"], ["0001_a", "cover_a"]),
        (["INPUT_0017", "INPUT_0018"], ["PAGE_0017_ALTO", "PAGE_0018_ALTO"]),
        (["kp12_1r", "kp12_1v"], ["л1 recto", "л1 verso"]),
        (["2024-05-12_1", "2024-05-12_2"], ["1", "2"]),
    ],
)
def test_pages_are_paired_by_number_and_it_is_said(masters: list[str], copies: list[str]) -> None:
    """Never two pages for one."""
    found = arranged(*(f"master/{n}.tif" for n in masters), *(f"access/{n}.jpg" for n in copies))
    assert [file.page for _name, file in found.files()] == [1, 2, 1, 2]
    assert [code for code, _path in said(found) if code not in {"W479", "W471"}] == ["W478"]


@pytest.mark.parametrize(
    ("masters", "copies"),
    [
        (["0017", "0018"], ["1", "2"]),
        (["0001_m", "0002_m", "0003_m"], ["0001_a", "0002_a"]),
        (["a", "b"], ["c", "d"]),
        (["1_2", "2_1"], ["1", "2"]),
    ],
)
def test_what_cannot_be_paired_for_certain_is_refused(
    masters: list[str], copies: list[str]
) -> None:
    """Whatever the numbers are."""
    found = arranged(*(f"master/{n}.tif" for n in masters), *(f"access/{n}.jpg" for n in copies))
    assert (Code.SOURCE_AMBIGUOUS, f"access/{copies[0]}.jpg") in [
        (problem.code, problem.path) for problem in found.problems
    ]


@pytest.mark.parametrize(
    "names",
    [
        ["1.tif", "2.tif", "1.jpg", "2.jpg"],
        ["0001_m.tif", "0002_m.tif", "0001_a.jpg", "0002_a.jpg"],
        ["0001_m.jpg", "0002_m.jpg", "0001_a.jpg", "0002_a.jpg"],
        ["1.TIFF", "2.TIFF", "01.JPEG", "02.JPEG"],
    ],
)
def test_masters_and_copies_side_by_side_are_told_apart(names: list[str]) -> None:
    """By their format, or by the last letter."""
    found = arranged(*names)
    assert sorted(pages(found)) == ["access", "master"]
    assert [file.page for _name, file in found.files()] == [1, 2, 1, 2]
    assert said(found)[0] == ("W477", min(names[2:]))
    assert found.problems == ()


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["1.tif", "2.tif", "2.jpg", "3.jpg"], "E474"),
        (["0001_m.tif", "0002_m.tif", "0003_m.tif", "0001_a.jpg"], "E474"),
    ],
)
def test_formats_that_pair_only_in_part_are_refused(names: list[str], code: str) -> None:
    """A page must not become two, nor vanish among the access copies."""
    assert [str(problem.code.value) for problem in arranged(*names).problems][:1] == [code]


def test_pages_of_mixed_formats_are_all_masters() -> None:
    """A cover by a camera beside scanned pages."""
    found = arranged("1.tif", "2.tif", "обложка.jpg")
    assert pages(found) == {"master": [("обложка.jpg", 1), ("1.tif", 2), ("2.tif", 3)]}
    assert said(found) == [("W479", "обложка.jpg")]


def test_a_folder_for_each_chapter_makes_the_structure() -> None:
    """In the order of their numbers, Roman ones too; folders inside are parts of parts."""
    found = arranged(
        "Глава IX/1.tif",
        "Глава II/1.tif",
        "Глава II/2.tif",
        "Глава V/А/1.tif",
        "Глава V/Б/1.tif",
        "обложка.tif",
        "задняя обложка.tif",
    )
    assert pages(found)["master"] == [
        ("обложка.tif", 1),
        ("Глава II/1.tif", 2),
        ("Глава II/2.tif", 3),
        ("Глава V/А/1.tif", 4),
        ("Глава V/Б/1.tif", 5),
        ("Глава IX/1.tif", 6),
        ("задняя обложка.tif", 7),
    ]
    assert found.chapters == (
        FolderPages(("Глава II",), 2, 3),
        FolderPages(("Глава V", "А"), 4, 4),
        FolderPages(("Глава V", "Б"), 5, 5),
        FolderPages(("Глава IX",), 6, 6),
    )
    assert found.problems == ()
    assert ("W483", None) in said(found)
    structure = resolve(outline_of_folders(found.chapters), Pages.of(found), "Книга")
    assert structure.findings == ()
    inner = (Division("chapter", "А", (4,)), Division("chapter", "Б", (5,)))
    assert structure.root == Division(
        "monograph",
        "Книга",
        (),
        (
            Division("chapter", "Глава II", (2, 3)),
            Division("chapter", "Глава V", (4, 5), inner),
            Division("chapter", "Глава IX", (6,)),
        ),
    )


def test_chapters_are_paired_in_each_representation() -> None:
    """The same name in two chapters is two pages."""
    found = arranged("master/1/1.tif", "master/2/1.tif", "access/1/1.jpg", "access/2/1.jpg")
    assert [file.page for _name, file in found.files()] == [1, 2, 1, 2]
    assert [file.original for _name, file in found.files()][:2] == ["1/1.tif", "2/1.tif"]
    assert found.problems == ()


def test_a_single_folder_around_everything_is_opened() -> None:
    """Nobody means it as a chapter."""
    found = arranged("сканы/2019/1.tif", "сканы/2019/2.tif")
    assert pages(found) == {"master": [("сканы/2019/1.tif", 1), ("сканы/2019/2.tif", 2)]}
    assert said(found) == [("W480", "сканы/2019/")]
    assert found.chapters == ()
    inside = arranged("книга/master/1.tif", "книга/access/1.jpg")
    assert sorted(pages(inside)) == ["access", "master"]


def test_covers_and_roman_numbers_have_their_places() -> None:
    """Binding outside, endpapers within, then Roman, then Arabic numbers."""
    names = [
        "10", "2", "iii", "i", "ii", "обложка", "форзац", "нахзац", "переплёт низ", "корешок",
        "1",
    ]  # fmt: skip
    found = arranged(*(f"{name}.tif" for name in names))
    assert [file.label for file in found.representations["master"]] == [
        "обложка", "форзац", "i", "ii", "iii", "1", "2", "10", "нахзац", "переплёт низ", "корешок",
    ]  # fmt: skip
    assert [file.type for file in found.representations["master"]] == [
        "cover", "endpaper", *["page"] * 6, "endpaper", "cover", "spine",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "ordered",
    [
        ["001r", "001v", "002r"],
        ["л. 1", "л. 1 об", "л. 2", "л. 10"],
        ["a", "b", "c", "d"],
        ["Х", "ХІ", "ХІІ"],
        ["AONB_cover", "AONB_i", "AONB_iv", "AONB_0001", "AONB_cover_back"],
        ["обложка 1", "обложка 2", "1", "обложка 3", "обложка 4"],
        ["0001_cover", "0002_title", "0003"],
    ],
)
def test_names_that_are_in_order_stay_so(ordered: list[str]) -> None:
    """Whatever the order in which the system lists them."""
    found = arranged(*(f"{name}.tif" for name in reversed(ordered)))
    assert [file.source for file in found.representations["master"]] == [
        f"{name}.tif" for name in ordered
    ]


@pytest.mark.parametrize("name", ["книга.pdf", "BOOK.PDF", "book.djvu"])
def test_the_book_in_one_file_is_kept_as_a_master(name: str) -> None:
    """Only a warning says that its pages cannot be described."""
    found = arranged(name)
    assert [(file.target[:10], file.page) for file in found.representations["master"]] == [
        ("whole-0001", None)
    ]
    assert said(found) == [("W481", name)]


def test_several_books_in_files_are_no_book() -> None:
    """Nobody can tell their order."""
    assert said(arranged("1.pdf", "2.pdf")) == [("E405", None)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("2.tif.part", "E471"),
        ("2.tif.crdownload", "E471"),
        ("~$опись.docx", "E471"),
        ("2.tmp", "E471"),
        ("2.CR2", "E472"),
        ("2.psd", "E472"),
        ("2.HEIC", "E472"),
        ("Thumbs.db", "W411"),
        ("2 (1).tif", "W475"),
        ("2 — копия.tif", "W475"),
        ("2 - Copy.tif", "W475"),
    ],
)
def test_files_that_are_no_finished_page_are_named(name: str, code: str) -> None:
    """In a plain folder and among the masters; in documentation/ an editor's file may lie."""
    assert (code, name) in said(arranged("1.tif", "2.tif", name))
    assert (code, f"master/{name}") in said(
        arranged("master/1.tif", "master/2.tif", f"master/{name}")
    )
    beside = said(arranged("master/1.tif", f"documentation/{name}"))
    expected = [] if code in {"E472", "W475"} else [(code, f"documentation/{name}")]
    assert beside == expected


def test_texts_of_no_page_are_named() -> None:
    """They would be lost from sight."""
    found = arranged("master/1.tif", "master/2.tif", "text/1.xml", "text/3.xml")
    assert ("W482", "text/3.xml") in said(found)
    assert ("W412", "text/") in said(found)
    assert said(arranged("1.tif", "2.tif", "readme.txt")) == []
