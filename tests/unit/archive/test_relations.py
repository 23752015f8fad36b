"""How packages stand to each other: stated, taken back, shown with both, and in PREMIS."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from preserva.archive.archive import ArchivalStorage
from preserva.archive.relations import relate, relations, relations_known, unrelate
from preserva.archive.stored_copy import StoredCopy
from preserva.catalogue.database import Database
from preserva.catalogue.edition_view import lines, shown
from preserva.catalogue.import_records import import_packages
from preserva.core.policy.relations import RelationKind, relations_of
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.errors import NotFound, Refused, UsageError
from preserva.fixity.validate import validate_stored
from preserva.ingest.revision import Change, update
from preserva.reporting.status import status
from tests.support.house import BOOK, OTHER, House

_PREMIS = "{http://www.loc.gov/premis/v3}"
STRANGER = PackageId("nlb", "br-5")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An archive with two books."""
    return House(tmp_path)


def _sides(archive: ArchivalStorage, package: PackageId) -> list[tuple[str, str]]:
    known = relations_of(package.uri, relations(archive.ledger))
    return [relation.from_side_of(package.uri) for relation in known]


def test_both_sides_know_and_who_said_so(house: House) -> None:
    with house.by("ivanova") as archive:
        assert relations(archive.ledger) == []
        assert relate(archive, BOOK, RelationKind.VOLUME_OF, OTHER, "part two").findings == []
        relate(archive, BOOK, RelationKind.VOLUME_OF, OTHER, "again")  # it is stated once
        relate(archive, OTHER, RelationKind.BOUND_WITH, BOOK, "one binding")
        relate(archive, BOOK, RelationKind.BOUND_WITH, OTHER, "the same, from the other side")
        assert len(relations(archive.ledger)) == 2
        assert _sides(archive, BOOK) == [("volume of", OTHER.uri), ("bound with", OTHER.uri)]
        assert _sides(archive, OTHER) == [("has volume", BOOK.uri), ("bound with", BOOK.uri)]
        (shown,) = status(archive, OTHER)
        assert [(each.person, each.reason) for each in shown.relations] == [
            ("ivanova", "part two"),
            ("ivanova", "one binding"),
        ]


def test_it_can_be_taken_back_and_stated_again(house: House) -> None:
    with house.by("ivanova") as archive:
        relate(archive, BOOK, RelationKind.REPLACES, OTHER, "scanned anew")
        with pytest.raises(Refused, match="both cannot be"):
            relate(archive, OTHER, RelationKind.REPLACES, BOOK, "no, this one")
        unrelate(archive, BOOK, RelationKind.REPLACES, OTHER, "a mistake")
        assert relations(archive.ledger) == []
        with pytest.raises(UsageError, match="does not stand in this relation"):
            unrelate(archive, BOOK, RelationKind.REPLACES, OTHER, "again")
        relate(archive, OTHER, RelationKind.REPLACES, BOOK, "this one")
        assert _sides(archive, BOOK) == [("replaced by", OTHER.uri)]
        assert archive.ledger.verify() == []


def test_unknown_others_are_warned_of_and_unknown_packages_refused(house: House) -> None:
    with house.by("ivanova") as archive:
        report = relate(archive, BOOK, RelationKind.SAME_EDITION, STRANGER, "the Minsk copy")
        assert [(each.code, each.path) for each in report.findings] == [
            (Code.RELATED_UNKNOWN, "nlb-br-5")
        ]
        assert _sides(archive, BOOK) == [("same edition as", STRANGER.uri)]
        with pytest.raises(NotFound, match="knows of no package"):
            relate(archive, STRANGER, RelationKind.SAME_EDITION, BOOK, "r")
        with pytest.raises(UsageError, match="to itself"):
            relate(archive, BOOK, RelationKind.REPLACES, BOOK, "r")
        with pytest.raises(UsageError, match="--reason"):
            relate(archive, BOOK, RelationKind.REPLACES, OTHER, None)
    with house.by("") as archive, pytest.raises(UsageError, match="name of the person"):
        relate(archive, BOOK, RelationKind.REPLACES, OTHER, "r")


def test_the_next_version_has_them_in_its_premis(house: House) -> None:
    def related() -> list[tuple[str, ...]]:
        with house.by("ivanova") as archive:
            letter = house.place / f"letter-{archive.ledger.size}.txt"
            letter.write_text("x")
            update(archive, BOOK, Change(documents=(letter,), reason="a test"))
            assert {each.outcome.value for each in validate_stored(archive, BOOK)} == {"pass"}
            stored = StoredCopy(archive, archive.primary, BOOK).read()
            root = Path(archive.primary.storage.url) / stored.path / stored.inventory.head
        (premis,) = root.glob("content/**/metadata/preservation/premis.xml")
        return [
            tuple(text.strip() for text in map(str, relation.itertext()) if text.strip())
            for book in etree.parse(premis).iter(f"{_PREMIS}object")
            if book.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "intellectualEntity"
            for relation in book.iter(f"{_PREMIS}relationship")
        ]

    with house.by("ivanova") as archive:
        relate(archive, BOOK, RelationKind.VOLUME_OF, OTHER, "part two")
        relate(archive, OTHER, RelationKind.REPLACES, BOOK, "scanned anew")
    volume = ("structural", "is Part Of", "URI", OTHER.uri)
    assert related() == [("replacement", "is Superseded By", "URI", OTHER.uri), volume]
    with house.by("ivanova") as archive:
        unrelate(archive, OTHER, RelationKind.REPLACES, BOOK, "a mistake")
    assert related() == [volume]


def test_the_catalogue_tells_of_both_packages(house: House, tmp_path: Path) -> None:
    with house.by("ivanova") as archive:
        relate(archive, BOOK, RelationKind.VOLUME_OF, OTHER, "part two")
    database = Database(tmp_path / "catalogue.sqlite")
    with house.by("") as archive:
        import_packages(archive, database, 1)
        known = relations_known(archive.config)
    shown_lines = {
        package: [line.strip() for line in lines(shown(database, package.uri, known))]
        for package in (BOOK, OTHER)
    }
    database.close()
    assert f"volume of {OTHER.uri}" in shown_lines[BOOK]
    assert f"has volume {BOOK.uri}" in shown_lines[OTHER]
