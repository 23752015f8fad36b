"""Pictures of pages: drawn by a process with limits, kept by digest, never of other bytes."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from PIL import Image

from preserva.web.pictures import NoPictureError, Pictures, no_picture, spool

MEASURED = """
import sys
from preserva.web.draw import main
main(240)
(line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(line.split()[1]) // 1024, file=sys.stderr)
"""


def opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def image(path: Path, mode: str = "RGB", size: tuple[int, int] = (900, 600)) -> Path:
    Image.new(mode, size, 1).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.tif", "RGB"),
        ("a.tif", "1"),
        ("a.tif", "CMYK"),
        ("a.jpg", "L"),
        ("a.png", "RGBA"),
        ("a.jp2", "RGB"),
        ("a.jp2", "L"),
        ("a.bmp", "RGB"),
    ],
)
def test_each_format_is_drawn_small(tmp_path: Path, name: str, mode: str) -> None:
    source = image(tmp_path / name, mode)
    made = Pictures(tmp_path / "kept").make("key", "small", opener(source))
    with Image.open(made) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (240, 160))
        assert drawn.mode in ("L", "RGB")


def test_what_is_left_of_a_damaged_page_is_drawn(tmp_path: Path) -> None:
    source = tmp_path / "cut.jpg"
    picture = io.BytesIO()
    Image.effect_noise((900, 600), 60).save(picture, "JPEG")
    source.write_bytes(picture.getvalue()[: picture.tell() // 2])
    made = Pictures(tmp_path / "kept").make("key", "small", opener(source))
    assert made.stat().st_size > 0


@pytest.mark.parametrize("content", [b"", b"no image", b"II*\0" + b"\xff" * 100, b"%PDF-1.4"])
def test_what_is_no_image_says_so(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "page.tif"
    source.write_bytes(content)
    pictures = Pictures(tmp_path / "kept")
    with pytest.raises(NoPictureError, match="cannot be decoded"):
        pictures.make("key", "small", opener(source))
    assert pictures.known("key", "small") is None


def striped_tiff(path: Path, width: int, height: int) -> None:
    """A colour TIFF without compression; its pixels are holes of the file."""
    rows = 16
    count, strip = height // rows, width * 3 * rows
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 2, 273: 0, 277: 3, 278: rows, 279: 0}
    end = 8 + 2 + 12 * len(tags) + 4
    tags[258], tags[273], tags[279] = end, end + 8, end + 8 + 4 * count
    start = end + 8 + 8 * count
    counts = {258: 3, 273: count, 279: count}
    entries = b"".join(
        struct.pack("<HHII", tag, 3 if tag == 258 else 4, counts.get(tag, 1), value)
        for tag, value in tags.items()
    )
    places = struct.pack(f"<{count}I", *range(start, start + count * strip, strip))
    sizes = struct.pack(f"<{count}I", *([strip] * count))
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4)
    with path.open("wb") as stream:
        stream.write(head + struct.pack("<4H", 8, 8, 8, 0) + places + sizes)
        stream.truncate(start + count * strip)


def memory_of_drawing(path: Path) -> tuple[int, bytes, int]:
    """The exit status, the picture, and the most memory in MB that drawing took."""
    with path.open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED], stdin=stream, capture_output=True, check=False
        )
    return done.returncode, done.stdout, int(done.stderr.split()[-1] or 0)


def test_a_tiff_of_500_mb_is_drawn_in_little_memory(tmp_path: Path) -> None:
    """Most of all less than the 300 MB that a page of staff may cost."""
    striped_tiff(tmp_path / "large.tif", 14000, 12000)
    assert (tmp_path / "large.tif").stat().st_size > 500_000_000
    status, picture, memory = memory_of_drawing(tmp_path / "large.tif")
    assert (status, memory < 300) == (0, True)
    with Image.open(io.BytesIO(picture)) as drawn:
        assert drawn.size == (240, 206)


def bomb(path: Path, side: int) -> None:
    """A PNG of black pixels in a few hundred kilobytes, interlaced: it is decoded as a whole."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 1)
    squeezed = zlib.compressobj(9)
    row = bytes(1 + side * 3)
    data = b"".join(squeezed.compress(row) for _row in range(side)) + squeezed.flush()
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(content))
            + name
            + content
            + struct.pack(">I", zlib.crc32(name + content))
            for name, content in chunks
        )
    )


def test_a_decompression_bomb_ends_with_its_process(tmp_path: Path) -> None:
    bomb(tmp_path / "bomb.png", 12_000)
    assert (tmp_path / "bomb.png").stat().st_size < 1_000_000
    with pytest.raises(NoPictureError, match=r"too large|cannot be decoded"):
        Pictures(tmp_path / "kept").make("key", "small", opener(tmp_path / "bomb.png"))


def test_a_picture_is_drawn_once_for_a_file_and_a_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(stream: BinaryIO, longest: int) -> bytes:
        drawn.append(longest)
        return stream.read()

    monkeypatch.setattr("preserva.web.pictures._drawn", draw)
    source = tmp_path / "a"
    source.write_bytes(b"picture")
    pictures = Pictures(tmp_path / "kept")
    for size in ("small", "small", "page", "small"):
        assert pictures.make("key", size, opener(source)).read_bytes() == b"picture"
    assert drawn == [240, 1000]
    pictures.make("other", "small", opener(source))
    assert drawn == [240, 1000, 240]


def test_the_oldest_go_when_there_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that somebody looked at last stay."""
    monkeypatch.setattr("preserva.web.pictures._drawn", lambda _stream, _longest: bytes(1000))
    source = tmp_path / "a"
    source.write_bytes(b"picture")
    pictures = Pictures(tmp_path / "kept", kept_bytes=3000)
    for number in range(6):
        made = pictures.make(str(number), "small", opener(source))
        os.utime(made, (number, number))
    assert pictures.known("1", "small") is not None
    pictures.thin_out()
    left = [number for number in range(6) if pictures.known(str(number), "small")]
    assert left == [1, 4, 5]


def test_a_file_that_cannot_be_read_has_no_picture(tmp_path: Path) -> None:
    with pytest.raises(NoPictureError):
        Pictures(tmp_path / "kept").make("key", "small", opener(tmp_path / "nowhere"))


def test_other_bytes_than_were_stored_are_never_drawn() -> None:
    digest = ("sha256", "0" * 64)
    with pytest.raises(NoPictureError, match="not the one that was stored"):
        spool([b"a", b"b"], digest)
    with spool([b"a", b"b"], None) as stream:
        assert stream.read() == b"ab"


def test_the_reason_cannot_leave_its_picture() -> None:
    svg = no_picture("<script>alert(1)</script> & " * 3)
    assert "<script" not in svg and "&lt;script&gt;" in svg
