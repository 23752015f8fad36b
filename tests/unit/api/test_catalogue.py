"""The union catalogue by the public names alone, with paths as strings."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

import preserva
from tests.support.books import an_archive, make_book
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.unit.catalogue.test_catalogue import MINSK, OURS, THEIRS

START = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The configuration of an archive with one package; files of records lie beside it."""
    with an_archive(tmp_path):
        pass
    with preserva.open_archive(str(tmp_path / "preserva.toml")) as archive:
        archive.package(str(tmp_path / "book"), make_book(tmp_path / "book"))
    (tmp_path / "a.iso").write_bytes(iso2709(RARE_BOOK))
    (tmp_path / "b.iso").write_bytes(iso2709(MINSK))
    return str(tmp_path / "preserva.toml")


def _opened(config: str) -> preserva.Catalogue:
    """With a clock that counts days."""
    days = count()
    return preserva.open_catalogue(config, clock=lambda: START + timedelta(days=next(days)))


def test_the_way_of_a_program(config: str, tmp_path: Path) -> None:
    """Import, search, decide, show, export."""
    with _opened(config) as catalogue:
        assert catalogue.import_packages().changed == 1
        assert catalogue.import_file(str(tmp_path / "a.iso"), library="aonb").changed == 1
        assert catalogue.import_file(tmp_path / "b.iso", library="nlb").changed == 1
        (proposal,) = catalogue.proposals()
        assert {proposal.record.uri, proposal.other.uri} == {OURS, THEIRS}
        decided = catalogue.decide(OURS, THEIRS, preserva.MatchVerdict.SAME, by="Анна")
        assert (decided.library, decided.person) == ("aonb", "Анна")
        assert decided.time.startswith("2026-1")
        page = catalogue.search("вера", facets={preserva.Facet.CENTURY: "18"})
        assert page.total == 1
        assert [record.uri for record in catalogue.show(OURS).records] == [OURS, THEIRS]
        done = catalogue.export(str(tmp_path / "all.xml"), preserva.ExportFormat.MODS)
        assert done.written == 3
        later = START + timedelta(days=1)
        newer = catalogue.export(tmp_path / "b.csv", preserva.ExportFormat.MARC, since=later)
        assert newer.written == 2


def test_decisions_travel_and_can_be_undone(config: str, tmp_path: Path) -> None:
    """As a file; undone decisions stay."""
    with _opened(config) as catalogue:
        catalogue.import_file(tmp_path / "a.iso", library="aonb")
        catalogue.import_file(tmp_path / "b.iso", library="nlb")
        made = catalogue.decide(OURS, THEIRS, preserva.MatchVerdict.DIFFERENT, by="Анна")
        assert catalogue.export_decisions(str(tmp_path / "decisions.jsonl")) == 1
        undone = catalogue.undo(made.number, by="Иван")
        assert undone.undone is not None and undone.undone.person == "Иван"
        assert catalogue.import_decisions(str(tmp_path / "decisions.jsonl")).changed == 0
        assert catalogue.decisions() == [undone]


def test_another_catalogue_is_harvested_from_its_dump(config: str, tmp_path: Path) -> None:
    """Records of others come; our own, and those whose library is unknown, do not."""
    with _opened(config) as catalogue:
        catalogue.import_file(tmp_path / "b.iso", library="nlb")
        pages = catalogue.dump(
            tmp_path / "dump", url="https://library.example/dump", email="a@library.example"
        )
        assert pages == 1
    other = tmp_path / "other"
    with an_archive(other):
        pass
    with _opened(str(other / "preserva.toml")) as catalogue:
        harvested = catalogue.harvest(str(tmp_path / "dump"))
        assert (harvested.records.read, harvested.records.changed) == (1, 1)
        assert harvested.decisions.read == 0
        assert catalogue.show("nlb:" + THEIRS.rpartition(":")[2]).records[0].uri == THEIRS


def test_harvesters_are_answered(config: str) -> None:
    """By a WSGI application that works when the catalogue has been closed."""
    with _opened(config) as catalogue:
        application = catalogue.oai_application(
            url="https://library.example/oai", email="a@library.example"
        )
    statuses: list[str] = []
    environment = {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": "verb=Identify",
        "wsgi.input": io.BytesIO(),
    }
    body = application(environment, lambda status, *_rest: statuses.append(status))  # type: ignore[arg-type]  # write() is not used
    assert statuses == ["200 OK"]
    assert b"<adminEmail>a@library.example</adminEmail>" in b"".join(body)


def test_what_must_exist_is_not_made(config: str, tmp_path: Path) -> None:
    with pytest.raises(preserva.StorageError, match="there is no catalogue"):
        preserva.open_catalogue(config, must_exist=True)
    assert not (tmp_path / "catalogue.sqlite").exists()
