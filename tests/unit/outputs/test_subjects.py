"""What a report is about is data; its words are made when it is shown, for JSON always alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from preserva import config as configuration
from preserva import i18n
from preserva.cli.main import status_of
from preserva.core.values.model import PackageId
from preserva.core.values.report import Report
from preserva.core.values.subjects import (
    CopyInStorage,
    LedgerInStorage,
    Named,
    ObjectInStorage,
    ObjectToStorage,
    Subject,
    WholePackage,
    WholeStorage,
)
from preserva.outputs.json.parts import report_document
from preserva.outputs.subjects import subject_for_people
from tests.support.books import replicated

ID = PackageId("aonb", "kp-7")
BOOK = ("aonb-kp-7 in nlb-copy", "aonb-kp-7 в nlb-copy", "aonb-kp-7 у nlb-copy")
FOLDER = ("ocfl/a/b in nlb-copy", "ocfl/a/b в nlb-copy", "ocfl/a/b у nlb-copy")
LEDGER = ("the ledger in nlb-copy", "журнал в nlb-copy", "журнал у nlb-copy")
WORDS: dict[Subject, tuple[str, tuple[str, str, str]]] = {
    CopyInStorage(ID, "nlb-copy"): ("urn:preserva:aonb:kp-7 in nlb-copy", BOOK),
    ObjectInStorage("ocfl/a/b", "nlb-copy"): (FOLDER[0], FOLDER),
    LedgerInStorage("nlb-copy"): (LEDGER[0], LEDGER),
    WholePackage(ID): ("urn:preserva:aonb:kp-7", ("aonb-kp-7",) * 3),
    ObjectToStorage("ocfl/a", "copy"): ("ocfl/a -> copy", ("ocfl/a -> copy",) * 3),
    WholeStorage("copy"): ("copy", ("copy",) * 3),
    Named("/old/books in boxes"): ("/old/books in boxes", ("/old/books in boxes",) * 3),
    Named("urn:preserva:aonb:kp-7"): ("urn:preserva:aonb:kp-7", ("urn:preserva:aonb:kp-7",) * 3),
    Named("a\nb"): ("a\\nb", ("a\\nb",) * 3),
}


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test chooses ends with it."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setattr(i18n, "_catalogue", None)


@pytest.mark.parametrize("subject", WORDS, ids=repr)
def test_people_read_their_language_and_programs_one(subject: Subject) -> None:
    """In every language that there is; nothing is read out of a name that looks like a sentence."""
    programs, people = WORDS[subject]
    for language, words in zip(("en", "ru", "be"), people, strict=True):
        assert i18n.use_language(language)
        assert subject_for_people(subject) == words
        assert report_document(Report(subject))["subject"] == programs


def test_every_kind_of_subject_is_tried_in_every_language() -> None:
    """A new one, or a new language, must not be forgotten above."""
    assert {type(subject) for subject in WORDS} == set(get_args(Subject))
    assert sorted(i18n.languages()) == ["be", "en", "ru"]


@pytest.mark.parametrize("language", i18n.languages())
def test_the_document_of_replicate_is_english_in_every_language(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the copy of the ledger is not the beginning of ours."""
    place = replicated(tmp_path, ID)
    *_parts, newest = sorted((place / "storages/nlb-copy/ledgers/aonb").iterdir())
    newest.write_bytes(newest.read_bytes()[:-3] + b"x}\n")
    capsys.readouterr()
    here = ["--config", str(place / configuration.NAME), "--lang", language]
    assert status_of([*here, "replicate", "--json"]) == 1
    subjects = [one["report"]["subject"] for one in json.loads(capsys.readouterr().out)["packages"]]
    assert subjects[1:] == ["the ledger in nlb-copy"]
    assert subjects[0].endswith(" -> nlb-copy")
    assert status_of([*here, "replicate"]) == 1
    assert f"{LEDGER[('en', 'ru', 'be').index(language)]}:" in capsys.readouterr().out
