"""A corrected package: a new version, only what changed is written, and the old one stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from preserva.access.export import export
from preserva.archive.archive import ArchivalStorage
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import Damaged, NotFound, PackageError, Refused, UsageError
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.package import package
from preserva.ingest.revised import Revised
from preserva.ingest.revision import Change, update
from preserva.replication.replicate import replicate
from preserva.reporting.status import list_packages
from tests.support.books import RECORD, an_archive, make_book
from tests.support.marc_records import iso2709

ID = PackageId("aonb", "kp-7")
BASE = "data/aonb-kp-7"
ALWAYS = {
    f"{BASE}/METS.xml",
    f"{BASE}/metadata/preservation/premis.xml",
    "bag-info.txt",
    "manifest-sha256.txt",
    "manifest-sha512.txt",
    "tagmanifest-sha256.txt",
    "tagmanifest-sha512.txt",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with one package, replicated; and the record as it should have been."""
    record = make_book(tmp_path / "book")
    (tmp_path / "new.xml").write_text(RECORD.replace("рѣкѣ Амурѣ", "рѣкѣ Зеѣ"), encoding="utf-8")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        replicate(archive)
    return tmp_path


def root_of(archive: ArchivalStorage) -> Path:
    return Path(archive.primary.storage.url) / archive.primary.root.path_of(ID.uri)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def sound(archive: ArchivalStorage) -> None:
    for report in validate_stored(archive, ID):
        assert [one.message() for one in report.findings] == []
        assert report.outcome is Outcome.PASS


def test_a_corrected_record_moves_no_page(place: Path) -> None:
    with an_archive(place / "archive") as archive:
        before = tree(root_of(archive))
        done = update(archive, ID, Change(place / "new.xml", reason="a slip of the pen"))
        assert (done.version, done.title, done.created) == ("v2", "Повѣсть о рѣкѣ Зеѣ", True)
        descriptive = {f"{BASE}/metadata/descriptive/{n}.xml" for n in ("mods", "dc", "source")}
        assert set(done.changed) == ALWAYS | descriptive | {f"{BASE}/documentation/README.txt"}
        after = tree(root_of(archive))
        assert {path: after[path] for path in before if path.startswith("v1/")} == {
            path: data for path, data in before.items() if path.startswith("v1/")
        }
        stored = {path for path in after if path.startswith("v2/content/")}
        assert {path.removeprefix("v2/content/") for path in stored} == set(done.changed)
        assert sum(len(after[path]) for path in stored) == done.size
        sound(archive)
        assert [one.title for one in list_packages(archive).packages] == ["Повѣсть о рѣкѣ Зеѣ"]
        (copied,) = replicate(archive)
        assert (copied.versions, copied.size) == (["v2"], done.size)
        sound(archive)
        made = export(archive, ID, place / "new")
        old = export(archive, ID, place / "old", version="v1")
    for bag, title in ((made, "Зеѣ"), (old, "Амурѣ")):
        (report,) = validate(bag)
        assert [one.message() for one in report.findings] == []
        for path in ("bag-info.txt", f"{BASE}/metadata/descriptive/mods.xml"):
            assert title in (bag / path).read_text(encoding="utf-8")
    with (made / BASE / "metadata/preservation/premis.xml").open("rb") as stream:
        *_before, event = read_events(stream)
    assert event.type is EventType.METADATA_MODIFICATION
    assert "a slip of the pen" in (event.detail or "")


def test_documents_are_added_and_another_kind_of_record_takes_its_place(place: Path) -> None:
    letter = place / "letter.pdf"
    letter.write_bytes(b"%PDF-1.4\n%%EOF\n")
    record = place / "new.mrc"
    record.write_bytes(iso2709((("001", "KP7"), ("200", "1 $aДругая")), "utf-8"))
    with an_archive(place / "archive") as archive:
        first = update(archive, ID, Change(documents=(letter,), reason="a test"))
        assert set(first.changed) == ALWAYS | {f"{BASE}/documentation/letter.pdf"}
        sound(archive)
        second = update(archive, ID, Change(record, reason="a test"))
        assert (second.version, second.title) == ("v3", "Другая")
        assert f"{BASE}/metadata/descriptive/source.mrc" in second.changed
        assert f"{BASE}/metadata/descriptive/marcxchange.xml" in second.changed
        sound(archive)
        state = archive.primary.root.read(ID.uri).inventory.versions["v3"].files()
        assert f"{BASE}/metadata/descriptive/source.xml" not in state
        third = update(archive, ID, Change(place / "book.xml", reason="a test"))
        assert third.version == "v4"
        sound(archive)
        state = archive.primary.root.read(ID.uri).inventory.versions["v4"].files()
        assert f"{BASE}/metadata/descriptive/marcxchange.xml" not in state
        stored = {path for path in tree(root_of(archive)) if path.startswith("v4/content/")}
        assert not any(path.endswith(("mods.xml", "source.xml")) for path in stored)
        (copied,) = replicate(archive)
        assert copied.versions == ["v2", "v3", "v4"]
        sound(archive)


def test_the_same_again_and_a_dry_run_write_nothing(place: Path) -> None:
    with an_archive(place / "archive") as archive:
        before = tree(place / "archive/storages"), list(archive.ledger.entries())
        same = update(archive, ID, Change(place / "book.xml", reason="a test"))
        title = "Повѣсть о рѣкѣ Амурѣ"
        assert same == Revised(ID, "v1", title, False, before=title)
        planned = update(archive, ID, Change(place / "new.xml", reason="a test"), dry_run=True)
        assert (planned.version, planned.created) == ("v2", False)
        assert (tree(place / "archive/storages"), list(archive.ledger.entries())) == before
        done = update(archive, ID, Change(place / "new.xml", reason="a test"))
        assert done.changed == planned.changed


def test_what_cannot_be_updated_is_left_as_it_is(place: Path) -> None:
    (place / "README.txt").write_text("would hide ours")
    (place / "письмо.txt").write_text("no ASCII")
    (place / "rubbish.mrc").write_bytes(b"rubbish \x1d")
    with an_archive(place / "archive") as archive:
        before = tree(place / "archive/storages")
        for change, error in (
            (Change(), UsageError),
            (Change(documents=(place / "README.txt",), reason="a test"), PackageError),
            (Change(documents=(place / "письмо.txt",), reason="a test"), PackageError),
            (Change(documents=(place / "nowhere",), reason="a test"), UsageError),
            (Change(place / "rubbish.mrc", reason="a test"), PackageError),
        ):
            for dry_run in (True, False):
                with pytest.raises(error):
                    update(archive, ID, change, dry_run=dry_run)
        with pytest.raises(NotFound):
            update(archive, PackageId("aonb", "none"), Change(place / "new.xml", reason="a test"))
        with pytest.raises(Refused, match="another institution"):
            update(archive, PackageId("nlb", "x"), Change(place / "new.xml", reason="a test"))
        assert tree(place / "archive/storages") == before


@pytest.mark.parametrize("name", ["METS.xml", "metadata/preservation/premis.xml"])
def test_damage_is_not_carried_on(name: str, place: Path) -> None:
    with an_archive(place / "archive") as archive:
        damaged = root_of(archive) / "v1/content" / BASE / name
        damaged.write_bytes(damaged.read_bytes().replace(b"preserva", b"preservb"))
        before = tree(root_of(archive))
        with pytest.raises(Damaged, match="has changed since it was stored"):
            update(archive, ID, Change(place / "new.xml", reason="a test"))
        assert tree(root_of(archive)) == before
        staging = Path(archive.primary.storage.url) / "staging"
        assert [path.name for path in staging.iterdir() if path.name != "lock"] == []


def test_a_new_record_is_held_against_the_old_one(place: Path) -> None:
    """Another book's needs a word; a renumbered one is named; others are refused."""
    other = iso2709((("001", "X9"), ("200", "1 $aДругая книга")), "utf-8")
    (place / "other.mrc").write_bytes(other)
    (place / "renumbered.mrc").write_bytes(
        iso2709((("001", "X9"), ("200", "1 $aПовѣсть о рѣкѣ Амурѣ")), "utf-8")
    )
    (place / "untitled.mrc").write_bytes(iso2709((("001", "KP 7"), ("200", "1 $fБ. В.")), "utf-8"))
    (place / "cut.mrc").write_bytes(other[:-1])
    with an_archive(place / "archive") as archive:
        before = tree(root_of(archive))
        with pytest.raises(Refused) as caught:
            update(archive, ID, Change(place / "other.mrc", reason="a test"))
        assert "X9, Другая книга" in str(caught.value)
        assert "--other-record" in (caught.value.advice() or "")
        for name, code in (("untitled.mrc", "E807"), ("cut.mrc", "E804")):
            with pytest.raises(PackageError, match=code):
                update(archive, ID, Change(place / name, other_record=True, reason="a test"))
        assert tree(root_of(archive)) == before
        planned = update(
            archive, ID, Change(place / "renumbered.mrc", reason="a test"), dry_run=True
        )
        assert [note.code.value for note in planned.notes] == ["W806"]
        done = update(archive, ID, Change(place / "other.mrc", other_record=True, reason="a test"))
        assert (done.before, done.title) == ("Повѣсть о рѣкѣ Амурѣ", "Другая книга")


def test_the_title_of_the_parts_follows_the_record(place: Path) -> None:
    """And nothing else of the structure; a title that people gave the whole stays."""
    structure = place / "s.toml"
    structure.write_text('[[parts]]\ntype = "chapter"\nfirst = 1\ntitle = "Глава"\n', "utf-8")
    named = place / "named.toml"
    named.write_text(f'title = "Альбом"\n{structure.read_text("utf-8")}', "utf-8")
    seen = []
    with an_archive(place / "archive") as archive:
        for change in (
            Change(structure=structure, reason="a test"),
            Change(place / "new.xml", reason="a slip of the pen"),
            Change(structure=named, reason="a test"),
            Change(place / "book.xml", reason="back"),
        ):
            done = update(archive, ID, change)
            mets = root_of(archive).rglob(f"{done.version}/**/representations/master/METS.xml")
            seen.append([found.read_text("utf-8").partition("LOGICAL")[2] for found in mets])
        sound(archive)
    labels = [re.findall('LABEL="([^"]+)"', text)[1:] for (text,) in seen[:3]]
    assert labels == [
        ["Повѣсть о рѣкѣ Амурѣ", "Глава"],
        ["Повѣсть о рѣкѣ Зеѣ", "Глава"],
        ["Альбом", "Глава"],
    ]
    assert seen[3] == []


def test_the_licence_of_a_new_record_is_the_statement_of_rights(place: Path) -> None:
    """In PREMIS as in the description, instead of what was said of all books."""
    licence = "https://creativecommons.org/licenses/by/4.0/"
    condition = f"<accessCondition>{licence}</accessCondition><recordInfo>"
    (place / "cc.xml").write_text(RECORD.replace("<recordInfo>", condition), "utf-8")
    path = place / "archive/preserva.toml"
    usual = '\n[rights]\nbasis = "other"\nnote = "usual"\n'
    path.write_text(path.read_text("utf-8") + usual, "utf-8")
    said = []
    with an_archive(place / "archive") as archive:
        for record in ("cc.xml", "new.xml"):
            done = update(archive, ID, Change(place / record, reason="a test"))
            base = root_of(archive) / done.version / "content" / BASE / "metadata"
            texts = [
                (base / name).read_text("utf-8")
                for name in ("preservation/premis.xml", "descriptive/mods.xml")
            ]
            said.append([(licence in text, "usual" in text) for text in texts])
        sound(archive)
    assert said == [[(True, False), (True, False)], [(False, True), (False, True)]]
