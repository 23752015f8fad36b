"""Whole sets of scans, made here: what the check, the dry run and the real run say of each."""

from __future__ import annotations

import hashlib
import io
import random
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from preserva.archive.archive import ArchivalStorage
from preserva.core.book.scan_policy import ScanAction, ScanPolicy
from preserva.core.book.scans import USUAL_RULES, ImageRules, ScanProfile
from preserva.core.book.set_checks import stored_elsewhere
from preserva.core.values.report import Finding, Outcome
from preserva.errors import PackageError
from preserva.fixity.validate import validate_stored
from preserva.ingest import source_folder
from preserva.ingest.check import check
from preserva.ingest.package import package
from preserva.ingest.scans import open_scans
from preserva.ingest.source_folder import Watch
from preserva.ingest.stored_scans import stored_scans
from preserva.ingest.supplied import Details
from tests.support.books import an_archive, unasked

RECORD = """<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Книга</title></titleInfo>
{extent}</mods>"""


def page(seed: int, kind: str = "TIFF", **options: object) -> bytes:
    """A page that looks like no page of another seed: blots as large as words."""
    picture = picture_of(seed)
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def picture_of(seed: int) -> Image.Image:
    noise = Image.frombytes("L", (24, 32), random.Random(seed).randbytes(24 * 32))
    return noise.resize((240, 320), Image.Resampling.BICUBIC)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """A source with these files; the path of its record beside it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    record = folder.parent / "record.xml"
    record.write_text(RECORD.format(extent=""), "utf-8")
    return record


def book(count: int = 4, first: int = 1) -> dict[str, bytes]:
    return {f"{number:04}.tif": page(number) for number in range(first, first + count)}


def ruled(archive: ArchivalStorage, rules: ImageRules) -> None:
    archive.config = replace(archive.config, images=unasked(rules))


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(str(one.code.value), one.path, one.seen) for one in findings]


Fault = Callable[[dict[str, bytes]], None]


def two_frames() -> bytes:
    stream = io.BytesIO()
    picture_of(1).save(stream, "TIFF", save_all=True, append_images=[picture_of(2)])
    return stream.getvalue()


def with_preview() -> bytes:
    """A TIFF of two images, the second of which says that it is a reduced one (NewSubfileType)."""
    pixels = picture_of(1).tobytes()
    tags = {256: 240, 257: 320, 258: 8, 259: 1, 262: 1, 273: 8, 278: 320, 279: len(pixels)}
    first = 8 + len(pixels)
    second = first + 2 + 12 * len(tags) + 4

    def directory(values: dict[int, int], following: int) -> bytes:
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, n) for tag, n in values.items())
        return struct.pack("<H", len(values)) + entries + struct.pack("<I", following)

    reduced = {254: 1, **tags, 256: 24, 257: 32, 278: 32, 279: 24 * 32}
    header = struct.pack("<2sHI", b"II", 42, first)
    return header + pixels + directory(tags, second) + directory(reduced, 0)


FAULTS: list[tuple[dict[str, bytes], list[str], list[tuple[str, str | None, str | None]], bool]] = [
    ({}, ["0003.tif"], [("W471", None, None)], False),
    ({"0005.tif": page(2)}, [], [("W472", "0005.tif", "0002.tif")], False),
    ({"0005.tif": page(2, compression="tiff_lzw")}, [], [("W473", "0005.tif", "0002.tif")], False),
    ({"0002 (1).tif": page(9)}, [], [("W475", "0002 (1).tif", "0002")], False),
    ({"0005.tif": page(5, "JPEG")}, [], [("W821", "0005.tif", "JPEG/JFIF")], False),
    ({"0005.tif": two_frames()}, [], [("E473", "0005.tif", "2")], True),
    ({"0005.tif.part": b"half"}, [], [("E471", "0005.tif.part", None)], True),
    ({"0005.CR2": b"raw"}, [], [("E472", "0005.CR2", None)], True),
    ({"0005": page(5)}, [], [("E478", "0005", None)], True),
    ({"0005.tif_": page(5), "x.dat": b"?"}, [], [("E478", "0005.tif_", None)], True),
    ({"documentation/0005": page(5)}, [], [], False),
    ({"0005.tif": page(5)[:900]}, [], [("E451", "0005.tif", None)], True),
    ({"0003.jpg": page(3, "JPEG"), "0009.jpg": page(9, "JPEG")}, [],
     [("E474", "0009.jpg", None)], True),
]  # fmt: skip


@pytest.mark.parametrize(("added", "removed", "expected", "refused"), FAULTS)
def test_each_fault_is_named_alike_by_check_dry_run_and_real_run(
    added: dict[str, bytes],
    removed: list[str],
    expected: list[tuple[str, str | None, str | None]],
    refused: bool,
    tmp_path: Path,
) -> None:
    """And by nothing else; a refusal says what to do."""
    files = {**book(), **added}
    record = write(tmp_path / "book", {name: files[name] for name in files if name not in removed})
    with an_archive(tmp_path / "archive") as archive:
        checked = check(archive, tmp_path / "book", record)
        assert checked.outcome is (Outcome.FAIL if refused else Outcome.PASS)
        named = codes(checked.problems if refused else checked.notes)
        assert [(code, path) for code, path, _seen in named][: len(expected)] == [
            (code, path) for code, path, _seen in expected
        ]
        assert all(seen in {None, named[i][2]} for i, (_code, _path, seen) in enumerate(expected))
        bare = check(archive, tmp_path / "book")
        assert (bare.problems, bare.notes) == (checked.problems, checked.notes)
        for dry_run in (True, False):
            if refused:
                with pytest.raises(PackageError) as caught:
                    package(tmp_path / "book", record, archive, local="a", dry_run=dry_run)
                assert list(caught.value.problems) == [p.message() for p in checked.problems]
                assert caught.value.hint == checked.advice() is not None
            else:
                done = package(tmp_path / "book", record, archive, local="a", dry_run=dry_run)
                assert (done.created, done.notes) == (not dry_run, checked.notes)


def test_a_sound_book_has_no_findings(tmp_path: Path) -> None:
    """Also where a TIFF has a preview in it, and blank pages look alike."""
    blank = Image.new("L", (240, 320), 250)
    stream = io.BytesIO()
    blank.save(stream, "TIFF")
    blank.putpixel((3, 3), 240)
    other = io.BytesIO()
    blank.save(other, "TIFF")
    files = {**book(2), "0003.tif": stream.getvalue(), "0004.tif": other.getvalue()}
    record = write(tmp_path / "book", {**files, "0005.tif": with_preview()})
    (tmp_path / "book" / "0001.tif").write_bytes(page(7))
    with an_archive(tmp_path / "archive") as archive:
        checked = check(archive, tmp_path / "book", record)
        assert (checked.problems, checked.notes, checked.refusals) == ((), (), ())
        assert checked.pages == 5


@pytest.mark.parametrize("action", list(ScanAction))
def test_the_policy_decides(action: ScanAction, tmp_path: Path) -> None:
    """Warned of, refused or ignored: the same gap, and the same low resolution."""
    record = write(tmp_path / "book", {"1.tif": page(1), "2.tif": page(2), "4.tif": page(4)})
    rules = ImageRules(
        scan=ScanProfile(min_resolution=300), policy=ScanPolicy(gaps=action, requirements=action)
    )
    with an_archive(tmp_path / "archive") as archive:
        ruled(archive, rules)
        checked = check(archive, tmp_path / "book", record)
        named = {
            ScanAction.WARN: checked.notes,
            ScanAction.REFUSE: checked.problems,
            ScanAction.IGNORE: (),
        }
        assert sorted(code for code, *_rest in codes(named[action])) == (
            [] if action is ScanAction.IGNORE else ["W451", "W451", "W451", "W471"]
        )
        assert len(checked.notes) + len(checked.problems) == len(named[action])


def test_frames_may_be_kept_as_one_page(tmp_path: Path) -> None:
    """If the institution says so."""
    record = write(tmp_path / "book", {"1.tif": two_frames()})
    with an_archive(tmp_path / "archive") as archive:
        ruled(archive, replace(USUAL_RULES, policy=ScanPolicy(frames=ScanAction.WARN)))
        done = package(tmp_path / "book", record, archive, local="a")
        assert codes(done.notes) == [("E473", "1.tif", "2")]


def test_scans_that_another_package_has_are_named(tmp_path: Path) -> None:
    """Whole or in part, after each package anew; a package is not compared with itself."""
    record = write(tmp_path / "book", book())
    write(tmp_path / "second", {**book(2), "0003.tif": page(33)})
    with an_archive(tmp_path / "archive") as archive:
        first = package(tmp_path / "book", record, archive, local="kp-1")
        assert first.notes == ()
        stored = ("W474", "aonb-kp-1", "2 / 3")
        index = tmp_path / "archive" / "ledger-scans.sqlite"
        index.unlink()
        assert codes(check(archive, tmp_path / "second").notes) == [stored]
        assert not index.exists()
        second = package(tmp_path / "second", record, archive, local="kp-2")
        assert codes(second.notes) == [stored]
        assert codes(check(archive, tmp_path / "second").notes) == [
            ("W474", "aonb-kp-2", "3 / 3"),
            stored,
        ]
        again = package(tmp_path / "second", record, archive, local="kp-2")
        assert (again.created, again.notes) == (False, ())
        index.write_bytes(b"no database at all, but longer than a header of one is" * 10)
        both = [("W474", "aonb-kp-2", "3 / 3"), stored]  # asked of the ledger itself
        assert codes(check(archive, tmp_path / "second").notes) == both


@pytest.mark.parametrize("writing", [True, False])
def test_a_package_that_cannot_be_read_is_not_taken_for_another(
    writing: bool, tmp_path: Path
) -> None:
    """It is named, by each run until it can be read again; then it is compared."""
    record = write(tmp_path / "book", book())
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive, local="kp-1")
    (tmp_path / "archive" / "ledger-scans.sqlite").unlink()
    (inventory,) = (tmp_path / "archive/storages/aonb-main/ocfl").rglob("*kp-1/inventory.json")
    kept = inventory.read_bytes()
    digests = [hashlib.sha512(data).hexdigest() for data in book().values()]

    def compared() -> dict[str, int | None]:
        with an_archive(tmp_path / "archive") as archive:
            return stored_scans(archive, None, digests, writing=writing)

    inventory.write_bytes(b"{}")
    assert [compared(), compared()] == [{"aonb-kp-1": None}] * 2
    assert codes(tuple(stored_elsewhere(compared(), 3))) == [("U474", "aonb-kp-1", None)]
    inventory.write_bytes(kept)
    assert compared() == {"aonb-kp-1": len(digests)}


def test_the_extent_of_the_record_is_compared(tmp_path: Path) -> None:
    """Four images are not 118 pages."""
    record = write(tmp_path / "book", book())
    extent = "<physicalDescription><extent>118 с.</extent></physicalDescription>"
    record.write_text(RECORD.format(extent=extent), "utf-8")
    with an_archive(tmp_path / "archive") as archive:
        checked = check(archive, tmp_path / "book", record)
        assert checked.notes == (Finding(checked.notes[0].code, None, "118 с.", "4"),)
        assert codes(checked.notes)[0][0] == "W476"


@pytest.mark.parametrize("what", ["grows", "comes", "goes"])
def test_a_folder_that_is_still_being_written_is_refused(what: str, tmp_path: Path) -> None:
    """Two looks, the second after the folder should have come to rest."""
    write(tmp_path / "book", book())
    folder = tmp_path / "book"
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if what == "grows":
            (folder / "0004.tif").write_bytes(page(4) + b"more")
        elif what == "comes":
            (folder / "0005.tif").write_bytes(page(5))
        else:
            (folder / "0004.tif").unlink()

    now = max(path.stat().st_ctime for path in folder.iterdir()) + 1
    scans = open_scans(folder, watch=Watch(lambda: now, wait))
    name = "0005.tif" if what == "comes" else "0004.tif"
    assert codes(scans.problems) == [("E477", name, None)]
    assert waited == [2.0]
    settled = open_scans(folder, watch=Watch(lambda: now + 3600, wait))
    assert (settled.problems, waited) == ((), [2.0])


def test_a_file_that_comes_during_the_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be missing from the package without a word."""
    record = write(tmp_path / "book", book())
    late = tmp_path / "book" / "0005.tif"
    chunks = source_folder.SourceReader.chunks

    def slow(reader: source_folder.SourceReader, path: str) -> object:
        late.write_bytes(page(5))
        return chunks(reader, path)

    with an_archive(tmp_path / "archive") as archive:
        monkeypatch.setattr(source_folder.SourceReader, "chunks", slow)
        with pytest.raises(PackageError, match=r"E477 0005\.tif"):
            package(tmp_path / "book", record, archive, local="a")


def test_layouts_become_valid_packages(tmp_path: Path) -> None:
    """Chapters, a book in one file, pages paired by number: stored and proved."""
    pdf = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
    sources = {
        "chapters": {"Глава I/1.tif": page(1), "Глава II/1.tif": page(2)},
        "pdf": {"книга.pdf": pdf},
        "numbers": {"Мастер/kp_01.tif": page(3), "Доступ/1.jpg": page(3, "JPEG")},
    }
    with an_archive(tmp_path / "archive") as archive:
        for name, files in sources.items():
            record = write(tmp_path / name, files)
            done = package(tmp_path / name, record, archive, local=name)
            assert done.created
            (report,) = validate_stored(archive, done.package)
            assert (report.outcome, report.findings) == (Outcome.PASS, [])


def test_the_order_of_pages_can_be_stated(tmp_path: Path) -> None:
    """By a column of the structure table; numbers of pages are those of that order."""
    record = write(tmp_path / "book", {f"{n}.tif": page(i) for i, n in enumerate("абвг")})
    table = tmp_path / "structure.csv"
    table.write_text(
        "first;order;label;part;title\nг.tif;1;[обложка];;\nа.tif;4;;;\n2;;;chapter;Первая\n",
        "utf-8",
    )
    with an_archive(tmp_path / "archive") as archive:
        done = package(
            tmp_path / "book", record, archive, local="a", details=Details(structure=table)
        )
        assert [
            (file.source, file.page, file.target, file.label)
            for file in done.arrangement.representations["master"]
        ] == [
            ("г.tif", 1, "0001.tif", "[обложка]"),
            ("б.tif", 2, "0002.tif", "б"),
            ("в.tif", 3, "0003.tif", "в"),
            ("а.tif", 4, "0004.tif", "а"),
        ]
        assert done.structure.root is not None
        assert done.structure.root.parts[0].pages == (2, 3, 4)
        (report,) = validate_stored(archive, done.package)
        assert report.outcome is Outcome.PASS


@pytest.mark.parametrize("rows", ["г.tif;5", "г.tif;1\nа.tif;1", "1;2", "г.tif;x", "г.tif;0"])
def test_an_order_that_cannot_be_is_refused(rows: str, tmp_path: Path) -> None:
    """Each place once, and only for a page that is named by its file."""
    record = write(tmp_path / "book", {f"{n}.tif": page(i) for i, n in enumerate("абвг")})
    table = tmp_path / "structure.csv"
    table.write_text(f"first;order\n{rows}\n", "utf-8")
    with an_archive(tmp_path / "archive") as archive:
        checked = check(archive, tmp_path / "book", record, details=Details(structure=table))
    assert checked.outcome is Outcome.FAIL
    assert len(checked.refusals) == 1
    assert "E476" in checked.refusals[0] or "E483" in checked.refusals[0]


def test_check_goes_on_past_what_it_cannot_check(tmp_path: Path) -> None:
    """A folder that is none is said; with a record that is none, the scans are checked still."""
    write(tmp_path / "book", {**book(), "0005.tif": page(5)[:900]})
    broken = tmp_path / "broken.mrc"
    broken.write_bytes(b"\x00\x01 nothing")
    with an_archive(tmp_path / "archive") as archive:
        nowhere = check(archive, tmp_path / "nowhere")
        assert (nowhere.outcome, len(nowhere.refusals)) == (Outcome.FAIL, 1)
        checked = check(archive, tmp_path / "book", broken)
        assert len(checked.refusals) == 1
        assert [code for code, *_rest in codes(checked.problems)] == ["E451"]
        assert not (tmp_path / "archive" / "ledger-scans.sqlite").exists()
