"""Images on their way into a package: broken ones are refused or recorded, all are described."""

from __future__ import annotations

import io
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from lxml import etree

from preserva import i18n
from preserva.core.book.image import Image, Resolution, Unit
from preserva.core.book.scans import (
    USUAL_RULES,
    Colours,
    ImageRules,
    ScanProfile,
    Undecodable,
    colours_of,
    unlikely_resolution,
)
from preserva.core.eark.mix import NAMESPACE
from preserva.core.eark.premis_read import ObjectFacts, read_events, read_premis
from preserva.core.eark.vocabulary import EventOutcome, EventType
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Outcome
from preserva.errors import PackageError
from preserva.fixity.validate import validate
from preserva.ingest.package import Packaged, package, package_bag
from tests.support.books import RECORD, an_archive, unasked
from tests.support.images import samples
from tests.support.xsd import schema

BASE = "data/aonb-kp-7"
PAGES = {
    "1.tif": "tiff", "2.tif": "bigtiff", "3.jpg": "jpeg", "4.jp2": "jp2", "5.png": "png 1",
    "6.gif": "gif", "7.webp": "webp",
}  # fmt: skip
RECORDING = ImageRules(Undecodable.RECORD)


def book(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write master/ with these pages; the path of its record beside it."""
    (folder / "master").mkdir(parents=True)
    for name, content in files.items():
        (folder / "master" / name).write_bytes(content)
    record = folder.parent / "record.xml"
    record.write_text(RECORD, "utf-8")
    return record


def bagged(tmp_path: Path, files: Mapping[str, bytes], rules: ImageRules) -> Packaged:
    record = book(tmp_path / "book", files)
    with an_archive(tmp_path / "archive") as archive:
        institution = archive.config.institution
        images = unasked(rules)
        return package_bag(tmp_path / "book", record, institution, tmp_path / "out", images=images)


def premis(tmp_path: Path, where: str) -> bytes:
    path = tmp_path / "out" / "aonb-kp-7" / BASE / where / "metadata/preservation/premis.xml"
    return path.read_bytes()


def test_every_image_has_its_mix(tmp_path: Path, shared: Path) -> None:
    """Valid by both official schemas, and the bag passes."""
    done = bagged(tmp_path, {name: samples()[kind] for name, kind in PAGES.items()}, USUAL_RULES)
    assert done.notes == ()
    document = premis(tmp_path, "representations/master")
    root = etree.fromstring(document)
    schema(shared, "premis-3.0.xsd").assertValid(root)
    for mix in root.iter(f"{{{NAMESPACE}}}mix"):
        schema(shared, "mix-2.0.xsd").assertValid(mix)
    facts = [one for one in read_premis(io.BytesIO(document)) if isinstance(one, ObjectFacts)]
    assert [one.image is not None for one in facts] == [True] * len(PAGES)
    assert [one.image.compression for one in facts if one.image] == [
        "Uncompressed", "Uncompressed", "JPEG", "JPEG 2000", "Deflate", "LZW", "WebP lossy",
    ]  # fmt: skip
    (report,) = validate(tmp_path / "out" / "aonb-kp-7")
    assert (report.outcome, report.findings) == (Outcome.PASS, [])


def test_every_broken_image_is_named_and_nothing_is_stored(tmp_path: Path) -> None:
    files = {name: samples()[kind] for name, kind in PAGES.items()}
    for name in ("1.tif", "3.jpg", "4.jp2", "5.png"):
        files[name] = files[name][: len(files[name]) // 2]
    record = book(tmp_path / "book", files)
    with an_archive(tmp_path / "archive") as archive:
        with pytest.raises(PackageError) as caught:
            package(tmp_path / "book", record, archive)
        storage = Path(archive.primary.storage.url)
        assert list(storage.rglob("inventory.json")) == []
    named = [one.partition(": ")[0] for one in caught.value.problems]
    assert named == [f"E451 master/{name}" for name in ("1.tif", "3.jpg", "4.jp2", "5.png")]


def test_a_broken_image_can_be_recorded_instead(tmp_path: Path, shared: Path) -> None:
    """A finding for people, an event of its own for PREMIS; the others are said to be sound."""
    files = {"1.png": samples()["png"][:-20], "2.png": samples()["png"]}
    done = bagged(tmp_path, files, RECORDING)
    assert [(one.code, one.path) for one in done.notes] == [(Code.IMAGE_TRUNCATED, "master/1.png")]
    document = premis(tmp_path, ".")
    schema(shared, "premis-3.0.xsd").assertValid(etree.fromstring(document))
    events = list(read_events(io.BytesIO(document)))
    checks = [one for one in events if one.type is EventType.VALIDATION]
    assert [one.outcome for one in checks] == [EventOutcome.SUCCESS, EventOutcome.FAIL]
    assert (checks[0].detail or "").startswith("1 file found whole by Pillow")
    assert (checks[1].detail or "").startswith("E451 master/1.png: the file is truncated; seen ")
    assert [one.value for one in checks[1].objects] == ["representation-master"]
    (report,) = validate(tmp_path / "out" / "aonb-kp-7")
    assert (report.outcome, report.findings) == (Outcome.PASS, [])


def test_what_cannot_be_decoded_here_is_no_reason_to_refuse(tmp_path: Path) -> None:
    done = bagged(tmp_path, {"1.png": samples()["png"]}, ImageRules(max_pixels=10))
    assert done.notes == (Finding(Code.IMAGE_TOO_LARGE, "master/1.png", seen="31 x 23"),)
    events = list(read_events(io.BytesIO(premis(tmp_path, "."))))
    checks = [one.outcome for one in events if one.type is EventType.VALIDATION]
    assert checks == [EventOutcome.WARNING]


def test_how_masters_were_scanned_is_compared_with_the_profile(tmp_path: Path) -> None:
    """Each departure is a note; a master without one has none."""
    profile = ScanProfile(400, (Colours.GREY, Colours.COLOUR), (8,), lossless=True)
    kinds = {"1.tif": "tiff", "2.tif": "tiff g4", "3.jpg": "jpeg", "4.tif": "tiff 16"}
    files = {name: samples()[kind] for name, kind in kinds.items()}
    done = bagged(tmp_path, files, ImageRules(scan=profile))
    assert list(done.notes) == [
        Finding(Code.SCAN_COLOUR, "master/2.tif", "grey, colour", "bitonal"),
        Finding(Code.SCAN_BITS, "master/2.tif", "8", "1"),
        Finding(Code.SCAN_RESOLUTION, "master/3.jpg", "400 dpi", "300 dpi"),
        Finding(Code.SCAN_LOSSY, "master/3.jpg", seen="JPEG"),
        Finding(Code.SCAN_RESOLUTION, "master/4.tif", "400 dpi"),
        Finding(Code.SCAN_BITS, "master/4.tif", "8", "16"),
    ]


@pytest.mark.parametrize(
    ("number", "unit", "seen"),
    [
        (1, Unit.CENTIMETRE, "2.54 dpi"),
        (30_000, Unit.INCH, "30000 dpi"),
        (10, Unit.INCH, None),
        (600, Unit.INCH, None),
        (1, Unit.NONE, None),
    ],
)
def test_a_resolution_that_no_page_has_is_named(number: int, unit: Unit, seen: str | None) -> None:
    """What a program writes that knows none is no resolution."""
    resolution = Resolution(Fraction(number), Fraction(number), unit)
    image = Image(9, 9, (8,), "BlackIsZero", "LZW", resolution=resolution)
    expected = [] if seen is None else [Finding(Code.RESOLUTION_UNLIKELY, "a", seen=seen)]
    assert list(unlikely_resolution("a", image)) == expected


def test_a_resolution_in_centimetres_may_be_half_a_dot_less() -> None:
    image = Image(
        9, 9, (8,), "BlackIsZero", "LZW",
        resolution=Resolution(Fraction(11811, 100), Fraction(11811, 100), Unit.CENTIMETRE),
    )  # fmt: skip
    assert list(ScanProfile(300).findings("a", image)) == []
    assert [one.code for one in ScanProfile(302).findings("a", image)] == [Code.SCAN_RESOLUTION]


def test_alpha_makes_no_colour() -> None:
    assert colours_of(Image(9, 9, (8, 8), "BlackIsZero", "Deflate")) is Colours.GREY
    assert colours_of(Image(9, 9, (8,), "PaletteColor", "Deflate")) is Colours.COLOUR


def test_what_is_stored_is_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the language of the person who packages: the same input writes the same bytes."""
    monkeypatch.setattr(i18n, "_catalogue", None)  # what the test chooses ends with it
    assert i18n.use_language("ru")
    found = Finding(Code.IMAGE_TRUNCATED, "1.png", seen="9")
    assert found.message().startswith("E451 1.png: ") and "truncated" not in found.message()
    assert found.record() == "E451 1.png: the file is truncated; seen 9"
