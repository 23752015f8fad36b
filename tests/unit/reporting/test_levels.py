"""Levels are reached by evidence alone: what is taken away, takes its level away."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva import config as configuration
from preserva.cli.main import status_of
from preserva.core.policy.levels import (
    DEMANDS,
    REQUIREMENTS,
    Area,
    Evidence,
    LevelsVerdict,
    reached,
)
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.reporting.levels import evidence
from tests.cli.test_commands import SCHEMA
from tests.support.books import an_archive, make_book

BEST = Evidence(
    packages=9,
    copies=3,
    institutions=3,
    countries=3,
    never=0,
    overdue=0,
    checks=99,
    read_back=18,
    damaged=0,
    agents=2,
    ledger_copied=True,
    verified_days=3,
)


def test_of_nothing_nothing_is_proved() -> None:
    """An empty archive has met no demand, however good its configuration is."""
    empty = replace(BEST, packages=0)
    assert {reached(area, empty) for area in Area} == {0}
    verdicts = {one.verdict(empty) for one in DEMANDS}
    assert verdicts == {LevelsVerdict.MISSING, LevelsVerdict.OUTSIDE}


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"copies": 2}, {(Area.STORAGE, 2), (Area.STORAGE, 4)}),
        ({"countries": 1}, {(Area.STORAGE, 3), (Area.STORAGE, 4)}),
        ({"institutions": 1}, {(Area.STORAGE, 1), (Area.STORAGE, 2)}),
        ({"overdue": 1}, {(Area.INTEGRITY, 3)}),
        ({"never": 1}, {(Area.INTEGRITY, 3)}),
        ({"checks": 0}, {(Area.INTEGRITY, 3)}),
        ({"verified_days": 32}, {(Area.INTEGRITY, 3)}),
        ({"verified_days": None}, {(Area.INTEGRITY, 3)}),
        ({"damaged": 1}, {(Area.INTEGRITY, 4)}),
        ({"read_back": 0}, {(Area.INTEGRITY, 2)}),
        ({"ledger_copied": False}, {(Area.INTEGRITY, 2), (Area.METADATA, 1)}),
        ({"agents": 0}, {(Area.CONTROL, 3), (Area.METADATA, 4)}),
    ],
)
def test_what_is_taken_away_is_missed(
    change: dict[str, int | None], lost: set[tuple[Area, int]]
) -> None:
    """Where it is asked for, and nowhere else."""
    less = replace(BEST, **change)  # type: ignore[arg-type]
    missing = {
        (one.area, one.level)
        for one in DEMANDS
        if one.verdict(less) is LevelsVerdict.MISSING and one.verdict(BEST) is LevelsVerdict.PROVED
    }
    assert missing == lost


@given(
    st.builds(
        Evidence,
        *(st.integers(0, 4) for _ in range(10)),
        st.sampled_from([True, False, None]),
        st.sampled_from([None, 0, 31, 32]),
    )
)
def test_a_level_stands_on_those_below(found: Evidence) -> None:
    """All demands up to it are proved, and one of the next level is not."""
    for area in Area:
        level = reached(area, found)
        own = [one for one in DEMANDS if one.area is area]
        assert all(one.verdict(found) is LevelsVerdict.PROVED for one in own if one.level <= level)
        following = [one for one in own if one.level == level + 1]
        assert not following or any(
            one.verdict(found) is not LevelsVerdict.PROVED for one in following
        )


def test_an_archive_shows_what_it_has_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two sound copies in two countries, checked, with the ledger beside one of them."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive, local="kp-1")
        before = evidence(archive)
        replicate(archive)
        audit(archive)
        after = evidence(archive)
    assert (before.copies, before.never, before.ledger_copied) == (0, 1, False)
    assert (after.packages, after.copies, after.institutions, after.countries) == (1, 2, 2, 2)
    assert (after.never, after.checks, after.read_back, after.ledger_copied) == (0, 2, 1, True)
    assert (reached(Area.STORAGE, after), reached(Area.METADATA, after)) == (1, 4)
    config = str(tmp_path / "archive" / configuration.NAME)
    assert status_of(["--config", config, "levels", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    SCHEMA.validate(document)
    assert document["levels"]["metadata"] == 4
    assert status_of(["--config", config, "--lang", "en", "levels"]) == 0
    assert "metadata: level 4 of 4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"institutions": 1}, {"R03", "R14"}),
        ({"verified_days": None}, {"R07"}),
        ({"agents": 0}, {"R07"}),
        ({"read_back": 0}, {"R11"}),
        ({"damaged": 1}, {"R14"}),
        ({"overdue": 1}, {"R14"}),
        ({"ledger_copied": False}, {"R15"}),
    ],
)
def test_requirements_are_shown_by_the_same_evidence(
    change: dict[str, int | None], lost: set[str]
) -> None:
    """What is taken away is missed where it is asked for."""
    less = replace(BEST, **change)  # type: ignore[arg-type]
    missing = {
        one.number
        for one in REQUIREMENTS
        if one.verdict(less) is LevelsVerdict.MISSING and one.verdict(BEST) is LevelsVerdict.PROVED
    }
    assert missing == lost


def test_a_report_has_them_as_an_appendix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the page, in JSON that its schema accepts, and in neither if nobody asks."""
    make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", tmp_path / "book.xml", archive)
        config = str(archive.config.path)
    page = tmp_path / "report.html"
    status = status_of(["report", "--html", str(page), "--levels", "--json", "--config", config])
    assert status == 3
    said = json.loads(capsys.readouterr().out)
    SCHEMA.validate(said)
    assert {one["number"] for one in said["requirements"]} == {one.number for one in REQUIREMENTS}
    text = page.read_text("utf-8")
    assert "NDSA Levels of Digital Preservation" in text
    assert text.count("<td class=short>R14</td>") == 3
    status_of(["report", "--html", str(page), "--json", "--config", config])
    assert "requirements" not in json.loads(capsys.readouterr().out)
    assert "NDSA" not in page.read_text("utf-8")
