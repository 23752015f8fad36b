"""A searchable PDF: page images, and over them the invisible text, each word at its place.

Source: ISO 32000-1, 9.3.6 (text rendering mode 3), 9.6.5 (Type 3 fonts), 9.10.3 (ToUnicode),
12.4.2 (page labels). The font has only empty glyphs, so nothing need be embedded for any script.
It is written as ISO 19005-2 (PDF/A-2u) asks, but does not claim to be one: see docs/adr/0043.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from preserva.core.book.placed_text import PlacedText
from preserva.core.eark.mets import Division
from preserva.derivatives import srgb
from preserva.derivatives.jpeg import Jpeg, missing_extra
from preserva.describe.mods.xml_text import clean
from preserva.version import __version__

_PART = 32
"""Pages whose images are in memory at a time."""

_CODES = 255
"""Characters of one font of single-byte codes."""

_WIDTH = 0.5
"""Width of every glyph, in the height of the font."""

_USUAL_DPI = 300

_SIDES = 3, 14400
"""The shortest and the longest side of a page, in points: ISO 19005-2, 6.1.13."""

_NOT_TEXT = str.maketrans(dict.fromkeys((0, 0xFEFF, 0xFFFE)))
"""Characters to which no code may be mapped: ISO 19005-2, 6.2.11.7.2."""

_XMP = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <pdf:Producer>{producer}</pdf:Producer>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""


@dataclass(frozen=True, slots=True)
class PdfPage:
    """A page: its image, the dots per inch of what that was made of, its text, its label."""

    image: Jpeg
    dpi: float | None
    words: Sequence[PlacedText]
    label: str | None


def _pikepdf() -> Any:
    try:
        import pikepdf
    except ImportError as error:
        raise missing_extra(error) from error
    return pikepdf


def software() -> str:
    """The program that writes the PDF, with its version. Raises UsageError if it is absent."""
    pikepdf = _pikepdf()
    return f"pikepdf {pikepdf.__version__}, qpdf {pikepdf.__libqpdf_version__}"


def write_pdf(
    target: Path, pages: Iterable[PdfPage], scratch: Path, title: str, root: Division | None = None
) -> None:
    """Write the PDF of a book; its parts become bookmarks.

    Images are taken as they are. Only some pages are in memory at a time: `scratch` is a folder for
    the others. The same pages, and the same version of pikepdf, give the same bytes. Raises
    UsageError if pikepdf is not installed, OSError.
    """
    pikepdf = _pikepdf()
    labels: list[str | None] = []
    parts: list[Path] = []
    source = iter(pages)
    while batch := list(islice(source, _PART)):
        labels += [page.label for page in batch]
        part = scratch / f"part-{len(parts):05}.pdf"
        with pikepdf.new() as pdf:
            for page in batch:
                _add(pikepdf, pdf, page)
            _save(pdf, part)
        parts.append(part)
    with ExitStack() as opened, pikepdf.new() as pdf:
        for part in parts:
            pdf.pages.extend(opened.enter_context(pikepdf.open(part)).pages)
        _describe(pikepdf, pdf, title, labels)
        if root is not None:
            _bookmarks(pikepdf, pdf, root)
        _save(pdf, target)
    for part in parts:
        part.unlink()


class _PatientFile(io.RawIOBase):
    """A file whose first error is kept for later: one raised within qpdf ends the process."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Write, unless an earlier piece could not be written."""
        if self.error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self.error = error
        return len(data)


def _save(pdf: Any, path: Path) -> None:
    """Raises OSError."""
    with path.open("wb") as file:
        patient = _PatientFile(file)
        pdf.save(patient, deterministic_id=True, min_version="1.7")
    if patient.error is not None:
        raise patient.error


def _describe(pikepdf: Any, pdf: Any, title: str, labels: Sequence[str | None]) -> None:
    producer = f"preserva {__version__}, {software()}"
    pdf.docinfo["/Title"] = title
    pdf.docinfo["/Producer"] = producer
    described = _XMP.format(title=_as_xml(title), producer=_as_xml(producer))
    metadata = pikepdf.Stream(pdf, described.encode())
    metadata.Type, metadata.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
    pdf.Root.Metadata = metadata
    pdf.Root.OutputIntents = [
        pikepdf.Dictionary(
            Type=pikepdf.Name.OutputIntent,
            S=pikepdf.Name.GTS_PDFA1,
            OutputConditionIdentifier=srgb.NAME,
            Info=srgb.NAME,
            DestOutputProfile=pikepdf.Stream(pdf, srgb.srgb_profile(), N=3),
        )
    ]
    numbers = pikepdf.Array()
    for number, label in enumerate(labels):
        numbers.append(number)
        numbers.append(pikepdf.Dictionary(P=label or str(number + 1)))
    pdf.Root.PageLabels = pikepdf.Dictionary(Nums=numbers)
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)


def _as_xml(text: str) -> str:
    return escape(clean(text))


def _bookmarks(pikepdf: Any, pdf: Any, root: Division) -> None:
    with pdf.open_outline() as outline:
        outline.root.extend(_items(pikepdf, root.parts, len(pdf.pages)))


def _items(pikepdf: Any, parts: Iterable[Division], count: int) -> Iterator[Any]:
    for part in parts:
        first = _first(part)
        if first is None or first > count:
            continue
        item = pikepdf.OutlineItem(part.label or part.type, first - 1)
        item.children.extend(_items(pikepdf, part.parts, count))
        yield item


def _first(part: Division) -> int | None:
    pages = [*part.pages, *(page for page in map(_first, part.parts) if page is not None)]
    return min(pages, default=None)


def _add(pikepdf: Any, pdf: Any, page: PdfPage) -> None:
    """One page, with its image as it is."""
    image = page.image
    width, height = _size(image, page.dpi or _USUAL_DPI)
    picture = pikepdf.Stream(
        pdf,
        image.path.read_bytes(),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=image.width,
        Height=image.height,
        ColorSpace=pikepdf.Name.DeviceGray if image.grey else pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    words = list(_readable(page.words))
    characters = sorted({letter for word in words for letter in word.text})
    codes = {letter: divmod(i, _CODES) for i, letter in enumerate(characters)}
    fonts = pikepdf.Dictionary()
    for start in range(0, len(characters), _CODES):
        font = _font(pikepdf, pdf, characters[start : start + _CODES])
        fonts[f"/F{start // _CODES}"] = font
    content = f"q {width} 0 0 {height} 0 0 cm /Im0 Do Q\n".encode()
    if words:
        shown = b"".join(map(partial(_word, codes, width, height), words))
        content += b"BT 3 Tr\n" + shown + b"ET\n"
    pdf.pages.append(
        pikepdf.Page(
            pdf.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Page,
                    MediaBox=[0, 0, width, height],
                    Resources=pikepdf.Dictionary(
                        XObject=pikepdf.Dictionary(Im0=picture), Font=fonts
                    ),
                    Contents=pikepdf.Stream(pdf, content),
                )
            )
        )
    )


def _readable(words: Iterable[PlacedText]) -> Iterator[PlacedText]:
    """The words without what is no character; none that would be empty."""
    for word in words:
        if text := word.text.translate(_NOT_TEXT):
            yield replace(word, text=text)


def _size(image: Jpeg, dpi: float) -> tuple[float, float]:
    """The size of a page in points, that of the paper where a PDF may have it."""
    scale = 72 / (dpi * image.width / image.source_width)
    sides = image.width, image.height
    shortest, longest = _SIDES
    scale = min(max(scale, shortest / min(sides)), longest / max(sides))
    return round(image.width * scale, 2), round(image.height * scale, 2)


def _word(
    codes: dict[str, tuple[int, int]], width: float, height: float, word: PlacedText
) -> bytes:
    """The operators that show a word in its box: the font as high, stretched to be as wide."""
    size = max(word.height * height, 0.1)
    stretch = 100 * word.width * width / (len(word.text) * _WIDTH * size)
    x, y = word.left * width, height * (1 - word.top - word.height)
    shown = [f"{stretch:.2f} Tz 1 0 0 1 {x:.2f} {y:.2f} Tm\n"]
    for font, letters in _by_font(codes, word.text):
        shown.append(f"/F{font} {size:.2f} Tf <{letters.hex()}> Tj\n")
    return "".join(shown).encode()


def _by_font(codes: dict[str, tuple[int, int]], text: str) -> Iterator[tuple[int, bytes]]:
    """The text as codes of fonts, as long as the font stays the same."""
    letters = bytearray()
    current = codes[text[0]][0]
    for letter in text:
        font, code = codes[letter]
        if font != current:
            yield current, bytes(letters)
            current, letters = font, bytearray()
        letters.append(code)
    yield current, bytes(letters)


def _font(pikepdf: Any, pdf: Any, characters: Sequence[str]) -> Any:
    """A font of empty glyphs for these characters, which says what each code means."""
    lines = [
        f"<{code:02X}> <{letter.encode('utf-16-be').hex().upper()}>"
        for code, letter in enumerate(characters)
    ]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    mapping = "".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks
    )
    unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{mapping}endcmap CMapName currentdict /CMap defineresource pop end end\n"
    )
    glyph = pikepdf.Stream(pdf, f"{int(_WIDTH * 1000)} 0 0 0 0 0 d1".encode())
    last = len(characters) - 1
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type3,
            FontBBox=[0, 0, int(_WIDTH * 1000), 1000],
            FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
            CharProcs=pikepdf.Dictionary(g=glyph),
            Encoding=pikepdf.Dictionary(
                Type=pikepdf.Name.Encoding,
                Differences=[0, *([pikepdf.Name.g] * len(characters))],
            ),
            FirstChar=0,
            LastChar=last,
            Widths=[int(_WIDTH * 1000)] * len(characters),
            Resources=pikepdf.Dictionary(),
            ToUnicode=pikepdf.Stream(pdf, unicode.encode()),
        )
    )
