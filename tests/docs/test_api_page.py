"""Whoever has the page of the API alone can write a program: its example is checked and run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import preserva
from tests.conftest import ROOT
from tests.support.books import make_book
from tools import api_page


def test_every_verb_has_a_call_and_every_call_is_there() -> None:
    """All verbs that click knows, those inside groups too, and no others."""
    verbs = list(api_page.verbs())
    assert len(verbs) == len(set(verbs))
    assert set(verbs) == set(api_page.CALLS)
    for calls in api_page.CALLS.values():
        for call in calls.split(", "):
            place: object = preserva
            for name in call.split("."):
                place = getattr(place, name)
            assert callable(place), call


def test_every_call_belongs_to_a_verb_or_opens_something() -> None:
    """What a program can do and a person cannot would be a surprise: it is named here."""
    verbs = {call for calls in api_page.CALLS.values() for call in calls.split(", ")}
    without = {"open_archive", "open_catalogue", "open_ledger", "bags.write_tar"}
    without |= {"Archive.config"}
    shown = set(re.findall(r"^### `(?:preserva\.)?(\w[\w.]*)`", _before_values(), re.MULTILINE))
    assert shown - verbs - without == {
        f"{name}.close" for name in ("Archive", "ArchiveLedger", "Catalogue")
    }
    assert verbs | without <= shown


def _before_values() -> str:
    return api_page.page().partition("## Values\n")[0]


def test_the_example_is_right_and_runs(tmp_path: Path) -> None:
    """`mypy --strict` finds nothing, and the book is kept in two places."""
    (example,) = re.findall(r"## An example\n\n```python\n(.*?)```", api_page.page(), re.DOTALL)
    client = tmp_path / "client.py"
    client.write_text(example, "utf-8")
    assert len(example.splitlines()) <= 45
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", client],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    config = preserva.write_config(tmp_path / "preserva.toml")
    preserva.create_archive(config)
    record = make_book(tmp_path / "scans")
    arguments = [client, config, tmp_path / "scans", record, tmp_path / "handed-out.tar"]
    ran = subprocess.run(
        [sys.executable, *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("aonb-kp-7: Повѣсть о рѣкѣ Амурѣ, ")
    assert lines[1] == "copied to nlb-copy: v1"
    assert [line.partition(", checked")[0] for line in lines[2:]] == [
        "aonb-main: sound",
        "nlb-copy: sound",
    ]
    assert (tmp_path / "handed-out.tar").is_file()
