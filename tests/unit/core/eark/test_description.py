"""Which description in METS is the book's."""

from __future__ import annotations

import pytest

from preserva.core.eark.description import descriptions, is_a_title, without_uuid

UUID = "6cebefad-2b19-4874-b014-094ec35a85aa"


def section(name: str, title: str, *, kind: str = "MODS", status: str = "") -> str:
    said = f' STATUS="{status}"' if status else ""
    return (
        f'<dmdSec ID="{name}"{said}><mdWrap MDTYPE="{kind}"><xmlData><title>{title}</title>'
        "</xmlData></mdWrap></dmdSec>"
    )


def titles(content: str) -> list[str]:
    data = (
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"{content}</mets>"
    ).encode()
    return [
        each.href or (each.document or b"").decode().partition("\n")[2].partition(">")[2][:-8]
        for each in descriptions(data)
    ]


CHAPTER, BOOK, SERIES = section("c", "Глава 1"), section("b", "Книга"), section("s", "Собрание")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (CHAPTER + BOOK, ["Глава 1", "Книга"]),
        (section("d", "DC", kind="DC") + section("m", "MODS"), ["MODS", "DC"]),
        (section("x", "EAD", kind="EAD") + BOOK, ["Книга"]),
        (
            f'{CHAPTER}{BOOK}<structMap TYPE="LOGICAL"><div DMDID="b"><div DMDID="c"/></div>'
            "</structMap>",
            ["Книга", "Глава 1"],
        ),
        (  # the logical map is asked first, wherever it stands
            f'{CHAPTER}{BOOK}<structMap TYPE="physical"><div DMDID="c"/></structMap>'
            '<structMap TYPE="logical"><div DMDID="b"/></structMap>',
            ["Книга", "Глава 1"],
        ),
        (  # a series that has METS of its own
            f'{SERIES}{BOOK}<structMap TYPE="LOGICAL"><div DMDID="s"><mptr xlink:href="x.xml"/>'
            '<div DMDID="b"/></div></structMap>',
            ["Книга", "Собрание"],
        ),
        (  # representations have METS of their own too, but no description
            f'{CHAPTER}{BOOK}<structMap TYPE="PHYSICAL"><div DMDID="b"><div>'
            '<mptr xlink:href="representations/a/METS.xml"/></div></div></structMap>',
            ["Книга", "Глава 1"],
        ),
        (section("o", "Старое", status="original-superseded") + BOOK, ["Книга"]),
        (section("o", "Старое", status="SUPERSEDED") + BOOK, ["Книга"]),
        (section("o", "Старое", status="deleted"), []),
        (
            '<dmdSec ID="r"><mdRef MDTYPE="MODS" LOCTYPE="URL" xlink:href="m/mods.xml"/></dmdSec>',
            ["m/mods.xml"],
        ),
    ],
)
def test_the_books_own_comes_first(content: str, expected: list[str]) -> None:
    assert titles(content) == expected


def test_a_uuid_is_no_title() -> None:
    assert [is_a_title(text) for text in ("Книга", UUID, f" {UUID.upper()} ", "", " ")] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert without_uuid(f"book-{UUID}") == "book"
    assert without_uuid(UUID) == UUID
