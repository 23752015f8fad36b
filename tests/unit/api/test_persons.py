"""Persons, decisions, withdrawals and reports of work by the public names alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import preserva
from tests.support.books import make_book

BOOK = "aonb-kp-7"
PEOPLE = '[people.ivanova]\nname = "И. И. Иванова"\n[people.petrov]\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an archive whose people are listed, and a book."""
    monkeypatch.chdir(tmp_path)
    path = preserva.write_config()
    path.write_text(path.read_text("utf-8") + PEOPLE, "utf-8")
    preserva.create_archive()
    make_book(tmp_path / "book")
    return tmp_path


def test_two_persons_withdraw_a_book_and_the_report_says_so(place: Path) -> None:
    with preserva.open_archive(person="ivanova") as archive:
        archive.package("book", "book.xml")
        archive.export(BOOK, "out.tar", recipient="NLB", reason="loan")
        with pytest.raises(preserva.AwaitsConfirmation) as waiting:
            archive.withdraw(BOOK, "twice")
    with preserva.open_archive(person="petrov") as archive:
        (asked,) = archive.decisions()
        assert (asked.number, asked.matter.kind) == (waiting.value.decision, "withdrawal")
        archive.answer_decision(asked.number, confirm=True)
        tombstone = archive.withdraw(BOOK)
        assert archive.withdrawn() == [tombstone]
        assert archive.packages().packages == []
        work = archive.work(since=datetime(2020, 1, 1, tzinfo=UTC))
        assert "И. И. Иванова" in archive.work_html(work)
        assert "И. И. Иванова" not in archive.work_html(work, names=False)
        archive.undo_withdrawal(BOOK, "another edition")
        assert archive.withdrawn() == []
        assert [deed.person for deed in archive.work(person="petrov").deeds] == ["petrov"] * 4
    assert [(deed.kind.value, deed.person) for deed in work.deeds] == [
        ("packaged", "ivanova"),
        ("exported", "ivanova"),
        ("decided", "ivanova"),
        ("decided", "petrov"),
        ("withdrawn", "petrov"),
        ("decided", "petrov"),
    ]
    with preserva.open_ledger() as ledger:
        kinds = ("withdrawal",)
        assert [entry.person for entry in ledger.entries(types=kinds)] == ["petrov", "petrov"]


def test_a_decision_is_requested_with_its_terms(place: Path) -> None:
    with preserva.open_archive(person="ivanova") as archive:
        terms = {"from": "nlb-copy"}
        asked = archive.request_decision(
            "repair", "disputed", package=BOOK, storage="aonb-main", terms=terms
        )
    assert asked.matter == preserva.Matter("repair", "urn:preserva:aonb:kp-7", "aonb-main", terms)
    with pytest.raises(preserva.UsageError, match=r"sidorov is not in \[people\]"):
        preserva.open_archive(person="sidorov")


def test_a_bag_is_made_by_a_person(place: Path) -> None:
    preserva.package_bag("book", "book.xml", "bags", person="ivanova")
    with preserva.open_ledger() as ledger:
        assert [entry.person for entry in ledger.entries(types=("bag made",))] == ["ivanova"]
    premis = (place / "bags/aonb-kp-7/data/aonb-kp-7/metadata/preservation/premis.xml").read_text()
    assert "person-ivanova" in premis and "Иванова" not in premis
