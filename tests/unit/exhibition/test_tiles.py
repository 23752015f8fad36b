"""What may come into a package can be shown, and what cannot be shown is said."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps, ImageStat

from preserva.core.book.scans import MAX_PIXELS
from preserva.describe.characterization.identify import identify
from preserva.describe.characterization.image.characterise import PILLOW_FORMATS, characterise
from preserva.errors import Damaged, Refused
from preserva.exhibition.build import build_exhibition
from preserva.exhibition.picture import Picture
from preserva.exhibition.tiles import cut
from preserva.ingest.package import package
from tests.support.books import an_archive
from tests.support.exhibitions import write_specification
from tests.support.images import samples

IMAGES = sorted({*samples()} - {"pdf"})
BLUE = (20, 60, 200)
SPECIFICATION = """\
[exhibition]
title = { en = "A small one" }
languages = ["en"]
text = "introduction"
[[sections]]
id = "one"
title = { en = "Section" }
[[sections.objects]]
package = "aonb-1"
caption = { en = "The caption" }
"""


def _sized(width: int, height: int) -> Picture:
    return Picture(1, "1", "page", width, height)


def _shown(image: Path, root: Path) -> Image.Image:
    picture = cut(image, root, _sized, name="the page", largest=0, pixels=MAX_PIXELS)
    with Image.open(root / picture.best) as shown:
        return shown.convert("RGB")


def _as_pillow_has_it(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode == "I;16":
            upright = upright.point(lambda value: value / 256).convert("L")
        if upright.has_transparency_data:
            white = Image.new("RGBA", upright.size, "white")
            return Image.alpha_composite(white, upright.convert("RGBA")).convert("RGB")
        return upright.convert("RGB")


def test_every_format_that_is_decoded_is_among_the_samples() -> None:
    assert {identify(samples()[name], "page", 1).mime for name in IMAGES} == {*PILLOW_FORMATS} - {
        "image/jpx"
    }


@pytest.mark.parametrize("name", IMAGES)
def test_what_is_accepted_is_shown_as_it_is(name: str, tmp_path: Path) -> None:
    data = samples()[name]
    verdict = characterise(
        io.BytesIO(data), len(data), identify(data, "page", len(data)).mime, MAX_PIXELS
    )
    assert verdict is not None
    assert verdict.code is None
    (tmp_path / "page").write_bytes(data)
    shown, expected = _shown(tmp_path / "page", tmp_path / "site"), _as_pillow_has_it(data)
    assert shown.size == expected.size
    if name != "jpeg cmyk" and name != "tiff cmyk":  # without a profile, nobody knows the colours
        means = zip(ImageStat.Stat(shown).mean, ImageStat.Stat(expected).mean, strict=True)
        assert max(abs(mine - theirs) for mine, theirs in means) < 4


@pytest.mark.parametrize("kind", ["jpeg", "tiff zstd", "tiff lzma", "png", "jp2", "bmp"])
def test_a_page_that_was_cut_is_not_shown_by_half(kind: str, tmp_path: Path) -> None:
    data = samples()[kind]
    (tmp_path / "page").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(Damaged, match="the page"):
        _shown(tmp_path / "page", tmp_path / "site")


def test_a_codec_that_nobody_has_is_no_damage(tmp_path: Path) -> None:
    data = samples()["jpeg"]
    at = data.index(b"\xff\xc0")
    (tmp_path / "page").write_bytes(data[:at] + b"\xff\xc7" + data[at + 2 :])
    with pytest.raises(Refused, match="U452") as refused:
        _shown(tmp_path / "page", tmp_path / "site")
    assert refused.value.hint is not None


def _book(folder: Path) -> Path:
    folder.mkdir()
    page = Image.new("RGB", (700, 500), BLUE)
    page.save(folder / "0001.jp2")
    page.save(folder / "0002.bmp")
    page.save(folder / "0003.j2k", "JPEG2000", no_jp2=True)
    page.save(folder / "0004.tif", compression="zstd")
    page.save(folder / "0005.webp", lossless=True)
    return folder


def test_a_book_of_the_formats_of_the_profession_is_exhibited(tmp_path: Path) -> None:
    specification = write_specification(tmp_path / "e", SPECIFICATION, {"introduction": "Words."})
    record = tmp_path / "record.xml"
    record.write_text(
        '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>T</title></titleInfo></mods>'
    )
    with an_archive(tmp_path / "archive") as archive:
        package(_book(tmp_path / "scans"), record, archive, local="1")
        planned = build_exhibition(archive, specification, tmp_path / "site", dry_run=True)
        built = build_exhibition(archive, specification, tmp_path / "site")
    assert (planned.pages, built.pages) == (5, 5)
    tiles = sorted((tmp_path / "site/iiif/aonb-1").glob("*/*/*/0/default.jpg"))
    for tile in tiles:
        with Image.open(tile) as image:
            means = ImageStat.Stat(image.convert("RGB")).mean
            assert max(abs(mine - theirs) for mine, theirs in zip(means, BLUE, strict=True)) < 4
    assert {tile.parts[-5] for tile in tiles} == {f"{number:04}" for number in range(1, 6)}


def test_a_file_that_takes_the_name_of_another_is_read_anew(tmp_path: Path) -> None:
    for colour in (BLUE, (200, 10, 10)):
        Image.new("RGB", (600, 400), colour).save(tmp_path / "page.tif")
        shown = _shown(tmp_path / "page.tif", tmp_path / "site")
        means = ImageStat.Stat(shown).mean
        assert max(abs(mine - theirs) for mine, theirs in zip(means, colour, strict=True)) < 4
