"""The PDF has what ISO 19005-2 (PDF/A-2u) asks for, and nothing that it forbids."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from PIL import Image, ImageCms

from preserva.core.book.placed_text import PlacedText
from preserva.core.eark.mets import Division
from preserva.derivatives.jpeg import Jpeg
from preserva.derivatives.pdf import PdfPage, write_pdf
from preserva.derivatives.srgb import NAME, srgb_profile
from tests.conftest import require

TITLE = 'Слово & "дело" <1890> \x01'
NS = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
}


def page(place: Path, size: tuple[int, int], *, grey: bool = False, dpi: float | None = 300,
         text: str = "рѣка 𝔄") -> PdfPage:  # fmt: skip
    """A page with one word."""
    path = place / f"{size[0]}-{grey}.jpg"
    Image.new("L" if grey else "RGB", size, 200).save(path)
    words = [PlacedText(text, 0.1, 0.1, 0.3, 0.05), PlacedText("\x00\ufeff", 0, 0, 1, 1)]
    return PdfPage(Jpeg(path, *size, grey, size[0]), dpi, words, "12r")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A PDF of a grey page, a coloured one, a tiny and a huge one, with a bookmark."""
    pikepdf_or_skip()
    pages = [
        page(tmp_path, (40, 60), grey=True),
        page(tmp_path, (60, 80), text="x" * 300 + "".join(map(chr, range(0x400, 0x600)))),
        page(tmp_path, (2, 9)),
        page(tmp_path, (900, 90), dpi=1),
    ]
    target = tmp_path / "book.pdf"
    root = Division("book", None, parts=(Division("chapter", "Глава", pages=(2,)),))
    write_pdf(target, pages, tmp_path, TITLE, root)
    return target


def pikepdf_or_skip() -> Any:
    """The library, where it is installed."""
    try:
        import pikepdf
    except ImportError:
        pikepdf = None  # type: ignore[assignment]  # then it is required
    require(pikepdf is not None, "pikepdf is not installed")
    return pikepdf


@pytest.fixture
def opened(made: Path) -> Iterator[Any]:
    """The PDF, opened."""
    with pikepdf_or_skip().open(made) as pdf:
        yield pdf


def test_the_file_begins_and_ends_as_it_must(made: Path, opened: Any) -> None:
    """6.1.2 header with four bytes above 127, 6.1.3 an identifier and no encryption."""
    head, comment, _rest = made.read_bytes().split(b"\n", 2)
    assert head == b"%PDF-1.7"
    assert comment[:1] == b"%" and len(comment) == 5 and all(byte > 127 for byte in comment[1:])
    assert len(opened.trailer.ID) == 2 and not opened.is_encrypted


def test_streams_are_packed_by_filters_that_are_allowed(opened: Any) -> None:
    """6.1.7: no LZW, nothing in other files; 6.6.2: the metadata can be read as they are."""
    pikepdf = pikepdf_or_skip()
    streams = [each for each in opened.objects if isinstance(each, pikepdf.Stream)]
    for stream in streams:
        assert not {"/F", "/FFilter", "/FDecodeParms"} & set(stream.keys())
        assert str(stream.get("/Filter", "/FlateDecode")) in {"/FlateDecode", "/DCTDecode"}
    assert opened.Root.Metadata in streams and "/Filter" not in opened.Root.Metadata


def test_what_describes_it_is_said_twice_and_alike(opened: Any) -> None:
    """6.6.2, 6.6.3: XMP with what the dictionary of information says. No claim is made (6.6.4)."""
    xmp = etree.fromstring(opened.Root.Metadata.read_bytes())
    assert xmp.findtext(".//dc:title/rdf:Alt/rdf:li", namespaces=NS) == TITLE.replace("\x01", "�")
    assert xmp.findtext(".//pdf:Producer", namespaces=NS) == str(opened.docinfo["/Producer"])
    assert b"pdfaid" not in opened.Root.Metadata.read_bytes()


def test_colours_are_those_of_the_output_intent(opened: Any) -> None:
    """6.2.3, 6.2.4.3: device colours need an output intent with a profile of as many channels."""
    (intent,) = opened.Root.OutputIntents
    assert (str(intent.S), str(intent.OutputConditionIdentifier)) == ("/GTS_PDFA1", NAME)
    assert int(intent.DestOutputProfile.N) == 3
    assert intent.DestOutputProfile.read_bytes() == srgb_profile()
    spaces = []
    for each in opened.pages:
        image = each.Resources.XObject["/Im0"]
        spaces.append(str(image.ColorSpace))
        assert not {"/Alternates", "/OPI", "/SMask", "/Interpolate"} & set(image.keys())
        assert "/Group" not in each  # 6.2.10: nothing is transparent
    assert spaces == ["/DeviceGray", "/DeviceRGB", "/DeviceRGB", "/DeviceRGB"]


def test_every_code_of_a_font_has_a_width_and_a_character(opened: Any) -> None:
    """6.2.11: glyphs are in the file, as wide as is said; each means characters that may be."""
    for each in opened.pages:
        for font in each.Resources.Font.values():
            assert (str(font.Subtype), "/g" in font.CharProcs) == ("/Type3", True)
            (width,) = {int(width) for width in font.Widths}
            assert font.CharProcs.g.read_bytes() == b"%d 0 0 0 0 0 d1" % width
            count = int(font.LastChar) - int(font.FirstChar) + 1
            assert count == len(font.Widths)
            lines = font.ToUnicode.read_bytes().decode().splitlines()
            mapped = [line.split()[1] for line in lines if line.startswith("<") and "> <" in line]
            mapped = mapped[1:] if mapped[0] == "<FF>" else mapped
            assert len(mapped) == count
            assert not {"<0000>", "<FEFF>", "<FFFE>"} & set(mapped)


def test_no_page_is_smaller_or_larger_than_a_page_may_be(opened: Any) -> None:
    """6.1.13: sides of 3 to 14,400 points; the others have the size of the paper."""
    sizes = [tuple(float(side) for side in each.MediaBox[2:]) for each in opened.pages]
    assert sizes == [(9.6, 14.4), (14.4, 19.2), (3.0, 13.5), (14400.0, 1440.0)]


def test_nothing_acts_and_nothing_is_attached(opened: Any) -> None:
    """6.3 annotations, 6.4 forms, 6.5 actions, 6.8 files, 6.9 optional content: none."""
    assert not {"/AcroForm", "/AA", "/OpenAction", "/Names", "/OCProperties"} & set(opened.Root)
    assert not any("/Annots" in each or "/AA" in each for each in opened.pages)
    with opened.open_outline() as outline:
        (item,) = outline.root
    assert (item.title, item.action) == ("Глава", None)


def test_the_profile_is_srgb() -> None:
    """Another library computes by it what it computes by its own sRGB."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    assert ImageCms.getProfileDescription(profile).strip() == NAME
    ours, theirs = in_lab(profile), in_lab(ImageCms.createProfile("sRGB"))
    away = [min(abs(a - b), 256 - abs(a - b)) for a, b in zip(ours, theirs, strict=True)]
    assert max(away) <= 1


def in_lab(profile: Any) -> bytes:
    """4,096 colours of a profile as L*a*b*."""
    steps = range(0, 256, 17)
    colours = Image.new("RGB", (4096, 1))
    colours.putdata([(red, green, blue) for red in steps for green in steps for blue in steps])
    transform = ImageCms.buildTransform(profile, ImageCms.createProfile("LAB"), "RGB", "LAB")
    made = ImageCms.applyTransform(colours, transform)
    assert made is not None, "it is not in place"
    return made.tobytes()


def test_a_full_disk_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    """An error raised within qpdf would end the process."""
    pikepdf_or_skip()
    full = Path("/dev/full")
    require(full.exists(), "there is no /dev/full")
    many = [page(tmp_path, (400, 600)) for _each in range(40)]
    with pytest.raises(OSError, match="No space left"):
        write_pdf(full, many, tmp_path, TITLE)
