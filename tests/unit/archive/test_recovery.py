"""Becoming the writer of a storage recovers what an interrupted writer left there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preserva.archive.archive import ArchivalStorage
from preserva.archive.store import Store
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, START, SUCCESS
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.errors import LedgerError, StorageError
from preserva.fixity.ocfl_object import check_object
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.ledger import Ledger, LedgerEntry
from preserva.storage.base import Reader
from preserva.storage.wrappers.forward import Forwarding
from tests.support.books import an_archive, make_book, replicated

ID = PackageId("aonb", "kp-7")


@pytest.mark.parametrize(
    ("digest", "outcome"), [(None, "success"), ("0" * 128, "fail")], ids=["stored", "not stored"]
)
def test_the_writer_records_how_an_interrupted_ingest_ended(
    digest: str | None, outcome: str, tmp_path: Path
) -> None:
    """It counts if the version that was announced is there; and that is recorded once."""
    with an_archive(replicated(tmp_path, ID)) as archive:
        primary = archive.primary
        (stored,) = archive.ledger.entries(package=ID.uri, types=(END,))
        arrival = stored.facts_as(Arrival)
        arrival = replace(arrival, inventory=digest or arrival.inventory)
        archive.ledger.append(
            START,
            time=archive.now(),
            outcome=SUCCESS,
            package=ID.uri,
            storage=primary.id,
            version="v1",
            facts=arrival,
        )
        for _writer in range(2):
            with archive.writing(primary):
                *_before, last = archive.ledger.entries(storage=primary.id, types=(START, END))
                assert (last.type, last.outcome, last.version) == (END, outcome, "v1")
                assert last.facts == {**arrival.to_facts(), "after_interruption": True}
        assert len(list(archive.ledger.entries(package=ID.uri, types=(END,)))) == 2


def test_the_writer_clears_staging_but_for_replications(tmp_path: Path) -> None:
    """Those resume where they stopped; the lock belongs to the driver."""
    with an_archive(replicated(tmp_path, ID)) as archive:
        storage = archive.primary.storage
        for name in ("package-aonb-kp-1/v1/content/a", "update-aonb-kp-7/a", "replicate-x/v1/a"):
            storage.create(f"staging/{name}", [b"left"])
        with archive.writing(archive.primary):
            left = {entry.path for entry in storage.children("staging")}
        assert left == {"staging/lock", "staging/replicate-x"}


class _Stubborn(Forwarding):
    """A storage in which one place cannot be read, or not be removed."""

    unreadable = ""
    kept = ""

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:
        """A medium error."""
        if self.unreadable and self.unreadable in path and path.startswith("ocfl/"):
            raise StorageError(f"{path}: input/output error", path=path)
        return self.inner.open(path, bypass_cache=bypass_cache)

    def discard(self, path: str) -> None:
        """No rights."""
        if self.kept and self.kept in path:
            raise StorageError(f"{path}: permission denied", path=path)
        self.inner.discard(path)


def _with(archive: ArchivalStorage, **wrong: str) -> Store:
    """The primary storage, with something wrong; findings go to `wrong`."""
    stubborn = _Stubborn(archive.primary.storage)
    for name, value in wrong.items():
        setattr(stubborn, name, value)
    return replace(archive.primary, storage=stubborn)


def test_what_cannot_be_removed_from_staging_keeps_nobody_from_writing(tmp_path: Path) -> None:
    """It goes to quarantine, under a name of its own each time, and is told."""
    with an_archive(replicated(tmp_path, ID)) as archive:
        told: list[Finding] = []
        archive.tell = told.append
        store = _with(archive, kept="package-aonb")
        for number in (1, 2):
            store.storage.create("staging/package-aonb-kp-1/v1/a", [b"left"])
            with archive.writing(store):
                assert {entry.path for entry in store.storage.children("staging")} == {
                    "staging/lock"
                }
            aside = f"quarantine/staging/package-aonb-kp-1-{number}"
            assert told.pop() == Finding(
                Code.STAGING_SET_ASIDE, "staging/package-aonb-kp-1", seen=aside
            )
            assert store.storage.stat(f"{aside}/v1/a") is not None
        assert told == []


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_version_that_cannot_be_read_is_set_aside(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was never acknowledged: the writer goes on; the version before is the newest again."""
    record = make_book(tmp_path / "book", pages=1)
    (tmp_path / "note.txt").write_text("a note", encoding="utf-8")
    append = Ledger.append

    def interrupted(ledger: Ledger, kind: str, **more: Any) -> LedgerEntry:
        if (kind, more.get("version")) == (END, version):
            raise LedgerError("killed before it could record that")
        return append(ledger, kind, **more)

    with an_archive(tmp_path / "archive") as archive:
        told: list[Finding] = []
        archive.tell = told.append
        monkeypatch.setattr(Ledger, "append", interrupted)
        with pytest.raises(LedgerError, match="killed"):
            package(tmp_path / "book", record, archive)
            update(archive, ID, Change(documents=(tmp_path / "note.txt",), reason="a note"))
        monkeypatch.setattr(Ledger, "append", append)
        path = archive.primary.root.path_of(ID.uri)
        store = _with(archive, unreadable=f"{version}/inventory.json")
        with archive.writing(store):
            pass
        (finding,) = told
        place = path if version == "v1" else f"{path}/v2"
        assert (finding.code, finding.path) == (Code.SET_ASIDE, place)
        last = archive.ledger.last(storage=archive.primary.id, types=(END,))
        assert last is not None and last.outcome == "fail"
        assert last.facts["quarantine"] == finding.seen
        aside = archive.primary.storage.stat(f"{finding.seen}/{'v1/' * (version == 'v1')}content")
        assert aside is not None
        if version == "v1":
            package(tmp_path / "book", record, archive)
        assert archive.primary.root.read(ID.uri).inventory.head == "v1"
        report = check_object(archive.primary.storage, path).report
        assert (report.outcome, report.findings) == (Outcome.PASS, [])
