"""Changes to a structure, as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.book.structure import PageFacts, Pages, PageType
from preserva.core.eark.mets import Division
from preserva.errors import UsageError
from preserva.web.structure_edit import (
    BookStructure,
    labelled,
    moved,
    pages_changed,
    parts_of,
    read_text,
    realigned,
    with_changed_part,
    with_part,
    without_part,
)

EMPTY = BookStructure({}, Division("monograph", "Книга"))
PAGES = Pages(40, {}, {})


def chapter(title: str, first: int, last: int) -> Division:
    return Division("chapter", title, tuple(range(first, last + 1)))


def titles(structure: BookStructure) -> list[tuple[str, str | None]]:
    return [(path, part.label) for path, part in parts_of(structure.root)]


@pytest.mark.parametrize(
    ("label", "labels"),
    [
        ("1", ["1", "2", "3"]),
        ("ix", ["ix", "x", "xi"]),
        ("л. 1 об.", ["л. 1 об.", "л. 2", "л. 2 об."]),
        ("арк. 3", ["арк. 3", "арк. 3 адв.", "арк. 4"]),
        ("12r", ["12r", "12v", "13r"]),
        ("[5]", ["[5]", "[6]", "[7]"]),
        (None, [None, None, None]),
    ],
)
def test_labels_are_counted_on(label: str | None, labels: list[str | None]) -> None:
    made = labelled(EMPTY, 4, 6, label, PageType.PLATE)
    assert made.pages == {
        page: PageFacts(text, "plate") for page, text in zip(range(4, 7), labels, strict=True)
    }


def test_parts_stand_in_the_order_of_their_pages() -> None:
    made = EMPTY
    for title, first, last in (("II", 20, 30), ("I", 2, 19), ("III", 31, 40)):
        made = with_part(made, "", chapter(title, first, last))
    made = with_part(made, "2", chapter("II, 1", 21, 25))
    made = with_part(made, "2.1", chapter("II, 1, a", 22, 22))
    assert titles(made) == [
        ("1", "I"), ("2", "II"), ("2.1", "II, 1"), ("2.1.1", "II, 1, a"), ("3", "III"),
    ]  # fmt: skip
    changed = with_changed_part(made, "2", chapter("New", 35, 36))
    assert titles(changed) == [
        ("1", "I"), ("2", "III"), ("3", "New"), ("3.1", "II, 1"), ("3.1.1", "II, 1, a"),
    ]  # fmt: skip
    assert titles(without_part(made, "2.1")) == [("1", "I"), ("2", "II"), ("3", "III")]


@pytest.mark.parametrize("path", ["9", "1.1", "x", "0", "-1", "1."])
def test_a_part_that_is_gone_is_said(path: str) -> None:
    made = with_part(EMPTY, "", chapter("I", 1, 2))
    with pytest.raises(UsageError):
        without_part(made, path)
    for change in (with_changed_part, with_part):
        with pytest.raises(UsageError):
            change(made, path, chapter("J", 1, 1))


def test_parts_do_not_lie_endlessly_deep() -> None:
    made, path = EMPTY, ""
    with pytest.raises(UsageError):
        for _level in range(20):
            made = with_part(made, path, chapter("x", 1, 2))
            path = f"{path}.1".lstrip(".")


def test_what_is_said_of_pages_follows_them() -> None:
    made = with_part(labelled(EMPTY, 1, 4, "1", PageType.PAGE), "", chapter("I", 2, 3))
    there = realigned(made, {1: 4, 2: 1, 3: 2}, 4, 5)
    assert there.pages == {
        4: PageFacts("1"), 1: PageFacts("2"), 2: PageFacts("3"),
    }  # fmt: skip
    assert (there.root.parts[0].pages, there.order) == ((1, 2), {})


def test_pages_are_moved_with_their_labels() -> None:
    """Parts follow them, other pages make room, and the order is that of the whole book."""
    made = with_part(labelled(EMPTY, 1, 4, "1", PageType.PAGE), "", chapter("I", 2, 3))
    made = moved(made, 4, 5, 2, 6)
    assert made.sequence(6) == (1, 4, 5, 2, 3, 6)
    assert made.pages == {
        1: PageFacts("1"), 2: PageFacts("4"), 4: PageFacts("2"), 5: PageFacts("3"),
    }  # fmt: skip
    assert made.root.parts[0].pages == (4, 5)
    assert moved(made, 2, 3, 4, 6).order == {}
    for place in (0, 6, -1):
        with pytest.raises(UsageError):
            moved(made, 2, 3, place, 6)


def test_a_page_that_was_moved_is_moved_in_another_version_too() -> None:
    """It comes behind the page that it was moved to; pages that are new stay where they are."""
    made = moved(labelled(EMPTY, 1, 4, "1", PageType.PAGE), 4, 4, 1, 4)
    there = realigned(made, {1: 1, 2: 3, 4: 5}, 4, 5)
    assert there.sequence(5) == (5, 1, 2, 3, 4)
    assert there.pages == {1: PageFacts("4"), 2: PageFacts("1"), 4: PageFacts("2")}
    done = realigned(made, {4: 1, 1: 2, 2: 3, 3: 4}, 4, 4)
    assert (done.order, done.pages) == ({}, made.pages)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["label", "part"]),
        st.integers(1, 40),
        st.integers(0, 12),
        st.sampled_from(["1", "i", "л. 1", "12v", "[3]", 'a "b" \\', "№ 7", ""]),
        st.sampled_from([*PageType]),
    ),
    max_size=12,
)


@given(STEPS)
def test_the_file_says_what_the_structure_is(
    steps: list[tuple[str, int, int, str, PageType]],
) -> None:
    """After any steps, its text is read as the same labels and types."""
    made = EMPTY
    for what, first, more, text, kind in steps:
        last = min(40, first + more)
        if what == "label":
            made = labelled(made, first, last, text or None, kind)
        else:
            made = with_part(made, "", chapter(text or "I", first, last))
    read, _findings = read_text(made.text(), PAGES, "Книга")
    assert pages_changed(made, read) == set()
    assert [part.pages for part in read.root.parts] == [part.pages for part in made.root.parts]
    assert read.text() == made.text()


NAMED = Pages(9, {f"{number} л.tif": number for number in range(1, 10)}, {})
MOVES = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)), max_size=5)


@given(MOVES, st.booleans())
def test_an_order_is_read_as_it_was_written(steps: list[tuple[int, int, int]], named: bool) -> None:
    """By the places of as few pages as possible, called by name; labels and parts with it."""
    made = with_part(labelled(EMPTY, 2, 6, "iv", PageType.PLATE), "", chapter("I", 3, 4))
    for one, other, to in steps:
        first, last = min(one, other), max(one, other)
        made = moved(made, first, last, min(to, 10 - (last - first + 1)), 9)
    names = {place: f"{page} л.tif" for place, page in enumerate(made.sequence(9), 1)}
    text = made.text(names, by_name=named)
    read, findings = read_text(text, NAMED, "Книга")
    assert ([finding.message() for finding in findings], read.order) == ([], made.order)
    assert pages_changed(made, read) <= set(range(1, 10)) - made.pages.keys()
    assert {page for part in read.root.parts for page in part.pages} == {
        page for part in made.root.parts for page in part.pages
    }
    assert read.text(names, by_name=named) == text


@given(st.text())
def test_any_text_is_read_or_said_to_be_none(text: str) -> None:
    structure, findings = read_text(text, PAGES, "Книга")
    assert findings or read_text(structure.text(), PAGES, "Книга")[0] == structure
