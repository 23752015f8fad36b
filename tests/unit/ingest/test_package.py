"""From a folder of scans to a package: what is made, and what is refused."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from preserva.access.export import export
from preserva.config import Institution
from preserva.core.policy.judgement import State
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Advanced, Outcome
from preserva.errors import Damaged, PackageError, Refused, UsageError
from preserva.files.opening import Folder
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.bag import store
from preserva.ingest.package import package, package_bag
from preserva.ingest.submission import submit
from preserva.reporting.status import list_packages, status
from tests.support.books import RECORD, an_archive, make_book, tiff
from tests.support.marc_records import iso2709

AONB = Institution("aonb", {}, "RU")


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything about every file of a folder."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            path.stat().st_mode,
            path.read_bytes(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_package_holds_what_the_design_says(tmp_path: Path) -> None:
    """Every file in its place, and the source as it was."""
    record = make_book(tmp_path / "book")
    before = snapshot(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        made = package_bag(tmp_path / "book", record, archive.config.institution, tmp_path / "out")
    assert (made.package, made.title, made.created) == (
        PackageId("aonb", "kp-7"),
        "Повѣсть о рѣкѣ Амурѣ",
        True,
    )
    assert snapshot(tmp_path / "book") == before
    bag = tmp_path / "out" / "aonb-kp-7"
    found = sorted(str(path.relative_to(bag)) for path in bag.rglob("*") if path.is_file())
    base = "data/aonb-kp-7"
    assert found == sorted(
        [
            "bag-info.txt",
            "bagit.txt",
            "manifest-sha256.txt",
            "manifest-sha512.txt",
            "tagmanifest-sha256.txt",
            "tagmanifest-sha512.txt",
            f"{base}/METS.xml",
            f"{base}/documentation/README.txt",
            f"{base}/metadata/descriptive/dc.xml",
            f"{base}/metadata/descriptive/mods.xml",
            f"{base}/metadata/descriptive/source.xml",
            f"{base}/metadata/preservation/premis.xml",
            f"{base}/representations/master/METS.xml",
            f"{base}/representations/master/data/0001.tif",
            f"{base}/representations/master/data/0002.tif",
            f"{base}/representations/master/metadata/preservation/premis.xml",
            f"{base}/representations/text/METS.xml",
            f"{base}/representations/text/data/0001.txt",
            f"{base}/representations/text/data/0002.txt",
            f"{base}/representations/text/metadata/preservation/premis.xml",
            f"{base}/schemas/standards.xml",
        ]
    )
    assert (bag / base / "metadata/descriptive/source.xml").read_text("utf-8") == RECORD
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["aonb-kp-7"]
    (report,) = validate(bag)
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
    subprocess.run(["sha512sum", "--quiet", "-c", "manifest-sha512.txt"], cwd=bag, check=True)


def test_the_same_input_writes_the_same_bytes(tmp_path: Path) -> None:
    """With the same clock and identifiers."""
    record = make_book(tmp_path / "book")
    for name in ("one", "two"):
        with an_archive(tmp_path / "archive", fixed=True) as archive:
            package_bag(
                tmp_path / "book",
                record,
                archive.config.institution,
                tmp_path / name,
                clock=archive.clock,
                identifiers=archive.identifiers,
            )
    contents = [
        {path: data for path, (_time, _mode, data) in snapshot(tmp_path / name).items()}
        for name in ("one", "two")
    ]
    assert contents[0] == contents[1]


def test_each_source_byte_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy, digests and identification in one read."""
    record = make_book(tmp_path / "book", pages=3)
    opened: list[str] = []
    plain = os.open

    def counting(path: str, flags: int, *rest: int, **named: int) -> int:
        descriptor = plain(path, flags, *rest, **named)
        place = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if place.startswith(str(tmp_path / "book")) and place.endswith(".tif"):
            opened.append(place)
        return descriptor

    monkeypatch.setattr(os, "open", counting)
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
    assert len(opened) == len(set(opened)) == 3


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """And says what would be made."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        before = snapshot(tmp_path / "archive")
        done = package(tmp_path / "book", record, archive, dry_run=True)
        assert snapshot(tmp_path / "archive") == before
    assert not done.created
    assert [(name, one.target) for name, one in done.arrangement.files()] == [
        ("master", "0001.tif"),
        ("master", "0002.tif"),
        ("text", "0001.txt"),
        ("text", "0002.txt"),
    ]


def test_a_second_run_with_the_same_source_is_content(tmp_path: Path) -> None:
    """One with another source is refused, and the store stays as it was."""
    record = make_book(tmp_path / "book")
    other = make_book(tmp_path / "other", seed=5)
    with an_archive(tmp_path / "archive") as archive:
        assert package(tmp_path / "book", record, archive).created
        root = Path(archive.primary.storage.url) / "ocfl"
        before = snapshot(root)
        assert not package(tmp_path / "book", record, archive).created
        with pytest.raises(Refused, match="other content"):
            package(tmp_path / "other", other, archive)
        assert snapshot(root) == before
        (report,) = validate_stored(archive, PackageId("aonb", "kp-7"))
        assert report.outcome is Outcome.PASS


def test_a_bag_made_before_can_be_stored(tmp_path: Path) -> None:
    """Once; a damaged one never."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package_bag(
            tmp_path / "book",
            record,
            archive.config.institution,
            tmp_path / "bags",
            ledger=archive.config.ledger,
        )
        bag = tmp_path / "bags" / "aonb-kp-7"
        assert store(archive, bag, dry_run=True) == (PackageId("aonb", "kp-7"), False)
        assert list_packages(archive).packages == []
        page = bag / "data/aonb-kp-7/representations/master/data/0001.tif"
        good = page.read_bytes()
        page.write_bytes(good + b"x")
        with pytest.raises(Damaged, match=r"0001\.tif"):
            store(archive, bag)
        assert list_packages(archive).packages == []
        page.write_bytes(good)
        assert store(archive, bag) == (PackageId("aonb", "kp-7"), True)
        assert store(archive, bag) == (PackageId("aonb", "kp-7"), False)
        (report,) = validate_stored(archive, PackageId("aonb", "kp-7"))
        assert (report.outcome, report.findings) == (Outcome.PASS, [])


Spoil = Callable[[Path], object]


@pytest.mark.parametrize(
    ("spoil", "code", "name"),
    [
        (lambda b: (b / "master" / "l.tif").symlink_to("/etc/passwd"), Code.SOURCE_LINK, "l.tif"),
        (lambda b: os.mkfifo(b / "master" / "f.tif"), Code.SOURCE_NO_FILE, "f.tif"),
        (
            lambda b: (b / "master" / "л. 01.tif").write_bytes(b"x"),
            Code.SOURCE_COLLISION,
            "л. 1.tif",
        ),
        (lambda b: (b / "odd").mkdir() or (b / "odd" / "x").touch(), Code.SOURCE_DEPTH, "odd/"),
    ],
)
def test_a_source_that_could_be_misunderstood_is_refused(
    spoil: Spoil, code: Code, name: str, tmp_path: Path
) -> None:
    """With the file's name, and nothing stored."""
    record = make_book(tmp_path / "book")
    spoil(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        with pytest.raises(PackageError) as caught:
            package(tmp_path / "book", record, archive)
        assert list_packages(archive).packages == []
    (problem,) = caught.value.problems
    assert problem.startswith(str(code.value))
    assert name in problem


def test_names_that_xml_cannot_carry_are_kept(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, control characters: the pages are packaged all the same."""
    folder = tmp_path / os.fsdecode(b"book\xff")
    folder.mkdir()
    for name in (b"a\xff.tif", b"b\nc.tif", b"d\x01.tif"):
        (folder / os.fsdecode(name)).write_bytes(tiff(name))
    record = tmp_path / "r.xml"
    record.write_text(
        '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>book</title></titleInfo></mods>',
        "utf-8",
    )
    with an_archive(tmp_path / "archive") as archive:
        done = package(folder, record, archive, local="odd")
        assert (done.created, done.title) == (True, "book")
        (report,) = validate_stored(archive, done.package)
        assert (report.outcome, report.findings) == (Outcome.PASS, [])


def test_a_page_image_cannot_be_empty(tmp_path: Path) -> None:
    """A scan that failed; a text without words is no fault."""
    record = make_book(tmp_path / "book")
    (tmp_path / "book" / "master" / "л. 2.tif").write_bytes(b"")
    (tmp_path / "book" / "text" / "л. 1.txt").write_bytes(b"")
    with pytest.raises(PackageError) as caught:
        submit(tmp_path / "book", record, AONB)
    (problem,) = caught.value.problems
    assert problem.startswith("E408 master/л. 2.tif")


def test_a_file_of_several_records_says_nothing_until_one_is_chosen(tmp_path: Path) -> None:
    """Taking the first would describe the wrong book."""
    make_book(tmp_path / "book")
    several = tmp_path / "several.txt"
    several.write_text(
        "#920: PAZK\n#200: ^AПервая\n*****\n#920: PAZK\n#200: ^AВторая\n*****\n", "utf-8"
    )
    with pytest.raises(UsageError, match="contains 2 records"):
        submit(tmp_path / "book", several, AONB)
    assert submit(tmp_path / "book", several, AONB, "x", 2).title == "Вторая"
    with pytest.raises(UsageError, match="there are 2"):
        submit(tmp_path / "book", several, AONB, "x", 3)


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_a_record_must_be_a_file(kind: str, tmp_path: Path) -> None:
    """Nobody waits for ever."""
    make_book(tmp_path / "book")
    odd = tmp_path / "odd"
    if kind == "fifo":
        os.mkfifo(odd)
    else:
        odd.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        submit(tmp_path / "book", odd, AONB)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """There is no book in it."""
    (tmp_path / "book").mkdir()
    record = tmp_path / "r.xml"
    record.write_text(RECORD, "utf-8")
    with pytest.raises(PackageError, match="E405"):
        submit(tmp_path / "book", record, AONB)


def test_a_record_that_is_none_is_refused(tmp_path: Path) -> None:
    """Without one, nobody would know what the book is."""
    make_book(tmp_path / "book")
    (tmp_path / "r").write_bytes(b"\x00\x01 nothing")
    with pytest.raises(PackageError):
        submit(tmp_path / "book", tmp_path / "r", AONB)
    with pytest.raises(UsageError, match="cannot be read"):
        submit(tmp_path / "book", tmp_path / "missing", AONB)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Whether it changes under our hands or after we read it."""
    record = make_book(tmp_path / "book", size=3 << 20)
    victim = tmp_path / "book" / "master" / "л. 1.tif"
    done = False

    def meddle(progress: object) -> None:
        nonlocal done
        if isinstance(progress, Advanced) and not done:
            done = True
            with victim.open("ab") as stream:
                stream.write(b"more")

    with an_archive(tmp_path / "archive") as archive:
        with pytest.raises(PackageError, match=r"E407.*л\. 1\.tif"):
            package(tmp_path / "book", record, archive, observer=meddle)
        assert list_packages(archive).packages == []
        assert package(tmp_path / "book", record, archive).created


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails under one file: named, and nothing stored."""
    record = make_book(tmp_path / "book")
    plain = os.open

    def failing(path: str, flags: int, *rest: int, **named: int) -> int:
        if str(path).endswith("л. 2.tif"):
            raise OSError(5, "Input/output error")
        return plain(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", failing)
    with an_archive(tmp_path / "archive") as archive:
        with pytest.raises(PackageError, match=r"E406.*л\. 2\.tif"):
            package(tmp_path / "book", record, archive)
        assert list_packages(archive).packages == []


@pytest.mark.parametrize("name", ["out", "out.tar"])
def test_an_export_is_the_same_bag_each_time(name: str, tmp_path: Path) -> None:
    """A folder or a tar; the same package gives the same bytes."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        made = [export(archive, PackageId("aonb", "kp-7"), tmp_path / turn / name) for turn in "ab"]
        with pytest.raises(Refused, match="exists already"):
            export(archive, PackageId("aonb", "kp-7"), tmp_path / "a" / name)
    for path in made:
        (report,) = validate(path)
        assert (report.outcome, report.findings) == (Outcome.PASS, [])
    one, two = (
        path.read_bytes() if path.is_file() else {k: v[2] for k, v in snapshot(path).items()}
        for path in made
    )
    assert one == two
    assert sorted(path.name for path in (tmp_path / "a").rglob("*.partial*")) == []


def test_a_damaged_package_is_not_exported(tmp_path: Path) -> None:
    """The file is named, and nothing appears."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        page = next(Path(archive.primary.storage.url).rglob("0002.tif"))
        page.write_bytes(page.read_bytes()[::-1])
        for name in ("out", "out.tar"):
            with pytest.raises(Damaged, match=r"0002\.tif"):
                export(archive, PackageId("aonb", "kp-7"), tmp_path / "exports" / name)
    assert [path for path in (tmp_path / "exports").rglob("*") if path.is_file()] == []


def test_status_says_where_the_copies_are(tmp_path: Path) -> None:
    """One copy is not enough, and it was never checked."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        (found,) = status(archive)
        assert [(one.storage, one.state, one.versions, one.outcome) for one in found.copies] == [
            ("aonb-main", State.NEVER, ("v1",), None),
            ("nlb-copy", State.ABSENT, (), None),
        ]
        assert not found.enough
        (listed,) = list_packages(archive).packages
        assert (listed.portable, listed.versions, listed.title) == (
            "aonb-kp-7",
            1,
            "Повѣсть о рѣкѣ Амурѣ",
        )


def test_a_record_whose_letters_are_not_understood_is_refused_until_someone_says_them(
    tmp_path: Path,
) -> None:
    make_book(tmp_path / "book")
    record = tmp_path / "book.mrc"
    record.write_bytes(iso2709((("001", "KP7"), ("200", "1 $aA\x9d\x9e\x9f\x81")), "latin-1"))
    with an_archive(tmp_path / "archive") as archive:
        with pytest.raises(PackageError, match="--charset") as refused:
            package(tmp_path / "book", record, archive)
        assert [one.split()[0] for one in refused.value.problems] == ["U803", "E802"]
        assert list_packages(archive).packages == []
        done = package(tmp_path / "book", record, archive, charset="cp866")
        assert (done.title, done.created) == ("AЭЮЯБ", True)


@pytest.mark.parametrize("swapped", ["book", "book/master"])
@pytest.mark.parametrize("moment", range(0, 12, 3))
def test_a_folder_that_becomes_a_link_brings_nothing_from_elsewhere(
    swapped: str, moment: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it is swapped: what is stored is what was listed, or nothing is."""
    record = make_book(tmp_path / "book", pages=3)
    make_book(tmp_path / "theirs", pages=3, seed=99)
    ours = {path.read_bytes() for path in (tmp_path / "book" / "master").iterdir()}
    theirs = {path.read_bytes() for path in (tmp_path / "theirs" / "master").iterdir()}
    elsewhere = tmp_path / swapped.replace("book", "theirs")
    plain, calls = os.scandir, count()
    opened = Folder.open

    def swap() -> None:
        if next(calls) == moment:
            (tmp_path / swapped).rename(tmp_path / "moved")
            (tmp_path / swapped).symlink_to(elsewhere)

    def scanning(path: int | str) -> object:
        swap()
        return plain(path)

    def opening(self: Folder, path: str) -> int:
        swap()
        return opened(self, path)

    with an_archive(tmp_path / "archive") as archive:
        with monkeypatch.context() as patch, suppress(PackageError):
            patch.setattr(os, "scandir", scanning)
            patch.setattr(Folder, "open", opening)
            package(tmp_path / "book", record, archive)
        assert (tmp_path / "moved").exists()
        root = Path(archive.primary.storage.url)
        stored = {path.read_bytes() for path in (root / "ocfl").rglob("*.tif")}
    assert not stored & theirs
    assert stored in (set(), ours)
