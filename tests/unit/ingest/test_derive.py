"""Access copies and a searchable PDF made of masters and text; the same bytes each time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from preserva.access.export import export
from preserva.access.pdf import export_pdf
from preserva.archive.archive import ArchivalStorage
from preserva.core.eark.mets import PackageType
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.stored import read_representation
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import PackageError, Refused, UsageError
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.book_revision import PageChanges
from preserva.ingest.derive import Derivation, derive
from preserva.ingest.package import package
from preserva.ingest.revised import Revised
from preserva.ingest.revision import Change, update
from preserva.ingest.supplied import Details
from tests.conftest import require
from tests.support.books import RECORD, an_archive

ID = PackageId("aonb", "kp-7")
BASE = "data/aonb-kp-7/"
STRUCTURE = """
[[pages]]
first = 1
last = 3
label = "12r"
[[parts]]
type = "chapter"
title = "Глава вторая"
first = 2
"""
ALTO = """<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout>
<Page WIDTH="400" HEIGHT="600"><PrintSpace><TextBlock><TextLine>
<String CONTENT="Повѣсть" HPOS="40" VPOS="60" WIDTH="120" HEIGHT="30"/>
<String CONTENT="странная" HPOS="200" VPOS="60" WIDTH="160" HEIGHT="30"/>
</TextLine></TextBlock></PrintSpace></Page></Layout></alto>"""
HOCR = """<html xmlns="http://www.w3.org/1999/xhtml"><body>
<div class="ocr_page" title="image x; bbox 0 0 400 600">
<span class="ocrx_word" title="bbox 10 20 110 50">рѣка</span></div></body></html>"""


def scan(seed: int, mode: str = "RGB", size: tuple[int, int] = (400, 600)) -> Image.Image:
    data = bytes((seed * 7 + i * i // 50) % 256 for i in range(size[0] * size[1]))
    return Image.frombytes("L", size, data).convert(mode)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A book of three masters in three formats, with ALTO, hOCR and plain text."""
    for package_name in ("pikepdf", "pyvips"):
        require(_installed(package_name), f"{package_name} is not installed")
    book = tmp_path / "book"
    for name in ("master", "text"):
        (book / name).mkdir(parents=True)
    scan(1).save(book / "master/л. 1.tif", dpi=(200, 200))
    scan(2, "L", (4000, 3000)).save(book / "master/л. 2.tif", dpi=(400, 400))
    scan(3).save(book / "master/л. 3.jp2")
    (book / "text/л. 1.xml").write_text(ALTO, encoding="utf-8")
    (book / "text/л. 2.html").write_text(HOCR, encoding="utf-8")
    (book / "text/л. 3.txt").write_text("первая строка\nвторая\n", encoding="utf-8")
    (tmp_path / "structure.toml").write_text(STRUCTURE, encoding="utf-8")
    record = tmp_path / "book.xml"
    record.write_text(RECORD, encoding="utf-8")
    with an_archive(tmp_path / "archive") as archive:
        details = Details(structure=tmp_path / "structure.toml")
        package(book, record, archive, details=details)
    return tmp_path


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


@pytest.fixture
def archive(place: Path) -> Iterator[ArchivalStorage]:
    with an_archive(place / "archive") as opened:
        yield opened


def stored(archive: ArchivalStorage, path: str) -> Path:
    package_stored = archive.primary.root.read(ID.uri)
    located = package_stored.inventory.locate(package_stored.inventory.head)
    return Path(archive.primary.storage.url) / package_stored.path / located[BASE + path]


def derived(archive: ArchivalStorage, *, access: bool = False, pdf: bool = False) -> Revised:
    done = derive(archive, ID, Derivation(access, pdf))
    for report in validate_stored(archive, ID, storage=archive.primary.id):
        assert [finding.message() for finding in report.findings] == []
        assert report.outcome is Outcome.PASS
    return done


def test_access_copies_are_made_once(place: Path, archive: ArchivalStorage) -> None:
    planned = derive(archive, ID, Derivation(access=True), dry_run=True)
    done = derived(archive, access=True)
    assert (planned.version, planned.pages, planned.created) == ("v2", done.pages, False)
    assert [(c.deed, c.page, c.representation, c.name) for c in done.pages] == [
        ("added", number, "access", f"л. {number}.jpg") for number in (1, 2, 3)
    ]
    sizes = []
    for number in (1, 2, 3):
        with Image.open(stored(archive, f"representations/access/data/000{number}.jpg")) as image:
            sizes.append((image.format, image.mode, image.size))
    assert sizes == [
        ("JPEG", "RGB", (400, 600)),
        ("JPEG", "L", (3000, 2250)),
        ("JPEG", "RGB", (400, 600)),
    ]
    premis = stored(archive, "metadata/preservation/premis.xml").read_bytes()
    *_before, event = read_events(io.BytesIO(premis))
    assert event.type is EventType.CREATION
    assert "pages 1-3 added in access (л. 1.jpg … л. 3.jpg); made of master" in (event.detail or "")
    assert "libvips " in (event.detail or "") and "Pillow " in (event.detail or "")
    assert [item.value for item in event.objects] == [
        "representation-access",
        "representation-master",
    ]
    assert b"has Source" in premis
    again = derive(archive, ID, Derivation(access=True))
    assert (again.version, again.created, again.changed, again.pages) == ("v2", False, (), ())


def test_only_copies_of_former_scans_are_made_again(place: Path, archive: ArchivalStorage) -> None:
    derived(archive, access=True)
    folder = place / "again"
    folder.mkdir()
    scan(9).save(folder / "л. 1.tif")
    update(archive, ID, Change(pages=PageChanges(pages=folder), reason="blurred"))
    done = derived(archive, access=True)
    assert [(c.deed, c.page) for c in done.pages] == [("replaced", 1)]
    own = place / "own"
    own.mkdir()
    scan(5).save(own / "л. 1.jpg")
    update(archive, ID, Change(pages=PageChanges(access=own), reason="better"))
    update(archive, ID, Change(pages=PageChanges(pages=folder), reason="the same again"))
    scan(10).save(folder / "л. 1.tif")
    update(archive, ID, Change(pages=PageChanges(pages=folder), reason="once more"))
    assert derive(archive, ID, Derivation(access=True)).created is False


def test_the_pdf_can_be_searched_and_is_the_same_each_time(
    place: Path, archive: ArchivalStorage
) -> None:
    import pikepdf

    done = derived(archive, pdf=True)
    assert [(c.page, c.name) for c in done.pages] == [(None, "aonb-kp-7.pdf")]
    assert derive(archive, ID, Derivation(pdf=True)).created is False
    made = export_pdf(archive, ID, place / "book.pdf")
    with pikepdf.open(made) as pdf:
        assert len(pdf.pages) == 3
        assert [str(entry.P) for entry in list(pdf.Root.PageLabels.Nums)[1::2]] == [
            "12r",
            "12v",
            "13r",
        ]
        assert str(pdf.docinfo["/Title"]) == "Повѣсть о рѣкѣ Амурѣ"
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["Глава вторая"]
        first, second, _third = pdf.pages
        assert [float(side) for side in first.MediaBox] == [0, 0, 144, 216]
        assert [float(side) for side in second.MediaBox] == [0, 0, 720, 540]
        texts = [text_of(page) for page in pdf.pages]
    assert texts[0] == [
        ("Повѣсть", 14.4, 216 * (1 - 90 / 600), 0.1 * 108),
        ("странная", 72.0, 216 * (1 - 90 / 600), 0.1 * 108),
    ]
    assert [word[0] for word in texts[1]] == ["рѣка"]
    assert [word[0] for word in texts[2]] == ["первая строка", "вторая"]
    with pytest.raises(Refused):
        export_pdf(archive, ID, place / "book.pdf")


def text_of(page: object) -> list[tuple[str, float, float, float]]:
    """The words that a reader of the PDF can find: text, left, bottom, height of the font."""
    import pikepdf

    fonts = {
        name: dict(meanings(bytes(font.ToUnicode.read_bytes())))
        for name, font in page.Resources.Font.items()  # type: ignore[attr-defined]  # pikepdf says nothing
    }
    words = []
    mode = x = y = 0.0
    font, size = "", 0.0
    for instruction in pikepdf.parse_content_stream(page):  # type: ignore[arg-type]  # as above
        assert isinstance(instruction, pikepdf.ContentStreamInstruction)
        operands, operator = instruction.operands, instruction.operator
        match str(operator):
            case "Tr":
                mode = float(operands[0])
            case "Tm":
                x, y = float(operands[4]), float(operands[5])
            case "Tf":
                font, size = str(operands[0]), float(operands[1])
            case "Tj":
                assert mode == 3  # invisible
                text = "".join(fonts[font][code] for code in bytes(operands[0]))
                words.append((text, round(x, 2), round(y, 2), round(size, 2)))
    return words


def meanings(mapping: bytes) -> Iterator[tuple[int, str]]:
    for line in mapping.decode().splitlines():
        if line.startswith("<") and line.count("<") == 2:
            code, letter = line.replace(">", "").replace("<", "").split()
            yield int(code, 16), bytes.fromhex(letter).decode("utf-16-be")


def test_what_a_reader_opens_by_double_click(place: Path, archive: ArchivalStorage) -> None:
    with pytest.raises(UsageError, match="has no PDF"):
        export_pdf(archive, ID, place / "book.pdf")
    derived(archive, access=True, pdf=True)
    made = export(archive, ID, place / "book.zip", kind=PackageType.DIP)
    with zipfile.ZipFile(made) as container:
        assert container.testzip() is None
        names = container.namelist()
    assert f"aonb-kp-7/{BASE}representations/access/data/0001.jpg" in names
    assert not any("master" in name for name in names)
    (report,) = validate(made)
    assert [finding.message() for finding in report.findings] == []
    with pytest.raises(UsageError, match="not compressed"):
        export(archive, ID, place / "aip.zip")


def test_what_cannot_be_decoded_is_named(place: Path, archive: ArchivalStorage) -> None:
    from preserva.derivatives import jpeg

    def fails(image: Path, target: Path, max_pixels: int) -> jpeg.Jpeg:
        if image.suffix == ".jp2":
            raise jpeg.NotDecodedError("no decoder")
        return made(image, target, max_pixels)

    made = jpeg.access_copy
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jpeg, "access_copy", fails)
        done = derived(archive, access=True, pdf=True)
    assert {(note.code.value, note.path, note.seen) for note in done.notes} == {
        ("W497", "representations/master/data/0003.jp2", "no decoder")
    }
    assert [change.page for change in done.pages] == [1, 2, None]
    mets = stored(archive, "representations/access/METS.xml").read_bytes()
    files = read_representation(io.BytesIO(mets)).files
    assert [entry.page for entry in files] == [1, 2, None]


def test_nothing_to_make_is_said(place: Path, archive: ArchivalStorage) -> None:
    with pytest.raises(UsageError, match="nothing to make"):
        derive(archive, ID, Derivation())
    with pytest.raises(PackageError, match="cannot be"):
        update(archive, ID, Change(pages=PageChanges(remove=(1, 2, 3)), reason="all"))
    assert archive.primary.root.read(ID.uri).inventory.head == "v1"
