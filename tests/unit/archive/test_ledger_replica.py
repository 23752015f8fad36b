"""The ledger beside the copies: it grows there, proves what was done, and comes back from there."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import new_identifier, open_archive, utc_now
from preserva.archive.ledger_proof import verify_ledger
from preserva.cli.main import status_of
from preserva.core.policy.ledger_choice import Anchor
from preserva.core.values.codes import Code
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import Refused
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ledger import Ledger
from preserva.replication.rebuild_ledger import rebuild_ledger
from preserva.replication.replicate import replicate
from tests.support.books import an_archive, make_book
from tests.support.reports import by_storage

PACKAGE = PackageId("aonb", "kp-1")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive of one package, replicated, checked, and replicated again."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path) as archive:
        package(tmp_path / "book", record, archive, local="kp-1")
        replicate(archive)
        audit(archive)
        replicate(archive)
    return tmp_path


def parts(place: Path) -> dict[str, list[bytes]]:
    """The lines of each file of the copy, by its name."""
    folder = place / "storages/nlb-copy/ledgers/aonb"
    return {one.name: one.read_bytes().splitlines() for one in sorted(folder.iterdir())}


def cut(place: Path, after: int) -> None:
    """What an old backup looks like, or a careful hand."""
    raw = sqlite3.connect(place / "ledger.sqlite", isolation_level=None)
    raw.execute("DROP TRIGGER never_deleted")
    raw.execute("DELETE FROM entry WHERE number > ?", [after])
    raw.close()
    with closing(Ledger(place / "ledger.sqlite")) as ledger:
        ledger.reindex()
        assert ledger.verify() == ledger.verify_copies() == []


def test_each_run_adds_what_is_new(place: Path) -> None:
    """Line for line what the ledger holds; a run that has nothing to add adds nothing."""
    with an_archive(place) as archive:
        bodies = list(archive.ledger.bodies())
        found = parts(place)
        assert len(found) == 2
        assert [line for lines in found.values() for line in lines] == bodies
        assert all(
            int(name[:12]) == json.loads(lines[0])["number"] for name, lines in found.items()
        )
        replicate(archive)
        assert parts(place) == found
        validate_stored(archive, PACKAGE)
        replicate(archive, dry_run=True)
        assert parts(place) == found
        replicate(archive)
        assert [line for lines in parts(place).values() for line in lines] == list(
            archive.ledger.bodies()
        )
        assert verify_ledger(archive.config, "nlb-copy").problems == ()


def test_a_ledger_that_was_cut_off_shows(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To whoever verifies it against the copy, and to the next replication; the copy stays."""
    before = parts(place)
    count = sum(map(len, before.values()))
    cut(place, 3)
    config = configuration.load(place / configuration.NAME)
    seen, copied = verify_ledger(config, "nlb-copy").problems
    assert "is older than what aonb-main has seen of it: it ends with entry 3" in seen
    assert copied.startswith(f"{count - 3} entries at the end are missing that nlb-copy has")
    here = ["--config", str(place / configuration.NAME)]
    assert status_of([*here, "ledger", "verify", "--against", "nlb-copy"]) == 5
    capsys.readouterr()
    assert status_of([*here, "replicate"]) == 5
    assert "is older than what aonb-main has seen of it" in capsys.readouterr().err
    assert parts(place) == before


def test_a_copy_that_was_changed_over_there_is_not_gone_on_with(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What our own storage and the mark over there say agrees with us; the copy does not."""
    newest = max((place / "storages/nlb-copy/ledgers/aonb").iterdir())
    newest.write_bytes(newest.read_bytes().replace(b"success", b"failure"))
    before = parts(place)
    assert status_of(["--config", str(place / configuration.NAME), "replicate"]) == 1
    said = capsys.readouterr().out
    assert "the ledger in nlb-copy" in said and "E311 ledgers/aonb/" in said
    assert parts(place) == before


def test_a_lost_ledger_comes_back_with_all_that_was_done(place: Path) -> None:
    """And what happened since the last copy is read from the storages."""
    copied = [line for lines in parts(place).values() for line in lines]
    record = make_book(place / "second", seed=2)
    with an_archive(place) as archive:
        package(place / "second", record, archive, local="kp-2")
        config = archive.config
    config.ledger.unlink()
    reports = rebuild_ledger(config, clock=utc_now, identifiers=new_identifier)
    assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 3
    with open_archive(place / configuration.NAME) as archive:
        bodies = list(archive.ledger.bodies())
        assert bodies[: len(copied)] == copied
        assert json.loads(bodies[len(copied)])["facts"]["restored"] == len(copied)
        versions = [one.version for one in archive.ledger.entries(package=PACKAGE.uri)]
        assert versions.count("v1") == 3  # begun, ended, replicated: none is noted twice
        assert archive.ledger.verify() == archive.ledger.verify_copies() == []
        assert verify_ledger(config, "nlb-copy").problems == ()
        for name in ("kp-1", "kp-2"):
            found = validate_stored(archive, PackageId("aonb", name))
            assert {one.outcome for one in found} == {Outcome.PASS}
        assert [one.report.findings for one in replicate(archive)] == [[], []]


@pytest.mark.parametrize("how", ["changed", "torn", "gap", "endless"])
def test_a_copy_that_is_no_chain_is_not_taken_over(place: Path, how: str) -> None:
    """It is refused with the reason; a person may begin anew from what our own storages hold."""
    first, second = sorted((place / "storages/nlb-copy/ledgers/aonb").iterdir())
    if how == "changed":
        first.write_bytes(first.read_bytes().replace(b"success", b"failure", 1))
    elif how == "torn":
        second.write_bytes(second.read_bytes()[:-5])
    elif how == "gap":
        first.unlink()
    else:
        second.write_bytes(b"x" * 1_000_000)
    with an_archive(place) as archive:
        config = archive.config
    config.ledger.unlink()
    for source in (None, "nlb-copy"):
        with pytest.raises(Refused, match="no copy of the ledger can be used"):
            rebuild_ledger(config, source=source, clock=utc_now, identifiers=new_identifier)
    assert not list(place.glob("ledger.sqlite*"))
    broken, *reports = rebuild_ledger(
        config, source="aonb-main", clock=utc_now, identifiers=new_identifier
    )
    assert [finding.code for finding in broken.findings] == [Code.LEDGER_COPY_UNUSABLE]
    assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
    with open_archive(place / configuration.NAME) as archive:
        entries = list(archive.ledger.entries())
        assert entries[0].facts["restored"] == 0
        assert [one.outcome for one in entries if one.type == FIXITY_CHECK] == ["success"] * 2


def test_a_restored_ledger_says_which_copy_is_right(place: Path) -> None:
    """Both are sound in themselves, and no vote could tell: a person says which is right."""
    record = make_book(place / "other", seed=5)
    with an_archive(place / "elsewhere") as other:
        package(place / "other", record, other, local="kp-1")
    (place / "storages/aonb-main/ocfl").rename(place / "away")
    (place / "elsewhere/storages/aonb-main/ocfl").rename(place / "storages/aonb-main/ocfl")
    with an_archive(place) as archive:
        config = archive.config
    config.ledger.unlink()
    with pytest.raises(
        Refused, match="in nlb-copy contradicts our own storage aonb-main"
    ) as refused:
        rebuild_ledger(config, clock=utc_now, identifiers=new_identifier)
    assert "aonb-kp-1 v1" in str(refused.value)
    reports = rebuild_ledger(config, source="nlb-copy", clock=utc_now, identifiers=new_identifier)
    found = {
        name: {finding.code for finding in report.findings}
        for name, report in by_storage(reports).items()
    }
    assert found == {"aonb-main": {Code.NOT_AS_RECORDED}, "nlb-copy": set()}
    with open_archive(place / configuration.NAME) as archive:
        checks = archive.ledger.entries(types=(FIXITY_CHECK,))
        assert [one.outcome for one in checks][-2:] == ["fail", "success"]


def test_copies_that_a_restored_ledger_contradicts_are_named(place: Path) -> None:
    """They agree with each other, but are not what was recorded: nothing of them is noted."""
    with an_archive(place) as archive:
        config = archive.config
    copied = [line for lines in parts(place).values() for line in lines]
    number, last = len(copied), copied[-1]
    record = make_book(place / "other", seed=5)
    with an_archive(place / "elsewhere") as other:
        package(place / "other", record, other, local="kp-1")
        replicate(other)
    for name in ("aonb-main", "nlb-copy"):
        (place / f"storages/{name}/ocfl").rename(place / f"away-{name}")
        (place / f"elsewhere/storages/{name}/ocfl").rename(place / f"storages/{name}/ocfl")
    config.ledger.unlink()
    anchor = Anchor(hashlib.sha256(last).hexdigest(), number)
    reports = rebuild_ledger(config, anchor=anchor, clock=utc_now, identifiers=new_identifier)
    assert [one.outcome for one in reports] == [Outcome.FAIL] * 2
    assert {one.code for report in reports for one in report.findings} == {Code.NOT_AS_RECORDED}
