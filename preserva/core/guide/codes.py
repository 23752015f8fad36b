"""The codes that packages use, as plain tables for whoever has nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

_FORMATS = {
    "fmt/353": "TIFF",
    "fmt/1917": "BigTIFF",
    "fmt/41": "JPEG",
    "fmt/42": "JPEG (JFIF) 1.00",
    "fmt/43": "JPEG (JFIF) 1.01",
    "fmt/44": "JPEG (JFIF) 1.02",
    "x-fmt/398": "JPEG (Exif) 2.0",
    "x-fmt/390": "JPEG (Exif) 2.1",
    "x-fmt/391": "JPEG (Exif) 2.2",
    "fmt/645": "JPEG (Exif) 2.21",
    "fmt/1507": "JPEG (Exif) 2.3",
    "x-fmt/392": "JPEG 2000 (JP2)",
    "fmt/151": "JPEG 2000 (JPX)",
    "fmt/463": "JPEG 2000 (JPM)",
    "fmt/1794": "JPEG 2000 codestream",
    "fmt/11": "PNG 1.0",
    "fmt/12": "PNG 1.1",
    "fmt/13": "PNG 1.2",
    "fmt/116": "Windows Bitmap 3.0",
    "fmt/3": "GIF 87a",
    "fmt/4": "GIF 89a",
    "fmt/566": "WebP, lossy",
    "fmt/567": "WebP, lossless",
    "fmt/255": "DjVu",
    "fmt/18": "PDF 1.4",
    "fmt/276": "PDF 1.7",
    "fmt/1129": "PDF 2.0",
    "fmt/101": "XML 1.0",
    "x-fmt/111": "plain text",
}


def codes_csv(relators: Mapping[str, str], registers: Mapping[str, str]) -> bytes:
    """`codes.csv`: relators of UNIMARC as those of MARC, registers, formats of PRONOM."""
    rows = [("UNIMARC relator ($4)", code, f"MARC relator {to}") for code, to in relators.items()]
    rows += [("register of book monuments", *row) for row in registers.items()]
    rows += [("PRONOM", *row) for row in _FORMATS.items()]
    return _csv([("list", "code", "meaning"), *rows])


def charsets_csv(codecs: Mapping[str, str]) -> bytes:
    """`charsets.csv`: the letter of each byte from 80 to FF in one-byte sets; codecs by name."""
    rows = [("character set", "byte", "Unicode", "letter")]
    for name, codec in codecs.items():
        for byte in range(0x80, 0x100):
            letter = bytes([byte]).decode(codec, "replace")
            if letter != "\ufffd":
                shown = letter if letter.isprintable() else ""
                rows.append((name, f"{byte:02X}", f"U+{ord(letter):04X}", shown))
    return _csv(rows)


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")
