"""How a folder of scans is arranged."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from preserva.core.book.file_names import natural_key
from preserva.core.book.submission import arrange
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind


def files(*paths: str) -> list[Entry]:
    """Entries of files, with the folders above them."""
    folders = {path.rpartition("/")[0] for path in paths} - {""}
    return [
        *(Entry(path, Kind.FOLDER) for path in sorted(folders)),
        *(Entry(path, Kind.FILE, 1) for path in paths),
    ]


def test_a_plain_folder_is_one_master_in_natural_order() -> None:
    """2 comes before 10, whatever the letters are."""
    found = arrange(files("стр. 10.tif", "стр. 2.tif", "стр. 1.tif"))
    assert found.problems == found.warnings == ()
    assert [
        (one.source, one.target, one.page, one.label) for one in found.representations["master"]
    ] == [
        ("стр. 1.tif", "0001.tif", 1, "стр. 1"),
        ("стр. 2.tif", "0002.tif", 2, "стр. 2"),
        ("стр. 10.tif", "0003.tif", 3, "стр. 10"),
    ]


def test_representations_are_paired_by_name() -> None:
    """A page has the same number everywhere; a file of no page stands beside."""
    found = arrange(
        files(
            "master/b.tif",
            "master/a.tif",
            "access/a.jpg",
            "access/b.jpg",
            "access/book.pdf",
            "text/b.xml",
            "text/b.txt",
            "text/a.xml",
            "note.doc",
        )
    )
    assert found.problems == found.warnings == ()
    assert {
        name: [(one.source, one.target, one.page) for one in some]
        for name, some in found.representations.items()
    } == {
        "master": [("master/a.tif", "0001.tif", 1), ("master/b.tif", "0002.tif", 2)],
        "access": [
            ("access/a.jpg", "0001.jpg", 1),
            ("access/b.jpg", "0002.jpg", 2),
            ("access/book.pdf", "whole-0001.pdf", None),
        ],
        "text": [
            ("text/a.xml", "0001.xml", 1),
            ("text/b.txt", "0002.txt", 2),
            ("text/b.xml", "0002.xml", 2),
        ],
    }
    assert [(one.source, one.target) for one in found.documentation] == [
        ("note.doc", "document-0001.doc")
    ]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], [(Code.SOURCE_WITHOUT_PAGES, None)]),
        (files("readme.txt"), [(Code.SOURCE_WITHOUT_PAGES, None)]),
        (files("1.tif", "01.tif"), [(Code.SOURCE_COLLISION, "1.tif")]),
        (files("a.tif", "A.tif"), [(Code.SOURCE_COLLISION, "a.tif")]),
        (files("a.tif", "a.jp2"), [(Code.SOURCE_COLLISION, "a.tif")]),
        (
            files("й.tif", unicodedata.normalize("NFD", "й.tif")),
            [(Code.SOURCE_COLLISION, "й.tif")],
        ),
        (files("master/1.tif", "old/1.tif"), [(Code.SOURCE_DEPTH, "old/")]),
        (files("1.tif", "notes/1.doc"), [(Code.SOURCE_DEPTH, "notes/")]),
        (
            files("1.tif", "documentation/deep/1.doc"),
            [(Code.SOURCE_DEPTH, "documentation/deep/")],
        ),
        ([*files("1.tif"), Entry("2.tif", Kind.LINK)], [(Code.SOURCE_LINK, "2.tif")]),
        ([*files("1.tif"), Entry("2.tif", Kind.OTHER)], [(Code.SOURCE_NO_FILE, "2.tif")]),
    ],
)
def test_what_cannot_be_packaged_is_named(
    entries: list[Entry], expected: list[tuple[Code, str | None]]
) -> None:
    """Every problem, with its file."""
    assert [(one.code, one.path) for one in arrange(entries).problems] == expected


def test_every_problem_is_found_at_once() -> None:
    """Not the first only."""
    found = arrange([*files("1.tif", "01.tif", "sub/x.doc"), Entry("l", Kind.LINK)])
    assert sorted(one.code.value for one in found.problems) == ["E401", "E403", "E404"]


def test_hidden_and_system_files_are_left_out_and_named() -> None:
    """Nothing is skipped silently."""
    found = arrange(files("1.tif", ".DS_Store", "Thumbs.db"))
    assert {(one.code, one.path) for one in found.warnings} == {
        (Code.SOURCE_IGNORED, ".DS_Store"),
        (Code.SOURCE_IGNORED, "Thumbs.db"),
    }
    assert [one.source for _name, one in found.files()] == ["1.tif"]


def test_a_missing_page_is_a_warning() -> None:
    """The access copy of page b was forgotten."""
    found = arrange(files("master/a.tif", "master/b.tif", "access/a.jpg"))
    assert [(one.code, one.path, one.expected) for one in found.warnings] == [
        (Code.SOURCE_UNPAIRED, "access/", "b")
    ]


names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: name not in {".", ".."})


@given(
    st.lists(
        st.builds("{}.{}".format, names, st.sampled_from(["tif", "JPG", "txt", "pdf", "x"])),
        unique=True,
    )
)
def test_no_file_is_lost_and_no_two_meet(paths: list[str]) -> None:
    """Each file is packaged once under an ASCII name of its own, or is named in a finding."""
    found = arrange(files(*paths))
    packaged = [one.source for _name, one in found.files()]
    named = [one.path for one in (*found.warnings, *found.problems)]
    assert len(packaged) == len(set(packaged))
    assert set(packaged) | set(named) >= set(paths)
    if not found.problems:
        targets = [(name, one.target) for name, one in found.files()]
        assert len(targets) == len(set(targets))
        assert all(target.isascii() for _name, target in targets)


@example(["0", "¹"])  # a digit to Python, but not a number
@given(st.lists(names, min_size=2))
def test_the_natural_order_is_an_order(some: list[str]) -> None:
    """Any names can be compared, and the spelling in bytes does not matter."""
    once = sorted(some, key=natural_key)
    assert [natural_key(one) for one in once] == sorted(natural_key(one) for one in reversed(some))


@pytest.mark.parametrize(
    "name", ["LICENSE", "license.txt", "README.html", "Лицензия.txt", "master/md5sums.txt"]
)
def test_a_text_about_the_scans_is_no_text_of_the_book(name: str) -> None:
    """It is kept as a document, and its name with it."""
    folder = "master/" if "/" in name else ""
    found = arrange(files(f"{folder}1.tif", f"{folder}2.tif", name))
    assert list(found.representations) == ["master"]
    assert [file.source for file in found.representations["master"]] == [
        f"{folder}1.tif",
        f"{folder}2.tif",
    ]
    assert [(file.source, file.original) for file in found.documentation] == [
        (name, name.rpartition("/")[2])
    ]
