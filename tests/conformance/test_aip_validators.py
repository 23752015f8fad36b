"""Both public validators of E-ARK packages accept ours, and would have said otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva.config import Institution
from preserva.ingest.package import package_bag
from preserva.ingest.supplied import Details
from tests.support import oracles
from tests.support.aips import write_package
from tests.support.books import make_book
from tests.support.marc_records import RARE_BOOK, iso2709


@pytest.mark.parametrize("pages", [1, 12, 4000])
def test_commons_ip_has_nothing_to_object(tmp_path: Path, pages: int) -> None:
    assert oracles.commons_ip(write_package(tmp_path, pages)) == []


@pytest.mark.parametrize("pages", [1, 12, 4000])
def test_eark_validator_has_nothing_to_object(tmp_path: Path, pages: int) -> None:
    assert oracles.eark_validator(write_package(tmp_path, pages)) == []


def test_commons_ip_sees_a_changed_page(tmp_path: Path) -> None:
    folder = write_package(tmp_path, 1)
    (folder / "representations/master/data/0001.tif").write_bytes(b"MASTER 1\n")
    assert oracles.commons_ip(folder) != []


def test_eark_validator_sees_a_wrong_word(tmp_path: Path) -> None:
    folder = write_package(tmp_path, 1)
    mets = folder / "METS.xml"
    mets.write_bytes(mets.read_bytes().replace(b'"CURRENT"', b'"PRESENT"'))
    assert oracles.eark_validator(folder) != []


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a package with everything that people can say of a book."""
    place = tmp_path_factory.mktemp("described")
    make_book(place / "book", pages=3)
    record = place / "book.mrc"
    record.write_bytes(iso2709(RARE_BOOK))
    structure = (
        "first;last;label;type;part;title\n1;;[1r];title_page;title_page;\n2;3;1r;;chapter;Й\n"
    )
    events = "type,when,person,device\nimaging,2026-05-12,Иванова А. А.,Bookeye 5\n"
    rights = '[[rights]]\nbasis = "license"\nuri = "https://x.test/"\nacts = ["publish"]\n'
    files = {"s.csv": structure, "e.csv": events, "r.toml": rights}
    for name, text in files.items():
        (place / name).write_text(text, "utf-8")
    package_bag(
        place / "book",
        record,
        Institution("aonb", {"en": "Amur Regional Scientific Library"}, "RU"),
        place / "out",
        local="kp-1",
        person="ivanova",
        details=Details(*(place / name for name in files)),
    )
    return place / "out/aonb-kp-1/data/aonb-kp-1"


def test_commons_ip_accepts_a_book_with_structure_history_and_rights(described: Path) -> None:
    assert oracles.commons_ip(described) == []


def test_eark_validator_accepts_a_book_with_structure_history_and_rights(described: Path) -> None:
    assert oracles.eark_validator(described) == []
