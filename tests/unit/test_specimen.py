"""The specimen book: its files decode elsewhere, its words are where the pictures have them."""

from __future__ import annotations

from pathlib import Path

import pytest
import pyvips
from lxml import etree
from PIL import Image, ImageFont

from preserva.errors import Refused, StorageError
from preserva.specimen.book import catalogue_record, draw_book
from preserva.specimen.text import LEAVES, Leaf
from tests.conftest import ROOT
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


def test_a_folder_that_holds_something_is_refused(book: Path, tmp_path: Path) -> None:
    before = _files(book)
    with pytest.raises(Refused, match="exists already"):  # the record
        draw_book(book)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "page").touch()
    with pytest.raises(Refused, match="new folder"):
        draw_book(tmp_path / "book")
    assert _files(book) == before
    assert _files(tmp_path) == {"book/page": b""}


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file"):
        draw_book(tmp_path / "file" / "book")


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name.split(",")[0])
def test_libvips_sees_the_same_picture_in_both_formats(book: Path, leaf: Leaf) -> None:
    """Pillow wrote them; libvips has decoders of its own."""
    pictures = [
        pyvips.Image.new_from_file(str(book / folder / f"{leaf.name}.{ending}"))
        for folder, ending in (("master", "tif"), ("access", "png"))
    ]
    for picture in pictures:
        assert (picture.width, picture.height) == (560, 800)
        assert picture.bands == (3 if leaf.plate else 1)
        assert round(picture.xres * 25.4) == round(picture.yres * 25.4) == 300
    assert pictures[0].write_to_memory() == pictures[1].write_to_memory()


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name.split(",")[0])
def test_alto_holds_the_words_and_their_places(book: Path, leaf: Leaf) -> None:
    """In order, each in its language; in every box there is ink, and on text pages none outside."""
    tree = etree.parse(book / "text" / f"{leaf.name}.xml")
    blocks = [
        (block.get("LANG"), [string.get("CONTENT") for string in block.iter(f"{ALTO}String")])
        for block in tree.iter(f"{ALTO}TextBlock")
    ]
    assert blocks == [(block.language, block.text.split()) for block in leaf.blocks]
    with Image.open(book / "master" / f"{leaf.name}.tif") as image:
        page = image.convert("L").crop((44, 44, image.width - 44, image.height - 44))
    erased = page.copy()
    for string in tree.iter(f"{ALTO}String"):
        x, y = int(string.get("HPOS", "")) - 44, int(string.get("VPOS", "")) - 44
        right, bottom = x + int(string.get("WIDTH", "")), y + int(string.get("HEIGHT", ""))
        darkest, _lightest = page.crop((x, y, right, bottom)).getextrema()
        assert isinstance(darkest, int) and darkest < 140, string.get("CONTENT")
        erased.paste(255, (x, y, right, bottom))
    darkest, _lightest = erased.getextrema()
    assert isinstance(darkest, int) and (leaf.plate or darkest > 200)


def test_alto_is_valid(book: Path, shared: Path) -> None:
    official = schema(shared, "alto-4.4.xsd")
    for path in (book / "text").iterdir():
        official.assertValid(etree.parse(path))


def test_the_typeface_has_every_letter_of_the_book() -> None:
    """Each is drawn unlike a letter that no typeface has."""
    letters = ImageFont.truetype(str(ROOT / "preserva" / "specimen" / "typeface.ttf"), 40)
    nothing = bytes(letters.getmask("\U0010fffd"))
    text = {letter for leaf in LEAVES for block in leaf.blocks for letter in block.text} - {"\n"}
    assert {letter for letter in text if bytes(letters.getmask(letter)) == nothing} == set()


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
