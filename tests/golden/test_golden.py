"""What earlier versions wrote is read, validated, exported, audited and carried on by this one.

Each `VERSION.tar.xz` beside this file holds what that version wrote; the README says how. What is
expected of it stands here, by hand.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from preserva.core.formats.layout import FIRST_IDENTITY
from preserva.version import __version__
from tests.golden.fixed import fixed, run
from tests.golden.make import FOLDER, START, is_lock, make

PACKAGES = {"aonb-kp-1": ["v1", "v2"], "aonb-kp-2": ["v1"], "aonb-kp-3": ["v1"]}
BAGS = ("bags/plain", "bags/aonb-kp-4", "exports/sip/aonb-kp-1", "exports/dip/aonb-kp-1",
        "exports/kp-1-v1.tar", "exports/kp-1-v2.tar")  # fmt: skip
PAGE = "v1/content/data/aonb-kp-3/representations/original/data/data/л. 1.tif"
Judged = tuple[str, list[tuple[str, str]]]
"""The outcome of a check, and the codes and paths of what it found."""

DAMAGED: Judged = ("fail", [("E203", PAGE)])
SOUND: Judged = ("pass", [])
ENTRIES = {"0.1.0-format-1.tar.xz": 26}
"""In the ledger, where there are not as many as today's version writes."""

ENTRIES_NOW = 45
"""Three of them are the identities of the ledger and of two storages."""

OURS = "urn:preserva:record:aonb:RU%5CAONB%5Crare%5C17"
THEIRS = "urn:preserva:record:nlb:BY-NLB-br5"


@pytest.fixture(params=sorted(FOLDER.glob("*.tar.xz")), ids=lambda path: path.name)
def golden(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set, unpacked: the working folder of the commands that follow."""
    with tarfile.open(request.param) as tar:
        tar.extractall(tmp_path, filter="data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRESERVA_CONFIG", raising=False)
    return tmp_path


def document(command: str, status: int = 0) -> dict[str, Any]:
    """The JSON document of a command, which ends with this status."""
    ended, output = run(f"{command} --json")
    assert ended == status, output.decode()
    made: dict[str, Any] = json.loads(output)
    return made


def outcomes(reports: list[dict[str, Any]]) -> list[Judged]:
    """Of each report, its outcome and findings."""
    return [
        (report["outcome"], [(finding["code"], finding["path"]) for finding in report["findings"]])
        for report in reports
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the databases: what is in them is exported beside them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".sqlite" and not is_lock(path)
    }


def test_this_version_has_its_set(tmp_path: Path) -> None:
    """And writes it again, byte by byte."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "made").mkdir()
    with tarfile.open(FOLDER / f"{__version__}.tar.xz") as tar:
        tar.extractall(tmp_path / "kept", filter="data")
    make(tmp_path / "made")
    kept, made = contents(tmp_path / "kept"), contents(tmp_path / "made")
    assert len(kept) > 300
    assert [name for name in sorted(kept | made) if kept.get(name) != made.get(name)] == []


def test_the_ledger_verifies_and_says_what_it_said(
    golden: Path, request: pytest.FixtureRequest
) -> None:
    """Entry by entry, as it was exported then; the copy in the other storage agrees."""
    name = request.node.callspec.params["golden"].name
    assert document("ledger verify")["entries"] == ENTRIES.get(name, ENTRIES_NOW)
    assert document("ledger verify --against exports/ledger.jsonl")["problems"] == []
    assert document("ledger verify --against nlb-copy")["problems"] == []
    assert run("ledger export") == (0, (golden / "exports/ledger.jsonl").read_bytes())


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What a database of any format has."""
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute(query).fetchall()


ENTRIES_OF = "SELECT number, body, digest FROM entry ORDER BY number"
RECORDS_OF = "SELECT uri, digest, original FROM record ORDER BY uri"
DECISIONS_OF = "SELECT one, other, verdict, person, time FROM decision"


@pytest.mark.parametrize("first", [False, True])
def test_what_is_brought_to_a_newer_format_is_kept_as_it_was(golden: Path, first: bool) -> None:
    """Ledger, catalogue and storages; with `first`, the ledger has only entries, as it once had."""
    ledger, catalogue = golden / "ledger.sqlite", golden / "catalogue.sqlite"
    if first:
        with closing(sqlite3.connect(ledger, isolation_level=None)) as raw:
            for statement in ("DROP TABLE copy", "DROP TABLE newest", "PRAGMA user_version = 1"):
                raw.execute(statement)
    (old_ledger,), (old_catalogue,) = (
        rows(path, "PRAGMA user_version") for path in (ledger, catalogue)
    )
    identities = {
        path: path.read_bytes() for path in golden.glob("storages/*/preserva-storage.json")
    }
    entries, records = rows(ledger, ENTRIES_OF), rows(catalogue, RECORDS_OF)
    decisions = rows(catalogue, DECISIONS_OF)
    assert run("status")[0] == 1  # one copy is damaged
    assert run("catalogue search вера")[0] == 0
    assert run("replicate")[0] == 0
    assert rows(ledger, ENTRIES_OF)[: len(entries)] == entries
    assert rows(catalogue, RECORDS_OF) == records
    assert rows(catalogue, DECISIONS_OF) == decisions
    (new_ledger,), (new_catalogue,) = (
        rows(path, "PRAGMA user_version") for path in (ledger, catalogue)
    )
    for path, old, new, query, before in (
        (ledger, old_ledger[0], new_ledger[0], ENTRIES_OF, entries),
        (catalogue, old_catalogue[0], new_catalogue[0], RECORDS_OF, records),
    ):
        kept = sorted(path.parent.glob(f"{path.name}.format-*"))
        assert [each.name for each in kept] == [f"{path.name}.format-{old}"] * (old != new)
        for each in kept:
            assert rows(each, query) == before
            assert rows(each, "PRAGMA user_version") == [(old,)]
    for path, data in identities.items():
        beside = path.parent / FIRST_IDENTITY
        is_old = b'"format": 1' in data
        assert beside.exists() == is_old
        assert not is_old or beside.read_bytes() == data
        assert b'"format": 2' in path.read_bytes()


def test_packages_and_copies_are_known(golden: Path) -> None:
    """With their versions, titles and states; what waits for a person still waits."""
    listed = document("list")["packages"]
    assert [(row["package"], row["title"][:6]) for row in listed] == [
        ("urn:preserva:aonb:kp-1", "Разсуж"),
        ("urn:preserva:aonb:kp-2", "Повѣст"),
        ("urn:preserva:aonb:kp-3", "Повѣст"),
    ]
    copies = [copy for row in document("status", 1)["packages"] for copy in row["copies"]]
    assert [copy["versions"] for copy in copies[::2]] == list(PACKAGES.values())
    assert [copy["versions"] for copy in copies[1::2]] == list(PACKAGES.values())
    assert [copy["state"] for copy in copies] == ["sound"] * 5 + ["damaged"]
    (incident,) = document("incidents", 1)["incidents"]
    assert (incident["storage"], incident["codes"], incident["paths"]) == (
        "nlb-copy",
        ["E203"],
        [PAGE],
    )


def test_every_copy_is_as_it_was(golden: Path) -> None:
    """Compared with what was recorded; the one damaged page is named, and nothing else."""
    assert golden.is_dir()
    reports = document(f"validate {' '.join(PACKAGES)}", 1)["reports"]
    assert outcomes(reports) == [SOUND] * 5 + [DAMAGED]


def test_every_bag_and_every_root_is_sound_by_itself(golden: Path) -> None:
    """Without ledger and configuration; a root is one report, and each package in it another."""
    (golden / "ledger.sqlite").unlink()
    (golden / "preserva.toml").unlink()
    assert outcomes(document(f"validate {' '.join(BAGS)}")["reports"]) == [SOUND] * len(BAGS)
    assert outcomes(document("validate storages/aonb-main/ocfl")["reports"]) == [SOUND] * 4
    damaged = outcomes(document("validate storages/nlb-copy/ocfl", 1)["reports"])
    assert sorted(damaged) == sorted([SOUND] * 3 + [DAMAGED])


def test_exports_have_the_same_bytes(golden: Path) -> None:
    """A version never changes, and a tar depends on nothing else."""
    for version in (1, 2):
        assert run(f"export aonb-kp-1 again-{version}.tar --version {version}")[0] == 0
        again, then = golden / f"again-{version}.tar", golden / f"exports/kp-1-v{version}.tar"
        assert again.read_bytes() == then.read_bytes()
    for kind in ("sip", "dip"):
        assert run(f"export aonb-kp-1 again-{kind} --as {kind}")[0] == 0
        assert outcomes(document(f"validate again-{kind}/aonb-kp-1")["reports"]) == [SOUND]
    mods = golden / "exports/sip/aonb-kp-1/data/aonb-kp-1/metadata/descriptive/mods.xml"
    assert run("export aonb-kp-1 - --as mods") == (0, mods.read_bytes())


def test_an_audit_a_year_later(golden: Path) -> None:
    """Every copy is due and read; the damage is found again, and known."""
    assert golden.is_dir()
    with fixed(START + timedelta(days=365)):
        audited = document("audit", 1)
        assert (audited["left_count"], audited["unreachable"]) == (0, {})
        assert sorted(outcomes(audited["reports"])) == sorted([SOUND] * 5 + [DAMAGED])
        (incident,) = document("incidents", 1)["incidents"]
        assert incident["since"].startswith("2026-12-01")
        assert incident["newest"].startswith("2027-12-01")


def test_work_goes_on(golden: Path) -> None:
    """Repair, a new version of a package and of a bag, replication; afterwards all is sound."""
    assert run("repair aonb-kp-3 --apply")[0] == 0
    assert document("incidents")["incidents"] == []
    assert run("update aonb-kp-2 --structure sources/structure.toml --reason complete")[0] == 0
    assert run("package bags/plain/data --record sources/second.xml --id kp-5")[0] == 0
    assert run("import exports/kp-1-v2.tar")[0] == 0  # known to be there, with the same content
    assert run("replicate")[0] == 0
    names = [*PACKAGES, "aonb-kp-5"]
    assert outcomes(document(f"validate {' '.join(names)}")["reports"]) == [SOUND] * 8
    assert document("ledger verify --against nlb-copy")["problems"] == []
    quarantined = {path.name for path in golden.glob("storages/nlb-copy/quarantine/**/*.tif")}
    assert quarantined == {"0001.tif", "л. 1.tif"}  # that of the repair before is still there
    assert run("bag update bags/plain --set Contact-Name=Б")[0] == 0
    assert outcomes(document("validate bags/plain")["reports"]) == [SOUND]


def test_what_is_lost_is_rebuilt(golden: Path) -> None:
    """The ledger from the storages, a storage from the other, the configuration from both.

    The replica's copy of the ledger is brought up to date before: one that an earlier format left
    has no identity by which the primary storage could vouch for it.
    """
    assert run("repair aonb-kp-3 --apply")[0] == 0
    assert run("replicate")[0] == 0
    (golden / "ledger.sqlite").unlink()
    assert run("rebuild ledger")[0] == 0
    assert document("ledger verify")["problems"] == []
    shutil.rmtree(golden / "storages/aonb-main")
    assert run("rebuild storage aonb-main")[0] == 0
    reports = document(f"validate {' '.join(PACKAGES)}")["reports"]
    assert outcomes(reports) == [SOUND] * 6


def test_the_catalogue_is_searched_and_exchanged(golden: Path) -> None:
    """In any orthography, with its decision; an empty catalogue gets all of it again."""
    (record,) = document("catalogue search вера")["records"]
    assert (record["record"], record["joined"]) == (THEIRS, [OURS])
    assert [copy["shelfmark"] for copy in record["copies"]] == ["Стар-5", "Р-17", "Р-18"]
    shown = document("catalogue show nlb:BY-NLB-br5")
    assert [row["person"] for row in shown["decisions"]] == ["Anna"]
    assert run("catalogue export again.xml --as mods")[0] == 0
    assert (golden / "again.xml").read_bytes().count(b"<mods ") == 3
    (golden / "catalogue.sqlite").unlink()
    assert run("harvest exports/dump")[0] == 0  # takes what is not our own
    assert run("catalogue import")[0] == 0
    assert run("catalogue decisions import exports/decisions.jsonl")[0] == 0
    (record,) = document("catalogue search вера")["records"]
    assert (record["record"], record["joined"]) == (THEIRS, [OURS])
