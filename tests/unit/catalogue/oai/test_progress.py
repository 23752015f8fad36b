"""Work on the catalogue says how much there is, and how much of it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from preserva.catalogue.database import Database
from preserva.catalogue.export import ExportFormat, export_catalogue
from preserva.catalogue.import_records import import_file, import_packages
from preserva.catalogue.oai.client import in_folder
from preserva.catalogue.oai.harvester import Harvest
from preserva.catalogue.oai.protocol import Prefix, stamp
from preserva.catalogue.oai.provider import About, Repository
from preserva.catalogue.oai.receiver import HarvestSource
from preserva.catalogue.oai.resourcesync import dump
from preserva.catalogue.oai.responses import read_page
from preserva.core.values.report import Advanced, Ended, Progress, Started
from preserva.ingest.package import package
from tests.support.books import an_archive, make_book
from tests.support.marc_records import iso2709

NOW = 1_800_000_000
URL = "https://library.example/oai"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A catalogue of five records."""
    records = [
        iso2709((("001", str(number)), ("200", f"1 $aКнига {number}"))) for number in range(5)
    ]
    (tmp_path / "all.iso").write_bytes(b"".join(records))
    with closing(Database(tmp_path / "catalogue.sqlite")) as opened:
        import_file(opened, tmp_path / "all.iso", "aonb", NOW)
        yield opened


def told(seen: list[Progress]) -> tuple[str, int | None, int | None, int, int]:
    """The step; files and bytes there are to do; files and bytes that were done."""
    begun, *steps, ended = seen
    assert isinstance(begun, Started) and isinstance(ended, Ended)
    assert (ended.step, ended.subject) == (begun.step, begun.subject)
    done = [step for step in steps if isinstance(step, Advanced)]
    assert len(done) == len(steps)
    counted = sum(step.path is not None for step in done)
    return begun.step, begun.files, begun.size, counted, sum(step.size for step in done)


def test_a_file_is_measured_while_it_is_imported(database: Database, tmp_path: Path) -> None:
    seen: list[Progress] = []
    import_file(database, tmp_path / "all.iso", "aonb", NOW, observer=seen.append)
    size = (tmp_path / "all.iso").stat().st_size
    assert told(seen) == ("catalogue import", None, size, 0, size)


def test_packages_are_counted_while_they_are_imported(database: Database, tmp_path: Path) -> None:
    seen: list[Progress] = []
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", make_book(tmp_path / "book"), archive)
        import_packages(archive, database, NOW, observer=seen.append)
    assert told(seen) == ("catalogue import", 1, None, 1, 0)


def test_records_are_counted_while_they_are_exported(database: Database, tmp_path: Path) -> None:
    seen: list[Progress] = []
    export_catalogue(database, tmp_path / "out.xml", ExportFormat.MODS, observer=seen.append)
    assert told(seen) == ("export", 5, None, 5, 0)


def test_a_dump_and_its_harvest_are_counted(database: Database, tmp_path: Path) -> None:
    seen: list[Progress] = []
    about = About(URL, "a@library.example")
    repository = Repository(database, about, lambda _: b"", clock=lambda: NOW + 10, page=2)
    folder = tmp_path / "dump"
    dump(repository, folder, Prefix.MODS, time=stamp(NOW), url=URL, observer=seen.append)
    assert told(seen) == ("dump", 3 + 4, None, 3 + 4, 0)
    seen.clear()
    with closing(Database(tmp_path / "theirs.sqlite")) as theirs:
        source = HarvestSource(str(folder))
        ask = in_folder(folder)
        harvest = Harvest(theirs, source, ask, own="nlb", clock=lambda: NOW, observer=seen.append)
        assert harvest.run().read == 5
    first = next(step for step in seen if isinstance(step, Started))
    _step, _files, _size, records, received = told(seen[seen.index(first) :])
    assert records == 5
    assert received > 0


@pytest.mark.parametrize(("size", "total"), [("12", 12), ("about 12", None), (None, None)])
def test_a_server_may_say_how_long_its_list_is(size: str | None, total: int | None) -> None:
    attribute = "" if size is None else f' completeListSize="{size}"'
    page = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
        f"<resumptionToken{attribute}>next</resumptionToken></ListRecords></OAI-PMH>"
    )
    answer = read_page(page.encode())
    assert (answer.token, answer.size) == ("next", total)
