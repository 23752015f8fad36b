"""Becoming the writer of a storage recovers what an interrupted writer left there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from preserva.core.values.entries import END, START, SUCCESS
from preserva.core.values.facts import Arrival
from preserva.core.values.model import PackageId
from tests.support.books import an_archive, replicated

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
