"""Incidents and forecasts in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from preserva import i18n
from preserva.core.policy.audit import Forecast
from preserva.core.policy.judgement import State
from preserva.core.policy.overview import Decision, Incident, Overview
from preserva.core.values.facts import RecordedFinding
from preserva.outputs.report import forecast_sentences, incident_lines

INCIDENT = Incident(
    number=17,
    package="urn:preserva:aonb:kp-1",
    storage="nlb-copy",
    state=State.DAMAGED,
    since="2026-12-01T10:00:00+00:00",
    newest="2026-12-01T10:00:00+00:00",
    seen=1,
    findings=(
        RecordedFinding("E203", "v1/content/data/0001.tif", page_number=1, page_label="стр. 3"),
    ),
    decisions=(Decision("2026-12-02T09:00:00+00:00", "Anna", "rescan"),),
)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test chooses ends with it."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setattr(i18n, "_catalogue", None)


def test_an_incident_names_its_package_as_people_type_it() -> None:
    """With its finding, what to do, and what was decided."""
    assert list(incident_lines(INCIDENT)) == [
        "17\taonb-kp-1 (nlb-copy): damaged since 2026-12-01 10:00 UTC, seen 1 time",
        "\tE203 page 1 (стр. 3), v1/content/data/0001.tif: the content has changed since it was"
        " stored",
        "\tpreserva repair aonb-kp-1 --storage nlb-copy shows how it can be repaired",
        "\t2026-12-02 09:00 UTC Anna: rescan",
    ]


def test_an_incident_of_a_storage_has_no_package() -> None:
    """It is named once."""
    away = replace(INCIDENT, package=None, state=State.UNREAD, seen=3, findings=())
    assert list(incident_lines(away))[:1] == [
        "17\tnlb-copy: unread since 2026-12-01 10:00 UTC, seen 3 times"
    ]


@pytest.mark.parametrize(
    ("language", "seen", "words"),
    [
        ("ru", 1, "замечено 1 раз"),
        ("ru", 2, "замечено 2 раза"),
        ("ru", 5, "замечено 5 раз"),
        ("be", 1, "заўважана 1 раз"),
        ("be", 3, "заўважана 3 разы"),
        ("be", 11, "заўважана 11 разоў"),
    ],
)
def test_how_often_it_was_seen_follows_the_number(language: str, seen: int, words: str) -> None:
    i18n.use_language(language)
    assert next(incident_lines(replace(INCIDENT, seen=seen))).endswith(words)


@pytest.mark.parametrize(
    ("forecast", "sentences"),
    [
        (
            Forecast(needed=2_000_000, capacity=None, overdue=0, missed_from=None),
            ["Checks in time need 2.0 MB a day; the possible speed has not been measured yet."],
        ),
        (
            Forecast(2_000_000, 1_000_000, 1, datetime(2027, 1, 2, tzinfo=UTC)),
            [
                "The check of 1 copy is overdue.",
                "Checks in time need 2.0 MB a day; 1.0 MB a day is possible.",
                "From 2027-01-02 on, checks will be late.",
            ],
        ),
    ],
)
def test_a_forecast_in_sentences(forecast: Forecast, sentences: list[str]) -> None:
    """A speed that nobody has measured is not given a unit."""
    at = datetime(2026, 12, 1, tzinfo=UTC)
    overview = Overview("aonb", at, (), (), (), 2, (), (), (), forecast, 0, "")
    assert list(forecast_sentences(overview)) == sentences
