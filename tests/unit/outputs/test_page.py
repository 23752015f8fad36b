"""The typography of pages for people."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from preserva.core.policy.audit import Forecast
from preserva.core.policy.overview import AGES, Overview, StorageState
from preserva.outputs.page import bound, html, typeset
from preserva.outputs.report import report_lines, report_page


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("11,2 МБ за 30 дн.", "11,2\xa0МБ за 30\xa0дн."),
        ("№ 5", "№\xa05"),
        ("1 2", "1 2"),
        ("aonb-kp-7 v1", "aonb-kp-7 v1"),
    ],
)
def test_a_number_stays_with_its_word(text: str, seen: str) -> None:
    assert bound(text) == seen


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("run `preserva audit --only a 5 b` <now>",
         "run <code>preserva audit --only a 5 b</code> &lt;now&gt;"),
        ("`a` & `<b>`", "<code>a</code> &amp; <code>&lt;b&gt;</code>"),
        ("one ` alone <", "one ` alone &lt;"),
    ],
)  # fmt: skip
def test_commands_are_code_and_nothing_is_markup(text: str, seen: str) -> None:
    assert str(typeset(text)) == seen


def test_institutions_have_their_names_and_nothing_is_told_as_a_dash() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    storage = StorageState("main", "Main", "aonb", 0, {}, None, 0)
    names = {"aonb": {"en": "Amur Regional Library"}}
    forecast = Forecast(0, None, 0, None)
    overview = Overview(
        "aonb", at, (storage,), (), (), 2, (0,) * (len(AGES) + 2), (), (), forecast, 0, "", names
    )
    lines = list(report_lines(overview))
    assert "main: 0; no check yet" in lines
    assert lines[-1] == "The ledger is empty."
    page = html(report_page(overview))
    assert "<title>State of the digitised book monuments: Amur Regional Library</title>" in page
    assert "<td>Amur Regional Library</td>" in page
    assert '<th scope="col">Sound</th>' in page or '<th scope="col">Validated</th>' in page
    assert "<code>preserva ledger verify</code>" in page
