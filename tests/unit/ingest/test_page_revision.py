"""Pages corrected: replaced, added, inserted, removed, moved; nothing else is stored or moved."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva.access.export import export
from preserva.archive.archive import ArchivalStorage
from preserva.core.book.page_changes import PageChange, PageDeed
from preserva.core.eark.mets import PackageType
from preserva.core.eark.premis import Event
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.stored import StoredRepresentation, read_representation
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import PackageError, UsageError
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.book_revision import PageChanges
from preserva.ingest.package import package
from preserva.ingest.revised import Revised
from preserva.ingest.revision import Change, update
from preserva.ingest.supplied import Details
from preserva.replication.replicate import replicate
from tests.support.books import an_archive, make_book, tiff

ID = PackageId("aonb", "kp-7")
BASE = "data/aonb-kp-7"
PAGES = 5
SET_CHECKS = (Code.SCAN_SAME_BYTES, Code.SCAN_SIMILAR, Code.SCAN_STORED)
PDF = b"%PDF-1.4\nstartxref\n0\n%%EOF\n"
STRUCTURE = """
[[pages]]
first = 1
type = "title_page"
[[pages]]
first = 2
last = 5
label = "12r"
[[parts]]
type = "chapter"
title = "Глава первая"
first = 1
last = 3
[[parts]]
type = "chapter"
title = "Глава вторая"
first = 4
"""


def picture(seed: int) -> bytes:
    return tiff(bytes((seed * 31 + i * i * i) % 253 for i in range(3000)))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with a book of five pages, with labels and two chapters, replicated."""
    record = make_book(tmp_path / "book", pages=PAGES)
    (tmp_path / "structure.toml").write_text(STRUCTURE, encoding="utf-8")
    with an_archive(tmp_path / "archive") as archive:
        details = Details(structure=tmp_path / "structure.toml")
        package(tmp_path / "book", record, archive, details=details)
        replicate(archive)
    return tmp_path


@pytest.fixture
def archive(place: Path) -> Iterator[ArchivalStorage]:
    with an_archive(place / "archive") as opened:
        yield opened


def correct(archive: ArchivalStorage, **changes: object) -> Revised:
    """Correct the book, and prove the new version: ours agrees, in both storages."""
    change = Change(pages=PageChanges(**changes), reason="a test")  # type: ignore[arg-type]  # by name
    planned = update(archive, ID, change, dry_run=True)
    done = update(archive, ID, change)
    assert (planned.version, planned.pages, sorted(planned.changed), planned.removed) == (
        done.version,
        done.pages,
        sorted(done.changed),
        done.removed,
    )
    (copied,) = replicate(archive, [ID])
    assert (copied.versions, copied.size) == ([done.version], done.size)
    for report in validate_stored(archive, ID):
        assert [finding.message() for finding in report.findings] == []
        assert report.outcome is Outcome.PASS
    return done


def content(archive: ArchivalStorage, path: str, version: str | None = None) -> bytes:
    stored = archive.primary.root.read(ID.uri)
    located = stored.inventory.locate(version or stored.inventory.head)
    root = Path(archive.primary.storage.url) / stored.path
    return (root / located[f"{BASE}/{path}"]).read_bytes()


def representation(archive: ArchivalStorage, name: str) -> StoredRepresentation:
    return read_representation(io.BytesIO(content(archive, f"representations/{name}/METS.xml")))


def labels(archive: ArchivalStorage, name: str = "master") -> list[str | None]:
    return [entry.label for entry in representation(archive, name).files]


def chapters(archive: ArchivalStorage) -> list[tuple[int, ...]]:
    root = representation(archive, "master").structure
    assert root is not None
    return [part.pages for part in root.parts]


def supplied(archive: ArchivalStorage) -> dict[str, object]:
    return tomllib.loads(content(archive, "documentation/structure.toml").decode())


def new_files(archive: ArchivalStorage, version: str) -> set[str]:
    """The content that a version brought, without METS, PREMIS and the files of the bag."""
    stored = archive.primary.root.read(ID.uri)
    root = Path(archive.primary.storage.url) / stored.path / version / "content"
    every = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    return {path.removeprefix(f"{BASE}/") for path in every if "/data/" in path}


def test_a_page_is_scanned_again(place: Path, archive: ArchivalStorage) -> None:
    folder = place / "again"
    folder.mkdir()
    (folder / "л. 3.tif").write_bytes(picture(1))
    done = correct(archive, pages=folder)
    assert done.pages == (PageChange(PageDeed.REPLACED, 3, "master", "л. 3.tif"),)
    assert [(note.code.value, note.path) for note in done.notes] == [
        ("W496", "representations/text/data/0003.txt")
    ]
    assert new_files(archive, "v2") == {"representations/master/data/0003.tif"}
    assert content(archive, "representations/master/data/0003.tif") == picture(1)
    assert content(archive, "representations/master/data/0003.tif", "v1") != picture(1)
    assert labels(archive) == ["л. 1", "12r", "12v", "13r", "13v"]
    *_before, event = read_events_of(archive)
    assert event.type is EventType.MODIFICATION
    assert (event.detail or "").startswith("page 3 replaced in master (л. 3.tif); a test (preserva")
    (described,) = representation(archive, "master").preservation
    assert described.created == event.when, "its PREMIS was written anew"


def read_events_of(archive: ArchivalStorage) -> list[Event]:
    premis = content(archive, "metadata/preservation/premis.xml")
    return list(read_events(io.BytesIO(premis)))


def test_pages_are_named_by_number_if_no_name_fits(place: Path, archive: ArchivalStorage) -> None:
    folder = place / "again"
    (folder / "text").mkdir(parents=True)
    (folder / "master").mkdir()
    (folder / "master" / "0005.TIF").write_bytes(picture(2))
    (folder / "text" / "0005.txt").write_text("новый текст")
    done = correct(archive, pages=folder)
    assert done.notes == ()
    assert [(change.page, change.representation) for change in done.pages] == [
        (5, "master"),
        (5, "text"),
    ]
    assert content(archive, "representations/text/data/0005.txt").decode() == "новый текст"


def test_access_copies_and_other_text_come_later(place: Path, archive: ArchivalStorage) -> None:
    access, text = place / "jpg", place / "alto"
    for folder, ending in ((access, "tif"), (text, "xml")):
        folder.mkdir()
        for page in range(1, PAGES + 1):
            data = picture(page + 10) if ending == "tif" else f"<alto>{page}</alto>".encode()
            (folder / f"л. {page}.{ending}").write_bytes(data)
    (access / "книга.pdf").write_bytes(PDF)
    done = correct(archive, access=access, text=text)
    assert new_files(archive, "v2") == {
        *(f"representations/access/data/000{page}.tif" for page in range(1, 6)),
        *(f"representations/text/data/000{page}.xml" for page in range(1, 6)),
        "representations/access/data/whole-0001.pdf",
    }
    assert done.pages[-1] == PageChange(PageDeed.ADDED, 5, "text", "л. 5.xml")
    assert labels(archive, "access") == ["л. 1", "12r", "12v", "13r", "13v", None]
    assert export(archive, ID, place / "out", kind=PackageType.DIP).is_dir()
    (access / "л. 1.tif").unlink()
    (access / "книга.pdf").write_bytes(PDF + PDF)
    again = correct(archive, access=access)
    assert again.pages[-1] == PageChange(PageDeed.REPLACED, None, "access", "книга.pdf")
    assert new_files(archive, "v3") == {"representations/access/data/whole-0001.pdf"}


def test_pages_are_inserted_and_everything_follows(place: Path, archive: ArchivalStorage) -> None:
    folder = place / "new"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.tif").write_bytes(picture(ord(name)))
    done = correct(archive, insert=folder, after=3)
    assert done.pages == (PageChange(PageDeed.INSERTED, 4), PageChange(PageDeed.INSERTED, 5))
    assert new_files(archive, "v2") == {
        "representations/master/data/0004.tif",
        "representations/master/data/0005.tif",
    }
    old = content(archive, "representations/master/data/0004.tif", "v1")
    assert content(archive, "representations/master/data/0006.tif") == old
    assert content(archive, "representations/text/data/0006.txt") == content(
        archive, "representations/text/data/0004.txt", "v1"
    )
    assert labels(archive) == ["л. 1", "12r", "12v", "a", "b", "13r", "13v"]
    assert labels(archive, "text") == ["л. 1", "12r", "12v", "13r", "13v"]
    assert chapters(archive) == [(1, 2, 3, 4, 5), (6, 7)]
    assert supplied(archive) == {
        "type": "monograph",
        "title": "Повѣсть о рѣкѣ Амурѣ",
        "pages": [
            {"first": 1, "type": "title_page"},
            {"first": 2, "last": 3, "label": "12r"},
            {"first": 6, "last": 7, "label": "13r"},
        ],
        "parts": [
            {"type": "chapter", "title": "Глава первая", "first": 1, "last": 5},
            {"type": "chapter", "title": "Глава вторая", "first": 6, "last": 7},
        ],
    }
    (place / "same.toml").write_bytes(content(archive, "documentation/structure.toml"))
    same = update(archive, ID, Change(structure=place / "same.toml", reason="the same"))
    assert (same.version, same.created) == ("v2", False)


def test_pages_are_removed_and_moved(place: Path, archive: ArchivalStorage) -> None:
    first = {
        page: content(archive, f"representations/master/data/000{page}.tif") for page in range(1, 6)
    }
    done = correct(archive, remove=(2,))
    assert done.pages == (PageChange(PageDeed.REMOVED, 2),)
    assert f"{BASE}/representations/master/data/0005.tif" in done.removed
    assert new_files(archive, "v2") == set()
    assert chapters(archive) == [(1, 2), (3, 4)]
    moved = correct(archive, move=((4, 1),))
    assert moved.pages == (PageChange(PageDeed.MOVED, 1, before=4),)
    assert new_files(archive, "v3") == set()
    assert [
        content(archive, f"representations/master/data/000{page}.tif") for page in range(1, 5)
    ] == [first[5], first[1], first[3], first[4]]
    assert labels(archive) == ["13v", "л. 1", "12v", "13r"]
    assert chapters(archive) == [(1, 2, 3), (4,)]
    with pytest.raises(PackageError):
        content_pages(archive, remove=(1, 2, 3, 4))
    bag = export(archive, ID, place / "old", version="v1")
    (report,) = validate(bag)
    assert report.outcome is Outcome.PASS


def content_pages(archive: ArchivalStorage, **changes: object) -> Revised:
    return update(archive, ID, Change(pages=PageChanges(**changes), reason="no"))  # type: ignore[arg-type]  # by name


def test_what_fits_no_page_changes_nothing(place: Path, archive: ArchivalStorage) -> None:
    other, there, broken = place / "other", place / "there", place / "broken"
    for folder, name in ((other, "page.tif"), (there, "л. 2.tif"), (broken, "л. 2.tif")):
        folder.mkdir()
        (folder / name).write_bytes(picture(3))
    (broken / "л. 2.tif").write_bytes(picture(3)[:900])
    (other / "notes.docx").write_bytes(b"PK")
    (place / "empty").mkdir()
    head = archive.primary.root.read(ID.uri).digest
    for changes, codes in (
        ({"pages": other}, ["E493", "E493"]),
        ({"insert": there, "after": 1}, ["E494"]),
        ({"pages": broken}, ["E451"]),
        ({"pages": place / "empty"}, ["E405"]),
        ({"remove": (6,), "move": ()}, ["E495"]),
        ({"move": ((1, 9),)}, ["E495"]),
        ({"insert": other, "after": 7}, ["E493"]),
        ({"remove": (1, 2, 3, 4, 5)}, ["E405"]),
        ({"pages": there, "remove": (2,)}, ["E495"]),
    ):
        with pytest.raises(PackageError) as caught:
            content_pages(archive, **changes)
        assert [problem.split()[0] for problem in caught.value.problems] == codes
    for change in (
        Change(pages=PageChanges(remove=(1,))),
        Change(pages=PageChanges(remove=(1,), move=((2, 3),)), reason="both"),
        Change(rights=place / "rights.toml"),
        Change(pages=PageChanges(pages=place / "nowhere"), reason="x"),
    ):
        with pytest.raises(UsageError):
            update(archive, ID, change)
    assert archive.primary.root.read(ID.uri).digest == head
    staging = Path(archive.primary.storage.url) / "staging"
    assert [path.name for path in staging.iterdir() if path.name != "lock"] == []


def test_rights_and_history_are_corrected(place: Path, archive: ArchivalStorage) -> None:
    rights, events = place / "rights.toml", place / "events.toml"
    rights.write_text(
        '[[rights]]\nbasis = "copyright"\nstatus = "public domain"\njurisdiction = "ru"\n'
    )
    text = '[agents.w]\nname = "{}"\ntype = "person"\n[[events]]\ntype = "capture"\n'
    text += 'when = "2026-01-02"\nagents = ["w"]\n'
    events.write_text(text.format("Иванова"))
    update(archive, ID, Change(rights=rights, events=events, reason="they were forgotten"))
    premis = content(archive, "metadata/preservation/premis.xml").decode()
    assert "public domain" in premis and "not assessed" not in premis
    assert "Иванова" in premis
    assert "public domain" in content(archive, "metadata/descriptive/mods.xml").decode()
    events.write_text(text.format("Петрова"))
    update(archive, ID, Change(events=events, reason="it was someone else"))
    kinds = [event.type for event in read_events_of(archive)]
    assert kinds.count(EventType.CAPTURE) == 1
    for report in validate_stored(archive, ID, storage=archive.primary.id):
        assert [finding.message() for finding in report.findings] == []
    assert content(archive, "documentation/events.toml") == events.read_bytes()


def test_corrected_pages_are_checked_like_a_new_set(place: Path, archive: ArchivalStorage) -> None:
    """With the pages that stay, each other, those of other packages; and by their endings."""
    record = make_book(place / "other", pages=1)
    (place / "other/master/л. 1.tif").write_bytes(picture(90))
    package(place / "other", record, archive, local="kp-8")
    replicate(archive)
    folder = place / "again"
    folder.mkdir()
    (folder / "0001.tif").write_bytes(content(archive, "representations/master/data/0004.tif"))
    (folder / "0002.tif").write_bytes(picture(90))
    (folder / "0003.jpg").write_bytes(picture(91))
    (folder / "0005.tif").write_bytes(picture(91))
    done = correct(archive, pages=folder)
    notes = [note for note in done.notes if note.code is not Code.OLDER_THAN_SCAN]
    assert {(note.code.value, note.path, note.seen) for note in notes} == {
        ("W472", "0001.tif", "representations/master/data/0004.tif"),
        ("W472", "0005.tif", "0003.jpg"),
        ("W474", "aonb-kp-8", "1 / 3"),
        ("W821", "0003.jpg", "TIFF"),
    }
    again = update(archive, ID, Change(pages=PageChanges(pages=folder), reason="again"))
    assert not again.created and [note for note in again.notes if note.code in SET_CHECKS] == []


def test_pages_are_refused_as_the_policy_says(place: Path, archive: ArchivalStorage) -> None:
    config = place / "archive/preserva.toml"
    policy = 'same = "refuse"\nstored = "ignore"\n'
    config.write_text(config.read_text("utf-8") + policy, "utf-8")
    folder = place / "again"
    folder.mkdir()
    (folder / "0001.tif").write_bytes(content(archive, "representations/master/data/0004.tif"))
    change = Change(pages=PageChanges(pages=folder), reason="a test")
    with an_archive(place / "archive") as opened:
        for dry_run in (True, False):
            with pytest.raises(PackageError) as refused:
                update(opened, ID, change, dry_run=dry_run)
            assert [problem.split()[0] for problem in refused.value.problems] == ["W472"]
        assert opened.primary.root.read(ID.uri).inventory.head == "v1"


def test_a_new_page_without_an_access_copy_is_named(place: Path, archive: ArchivalStorage) -> None:
    copies, new = place / "copies", place / "new"
    copies.mkdir()
    new.mkdir()
    for page in range(1, PAGES + 1):
        (copies / f"{page:04}.tif").write_bytes(picture(100 + page))
    correct(archive, access=copies)
    (new / "plate.tif").write_bytes(picture(110))
    done = correct(archive, insert=new, after=2)
    assert [(note.code.value, note.path, note.expected) for note in done.notes] == [
        ("W412", "text/", "plate"),
        ("W412", "access/", "plate"),
    ]


def test_every_correction_needs_a_reason(place: Path, archive: ArchivalStorage) -> None:
    for change in (
        Change(place / "book.xml"),
        Change(structure=place / "structure.toml", reason=" "),
        Change(documents=(place / "structure.toml",)),
        Change(pages=PageChanges(remove=(1,))),
    ):
        with pytest.raises(UsageError, match="a correction needs a reason"):
            update(archive, ID, change)
    assert archive.primary.root.read(ID.uri).inventory.head == "v1"
