"""Harvesters of others take in what we give: sickle and oaipmh-scythe, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

import pytest

from preserva.catalogue.decisions import MatchVerdict, decision_of
from preserva.catalogue.entry import uri_of
from preserva.catalogue.import_records import import_file, open_catalogue
from preserva.catalogue.index import Index
from preserva.catalogue.oai.client import decisions_of
from preserva.catalogue.oai.provider import About
from preserva.catalogue.oai.wsgi import application
from tests.conftest import require
from tests.support.books import an_archive
from tests.support.marc_records import iso2709
from tests.unit.catalogue.oai.test_harvester import NOW, Quiet
from tests.unit.catalogue.oai.test_provider import fields, mods
from tests.unit.catalogue.test_catalogue import decide

COUNT = 1000
DELETED = 50
AFTER = "2025-11-24T16:00:01Z"  # NOW is a second before
CASES = [
    ("oai_dc", {}, COUNT + 1, DELETED),
    ("mods", {}, COUNT + 1, DELETED),
    ("marcxchange", {}, COUNT, DELETED),
    ("mods", {"set": "library:aonb"}, COUNT, DELETED),
    ("mods", {"set": "library:nlb"}, 1, 0),
    ("oai_dc", {"from": AFTER}, DELETED, DELETED),
    ("oai_dc", {"from": "2025-11-24", "until": "2025-11-24"}, COUNT + 1, DELETED),
    ("oai_dc", {"set": "library:aonb", "until": "2025-11-24T16:00:00Z"}, COUNT - DELETED, 0),
]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a thousand records, with characters that XML forbids, and deleted ones."""
    place: Path = tmp_path_factory.mktemp("repository")
    with an_archive(place):
        pass
    config = place / "preserva.toml"
    (place / "a").write_bytes(b"".join(iso2709(fields(number)) for number in range(COUNT)))
    (place / "m").write_bytes(mods(1))
    with open_catalogue(config) as database:
        import_file(database, place / "a", "aonb", NOW)
        import_file(database, place / "m", "nlb", NOW)
        with database.writing():
            for number in range(DELETED):
                Index(database).delete(uri_of("aonb", f"RU\\AONB\\{number}"), NOW + 1)
        one, other = (uri_of("aonb", f"RU\\AONB\\{number}") for number in (COUNT - 2, COUNT - 1))
        decide(database, one, other, MatchVerdict.SAME)
    served = application(config, About("http://library.example/oai", "a@library.example"))
    with make_server("127.0.0.1", 0, served, _Server, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/oai"
        server.shutdown()
        thread.join()


def test_decisions_are_served_beside_the_protocol(url: str) -> None:
    """As lines that another catalogue reads."""
    (line,) = decisions_of(url).decode().splitlines()
    assert (decision_of(line).library, decision_of(line).person) == ("aonb", "Анна")


@pytest.mark.parametrize(("prefix", "more", "count", "deleted"), CASES)
def test_sickle(url: str, prefix: str, more: dict[str, str], count: int, deleted: int) -> None:
    """Every record once, in every format, with and without sets and dates."""
    require(find_spec("sickle") is not None, "sickle is not installed")
    from sickle import Sickle

    found = list(Sickle(url).ListRecords(metadataPrefix=prefix, **more))
    assert len({one.header.identifier for one in found}) == len(found) == count
    assert sum(one.deleted for one in found) == deleted


@pytest.mark.parametrize(("prefix", "more", "count", "deleted"), CASES)
def test_scythe(url: str, prefix: str, more: dict[str, str], count: int, deleted: int) -> None:
    """The same."""
    require(find_spec("oaipmh_scythe") is not None, "oaipmh-scythe is not installed")
    from oaipmh_scythe import Scythe

    given = {f"{key}_" if key in {"from", "set"} else key: value for key, value in more.items()}
    with Scythe(url) as client:
        listing: Any = client.list_records  # it gives records or answers, as asked
        found = list(listing(metadata_prefix=prefix, **given))
    assert len({one.header.identifier for one in found}) == len(found) == count
    assert sum(one.deleted for one in found) == deleted
