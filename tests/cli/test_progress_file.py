"""How far the work is, in a file that is always whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from preserva.cli.main import status_of
from preserva.cli.progress_file import to_file
from preserva.core.values.report import Advanced, Ended, Progress, Started
from preserva.core.values.subjects import Named


def test_every_half_second_and_at_the_ends(tmp_path: Path) -> None:
    now, seen = [0.0], list[Progress]()
    observer = to_file(tmp_path / "p", seen.append, lambda: now[0])

    def said() -> dict[str, object]:
        known: dict[str, object] = json.loads((tmp_path / "p").read_text(encoding="utf-8"))
        return known

    step: list[Progress] = [Started("copy", Named("кніга"), files=2, size=100), Advanced(30, None)]
    for progress in step:
        observer(progress)
    assert said() == {"step": "copy", "subject": "кніга", "done": 0, "total": 100, "unit": "bytes"}
    now[0] = 0.5
    observer(Advanced(30, "a"))
    assert said()["done"] == 60
    observer(Advanced(40, "b"))
    observer(Ended("copy", Named("кніга")))
    assert said()["done"] == 100
    observer(Started("list", Named("all"), files=3))
    now[0] = 1.0
    observer(Advanced(7, "a"))
    assert (said()["done"], said()["total"], said()["unit"]) == (1, 3, "files")
    observer(Started("read", Named("tar")))
    assert (said()["done"], said()["total"], said()["unit"]) == (0, None, "bytes")
    assert len(seen) == 8 and sorted(path.name for path in tmp_path.iterdir()) == ["p"]


def test_nothing_is_written_before_a_step_begins(tmp_path: Path) -> None:
    observer = to_file(tmp_path / "p", lambda _progress: None)
    observer(Advanced(1, "a"))
    observer(Ended("copy", Named("a")))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    seen: list[Progress] = []
    observer = to_file(tmp_path / "no" / "p", seen.append)
    observer(Started("copy", Named("a")))
    observer(Ended("copy", Named("a")))
    assert len(seen) == 2


@pytest.mark.parametrize("language", ["en", "be"])
def test_a_verb_keeps_it(one_book: Path, tmp_path: Path, language: str) -> None:
    path = tmp_path / "progress.json"
    line = ["validate", "aonb-kp-7", "--config", str(one_book / "preserva.toml"), "--quiet"]
    assert status_of([*line, "--lang", language, "--progress", str(path)]) == 0
    known = json.loads(path.read_text(encoding="utf-8"))
    assert known["done"] > 0 and (known["total"], known["unit"]) == (None, "bytes")
    assert "nlb-copy" in known["subject"] and (" in " in known["subject"]) == (language == "en")
