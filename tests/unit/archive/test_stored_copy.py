"""The copy of a package in a storage: where it is, what it must be, what is recorded of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.codes import Code
from preserva.core.values.entries import ACCESSION, END, FAIL, FIXITY_CHECK, REPLICATION, SUCCESS
from preserva.core.values.facts import Arrival, Check
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, ignore
from preserva.core.values.subjects import CopyInStorage
from preserva.errors import Damaged, NotFound, StorageError
from preserva.fixity.check_copy import check_copy
from preserva.ingest.package import package
from tests.support.books import an_archive, make_book, replicated

ID = PackageId("aonb", "kp-7")
STRANGER = PackageId("aonb", "kp-8")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with one package, replicated."""
    return replicated(tmp_path, ID)


def copy_in(archive: ArchivalStorage, storage: str, package: PackageId = ID) -> StoredCopy:
    """The copy in a storage, which need not be there."""
    return StoredCopy(archive, archive.store(storage), package)


def test_a_copy_knows_its_place_and_what_the_ledger_acknowledged(place: Path) -> None:
    """Both copies are held to the same digests; one that never was has nothing."""
    with an_archive(place) as archive:
        ours, theirs = copy_in(archive, "aonb-main"), copy_in(archive, "nlb-copy")
        for copy in (ours, theirs):
            assert copy.is_there() and copy.obstacle() is None
            assert copy.acknowledged() == {"v1"}
            assert copy.recorded.inventories() == {"v1": copy.read().digest}
            assert copy.read_recorded() == copy.read()
            assert set(copy.expected_logs()) == set(map(copy.log_digest, copy.log_names()))
            assert copy.recorded.log_digests() == set(copy.expected_logs())
        assert (ours.path, ours.subject) == (theirs.path, CopyInStorage(ID, "aonb-main"))
        arrival = ours.recorded.commitment("v1")
        assert arrival is not None and arrival.inventory == ours.read().digest
        assert ours.recorded.commitment("v2") is None
        none = copy_in(archive, "nlb-copy", STRANGER)
        assert not none.is_there() and none.acknowledged() == set()
        assert (none.recorded.inventories(), none.expected_logs()) == ({}, {})
        with pytest.raises(NotFound):
            none.read_recorded()


def test_only_what_succeeded_counts_and_the_first_record_of_a_version(place: Path) -> None:
    """A failed ingest acknowledges nothing; no later record overrides the first one."""
    with an_archive(place) as archive:
        copy = copy_in(archive, "nlb-copy")
        first = copy.recorded.inventories()["v1"]
        copy.record(END, FAIL, version="v2", facts=Arrival(inventory="02"))
        assert copy.acknowledged() == {"v1"}
        assert list(copy.recorded.inventories()) == ["v1"]
        copy.record(ACCESSION, SUCCESS, version="v2", facts=Arrival(inventory="33"))
        assert copy.recorded.inventories() == {"v1": first}
        copy.record(END, SUCCESS, version="v2", facts=Arrival(inventory="22"))
        copy.record(END, SUCCESS, version="v1", facts=Arrival(inventory="11"))
        assert copy.acknowledged() == {"v1", "v2"}
        assert copy.recorded.inventories() == {"v1": first, "v2": "22"}
        (later,) = copy.recorded.testimony().contradictions
        assert (later.version, later.inventory) == ("v1", "11")
        assert copy.read_recorded().digest == first
        report = check_copy(copy, None, ignore)
        assert report is not None
        assert Finding(Code.CONTRADICTED, "v1/inventory.json", first, "11") in report.findings


def test_a_copy_that_is_not_the_recorded_one_is_not_read(place: Path) -> None:
    with an_archive(place) as archive, an_archive(place.parent / "other") as other:
        record = make_book(place.parent / "strange", seed=9)
        package(place.parent / "strange", record, other)
        strange = StoredCopy(archive, other.primary, ID)
        with pytest.raises(Damaged, match="not the package that was recorded"):
            strange.read_recorded()


def test_what_was_never_recorded_cannot_be_shown_to_be_right(place: Path) -> None:
    with an_archive(place) as archive, an_archive(place.parent / "other") as other:
        there = copy_in(archive, "aonb-main")
        stranger = StoredCopy(other, there.store, ID)
        with pytest.raises(StorageError, match="no record of v1 in aonb-main"):
            stranger.read_recorded()


def test_an_entry_about_a_copy_names_it(place: Path) -> None:
    """Its time is now, or the one given."""
    with an_archive(place) as archive:
        copy = copy_in(archive, "nlb-copy")
        copy.record(FIXITY_CHECK, FAIL, facts=Check(size=1), time="2027-01-01T00:00:00+00:00")
        last = copy.last(FIXITY_CHECK)
        assert last is not None and last == archive.ledger.last()
        assert (last.package, last.storage, last.outcome) == (ID.uri, "nlb-copy", FAIL)
        assert (last.version, last.time) == (None, "2027-01-01T00:00:00+00:00")
        before = copy.last(REPLICATION, FIXITY_CHECK)
        assert before == last
        assert copy_in(archive, "aonb-main").last(FIXITY_CHECK) is None


def test_a_file_on_the_way_to_a_copy_is_an_obstacle(place: Path) -> None:
    """What is behind a link is not in this storage."""
    with an_archive(place) as archive:
        copy = copy_in(archive, "nlb-copy")
        above = Path(copy.store.storage.url) / copy.path.rpartition("/")[0]
        above.rename(above.with_name("elsewhere"))
        above.symlink_to("elsewhere")
        assert copy.obstacle() == copy.path.rpartition("/")[0]
