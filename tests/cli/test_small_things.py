"""What people trip over: each is refused, or said, in one sentence that helps."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from preserva.cli.language import paragraphs
from preserva.cli.main import VERBS
from preserva.cli.main import main as program
from preserva.core.book.submission import arrange
from preserva.core.values.model import Entry, Kind
from preserva.core.values.names import told_apart
from preserva.outputs.findings import for_people
from tests.cli.test_commands import JsonRun, Run, ready, run, run_json

__all__ = ["ready", "run", "run_json"]


def test_an_empty_archive_says_so(ready: Path, run: Run) -> None:
    """On stderr; nothing is data."""
    for verb in ("list", "status"):
        assert run(verb) == (0, "", "no packages yet\n")
    assert run("-q", "list") == (0, "", "")


def test_options_of_bags_are_refused_for_a_stored_package(ready: Path, run: Run) -> None:
    """Instead of being ignored."""
    assert run("package", "book", "--record", "book.xml")[0] == 0
    status, out, err = run("validate", "aonb-kp-7", "--fast", "--jobs", "2")
    assert (status, out) == (2, "")
    assert "--fast, --jobs: for bags only; aonb-kp-7 is a stored package" in err
    assert run("validate", "aonb-kp-7")[0] == 0


def test_people_read_one_form_of_an_identifier(ready: Path, run: Run, run_json: JsonRun) -> None:
    """The one that they type; programs get the URI."""
    assert run("package", "book", "--record", "book.xml")[1] == "aonb-kp-7\n"
    told = [run("replicate"), run("status"), run("validate", "aonb-kp-7"), run("audit"),
            run("ledger", "show"), run("repair"), run("list")]  # fmt: skip
    for status, out, err in told:
        assert status == 0
        assert "urn:" not in out + err
    assert all("aonb-kp-7" in out for _status, out, _err in told[:3])
    _status, document = run_json("validate", "aonb-kp-7")
    assert document["reports"][0]["subject"].startswith("urn:preserva:aonb:kp-7 ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("urn:preserva:aonb:kp-7", "aonb-kp-7"),
        ("urn:preserva:record:aonb:7", "urn:preserva:record:aonb:7"),
        ("bag", "bag"),
    ],
)
def test_only_packages_are_shortened(text: str, expected: str) -> None:
    """Records have no other form."""
    assert for_people(text) == expected


def test_more_copies_than_storages_is_told(ready: Path, run: Run, run_json: JsonRun) -> None:
    """With both numbers."""
    assert "policy.copies" not in run("config", "check")[2]
    path = ready / "preserva.toml"
    path.write_text(path.read_text("utf-8").replace("\ncopies = 2", "\ncopies = 5"), "utf-8")
    status, _out, err = run("config", "check")
    assert status == 0
    assert "policy.copies: 5 copies are wanted, but only 2 storages are named" in err
    assert len(run_json("config", "check")[1]["warnings"]) == 1


def test_a_bag_is_not_a_folder_of_scans(ready: Path, run: Run) -> None:
    """The hint names the verbs that are meant."""
    assert run("package", "book", "--record", "book.xml", "--bag", "bags")[0] == 0
    status, _out, err = run("package", "bags/aonb-kp-7", "--record", "book.xml", "--id", "x")
    assert status == 4
    assert "`preserva store`" in err
    assert "`preserva import`" in err


def test_a_bag_somewhere_or_in_place(ready: Path, run: Run) -> None:
    """In words for people."""
    for more in ([], ["there", "--in-place"]):
        status, _out, err = run("bag", "create", "book", *more)
        assert status == 2
        assert "in_place" not in err


def test_images_beside_the_representations_are_told(ready: Path, run: Run) -> None:
    """They become documentation, which may not be what was meant."""
    page = next((ready / "book").rglob("*.tif"))
    (ready / "book/master").mkdir(exist_ok=True)
    (ready / "divided/master").mkdir(parents=True)
    (ready / "divided/master/1.tif").write_bytes(page.read_bytes())
    (ready / "divided/2.tif").write_bytes(page.read_bytes())
    (ready / "divided/notes.txt").write_text("x", "utf-8")
    status, _out, err = run("package", "divided", "--record", "book.xml", "--id", "d", "--dry-run")
    assert status == 0
    assert err.count("W413") == 1
    assert "W413 2.tif" in err


@pytest.mark.parametrize(
    ("other", "path", "expected"),
    [
        ("й.tif", "и\u0306.tif", "й.tif (U+0439; U+0438 U+0306)"),
        ("каёмка", "кае\u0308мка", "каёмка (U+0451; U+0435 U+0308)"),
        ("é\u0323", "e\u0323\u0301", "é\u0323 (U+00E9 U+0323; U+0065 U+0323 U+0301)"),
        ("1.tif", "01.tif", "1.tif"),
        ("a", "a", "a"),
    ],
)
def test_names_that_look_alike_are_told_apart(other: str, path: str, expected: str) -> None:
    """By their code points."""
    assert told_apart(other, path) == expected


def test_twins_are_named_with_code_points() -> None:
    """Where a screen shows the same name twice."""
    names = ("й.tif", "и\u0306.tif")
    (problem,) = arrange([Entry(name, Kind.FILE, 1) for name in names]).problems
    assert problem.seen is not None
    assert "U+0439" in problem.seen
    assert "U+0438 U+0306" in problem.seen


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_of_verbs_says_what_each_verb_says(verb: str) -> None:
    """The list is made without the verbs' modules, so it repeats their words."""
    assert isinstance(program, click.Group)
    command = program.get_command(click.Context(program), verb)
    assert command is not None and command.help is not None
    assert next(paragraphs(command.help))[1] == VERBS[verb]


def test_no_archive_begins_inside_a_storage(ready: Path, run: Run) -> None:
    """A configuration there would be found as damage by the next look at the storage."""
    inside = ready / "storages" / "aonb-main" / "ocfl" / "preserva.toml"
    status, out, err = run("init", "--config", str(inside))
    assert (status, out, inside.exists()) == (4, "", False)
    assert "which must stay as it is" in err


def test_a_page_leaves_nothing_beside_it(ready: Path, run: Run, tmp_path: Path) -> None:
    """Whether it is new, replaces another one, or an earlier run was killed while writing it."""
    place = tmp_path / "pages" / "today"
    for time in ("new", "replaced", "after a kill"):
        assert run("report", "--html", str(place / "report.html"))[0] == 0
        assert [path.name for path in place.iterdir()] == ["report.html"]
        assert (place / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
        if time == "replaced":
            (place / ".report.html.new").write_text("<!DOCT")
