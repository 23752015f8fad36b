"""Exhibitions: what is built of packages and a specification, and what is refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from preserva.archive.archive import ArchivalStorage
from preserva.catalogue.import_records import import_file, import_packages, open_catalogue
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.errors import ConfigError, Refused
from preserva.exhibition.build import MARK, build_exhibition
from preserva.exhibition.picture import TILE, Picture
from preserva.exhibition.presentation import Book
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.specimen.book import draw_book
from tests.conftest import ROOT
from tests.support.books import an_archive
from tests.support.exhibitions import write_specification

HOSTILE = '<script>alert(1)</script>" onerror="alert(2)'
SMALL = """\
[exhibition]
title = { en = "A small one" }
languages = ["en"]
text = "introduction"
url = "https://books.example.org/small"
[[sections]]
id = "one"
title = { en = "Section" }
[[sections.objects]]
package = "aonb-kp-1"
caption = { en = "The caption" }
"""
TEXTS = {"introduction": "# Welcome\n\nWords.\n"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArchivalStorage]:
    """An archive with the drawn book, audited, and in the catalogue."""
    place = tmp_path_factory.mktemp("exhibit")
    record = draw_book(place / "scans")
    with an_archive(place / "archive") as archive:
        package(place / "scans", record, archive, local="kp-1")
        audit(archive)
        with open_catalogue(archive.config.path) as database:
            import_packages(archive, database, 1_800_000_000)
        yield archive


def _site(archive: ArchivalStorage, folder: Path, text: str = SMALL) -> Path:
    specification = write_specification(folder / "exhibition", text, TEXTS)
    return build_exhibition(archive, specification, folder / "site").path


class _Links(HTMLParser):
    """Everything that a page leads to or asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.ids: set[str] = set()
        self.scripts: list[dict[str, str | None]] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [str(given[key]) for key in ("href", "src") if key in given]
        self.sources += [str(given["src"])] if "src" in given else []
        self.ids |= {str(given["id"])} if "id" in given else set()
        self.scripts += [given] if tag == "script" else []
        self.handlers += [key for key in given if key.startswith("on")]


def _read(page: Path) -> _Links:
    found = _Links()
    found.feed(page.read_text("utf-8"))
    return found


def test_every_link_of_every_page_leads_to_a_file(archive: ArchivalStorage, tmp_path: Path) -> None:
    """And to a part of it that is there; the only addresses outside are canonical ones."""
    site = _site(archive, tmp_path)
    pages = {page: _read(page) for page in site.rglob("*.html")}
    assert len(pages) > 8
    for page, found in pages.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert link.startswith(("https://books.example.org/small/", "data:,")), link
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.is_file(), f"{page}: {link}"
            if parts.fragment:
                assert parts.fragment in pages[target].ids, f"{page}: {link}"


def _thumbnail(width: int, height: int) -> tuple[int, int]:
    side = min(240, max(width, height))
    return width * side // max(width, height), height * side // max(width, height)


def test_what_viewers_ask_for_is_there_and_as_large_as_said(
    archive: ArchivalStorage, tmp_path: Path
) -> None:
    """Every tile of every scale, every size of the whole page, `full/max`: IIIF Image API 3.0."""
    site = _site(archive, tmp_path)
    informations = sorted(site.glob("iiif/aonb-kp-1/*/info.json"))
    assert informations
    for path in informations:
        said = json.loads(path.read_text("utf-8"))
        width, height, folder = said["width"], said["height"], path.parent
        assert said["id"] == f"https://books.example.org/small/iiif/aonb-kp-1/{folder.name}"
        expected = {"full/max": (said["maxWidth"], said["maxHeight"])}
        assert len(said["sizes"]) == len(said["tiles"][0]["scaleFactors"])
        expected["full/90,"] = (90, round(height * 90 / width))
        expected["full/" + ",".join(map(str, _thumbnail(width, height)))] = _thumbnail(
            width, height
        )
        for size in said["sizes"]:
            expected[f"full/{size['width']},{size['height']}"] = (size["width"], size["height"])
        for scale in said["tiles"][0]["scaleFactors"]:
            step = TILE * scale
            for x in range(0, width, step):
                for y in range(0, height, step):
                    w, h = min(step, width - x), min(step, height - y)
                    shown = (-(-w // scale), -(-h // scale))
                    region = "full" if (w, h) == (width, height) else f"{x},{y},{w},{h}"
                    expected[f"{region}/{shown[0]},{shown[1]}"] = shown
        found = {
            one.relative_to(folder).as_posix().removesuffix("/0/default.jpg"): one
            for one in folder.rglob("*.jpg")
        }
        assert set(found) == set(expected)
        for name, one in found.items():
            with Image.open(one) as image:
                assert image.size == expected[name], f"{folder.name}: {name}"


def test_tiles_show_the_page(archive: ArchivalStorage, tmp_path: Path) -> None:
    """Put together, those of the first scale are the page; JPEG changes a little."""
    site = _site(archive, tmp_path)
    folder = site / "iiif" / "aonb-kp-1" / "0001"
    said = json.loads((folder / "info.json").read_text("utf-8"))
    picture = Picture(1, "1", "iiif/aonb-kp-1/0001", said["width"], said["height"])
    source = min((archive.config.path.parents[1] / "scans" / "access").iterdir())
    with Image.open(source) as opened:
        page = opened.convert("L")
    assert page.size == (picture.width, picture.height)
    for tile in picture.tiles(1):
        with Image.open(site / tile.path) as opened:
            shown = opened.convert("L")
        box = (tile.x, tile.y, tile.x + tile.width, tile.y + tile.height)
        pairs = zip(page.crop(box).tobytes(), shown.tobytes(), strict=True)
        difference = sum(abs(one - other) for one, other in pairs) / (tile.width * tile.height)
        assert difference < 4, tile.path


def _rules(kind: str, needed: dict[str, Any], others: dict[str, Any] | None = None) -> Any:
    """A class of Presentation API 3.0 as a manifest of ours may have it, and nothing beside it."""
    identified = {"id": {"type": "string", "pattern": "^https?://[^#]+$"}, "type": {"const": kind}}
    needed = {**identified, **needed}
    return {"type": "object", "properties": {**needed, **(others or {})},
            "required": list(needed), "additionalProperties": False}  # fmt: skip


def _list(of: Any) -> Any:
    return {"type": "array", "items": of, "minItems": 1}


_LANGUAGE = "^(none|ru(-petr1708)?|be(-Latn)?|en)$"
_WORDS = {"type": "object", "minProperties": 1, "additionalProperties": False,
          "patternProperties": {_LANGUAGE: _list({"type": "string"})}}  # fmt: skip
_SIZE = {"type": "integer", "exclusiveMinimum": 0}
_TWO = {"width": _SIZE, "height": _SIZE}
_SERVICE = _rules("ImageService3", {"profile": {"const": "level0"}})
_PICTURE = _rules("Image", {**_TWO, "format": {"const": "image/jpeg"}, "service": _list(_SERVICE)})
_ANNOTATION = _rules("Annotation", {"motivation": {"const": "painting"}, "body": _PICTURE,
                                    "target": {"type": "string"}})  # fmt: skip
_CANVAS = _rules("Canvas", {**_TWO, "label": _WORDS, "thumbnail": _list(_PICTURE),
                            "items": _list(_rules("AnnotationPage",
                                                  {"items": _list(_ANNOTATION)}))},
                 {"annotations": _list(_rules("AnnotationPage", {}))})  # fmt: skip
_PAGE = _rules("Text", {"label": _WORDS, "format": {"const": "text/html"},
                        "language": _list({"enum": ["ru", "be", "en"]})})  # fmt: skip
_PART = _rules("Range", {"label": _WORDS, "items": _list(_rules("Canvas", {}))})
_TEXT = _rules(
    "AnnotationPage",
    {"@context": {"const": "http://iiif.io/api/presentation/3/context.json"},
     "items": _list(_rules("Annotation", {
         "motivation": {"const": "supplementing"}, "target": {"type": "string"},
         "body": {"type": "object", "required": ["type", "value", "format"],
                  "properties": {"type": {"const": "TextualBody"}, "value": {"type": "string"},
                                 "format": {"const": "text/plain"},
                                 "language": {"enum": ["ru", "be"]}},
                  "additionalProperties": False}}))},
)  # fmt: skip
_PAIR = {"type": "object", "properties": {"label": _WORDS, "value": _WORDS},
         "required": ["label", "value"], "additionalProperties": False}  # fmt: skip
_RIGHTS = "^http://(creativecommons.org/(licenses|publicdomain)|rightsstatements.org/vocab)/"
MANIFEST = _rules(
    "Manifest",
    {"@context": {"const": "http://iiif.io/api/presentation/3/context.json"}, "label": _WORDS,
     "items": _list(_CANVAS), "homepage": _list(_PAGE), "thumbnail": _list(_PICTURE),
     "behavior": _list({"enum": ["paged", "individuals"]})},
    {"structures": _list(_rules("Range", {"label": _WORDS, "items": _list(_PART)})),
     "summary": _WORDS, "metadata": _list(_PAIR), "rights": {"type": "string", "pattern": _RIGHTS},
     "provider": _list(_rules("Agent", {"label": _WORDS}))},
)  # fmt: skip
"""IIIF Presentation API 3.0, sections 3 and 5, for what we write."""


def _resources(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A canvas with the page and the annotations in it, which need identifiers of their own."""
    yield one
    for inner in one.get("items", ()):
        yield from _resources(inner)


def test_manifests_say_what_the_disk_has(archive: ArchivalStorage, tmp_path: Path) -> None:
    """Every address of a manifest, taken below the site, is a file."""
    licence = 'rights = "http://creativecommons.org/publicdomain/mark/1.0/"\nurl ='
    site = _site(archive, tmp_path, SMALL.replace("url =", licence))
    text = (site / "iiif" / "aonb-kp-1" / "manifest.json").read_text("utf-8")
    manifest = json.loads(text)
    Draft202012Validator(MANIFEST).validate(manifest)
    identifiers = [one["id"] for canvas in manifest["items"] for one in _resources(canvas)]
    assert len(identifiers) == len(set(identifiers)), "Presentation API 3.0, section 3.2"
    images = set(re.findall(r'"https://books\.example\.org/small/([^"]+\.jpg)"', text))
    assert len(images) >= len(manifest["items"])
    for path in images:
        assert (site / path).is_file(), path
    pages = re.findall(r'"https://books\.example\.org/small/([^"]+\.html)"', text)
    assert [(site / path).is_file() for path in pages] == [True]
    for canvas in manifest["items"]:
        for page in canvas["annotations"]:
            path = site / page["id"].removeprefix("https://books.example.org/small/")
            annotations = json.loads(path.read_text("utf-8"))
            Draft202012Validator(_TEXT).validate(annotations)
            assert annotations["id"] == page["id"]
            assert [each["target"] for each in annotations["items"]] == [canvas["id"]]
        service = canvas["items"][0]["items"][0]["body"]["service"][0]["id"]
        information = json.loads(
            (site / service.removeprefix("https://books.example.org/small/") / "info.json")
            .read_text("utf-8")
        )  # fmt: skip
        assert (information["width"], information["height"]) == (canvas["width"], canvas["height"])


def test_a_collection_leads_to_every_book(archive: ArchivalStorage, tmp_path: Path) -> None:
    site = _site(archive, tmp_path)
    address = "https://books.example.org/small"
    collection = json.loads((site / "iiif" / "collection.json").read_text("utf-8"))
    books = _rules("Manifest", {"label": _WORDS, "thumbnail": _list(_PICTURE)})
    kept = {"@context": {"const": "http://iiif.io/api/presentation/3/context.json"},
            "label": _WORDS, "homepage": _list(_PAGE), "items": _list(books)}  # fmt: skip
    Draft202012Validator(_rules("Collection", kept)).validate(collection)
    assert (collection["id"], collection["label"]) == (
        f"{address}/iiif/collection.json", {"en": ["A small one"]},
    )  # fmt: skip
    assert [book["id"] for book in collection["items"]] == [
        f"{address}/iiif/aonb-kp-1/manifest.json"
    ]


@pytest.mark.parametrize(
    ("longest", "whole", "count"), [(500, 500, 1), (1457, 1457, 3), (3300, 3300, 4),
                                    (4097, 2049, 4), (8193, 2049, 4), (70_000, 2188, 4)],
)  # fmt: skip
def test_sizes_are_those_of_the_levels_unless_one_file_cannot_hold_the_page(
    longest: int, whole: int, count: int
) -> None:
    """OpenSeadragon takes as many sizes as scales, or one less, for those of the levels."""
    for picture in (Picture(1, "1", "p", longest, 300), Picture(1, "1", "p", 300, longest)):
        assert (max(picture.largest), len(picture.sizes)) == (whole, count)
        levels = [(-(-picture.width // scale), -(-picture.height // scale))
                  for scale in picture.scales]  # fmt: skip
        assert picture.sizes == [level for level in reversed(levels) if max(level) <= 4096]


@pytest.mark.parametrize(
    ("numbers", "behavior"), [([1, 2, 3], "paged"), ([2, 3], "paged"), ([1, 3], "individuals"),
                              ([1], "individuals")],
)  # fmt: skip
def test_only_leaves_that_follow_each_other_are_opened_as_pages(
    numbers: list[int], behavior: str
) -> None:
    pictures = [Picture(number, str(number), "p", 9, 9) for number in numbers]
    book = Book("a-1", "T", (), {"en": "C"}, (), {"en": "L"}, "", pictures)
    assert book.manifest("https://a.example")["behavior"] == [behavior]


def test_parts_reach_to_the_next_one() -> None:
    """Parts that begin on one page share it; a title has the language that its letters allow."""
    pictures = [Picture(number, str(number), f"p{number}", 9, 9) for number in range(1, 6)]
    contents = [("Прадмова", 1), ("Часть первая", 3), ("Druhaja častka", 3), ("Канец", 5)]
    book = Book("a-1", "Кніга", ("bel",), {"en": "C"}, (), {"en": "L"}, "", pictures, contents)
    (whole,) = json.loads(json.dumps(book.manifest("https://a.example")))["structures"]
    Draft202012Validator(_rules("Range", {"label": _WORDS, "items": _list(_PART)})).validate(whole)
    assert [
        (part["label"], [canvas["id"][-9:] for canvas in part["items"]]) for part in whole["items"]
    ] == [
        ({"be": ["Прадмова"]}, ["p1/canvas", "p2/canvas"]),
        ({"be": ["Часть первая"]}, ["p3/canvas", "p4/canvas"]),
        ({"be-Latn": ["Druhaja častka"]}, ["p3/canvas", "p4/canvas"]),
        ({"be": ["Канец"]}, ["p5/canvas"]),
    ]


WRITERS = """\
[[writers]]
id = "who"
name = { en = "Ivan Barsukov" }
text = "introduction"
names = ["Барсуков, Владимир", "Титов, Федор Иванович", "Nobody, N. N."]
"""


def test_writers_are_found_and_names_that_no_record_has_are_said(
    tmp_path: Path, shared: Path
) -> None:
    """In the records of a library; by default only what is shown gets pages."""
    record = draw_book(tmp_path / "scans")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "scans", record, archive, local="kp-1")
        with open_catalogue(archive.config.path) as database:
            import_packages(archive, database, 1_800_000_000)
            records = shared / "data/records/rusmarc_loge/TEST1.ISO"
            assert import_file(database, records, "nlb", 1_800_000_000).read > 80
        specification = write_specification(tmp_path / "exhibition", SMALL + WRITERS, TEXTS)
        planned = build_exhibition(archive, specification, tmp_path / "site", dry_run=True)
        built = build_exhibition(archive, specification, tmp_path / "site")
    assert (
        built.findings
        == planned.findings
        == (
            Finding(Code.WRITER_UNKNOWN, "writers.0.names", seen="Барсуков, Владимир"),
            Finding(Code.WRITER_UNKNOWN, "writers.0.names", seen="Nobody, N. N."),
        )
    )
    assert built.editions == 1
    assert len(list((built.path / "en" / "catalogue").iterdir())) == 2
    page = (built.path / "en" / "writers" / "who.html").read_text("utf-8")
    assert "<h2>Works" in page and "Титов, Ф. И." in page


def test_without_an_address_nothing_promises_one(archive: ArchivalStorage, tmp_path: Path) -> None:
    """No manifest, no info.json, no QR code; everything else is there."""
    site = _site(archive, tmp_path, SMALL.replace('url = "https://books.example.org/small"\n', ""))
    assert not list(site.rglob("*.json")) or [one.name for one in site.rglob("*.json")] == [MARK]
    labels = (site / "en" / "labels.html").read_text("utf-8")
    assert "<svg" not in labels
    assert "QR codes need the address" in labels
    assert (site / "en" / "books" / "aonb-kp-1.html").is_file()


def test_texts_of_pages_and_the_state_of_copies_are_shown(
    archive: ArchivalStorage, tmp_path: Path
) -> None:
    """The words of the ALTO, the last check of each copy; the search index holds the words."""
    site = _site(archive, tmp_path)
    page = (site / "en" / "books" / "aonb-kp-1.html").read_text("utf-8")
    assert '<td class="sound">' in page
    assert "The caption" in page
    texts = re.findall(r'<div class="page-text">([^<]+)</div>', page)
    assert texts
    script = (site / "assets" / "index-en.js").read_text("utf-8")
    index = json.loads(script.removeprefix("window.preservaIndex = ").removesuffix(";\n"))
    kinds = {kind for _url, _title, kind in index["documents"]}
    assert {"Section", "Digitised", "Page of a book", "Edition"} <= kinds
    assert index["terms"] == sorted(set(index["terms"]))
    assert len(index["postings"]) == len(index["terms"])


def test_the_same_exhibition_gives_the_same_bytes(archive: ArchivalStorage, tmp_path: Path) -> None:
    """All but the time at which it was built."""
    one, other = _site(archive, tmp_path / "one"), _site(archive, tmp_path / "other")
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    for path in files:
        pair = [
            re.sub(rb"2026-11-23T10:\d\d:\d\d", b"", (site / path).read_bytes())
            for site in (one, other)
        ]
        assert pair[0] == pair[1], path


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    """In the record, captions, titles, names, Markdown: nothing runs, nothing is asked for."""
    place = tmp_path
    draw_book(place / "scans")
    record = place / "hostile.xml"
    escaped = HOSTILE.replace("<", "&lt;").replace('"', "&quot;")
    record.write_text(
        '<mods xmlns="http://www.loc.gov/mods/v3" version="3.8"><titleInfo><title>'
        f"{escaped}</title></titleInfo><name><namePart>{escaped}</namePart></name><location>"
        f"<physicalLocation>../../{escaped}</physicalLocation><shelfLocator>../../etc/passwd"
        "</shelfLocator></location><recordInfo><recordIdentifier>../../../x</recordIdentifier>"
        "</recordInfo></mods>",
        encoding="utf-8",
    )
    words = json.dumps(HOSTILE)
    text = SMALL.replace('"A small one"', words).replace('"The caption"', words) + (
        f"[[writers]]\nid = \"w\"\nname = {{ en = {words} }}\ntext = \"introduction\"\n"
        f"[[places]]\nid = \"p\"\nname = {{ en = {words} }}\nlatitude = 1\nlongitude = 2\n"
        f"[[events]]\ndate = \"1855\"\ntitle = {{ en = {words} }}\n"
    )  # fmt: skip
    markdown = (
        f"# {HOSTILE}\n\n[x](javascript:alert(3)) ![y](https://evil.example/x.png) {HOSTILE}\n"
    )
    with an_archive(place / "archive") as archive:
        package(place / "scans", record, archive, local="kp-1")
        with open_catalogue(archive.config.path) as database:
            import_packages(archive, database, 1_800_000_000)
        specification = write_specification(place / "spec", text, {"introduction": markdown})
        site = build_exhibition(archive, specification, place / "out" / "site").path
    assert [path.name for path in (place / "out").iterdir()] == ["site"]
    for page in site.rglob("*.html"):
        found = _read(page)
        assert found.handlers == [], page
        for script in found.scripts:
            assert script.get("type") == "application/ld+json" or "src" in script, page
        assert not [link for link in found.links if link.startswith("javascript:")], page
        assert not [one for one in found.sources if "://" in one], page
    index = (site / "assets" / "index-en.js").read_text("utf-8")
    assert json.loads(index.removeprefix("window.preservaIndex = ").removesuffix(";\n"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"aonb-kp-1"', '"aonb-kp-9"', "sections.0.objects.0.package: there is no package"),
        ('"aonb-kp-1"', '"../x"', "sections.0.objects.0.package: ../x is not a package identifier"),
        ("caption =", "page = 99\ncaption =", "objects.0.page: aonb-kp-1 has no page 99"),
        ("caption =", 'pages = "1-99"\ncaption =', "sections.0.objects.0.pages: aonb-kp-1 has no"),
        ("caption =", 'pages = "2"\ncaption =', "sections.0.objects.0.page: page 1 is not one of"),
        ("caption =", 'pages = "3-2"\npage = 3\ncaption =', "objects.0.pages: 3-2 is not a range"),
        ('en = "The caption"', 'ru = "Подпись"', "sections.0.objects.0.caption.en: missing"),
        ('"introduction"', '"another"', "exhibition.text: there is no another.en.md"),
        ('"introduction"', '"../secret"', "exhibition.text: '../secret' does not match"),
        ("caption =", "capton =", "objects.0.capton: unknown key; did you mean caption"),
        ("[[sections]]", '[map]\nlines = "no.json"\n[[sections]]',
         "map.lines: no.json is not GeoJSON"),
        ("[[sections]]", '[[events]]\ndate = "1855"\ntitle = { en = "x" }\nwriter = "who"\n'
         "[[sections]]", "events.0.writer: there is no who"),
        ("[[sections]]", '[[libraries]]\nid = "moon"\naddress = { en = "x" }\n[[sections]]',
         "libraries.0.id: moon is not one of the institutions"),
        ("[[sections]]", '[[sections]]\nid = "one"\ntitle = { en = "x" }\n[[sections]]',
         "sections.1.id: one is given twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_with_its_place(
    archive: ArchivalStorage, tmp_path: Path, old: str, new: str, said: str
) -> None:
    """And nothing is written."""
    text = SMALL.replace(old, new, 1)
    assert text != SMALL
    specification = write_specification(tmp_path / "exhibition", text, TEXTS)
    with pytest.raises(ConfigError, match=re.escape(said)):
        build_exhibition(archive, specification, tmp_path / "site")
    assert [one.name for one in tmp_path.iterdir()] == ["exhibition"]


def test_nothing_but_an_exhibition_is_ever_replaced(
    archive: ArchivalStorage, tmp_path: Path
) -> None:
    """And that only when asked for; what stood there stays until the new one is whole."""
    specification = write_specification(tmp_path / "exhibition", SMALL, TEXTS)
    site = tmp_path / "site"
    site.mkdir()
    (site / "letter.txt").write_text("mine")
    for replace in (False, True):
        with pytest.raises(Refused):
            build_exhibition(archive, specification, site, replace=replace)
    assert [one.name for one in site.iterdir()] == ["letter.txt"]
    other = tmp_path / "other"
    build_exhibition(archive, specification, other)
    before = (other / MARK).read_bytes()
    with pytest.raises(Refused, match="exists already"):
        build_exhibition(archive, specification, other)
    assert (other / MARK).read_bytes() == before
    (other / "old.txt").write_text("of the old one")
    build_exhibition(archive, specification, other, replace=True)
    assert not (other / "old.txt").exists()
    newer = (other / MARK).read_bytes().replace(b'"format": 1', b'"format": 2')
    (other / MARK).write_bytes(newer)
    with pytest.raises(Refused, match="newer preserva"):
        build_exhibition(archive, specification, other, replace=True)
    assert (other / MARK).read_bytes() == newer
    assert sorted(one.name for one in tmp_path.iterdir()) == ["exhibition", "other", "site"]


def test_damage_in_a_package_is_never_shown(tmp_path: Path) -> None:
    """A page that is not as it was stored stops the building; its name is told."""
    record = draw_book(tmp_path / "scans")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "scans", record, archive, local="kp-1")
        page = next((tmp_path / "archive" / "storages" / "aonb-main").rglob("access/data/*"))
        data = bytearray(page.read_bytes())
        data[len(data) // 2] ^= 1
        page.chmod(0o644)
        page.write_bytes(data)
        specification = write_specification(tmp_path / "exhibition", SMALL, TEXTS)
        with pytest.raises(Exception, match=re.escape(page.name)):
            build_exhibition(archive, specification, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_site_is_stored_as_a_package(archive: ArchivalStorage, tmp_path: Path) -> None:
    """All its files are in it, byte for byte."""
    specification = write_specification(tmp_path / "exhibition", SMALL, TEXTS)
    built = build_exhibition(archive, specification, tmp_path / "site", local="ex-1")
    assert built.package is not None
    stored = archive.primary.root.read(built.package.uri)
    located = stored.inventory.locate(stored.inventory.head)
    base = "data/aonb-ex-1/representations/original/data/"
    for path in (built.path).rglob("*"):
        if path.is_file():
            name = path.relative_to(built.path).as_posix()
            found = [
                one for one in located if one.startswith(base) and one.endswith(f"data/{name}")
            ]
            assert len(found) == 1, name
            kept = Path(archive.primary.storage.url) / stored.path / located[found[0]]
            assert kept.read_bytes() == path.read_bytes()


def test_the_example_of_the_manual_builds(archive: ArchivalStorage, tmp_path: Path) -> None:
    """The specification on the page, with its texts, from the command line."""
    page = (ROOT / "docs" / "how-to" / "exhibition.md").read_text("utf-8")
    found = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    text = found[1].replace("aonb-kp-000123", "aonb-kp-1")
    names = ("introduction", "rivers", "lavrov")
    specification = write_specification(tmp_path / "e", text, dict.fromkeys(names, "Words.\n"))
    command = [sys.executable, "-m", "preserva", "exhibit", "build", str(specification)]
    options = ["--config", str(archive.config.path), "--json"]
    out = ["--out", str(tmp_path / "site")]
    for more, files in ((["--dry-run"], False), ([], True)):
        done = subprocess.run(
            [*command, *out, *options, *more], capture_output=True, text=True, check=True
        )
        said = json.loads(done.stdout)
        assert said["books"] == 1
        assert said["pages"] == 10
        assert (tmp_path / "site" / "be" / "writers" / "lavrov.html").is_file() is files
