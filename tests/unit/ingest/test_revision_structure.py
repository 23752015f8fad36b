"""A corrected structure: METS tells it, no page moves, and what is wrong in it changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva.access.export import export
from preserva.archive.archive import ArchivalStorage
from preserva.cli.main import status_of
from preserva.config import NAME
from preserva.core.eark.mets import Division
from preserva.core.eark.premis import Event
from preserva.core.eark.premis_read import AgentFacts, read_premis
from preserva.core.eark.stored import StoredRepresentation, read_representation
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import Damaged, PackageError
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.ingest.supplied import Details
from preserva.replication.replicate import replicate
from tests.support import oracles
from tests.support.books import an_archive, make_book
from tests.support.marc_records import iso2709

ID = PackageId("aonb", "kp-7")
BASE = "data/aonb-kp-7"
BEFORE = "first;last;label;type;part;title\n1;;[1r];title_page;title_page;\n2;3;1r;;chapter;Й\n"
AFTER = """\
type = "manuscript"
[[pages]]
first = "л. 2.tif"
last = 3
label = "12r"
[[parts]]
type = "chapter"
title = "Ў"
first = 2
"""
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
    """An archive with one package that has a structure, replicated; and a better structure."""
    record = make_book(tmp_path / "book", pages=3)
    (tmp_path / "before.csv").write_text(BEFORE, "utf-8")
    (tmp_path / "after.toml").write_text(AFTER, "utf-8")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive, details=Details(tmp_path / "before.csv"))
        replicate(archive)
    return tmp_path


def said(archive: ArchivalStorage, name: str) -> StoredRepresentation:
    """What METS says of a representation in the newest version."""
    store = archive.primary
    stored = store.root.read(ID.uri)
    located = stored.inventory.locate(stored.inventory.head)
    path = f"{stored.path}/{located[f'{BASE}/representations/{name}/METS.xml']}"
    with (Path(store.storage.url) / path).open("rb") as stream:
        return read_representation(stream)


def labels(archive: ArchivalStorage, name: str) -> list[tuple[int | None, str | None, str]]:
    """The pages of a representation, as people call them."""
    return [(one.page, one.label, one.type) for one in said(archive, name).files]


def sound(archive: ArchivalStorage) -> None:
    for report in validate_stored(archive, ID):
        assert [one.message() for one in report.findings] == []
        assert report.outcome is Outcome.PASS


def test_a_corrected_structure_is_told_and_no_page_moves(place: Path) -> None:
    with an_archive(place / "archive") as archive:
        assert labels(archive, "text") == [
            (1, "[1r]", "title_page"),
            (2, "1r", "page"),
            (3, "1v", "page"),
        ]
        created = said(archive, "master").created
        done = update(archive, ID, Change(structure=place / "after.toml", reason="a test"))
        assert (done.version, done.created) == ("v2", True)
        assert set(done.changed) == ALWAYS | {
            f"{BASE}/documentation/structure.toml",
            f"{BASE}/representations/master/METS.xml",
            f"{BASE}/representations/text/METS.xml",
        }
        for name in ("master", "text"):
            assert labels(archive, name) == [
                (1, "л. 1", "page"),
                (2, "12r", "page"),
                (3, "12v", "page"),
            ]
        assert said(archive, "master").structure == Division(
            "manuscript",
            "Повѣсть о рѣкѣ Амурѣ",
            parts=(Division("chapter", "Ў", (2, 3)),),
        )
        assert (said(archive, "text").structure, said(archive, "master").created) == (None, created)
        state = archive.primary.root.read(ID.uri).inventory.versions["v2"].files()
        assert f"{BASE}/documentation/structure.csv" not in state
        sound(archive)
        (copied,) = replicate(archive)
        assert (copied.versions, copied.size) == (["v2"], done.size)
        sound(archive)


def test_what_it_was_before_can_be_told_again(place: Path) -> None:
    """As if the book had been packaged with the file: nothing of another one stays."""
    with an_archive(place / "archive") as archive:
        before = said(archive, "master"), said(archive, "text")
        update(archive, ID, Change(structure=place / "after.toml", reason="a test"))
        update(archive, ID, Change(structure=place / "before.csv", reason="a test"))
        assert (said(archive, "master"), said(archive, "text")) == before
        sound(archive)
        done = update(archive, ID, Change(structure=place / "before.csv", reason="a test"))
        assert (done.created, done.changed) == (False, ())


def test_the_public_validators_have_nothing_to_object(place: Path) -> None:
    with an_archive(place / "archive") as archive:
        update(archive, ID, Change(structure=place / "after.toml", reason="a test"))
        made = export(archive, ID, place / "out") / BASE
    assert oracles.commons_ip(made) == []
    assert oracles.eark_validator(made) == []


def test_with_what_is_wrong_nothing_changes(place: Path) -> None:
    (place / "wrong.toml").write_text('[[pages]]\nfirst = "nobody.tif"\n[[parts]]\ntype = "x"\n')
    with an_archive(place / "archive") as archive:
        for dry_run in (True, False):
            with pytest.raises(PackageError) as refused:
                update(
                    archive,
                    ID,
                    Change(structure=place / "wrong.toml", reason="a test"),
                    dry_run=dry_run,
                )
            assert len(refused.value.problems) == 2
        assert archive.primary.root.read(ID.uri).inventory.head == "v1"
        stored = archive.primary.root.read(ID.uri)
        mets = f"{stored.path}/v1/content/{BASE}/representations/text/METS.xml"
        damaged = Path(archive.primary.storage.url) / mets
        damaged.write_bytes(damaged.read_bytes().replace(b"[1r]", b"[1v]"))
        with pytest.raises(Damaged, match="has changed since it was stored"):
            update(archive, ID, Change(structure=place / "after.toml", reason="a test"))


def test_the_command_takes_a_structure(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, structure = str(place / "archive" / NAME), str(place / "after.toml")
    assert (
        status_of(
            [
                "--config",
                config,
                "update",
                "aonb-kp-7",
                "--structure",
                structure,
                "--reason",
                "a test",
            ]
        )
        == 0
    )
    assert "documentation/structure.toml" in capsys.readouterr().out


def history(archive: ArchivalStorage, version: str) -> tuple[list[Event], list[AgentFacts]]:
    """The events and agents of a version's PREMIS."""
    store = archive.primary
    stored = store.root.read(ID.uri)
    located = stored.inventory.locate(version)[f"{BASE}/metadata/preservation/premis.xml"]
    with (Path(store.storage.url) / f"{stored.path}/{located}").open("rb") as stream:
        facts = list(read_premis(stream))
    return (
        [one for one in facts if isinstance(one, Event)],
        [one for one in facts if isinstance(one, AgentFacts)],
    )


def test_what_a_new_record_says_was_done_is_told_once(place: Path) -> None:
    first = ("318", "  $aРеставрация$c2004$kИванова А. А.")
    second = ("318", "  $aДезинфекция$c20190312$kИванова А. А.")
    for name, done in (("one.mrc", (first,)), ("two.mrc", (first, second))):
        fields = (("001", "KP7"), ("200", "1 $aПовѣсть"), *done)
        (place / name).write_bytes(iso2709(fields, "utf-8"))
    with an_archive(place / "archive") as archive:
        update(archive, ID, Change(place / "one.mrc", reason="a test"))
        update(archive, ID, Change(place / "two.mrc", reason="a test"))
        update(archive, ID, Change(structure=place / "after.toml", reason="a test"))
        sound(archive)
        before, _agents = history(archive, "v1")
        events, agents = history(archive, "v4")
    assert [one.name for one in agents] == [
        "preserva",
        "Amur Regional Scientific Library",
        "Иванова А. А.",
    ]
    told = [
        (one.identifier.value, one.type, one.when)
        for one in events[len(before) :]
        if one.type is not EventType.METADATA_MODIFICATION
    ]
    assert told == [("event-1", "Реставрация", "2004"), ("event-2", "Дезинфекция", "2019-03-12")]


@pytest.mark.parametrize(("first", "refused"), [("л. 1.tif", False), ("л. 3.tif", True)])
def test_a_structure_cannot_move_pages_that_are_stored(
    first: str, refused: bool, place: Path
) -> None:
    """An order is taken only if it is the one that they have."""
    (place / "moving.csv").write_text(f"first;order;label\n{first};1;[x]\n", "utf-8")
    with an_archive(place / "archive") as archive:
        before = labels(archive, "master")
        change = Change(structure=place / "moving.csv", reason="a test")
        if refused:
            with pytest.raises(PackageError, match=r"E476 moving\.csv"):
                update(archive, ID, change)
            assert labels(archive, "master") == before
        else:
            update(archive, ID, change)
            assert labels(archive, "master")[0] == (1, "[x]", "page")
