"""Gaps in the numbers of pages, and names of the same pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.book.extent import check_extent, pages_stated
from preserva.core.book.numbering import gaps
from preserva.core.book.page_order import place_by
from preserva.core.book.pairing import pair
from preserva.core.book.set_checks import SeenScan, repeated, stored_elsewhere
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding


@pytest.mark.parametrize(
    ("stems", "missing"),
    [
        (["0001", "0002", "0004", "0005"], ["0003"]),
        (["p1", "p2", "p3", "p7", "p8", "p9", "p10", "p11"], ["p4-6"]),
        (["2", "3", "4"], ["1"]),
        (["17", "18", "19"], []),
        (["1", "3", "5", "7"], []),
        (["1r", "1v", "2r", "3r", "3v", "4r"], ["2v"]),
        (["л. 1", "л. 1 об", "л. 2", "л. 3", "л. 3 об"], ["л. 2 об"]),
        (["1_recto", "1_verso", "2_verso", "3_recto", "3_verso"], ["2_recto"]),
        (["IMG_1", "IMG_2", "img_4"], ["IMG_3"]),
        (["i", "ii", "iv", "1", "2", "3"], ["iii"]),
        (["a_1", "a_2", "a_3", "b_1", "b_3", "b_4"], ["b_2"]),
        (["1", "100", "3000"], []),
        (["cover", "title"], []),
    ],
)
def test_gaps_in_the_numbers(stems: list[str], missing: list[str]) -> None:
    """As people write them; a count in steps has none."""
    assert gaps(stems) == missing


@given(st.sets(st.integers(1, 400), min_size=3), st.text("аb_ .-", max_size=5))
def test_a_numbering_with_one_gap(numbers: set[int], prefix: str) -> None:
    """A whole run of numbers has no gap; without one inside, exactly that is named."""
    count = len(numbers) + 5
    names = [f"{prefix}{number:04}" for number in range(1, count + 1)]
    assert gaps(names) == []
    lost = 2 + min(numbers) % (count - 2)
    assert gaps([n for n in names if n != f"{prefix}{lost:04}"]) == [f"{prefix}{lost:04}"]


affixes = st.text("abcxyzфж_- ", max_size=6)


@given(
    st.sets(st.integers(1, 9999), min_size=2, max_size=20),
    affixes,
    affixes,
    affixes,
    affixes,
    st.randoms(use_true_random=False),
)
def test_pages_are_paired_right_or_not_at_all(
    numbers: set[int], before: str, after: str, start: str, end: str, shuffled: object
) -> None:
    """Whatever stands around the numbers, a page is never paired with another one."""
    left = [f"{before}_{number:04}_{after}" for number in numbers]
    right = [f"{start}-{number}-{end}" for number in sorted(numbers, reverse=True)]
    expected = {f"{start}-{n}-{end}": f"{before}_{n:04}_{after}" for n in numbers}
    assert pair(left, right) == expected
    assert pair(left, right[1:]) is None
    assert pair(left, [*right[1:], f"{start}-10000-{end}"]) is None


@given(st.lists(st.text("iv0123 _обложкa", min_size=1, max_size=8), unique=True, min_size=1))
def test_the_order_of_pages_does_not_depend_on_how_they_are_listed(names: list[str]) -> None:
    """A total order of any names."""
    one_way = sorted(names, key=lambda name: (place_by(names)(name)[1], name))
    other = sorted(names, key=lambda name: (place_by(names[::-1])(name)[1], name))
    assert one_way == other


@pytest.mark.parametrize(
    ("extent", "pages"),
    [
        ("118 с.", (118, 118)),
        ("[2], 118, [4] с. : ил. ; 22 см", (124, 124)),
        ("XII, 345 с., 12 л. ил.", (369, 381)),
        ("ХІІ, 20 с.", (32, 32)),
        ("[1], 34 л.", (70, 70)),
        ("viii, 120 p. ; 20 cm", (128, 128)),
        ("С. 45-67", None),
        ("2 т.", None),
        ("1 электрон. опт. диск", None),
        ("", None),
    ],
)
def test_the_pages_that_a_record_states(extent: str, pages: tuple[int, int] | None) -> None:
    """Plates may be printed on one side."""
    assert pages_stated(extent) == pages


@pytest.mark.parametrize(
    ("images", "fits"),
    [(118, True), (126, True), (60, True), (115, False), (40, False), (300, False)],
)
def test_images_are_pages_or_spreads(images: int, fits: bool) -> None:
    """With a binding around them; anything else is worth a look."""
    finding = Finding(Code.SCAN_EXTENT, None, "118 с.", str(images))
    assert check_extent("118 с.", images) == (None if fits else finding)


def test_pages_that_repeat_others() -> None:
    """By their bytes and by their looks, each with the first; other representations apart."""
    alike = (1 << 1024) - 1
    scans = [
        SeenScan("1.tif", "master", "aa", alike),
        SeenScan("2.tif", "master", "bb", alike ^ ((1 << 200) - 1)),
        SeenScan("3.tif", "master", "aa", alike),
        SeenScan("4.tif", "master", "cc", alike ^ ((1 << 450) - 1)),
        SeenScan("blank.tif", "master", "dd", None),
        SeenScan("1.jpg", "access", "ee", alike),
    ]
    assert repeated(scans) == [
        Finding(Code.SCAN_SAME_BYTES, "3.tif", seen="1.tif"),
        Finding(Code.SCAN_SIMILAR, "2.tif", seen="1.tif"),
    ]


def test_packages_with_the_same_scans() -> None:
    """The one that has most of them first."""
    assert stored_elsewhere({"aonb-2": 1, "aonb-1": 5}, 5) == [
        Finding(Code.SCAN_STORED, "aonb-1", seen="5 / 5"),
        Finding(Code.SCAN_STORED, "aonb-2", seen="1 / 5"),
    ]
