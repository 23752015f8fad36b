"""The drill finds and mends what it plants, says so if it does not, and touches nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import preserva
from preserva import config
from preserva.archive.archive import open_archive
from preserva.cli.main import status_of
from preserva.config import Config, Role, load
from preserva.core.policy.drill import EXPECTED, Drill, DrillVerb, ExerciseResult, Trouble
from preserva.core.policy.health import Aspect
from preserva.core.values.report import Outcome
from preserva.drill import drill as room
from preserva.drill import watch
from preserva.drill.drill import DrillError, drill
from preserva.drill.exercises import EXERCISES, Exercise, NotPlantedError
from preserva.drill.scratch import Scratch
from preserva.errors import Refused, UsageError
from preserva.outputs.drill import drill_document, drill_lines, drill_page
from preserva.outputs.page import html
from tests.support.partners import all_bytes

FLIP = {Trouble.BIT_FLIP: EXERCISES[Trouble.BIT_FLIP]}
THIRD = """
[storages.third]
institution = "aonb"
url = "s3://bucket/third"
role = "replica"
[storages.from-nlb]
institution = "aonb"
url = "storages/from-nlb"
role = "held"
"""


def configured(place: Path, change: Callable[[str], str] = str) -> Config:
    """The configuration of an archive that was never made: the drill needs no more."""
    path = place / config.NAME
    path.write_text(change(config.TEMPLATE), "utf-8")
    return load(path)


def failing(_scratch: Scratch) -> list[Path]:
    raise NotPlantedError("a reason")


def nothing(_scratch: Scratch) -> list[str]:
    return ["nothing"]


def test_every_trouble_is_seen_and_mended_and_the_archive_is_not_touched(three_books: Path) -> None:
    before = all_bytes(three_books)
    heard: list[ExerciseResult] = []
    done = preserva.run_drill(
        three_books.parent / "drill", three_books / config.NAME, each=heard.append
    )
    assert [(result.trouble, result.outcome) for result in done.results] == [
        (trouble, Outcome.PASS) for trouble in Trouble
    ]
    assert done.results == tuple(heard)
    for result in done.results:
        assert result.planted
        for verb, signs in EXPECTED[result.trouble].items():
            assert signs <= result.seen[verb]
    assert (done.place, (three_books.parent / "drill").exists()) == (None, False)
    assert all_bytes(three_books) == before


def test_a_third_copy_elsewhere_and_three_wanted(tmp_path: Path) -> None:
    """The one in an object store is elsewhere; what is held for others has no part in it."""
    three = configured(
        tmp_path, lambda text: text.replace("# The people", f"{THIRD}# The people", 1)
    )
    three = replace(three, policy=replace(three.policy, copies=3))
    done = drill(three, tmp_path / "drill", keep=True)
    assert {result.outcome for result in done.results} == {Outcome.PASS}, done
    kept = load(tmp_path / "drill" / "sound" / config.NAME)
    assert {name: Path(storage.url).parent.name for name, storage in kept.storages.items()} == {
        "aonb-main": "site",
        "nlb-copy": "elsewhere",
        "third": "elsewhere",
    }
    assert kept.policy == replace(three.policy, removal_grace_days=kept.policy.removal_grace_days)


def test_a_site_that_has_every_copy_cannot_be_lost(tmp_path: Path) -> None:
    """That is said, with what to do, and the drill did not end well."""
    at_home = configured(
        tmp_path,
        lambda text: re.sub(
            r'(?s)(\[storages\.nlb-copy\].*?institution = )"nlb"', r'\1"aonb"', text
        ),
    )
    only = {Trouble.LOST_SITE: EXERCISES[Trouble.LOST_SITE]}
    done = drill(at_home, tmp_path / "drill", exercises=only)
    (result,) = done.results
    assert (done.outcome, result.planted) == (Outcome.UNKNOWN, ())
    assert result.problem is not None
    assert "every copy lies on the site" in result.problem
    assert (tmp_path / "drill" / "1 lost site").is_dir()


@pytest.mark.parametrize(
    ("exercise", "outcome", "said"),
    [
        (Exercise(failing, nothing), Outcome.UNKNOWN, "a reason"),
        (Exercise(FLIP[Trouble.BIT_FLIP].plant, nothing), Outcome.FAIL, "still says"),
        (Exercise(lambda scratch: [scratch.path], nothing), Outcome.FAIL, "did not say: E203"),
    ],
    ids=["not planted", "not mended", "not seen"],
)
def test_what_went_wrong_is_said(
    exercise: Exercise, outcome: Outcome, said: str, tmp_path: Path
) -> None:
    """On the terminal and on the page; the scratch archive is kept."""
    plain = configured(tmp_path)
    done = drill(plain, tmp_path / "drill", exercises={Trouble.BIT_FLIP: exercise})
    (result,) = done.results
    assert (result.outcome, done.outcome) == (outcome, outcome)
    assert any(said in line for line in drill_lines(result))
    page = html(drill_page(done, plain))
    assert "What did not go well" in page
    assert said in page
    assert (tmp_path / "drill" / "1 bit flip" / config.NAME).is_file()


def test_a_page_that_is_not_what_it_was_is_seen_by_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although every verb is mute: the files are read without them."""

    def mute(act: Callable[[Scratch], set[str]]) -> Callable[[Scratch], set[str]]:
        return lambda scratch: act(scratch) - act(scratch)

    muted = {verb: mute(act) for verb, act in watch._VERBS.items()}
    monkeypatch.setattr(watch, "_VERBS", muted)
    exercises = {Trouble.BIT_FLIP: Exercise(FLIP[Trouble.BIT_FLIP].plant, nothing)}
    (result,) = drill(configured(tmp_path), tmp_path / "drill", exercises=exercises).results
    assert result.outcome is Outcome.FAIL
    assert result.missed == EXPECTED[Trouble.BIT_FLIP]
    (differing,) = result.differing
    assert differing.endswith("0001.tif")


def test_every_aspect_of_health_that_a_drill_can_see_has_words() -> None:
    """A verb that says something else than it must is shown, too."""
    for aspect in set(Aspect) - {Aspect.JOB, Aspect.FREE}:
        said = {DrillVerb.HEALTH: frozenset([aspect.value])}
        result = ExerciseResult(Trouble.BIT_FLIP, ("page",), said, ("repair",), said)
        (line,) = (line for line in drill_lines(result) if "still says" in line)
        assert not line.endswith(f": {aspect.value}")


def test_what_was_written_to_a_wrong_disk_is_seen(tmp_path: Path) -> None:
    """By whatever it was that looked: here, by the test."""
    whole = EXERCISES[Trouble.WRONG_DISK]

    def mend(scratch: Scratch) -> list[str]:
        (Path(scratch.replica().url) / "file").touch()
        return whole.mend(scratch)

    exercises = {Trouble.WRONG_DISK: Exercise(whole.plant, mend)}
    (result,) = drill(configured(tmp_path), tmp_path / "drill", exercises=exercises).results
    assert (result.outcome, result.missed) == (Outcome.FAIL, {})
    assert result.problem == "something was written to the wrong disk"


def test_what_is_not_well_before_is_no_drill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "look", lambda _scratch: {DrillVerb.AUDIT: frozenset(["E203"])})
    with pytest.raises(DrillError, match="audit: E203"):
        drill(configured(tmp_path), tmp_path / "drill", exercises=FLIP)


def test_places_of_others_are_refused(tmp_path: Path) -> None:
    plain = configured(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for place in (tmp_path / "full", tmp_path / "storages" / "nlb-copy" / "drill"):
        with pytest.raises(Refused):
            drill(plain, place)
    assert not (tmp_path / "storages").exists()


def test_without_a_replica_there_is_nothing_to_drill(tmp_path: Path) -> None:
    plain = configured(tmp_path)
    primary = {name: each for name, each in plain.storages.items() if each.role is Role.PRIMARY}
    with pytest.raises(UsageError, match="names no replica"):
        drill(replace(plain, storages=primary), tmp_path / "drill")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Disaster drill"), ("ru", "Учения"), ("be", "Вучэнні")],
)
def test_the_page_speaks_the_language_of_the_configuration(
    language: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And the terminal that of whoever runs it."""
    told = configured(
        tmp_path, lambda text: text.replace('# language = "ru" ', f'language = "{language}" ')
    )

    def quick(config: Config, place: Path, **arguments: object) -> Drill:
        return drill(config, place, exercises=FLIP)

    monkeypatch.setattr(room, "drill", quick)
    page = tmp_path / "drill.html"
    arguments = ["--config", str(told.path), "drill", "--html", str(page), "--place"]
    assert status_of([*arguments, str(tmp_path / "drill")]) == 0
    assert "was found and mended; every file is what it was" in capsys.readouterr().out
    assert said in page.read_text("utf-8")
    assert f'<html lang="{language}">' in page.read_text("utf-8")


def test_the_document_has_all_of_it(tmp_path: Path) -> None:
    done = drill(configured(tmp_path), tmp_path / "drill", exercises=FLIP)
    document = json.loads(json.dumps(drill_document(done)))
    (exercise,) = document["exercises"]
    assert (document["outcome"], document["place"], exercise["missed"]) == ("pass", None, {})
    assert exercise["seen"]["audit"] == ["E203"]
    with pytest.raises(preserva.ArchiveNotFound):
        open_archive(tmp_path / "drill" / config.NAME)
