"""The verbs of an archive by the public names alone, with paths and identifiers as strings."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

import preserva
from preserva import Outcome
from tests.support.books import make_book

BOOK = "aonb-kp-7"
URI = "urn:preserva:aonb:kp-7"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an archive, a book and its record."""
    monkeypatch.chdir(tmp_path)
    assert preserva.write_config() == Path("preserva.toml")
    preserva.create_archive("preserva.toml")
    make_book(tmp_path / "book")
    return tmp_path


def _opened() -> preserva.Archive:
    """With a clock that counts seconds."""
    seconds = count()
    start = datetime(2026, 11, 23, tzinfo=UTC)
    return preserva.open_archive(
        "preserva.toml", clock=lambda: start + timedelta(seconds=next(seconds))
    )


def _damage(storage: str) -> Path:
    """Change the largest file of the one copy in a storage."""
    files = (path for path in Path("storages", storage).rglob("*.tif"))
    victim = max(files, key=lambda path: path.stat().st_size)
    victim.write_bytes(bytes([victim.read_bytes()[0] ^ 1]) + victim.read_bytes()[1:])
    return victim


def test_a_book_is_kept(place: Path) -> None:
    """Packaged, copied, corrected, proved, and seen in every list."""
    with _opened() as archive:
        tried = archive.package("book", "book.xml", dry_run=True)
        made = archive.package("book", os.fspath(place / "book.xml"))
        assert (tried.created, made.created, made.package.uri) == (False, True, URI)
        (copied,) = archive.replicate(BOOK)
        assert copied.acknowledged == ["v1"]
        Path("note.txt").write_text("condition")
        updated = archive.update(BOOK, documents="note.txt", reason="a note")
        assert (updated.version, updated.created) == ("v2", True)
        assert [done.versions for done in archive.replicate([made.package], to="nlb-copy")] == [
            ["v2"]
        ]
        reports = archive.validate(URI)
        assert [report.outcome for report in reports] == [Outcome.PASS, Outcome.PASS]
        assert [report.outcome for report in archive.validate(BOOK, storage="nlb-copy")] == [
            Outcome.PASS
        ]
        listed = archive.packages("nlb-copy")
        assert [(one.portable, one.versions) for one in listed.packages] == [(BOOK, 2)]
        assert [status.enough for status in archive.status()] == [True]
        assert archive.report().copies == len(list(archive.copies())) == 2
        assert archive.history(BOOK).incidents == ()
        assert archive.history(BOOK).entries[0].type == "ingestion start"
        assert archive.levels().reached[preserva.LevelsArea.STORAGE] >= 1
        for page in (archive.report_html(levels=True), archive.report_html(BOOK)):
            assert page.startswith("<!DOCTYPE html>")
        assert archive.audit(max_seconds=60, only=[BOOK]).left_count == 0
        assert archive.receive() == []
        assert archive.config.institution.id == "aonb"


def test_damage_is_found_decided_and_repaired(place: Path) -> None:
    """And a storage that is lost comes back."""
    with _opened() as archive:
        archive.package("book", "book.xml")
        archive.replicate()
        _damage("nlb-copy")
        assert [report.outcome for report in archive.validate(BOOK)] == [
            Outcome.PASS,
            Outcome.FAIL,
        ]
        (incident,) = archive.incidents()
        decided = archive.decide(incident.number, "repair it", by="Анна")
        assert decided.number == incident.number
        (planned,) = archive.repair()
        (repaired,) = archive.repair(BOOK, storage="nlb-copy", apply=True)
        assert (planned.applied, repaired.applied) == (False, True)
        assert archive.incidents() == []
    shutil.rmtree("storages/nlb-copy")
    with _opened() as archive:
        (rebuilt,) = archive.rebuild_storage("nlb-copy")
        assert (rebuilt.package, rebuilt.applied) == (URI, True)


def test_books_go_out_and_come_in(place: Path) -> None:
    """As bags, single documents, packages of others."""
    preserva.package_bag("book", "book.xml", "bags", config="preserva.toml", local_id="kp-8")
    with _opened() as archive:
        stored = archive.store("bags/aonb-kp-8")
        assert (stored.package.portable, stored.created) == ("aonb-kp-8", True)
        assert archive.export(stored.package, "out") == Path("out/aonb-kp-8")
        tar = archive.export("aonb-kp-8", "out/sip.tar", kind=preserva.PackageType.SIP)
        assert preserva.bags.validate(tar)[0].outcome is Outcome.PASS
        mods = archive.read_document("aonb-kp-8", preserva.Document.MODS)
        path = archive.export_document("aonb-kp-8", preserva.Document.MODS, "out/mods.xml")
        assert path.read_bytes() == mods
        preserva.bags.create("book", "theirs", info=[("External-Identifier", "theirs 1")])
        transferred = archive.transfer("theirs", record="book.xml", local_id="kp-9")
        assert (transferred.package.portable, transferred.created) == ("aonb-kp-9", True)


def test_the_ledger_can_be_looked_at_and_rebuilt(place: Path) -> None:
    """Even where the archive cannot be opened."""
    with _opened() as archive:
        archive.package("book", "book.xml")
        archive.replicate()
        archive.validate(BOOK)
    with preserva.open_ledger("preserva.toml") as ledger:
        proof = ledger.verify(against="nlb-copy")
        assert proof.problems == ()
        assert proof.entries == len(list(ledger.entries())) == len(list(ledger.lines()))
        newest = next(ledger.entries(package=BOOK, storage="nlb-copy", newest_first=True))
        assert newest.type == "fixity check"
        assert ledger.write_checks(BOOK, "checks") == len(list(Path("checks").iterdir())) == 2
        Path("kept.jsonl").write_bytes(b"".join(line + b"\n" for line in ledger.lines()))
        assert ledger.verify(Path("kept.jsonl")).problems == ()
        ledger.reindex()
    for path in place.glob("ledger.sqlite*"):
        path.unlink()
    Path("preserva.toml").unlink()
    with pytest.raises(preserva.ArchiveNotFound):
        preserva.open_archive()
    rebuilt = preserva.rebuild_config(
        [str(place / "storages/aonb-main"), str(place / "storages/nlb-copy")]
    )
    assert sorted(rebuilt.storages) == ["aonb-main", "nlb-copy"]
    reports = preserva.rebuild_ledger()
    assert [report.outcome for report in reports] == [Outcome.PASS, Outcome.PASS]
    assert [reached.problem for reached in preserva.check_storages()] == [None, None]


def test_the_demonstration(tmp_path: Path) -> None:
    """Every step of it is told."""
    lines: list[str] = []
    package = preserva.run_demo(str(tmp_path / "demo"), say=lines.append)
    assert package.institution == "aonb"
    assert [line[:2] for line in lines if line[0].isdigit()] == ["1.", "2.", "3.", "4.", "5.", "6."]


def test_wrong_arguments_are_said(place: Path) -> None:
    """By exceptions of ours, whatever the form of a path or an identifier."""
    with pytest.raises(preserva.ArchiveNotFound):
        preserva.load_config("nowhere.toml")
    with pytest.raises(preserva.Refused):
        preserva.write_config("preserva.toml")
    with _opened() as archive, pytest.raises(preserva.UsageError, match="not the identifier"):
        archive.validate("nonsense")
    with pytest.raises(preserva.NotFound):
        preserva.bags.validate("nowhere")


def test_progress_is_told(place: Path) -> None:
    """To the observer; steps end that begin."""
    seen: list[preserva.Progress] = []
    with _opened() as archive:
        archive.package("book", "book.xml", observer=seen.append)
    begun = [one.step for one in seen if isinstance(one, preserva.Started)]
    assert begun == [one.step for one in seen if isinstance(one, preserva.Ended)] == ["package"]
    assert sum(one.size for one in seen if isinstance(one, preserva.Advanced)) > 0
