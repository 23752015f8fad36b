"""The specimen book: its files decode elsewhere, its words are where the pictures have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from PIL import Image

from preserva.errors import Refused, StorageError
from preserva.specimen.book import catalogue_record, draw_book
from preserva.specimen.font import can_print
from preserva.specimen.text import LEAVES, Leaf
from tests.support.xsd import schema

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("specimen") / "book"
    draw_book(folder)
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_each_page_has_three_files_of_one_name(book: Path) -> None:
    expected = {
        f"{folder}/{leaf.name}.{ending}"
        for folder, ending in (("master", "tif"), ("access", "png"), ("text", "xml"))
        for leaf in LEAVES
    }
    assert set(_files(book)) == expected
    assert {"master/стр. 2.tif", "master/стр. 10.tif", "master/стр. 4, чертёж моста.tif"} < expected


def test_a_second_run_writes_the_same_bytes(book: Path, tmp_path: Path) -> None:
    record = draw_book(tmp_path / "again")
    assert record == tmp_path / "record.mrc"
    assert _files(tmp_path / "again") == _files(book)
    assert record.read_bytes() == (book.parent / "record.mrc").read_bytes()


def test_a_folder_that_holds_something_is_refused(book: Path) -> None:
    before = _files(book)
    with pytest.raises(Refused):
        draw_book(book)
    assert _files(book) == before


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file"):
        draw_book(tmp_path / "file" / "book")


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name.split(",")[0])
def test_pillow_sees_the_same_picture_in_both_formats(book: Path, leaf: Leaf) -> None:
    with (
        Image.open(book / "master" / f"{leaf.name}.tif") as master,
        Image.open(book / "access" / f"{leaf.name}.png") as access,
    ):
        assert (master.size, master.mode) == (access.size, access.mode)
        assert master.info["dpi"] == (300, 300)
        assert master.tobytes() == access.tobytes()


def test_alto_holds_the_words_and_their_places(book: Path) -> None:
    tree = etree.parse(book / "text" / "стр. 3.xml")
    whole = [
        string.get("SUBS_CONTENT") or string.get("CONTENT")
        for string in tree.iter(f"{ALTO}String")
        if string.get("SUBS_TYPE") != "HypPart2"
    ]
    wanted = [word for piece in LEAVES[2].pieces for word in piece.text.split()]
    assert whole == wanted
    with Image.open(book / "master" / "стр. 3.tif") as image:
        for string in tree.iter(f"{ALTO}String"):
            x, y = int(string.get("HPOS", "")), int(string.get("VPOS", ""))
            right, bottom = x + int(string.get("WIDTH", "")), y + int(string.get("HEIGHT", ""))
            darkest, _lightest = image.crop((x, y, right, bottom)).getextrema()
            assert isinstance(darkest, int) and darkest < 140, string.get("CONTENT")


def test_alto_is_valid(book: Path, shared: Path) -> None:
    official = schema(shared, "alto-4.4.xsd")
    for path in (book / "text").iterdir():
        official.assertValid(etree.parse(path))


def test_the_typeface_has_every_letter_of_the_book() -> None:
    text = {letter for leaf in LEAVES for piece in leaf.pieces for letter in piece.text}
    assert {letter for letter in text if not can_print(letter)} == set()


def test_the_record_is_iso_2709() -> None:
    record = catalogue_record()
    assert int(record[:5]) == len(record)
    assert record[9:10] == b" " and record.endswith(b"\x1e\x1d")
    base = int(record[12:17])
    directory = record[24 : base - 1].decode()
    fields: dict[str, str] = {}
    for at in range(0, len(directory), 12):
        tag, length = directory[at : at + 3], int(directory[at + 3 : at + 7])
        start = base + int(directory[at + 7 : at + 12])
        content = record[start : start + length]
        assert content.endswith(b"\x1e")
        fields[tag] = content[:-1].decode()
    assert fields["100"][4:][26:30] == "50  "
    assert "на лѣто 1917-е" in fields["200"] and "на лето 1917-е" in fields["518"]
    assert "\x1f5АОНБ : КП-000001" in fields["316"]
    assert {"210", "215", "700", "899"} <= set(fields)
