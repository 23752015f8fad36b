"""`preserva decisions`, `--person`, and exports that are recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.removal import remove_bytes
from preserva.archive.two_persons import answer
from preserva.archive.withdrawal import withdraw
from preserva.core.values.model import PackageId
from preserva.errors import AwaitsConfirmation
from tests.cli.test_commands import JsonRun, Run, ready, run, run_json

__all__ = ["ready", "run", "run_json"]

PEOPLE = '[people.ivanova]\nname = "И. И. Иванова"\n[people.petrov]\n'


@pytest.fixture
def staffed(ready: Path) -> Path:
    """An archive whose people are listed."""
    path = ready / "preserva.toml"
    path.write_text(path.read_text("utf-8") + PEOPLE, encoding="utf-8")
    return ready


def test_one_requests_another_confirms(
    staffed: Path, run: Run, run_json: JsonRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Yakutsk")
    asked = run("decisions", "request", "policy", "--reason", "three copies", "--person", "ivanova")
    assert (asked[0], asked[1]) == (0, "")
    (waiting,) = run_json("decisions")[1]["decisions"]
    number = str(waiting["number"])
    assert (waiting["state"], waiting["requested_by"], waiting["answered_by"]) == (
        "waiting", "ivanova", None,
    )  # fmt: skip
    status, shown, _err = run("decisions")
    assert status == 0
    first, *terms, requested, lapses = shown.splitlines()
    assert terms == ["  audit_interval_days: 90", "  copies: 2", "  digests: sha512 sha256"]
    assert first == f"{number}\twaiting\tchange the policy"
    assert requested.startswith("  requested by И. И. Иванова on ")
    assert requested.endswith(": three copies")
    assert lapses.startswith("  lapses on ")
    status, _out, err = run("decisions", "confirm", number, "--person", "ivanova")
    assert (status, "another person must confirm it" in err) == (4, True)
    assert run("decisions", "confirm", number)[0] == 2  # nobody is named
    status, document = run_json("decisions", "confirm", number, "--person", "petrov")
    assert (status, document["decisions"][0]["answered_by"]) == (0, "petrov")
    assert run("decisions", "refuse", number, "--person", "petrov")[0] == 4
    assert [one["state"] for one in run_json("decisions")[1]["decisions"]] == ["confirmed"]


def test_what_is_over_is_listed_with_all(staffed: Path, run: Run, run_json: JsonRun) -> None:
    assert run("--person", "ivanova", "decisions", "request", "policy", "--reason", "r")[0] == 0
    (waiting,) = run_json("decisions")[1]["decisions"]
    number = str(waiting["number"])
    refused = run("decisions", "refuse", number, "--person", "petrov", "--reason", "too dear")
    assert refused[0] == 0
    assert "refused by petrov on " in refused[2] and ": too dear" in refused[2]
    assert run("decisions") == (0, "", "")
    assert [one["state"] for one in run_json("decisions", "--all")[1]["decisions"]] == ["refused"]


def test_a_stranger_is_refused_before_anything_is_done(staffed: Path, run: Run) -> None:
    status, _out, err = run("package", "book", "--record", "book.xml", "--person", "sidorov")
    assert (status, "sidorov is not in [people]" in err) == (2, True)
    assert run("list")[1] == ""


def test_exports_are_recorded(staffed: Path, run: Run, run_json: JsonRun) -> None:
    assert run("package", "book", "--record", "book.xml", "--person", "ivanova")[0] == 0
    told = ("--to", "НББ", "--reason", "loan 17", "--person", "petrov")
    assert run("export", "aonb-kp-7", "out", "--as", "dip", *told)[0] == 0
    assert run("export", "aonb-kp-7", "mods.xml", "--as", "mods")[0] == 0
    assert run("export", "aonb-kp-7", "plan", "--dry-run")[0] == 0
    assert run("export", "aonb-kp-7", "-", "--as", "mods")[0] == 0
    entries = run_json("ledger", "show", "aonb-kp-7")[1]["entries"]
    exports = [entry for entry in entries if entry["type"] == "dissemination"]
    assert [(entry["version"], entry["storage"], entry["facts"]) for entry in exports] == [
        ("v1", "aonb-main", {"what": "mods"}),
        ("v1", "aonb-main", {"what": "DIP", "to": "НББ", "reason": "loan 17", "person": "petrov"}),
    ]


def test_a_decision_about_an_incident_is_by_who_acts(
    staffed: Path, run: Run, run_json: JsonRun
) -> None:
    assert run("package", "book", "--record", "book.xml")[0] == 0
    (page,) = (staffed / "storages/aonb-main").rglob("*/master/data/*1.tif")
    page.chmod(0o644)
    page.write_bytes(b"!")
    assert run("validate", "aonb-kp-7")[0] == 1
    (incident,) = run_json("incidents")[1]["incidents"]
    number = str(incident["number"])
    assert run("incidents", "decide", number, "rescan")[0] == 2
    assert run("incidents", "decide", number, "rescan", "--person", "ivanova")[0] == 0
    (decided,) = run_json("incidents")[1]["incidents"][0]["decisions"]
    assert (decided["by"], decided["decision"]) == ("ivanova", "rescan")


def test_a_package_is_withdrawn_by_two_and_shown_as_a_tombstone(
    staffed: Path, run: Run, run_json: JsonRun
) -> None:
    assert run("package", "book", "--record", "book.xml", "--person", "ivanova")[0] == 0
    status, _out, err = run("withdraw", "aonb-kp-7", "--reason", "twice", "--person", "ivanova")
    assert (status, "waits for a second person" in err) == (3, True)
    (waiting,) = run_json("decisions")[1]["decisions"]
    assert run("decisions", "confirm", str(waiting["number"]), "--person", "petrov")[0] == 0
    assert run("withdraw", "aonb-kp-7", "--person", "ivanova")[0] == 0
    assert run("list")[1] == ""
    told = "twice (requested by И. И. Иванова, confirmed by petrov)"
    status, listed, _err = run("list", "--withdrawn")
    assert status == 0
    assert listed.startswith("aonb-kp-7\twithdrawn on ") and listed.endswith(f": {told}\n")
    status, shown, _err = run("status", "aonb-kp-7")
    assert status == 0
    assert shown.splitlines()[0] == "aonb-kp-7"
    assert shown.splitlines()[1].endswith(told)
    assert shown.splitlines()[2].startswith("  aonb-main: withdrawn, v1")
    (tombstone,) = run_json("list", "--withdrawn")[1]["withdrawn"]
    assert (tombstone["requested_by"], tombstone["confirmed_by"]) == ("ivanova", "petrov")
    assert run("withdraw", "aonb-kp-7", "--undo", "--reason", "no", "--person", "petrov")[0] == 0
    assert run("list")[1].startswith("aonb-kp-7\t")


def test_a_policy_that_nobody_agreed_on_is_noticed(
    staffed: Path, run: Run, run_json: JsonRun
) -> None:
    """Only what was confirmed binds; the same policy again, or another decision, ends it."""
    asked = ("decisions", "request", "policy", "--reason", "r", "--person", "ivanova")
    path = staffed / "preserva.toml"
    agreed = path.read_text("utf-8")
    assert run(*asked)[0] == 0
    path.write_text(
        agreed.replace("audit_interval_days = 90", "audit_interval_days = 900"), "utf-8"
    )
    assert run_json("config", "check")[1]["warnings"] == []
    (waiting,) = run_json("decisions")[1]["decisions"]
    number = waiting["number"]
    assert run("decisions", "confirm", str(number), "--person", "petrov")[0] == 0
    status, document = run_json("config", "check")
    assert (status, document["warnings"]) == (
        0,
        [
            f"[policy] is not what two persons agreed on (decision {number}):"
            " audit_interval_days 90, copies 2, digests sha512 sha256"
        ],
    )
    path.write_text(agreed, "utf-8")
    assert run_json("config", "check")[1]["warnings"] == []


def _withdraw(folder: Path, run: Run) -> None:
    """Two persons withdraw the book, and decided a month ago to remove its bytes."""
    book = PackageId.parse("aonb-kp-7")
    assert run("package", "book", "--record", "book.xml", "--person", "ivanova")[0] == 0
    before = datetime.now(UTC).replace(microsecond=0) - timedelta(days=31)
    for decide in (withdraw, remove_bytes):
        with _by(folder, "ivanova", before) as archive, pytest.raises(AwaitsConfirmation) as waits:
            decide(archive, book, "letters")
        with _by(folder, "petrov", before) as archive:
            answer(archive, waits.value.decision, confirm=True)
            if decide is withdraw:
                withdraw(archive, book, None)


def _by(folder: Path, person: str, now: datetime) -> ArchivalStorage:
    return open_archive(folder / "preserva.toml", person=person, clock=lambda: now)


def test_bytes_are_removed_and_the_document_says_so(
    staffed: Path, run: Run, run_json: JsonRun
) -> None:
    _withdraw(staffed, run)
    excluded = run("withdraw", "aonb-kp-7", "--undo", "--remove-bytes", "--person", "petrov")
    assert (excluded[0], "exclude each other" in excluded[2]) == (2, True)
    status, document = run_json("withdraw", "aonb-kp-7", "--remove-bytes", "--person", "petrov")
    (removal,) = document["removals"]
    assert (status, removal["removed"], removal["ours"]) == (0, True, True)
    assert removal["files"] > 10 and removal["report"]["findings"] == []
    (removed,) = document["tombstone"]["removed"]
    assert (removed["storage"], removed["done"]) == ("aonb-main", True)
    status, out, _err = run("withdraw", "aonb-kp-7", "--remove-bytes", "--person", "petrov")
    assert status == 0
    assert out.startswith(f"aonb-main: {removal['files']} files removed, ")
    assert out.endswith(f"what stays of it is in {removal['tombstone']}\n")
    shown = run("status", "aonb-kp-7")
    assert (shown[0], "  aonb-main: removed" in shown[1]) == (0, True)
    status, out, _err = run("validate", "aonb-kp-7")
    assert (status, "W386" in out) == (0, True)
    entries = run("ledger", "show", "aonb-kp-7")[1]
    assert "\tremoval start: success\t" in entries and "\tdeletion: success\t" in entries
    sums = run_json("report", "--from", "2020")[1]
    assert "removed" in json.dumps(sums)


def test_relations_are_stated_shown_and_taken_back(
    staffed: Path, run: Run, run_json: JsonRun
) -> None:
    assert run("package", "book", "--record", "book.xml", "--person", "ivanova")[0] == 0
    relate = ("relate", "aonb-kp-7", "--same-edition", "nlb-br-5", "--person", "ivanova")
    assert run(*relate)[0] == 2  # without a reason
    assert run("relate", "aonb-kp-7", "--reason", "r", "--person", "ivanova")[0] == 2
    status, out, _err = run(*relate, "--reason", "title pages")
    assert status == 0
    first, relation, warning = out.splitlines()
    assert first == "aonb-kp-7"
    assert relation.startswith("  same edition as nlb-br-5 (stated by И. И. Иванова on ")
    assert relation.endswith(": title pages)")
    assert warning.startswith("  W387 nlb-br-5")
    (shown,) = run_json("status", "aonb-kp-7")[1]["packages"]
    (relation,) = shown["relations"]
    assert (relation["relation"], relation["package"], relation["person"]) == (
        "same edition as", "urn:preserva:nlb:br-5", "ivanova",
    )  # fmt: skip
    assert relation["reason"] in run("ledger", "show", "aonb-kp-7")[1]
    status, document = run_json(*relate, "--undo", "--reason", "another edition")
    assert (status, document["relations"], document["findings"]) == (0, [], [])
    assert "relations" not in run_json("status", "aonb-kp-7")[1]["packages"][0]
