"""The command line as people and scripts use it: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preserva.cli.main import VERBS, status_of
from preserva.core.values.limitations import Limitation
from preserva.outputs.limitations import sentence
from preserva.resources import schema_file
from tests.support.books import an_archive, make_book

Run = Callable[..., tuple[int, str, str]]
JsonRun = Callable[..., tuple[int, dict[str, Any]]]
SCHEMA = Draft202012Validator(json.loads(schema_file("output.schema.json").read_text("utf-8")))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in an empty folder: exit status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRESERVA_CONFIG", raising=False)
    monkeypatch.setenv("LANGUAGE", "en")

    def running(*arguments: str) -> tuple[int, str, str]:
        status = status_of(list(arguments))
        said = capsys.readouterr()
        return status, said.out, said.err

    return running


@pytest.fixture
def run_json(run: Run) -> JsonRun:
    """Run the command with --json: exit status and the one document, which follows its schema."""

    def running(*arguments: str) -> tuple[int, dict[str, Any]]:
        status, out, _err = run(*arguments, "--json")
        document: dict[str, Any] = json.loads(out)
        SCHEMA.validate(document)
        return status, document

    return running


@pytest.fixture
def ready(run: Run, tmp_path: Path) -> Path:
    """An archive in this folder, and a book beside it."""
    assert run("init")[0] == 0
    assert run("init")[0] == 0
    make_book(tmp_path / "book")
    return tmp_path


def package(run: Run) -> None:
    """Store the book."""
    assert run("package", "book", "--record", "book.xml")[0] == 0


def test_the_schema_itself_is_one() -> None:
    """And so is the configuration's."""
    for name in ("output.schema.json", "config.schema.json"):
        Draft202012Validator.check_schema(json.loads(schema_file(name).read_text("utf-8")))


def test_the_whole_way_for_people(ready: Path, run: Run) -> None:
    """Data on stdout, talk on stderr."""
    status, out, err = run("package", "book", "--record", "book.xml")
    assert (status, out) == (0, "aonb-kp-7\n")
    assert "Повѣсть о рѣкѣ Амурѣ" in err
    status, out, err = run("replicate")
    assert (status, err) == (0, "")
    assert out == "aonb-kp-7 -> nlb-copy: v1 copied, read back and compared\n"
    status, out, err = run("validate", "aonb-kp-7")
    assert (status, err) == (0, "")
    assert out.count(": sound, ") == 2
    status, out, err = run(
        "audit", "--only", "nlb-copy", "--event", "nlb-copy", "--metrics", "audit.prom"
    )
    assert (status, err) == (0, "")
    metrics = (ready / "audit.prom").read_text("utf-8").splitlines()
    assert 'preserva_audit_copies{outcome="pass"} 1' in metrics
    assert "preserva_audit_left 0" in metrics
    assert [one.name for one in ready.glob("*audit.prom*")] == ["audit.prom"]
    assert out.splitlines()[-1].startswith("1 copy read, ")
    assert run("audit", "--max-bytes", "much")[0] == 2
    assert run("list") == (0, "aonb-kp-7\tv1\tПовѣсть о рѣкѣ Амурѣ\n", "")
    status, out, _err = run("status")
    assert status == 0
    assert out.splitlines()[0] == "aonb-kp-7"
    assert out.count("sound, v1; checked ") == 2
    status, out, _err = run("export", "aonb-kp-7", "out.tar", "--version", "1")
    assert (status, out) == (0, "out.tar\n")
    assert run("validate", "out.tar")[0] == 0


def test_the_whole_way_for_programs(ready: Path, run_json: JsonRun) -> None:
    """One document each, as the published schema says."""
    status, made = run_json("package", "book", "--record", "book.xml", "--dry-run")
    assert (status, made["created"], made["files"]) == (0, False, 0)
    status, made = run_json("package", "book", "--record", "book.xml")
    assert (status, made["package"], made["created"]) == (0, "urn:preserva:aonb:kp-7", True)
    assert [one["page"] for one in made["contents"]] == [1, 2, 1, 2]
    status, made = run_json("replicate", "--dry-run")
    assert (status, made["packages"][0]["versions"]) == (0, ["v1"])
    status, made = run_json("replicate")
    assert (status, made["packages"][0]["acknowledged"]) == (0, ["v1"])
    status, made = run_json("validate", "aonb-kp-7")
    assert (status, [one["outcome"] for one in made["reports"]]) == (0, ["pass", "pass"])
    status, made = run_json("audit", "--event", "nlb-copy", "--dry-run")
    assert (status, [one["reason"] for one in made["left"]]) == (0, ["event"])
    status, made = run_json("audit", "--event", "nlb-copy", "--max-time", "6h")
    assert (status, [one["outcome"] for one in made["reports"]], made["left"]) == (0, ["pass"], [])
    assert made["forecast"]["overdue"] == 0
    status, made = run_json("list")
    assert (status, made["packages"][0]["title"]) == (0, "Повѣсть о рѣкѣ Амурѣ")
    status, made = run_json("status", "urn:preserva:aonb:kp-7")
    assert (status, made["packages"][0]["enough"]) == (0, True)
    status, made = run_json("export", "aonb-kp-7", "out", "--dry-run")
    assert (status, Path("out").exists()) == (0, False)
    status, made = run_json("export", "aonb-kp-7", "out")
    assert (status, made["path"]) == (0, "out/aonb-kp-7")
    status, made = run_json("store", "out/aonb-kp-7")
    assert (status, made["created"]) == (0, False)
    assert run_json("config", "check")[0] == 0
    assert run_json("init")[0] == 0


def test_a_book_is_described_by_files(ready: Path, run: Run, run_json: JsonRun) -> None:
    """Its parts and labels are shown before anything is written; mistakes end with 4."""
    (ready / "s.csv").write_text("first,label,type,part\n1,[1],cover,binding\n2,1,,text\n")
    (ready / "e.csv").write_text("type,when,person\nimaging,2026,Иванова\n", "utf-8")
    (ready / "r.toml").write_text('[[rights]]\nbasis = "other"\nnote = "x"\n')
    book = ("package", "book", "--record", "book.xml", "--events", "e.csv", "--rights", "r.toml")
    status, made = run_json(*book, "--structure", "s.csv", "--dry-run")
    assert (status, [(one["label"], one["type"]) for one in made["contents"]]) == (
        0,
        [("[1]", "cover"), ("1", "page")] * 2,
    )
    assert [(one["type"], one["pages"]) for one in made["structure"]["parts"]] == [
        ("binding", [1]),
        ("text", [2]),
    ]
    _status, _out, err = run(*book, "--structure", "s.csv", "--dry-run")
    assert "page 1 ([1], cover)\n" in err
    assert "  monograph: Повѣсть о рѣкѣ Амурѣ\n    binding 1\n    text 2\n" in err
    (ready / "bad.csv").write_text("first,part\n9,text\n")
    status, _out, err = run(*book, "--structure", "bad.csv")
    assert status == 4
    assert "E485 bad.csv: line 2: the source has no such page; expected 1-2; seen 9" in err
    assert run(*book, "--structure", "s.csv")[:2] == (0, "aonb-kp-7\n")
    assert run("validate", "aonb-kp-7")[0] == 0


def test_damage_ends_with_1(ready: Path, run: Run, run_json: JsonRun) -> None:
    """And the file is named, for people and for programs."""
    package(run)
    page = next((ready / "storages" / "aonb-main").rglob("0002.tif"))
    page.write_bytes(page.read_bytes()[:-1])
    status, made = run_json("validate", "aonb-kp-7")
    assert status == 1
    (found,) = made["reports"][0]["findings"]
    assert (found["code"], found["path"]) == (
        "E203",
        "v1/content/data/aonb-kp-7/representations/master/data/0002.tif",
    )
    for command in (["replicate"], ["export", "aonb-kp-7", "out"]):
        status, out, err = run(*command)
        assert status == 1
        assert "0002.tif" in out + err


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["nonsense"], 2, "No such command"),
        (["package", "book"], 2, "--record"),
        (["package", "nowhere", "--record", "book.xml"], 2, "not a folder"),
        (["package", "book", "--record", "nowhere"], 2, "cannot be read"),
        (["package", "book", "--record", "book.xml", "--id", "Ы"], 2, "--id"),
        (["validate", "aonb-none", "--storage", "x"], 2, "known ones: aonb-main"),
        (["validate", "aonb-none"], 3, "there is no package"),
        (["validate", "no id at all"], 2, "preserva list"),
        (["validate", "typo.tar"], 2, "neither an existing path"),
        (["status", "aonb-none"], 3, "there is no package"),
        (["export", "aonb-none", "out"], 3, "there is no package"),
        (["replicate", "--to", "aonb-main"], 2, "where the packages come from"),
        (["store", "book"], 1, "is not a valid bag"),
    ],
)
def test_wrong_usage_is_explained(
    arguments: list[str], status: int, said: str, ready: Path, run: Run
) -> None:
    """What is wrong, in words, and nothing on stdout."""
    ended, out, err = run(*arguments)
    assert (ended, out) == (status, "")
    assert said in err


def test_bags_are_validated_as_asked(ready: Path, run: Run, run_json: JsonRun) -> None:
    """By name, quickly, against a profile, several at once with a summary."""
    assert run("package", "book", "--record", "book.xml", "--bag", "bags")[0] == 0
    status, made = run_json("validate", "bags/aonb-kp-7")
    assert (status, made["reports"][0]["bag"]["verdict"]) == (0, "valid")
    assert ["External-Identifier", "urn:preserva:aonb:kp-7"] in made["reports"][0]["bag"]["info"]
    for option, verdict in (("--completeness", "complete"), ("--fast", "unknown")):
        status, made = run_json("validate", option, "bags/aonb-kp-7")
        assert (status, made["reports"][0]["bag"]["verdict"]) == (3, verdict)
    profile = str(schema_file("preserva-bagit-profile.json"))
    assert run("validate", "--profile", profile, "bags/aonb-kp-7")[0] == 0
    info = Path("bags/aonb-kp-7/bag-info.txt")
    info.write_text(info.read_text("utf-8").replace("External-Description", "Title"), "utf-8")
    status, out, _err = run("validate", "bags/aonb-kp-7", "storages/aonb-main/ocfl")
    assert status == 1
    assert "External-Description" in out, "our own profile is checked without being asked for"
    assert "bag-info.txt" in out


def test_an_error_is_a_document_for_programs(ready: Path, run_json: JsonRun) -> None:
    """With the class of the error and every problem."""
    (ready / "book" / "master" / "л. 01.tif").write_bytes(b"x")
    (ready / "book" / "master" / "x").symlink_to("/")
    status, made = run_json("package", "book", "--record", "book.xml")
    assert (status, made["exit_status"], made["error"]) == (4, 4, "PackageError")
    assert [one.split()[0] for one in made["problems"]] == ["E401", "E404"]


def test_a_plan_says_what_would_go(ready: Path, run: Run, run_json: JsonRun) -> None:
    """Packages, versions, files and bytes; the same in both forms, and nothing is written."""
    assert run("package", "book", "--record", "book.xml")[0] == 0
    copy = ready / "storages/nlb-copy"
    before = sorted(copy.rglob("*"))
    status, document = run_json("replicate", "--dry-run", "--bandwidth", "1kB")
    (planned,) = document["packages"]
    sent = [one for one in (ready / "storages/aonb-main").rglob("v1/content/**/*") if one.is_file()]
    assert (status, planned["versions"], planned["acknowledged"]) == (0, ["v1"], [])
    assert (planned["files"], planned["bytes"]) == (
        len(sent),
        sum(one.stat().st_size for one in sent),
    )
    status, out, _err = run("replicate", "--dry-run")
    assert (status, sorted(copy.rglob("*"))) == (0, before)
    start = f"aonb-kp-7 -> nlb-copy: v1, {planned['files']} files, "
    assert out.startswith(start) and len(out.splitlines()) == 1
    assert run("replicate", "--bandwidth", "fast")[0] == 2


def test_what_a_storage_cannot_promise_is_said(ready: Path, run: Run, run_json: JsonRun) -> None:
    """Only when asked to reach them; one that is not there is told, with status 3."""
    path = ready / "preserva.toml"
    url = f"fs+osfs://{ready}/storages/nlb-copy"
    path.write_text(path.read_text("utf-8").replace('"storages/nlb-copy"', f'"{url}"'), "utf-8")
    status, document = run_json("config", "check", "--storages")
    sound, poor = document["reached"]
    assert (status, sound["limitations"], sound["problem"]) == (0, [], None)
    assert (poor["storage"], poor["problem"]) == ("nlb-copy", None)
    assert poor["limitations"] == [
        "unsynced-writes", "cached-reads", "copied-on-publish", "replace-not-atomic",
        "links-looked-at-first", "no-fence",
    ]  # fmt: skip
    status, out, _err = run("config", "check", "--storages")
    sentences = [f"  {sentence(Limitation(code))}" for code in poor["limitations"]]
    ids = [f"  its id: {storage['identity']}" for storage in (sound, poor)]
    good = "  tested: packages can be stored there"
    lines = [line for line in out.splitlines() if not line.startswith("  free space: ")]
    assert (status, lines) == (
        0, ["aonb-main: reached", ids[0], good, "nlb-copy: reached", ids[1], *sentences, good],
    )  # fmt: skip
    assert [storage["outcome"] for storage in (sound, poor)] == ["pass", "pass"]
    assert len(out.splitlines()) - len(lines) == 1 and sound["free_bytes"] > 0
    assert [path.name for path in (ready / "storages/aonb-main/staging").iterdir()] == ["lock"]
    (ready / "storages/nlb-copy").rename(ready / "gone")
    status, document = run_json("config", "check", "--storages")
    assert (status, document["reached"][1]["limitations"]) == (3, [])
    assert "nlb-copy" in document["reached"][1]["problem"]
    assert run("config", "check")[:2] == (0, "")


def test_no_archive_ends_with_10(run: Run) -> None:
    """And says what to do."""
    status, _out, err = run("status")
    assert status == 10
    assert "preserva init" in err


def test_a_wrong_configuration_ends_with_2(ready: Path, run: Run) -> None:
    """With every problem."""
    path = ready / "preserva.toml"
    path.write_text(path.read_text("utf-8").replace("copies =", "copys ="), "utf-8")
    status, _out, err = run("config", "check")
    assert status == 2
    assert "policy.copys" in err


def test_a_locked_storage_ends_with_11(ready: Path, run: Run) -> None:
    """And names who holds it."""
    with an_archive(ready) as archive, archive.writing(archive.primary):
        status, _out, err = run("package", "book", "--record", "book.xml")
    assert status == 11
    assert f"process {os.getpid()}" in err


def test_an_unexpected_error_ends_with_70(
    ready: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never with Python's own 1, which means damage."""
    monkeypatch.setattr("preserva.reporting.status.each_status", lambda *_: 1 / 0)
    status, _out, err = run("status")
    assert status == 70
    assert "bug in preserva" in err


def test_an_interruption_ends_with_130(
    ready: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As shells have it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("preserva.reporting.status.each_status", interrupt)
    assert run("status")[0] == 130


def test_init_never_overwrites(run: Run, tmp_path: Path) -> None:
    """The second run prepares what the file describes; it does not write the file again."""
    assert run("init")[0] == 0
    path = tmp_path / "preserva.toml"
    text = path.read_text("utf-8").replace("Blagoveshchensk", "Благовещенск")
    path.write_text(text, "utf-8")
    assert run("init")[0] == 0
    assert path.read_text("utf-8") == text
    assert (tmp_path / "storages" / "nlb-copy" / "ocfl" / "0=ocfl_1.1").is_file()


def test_init_refuses_a_folder_that_holds_something_else(run: Run, tmp_path: Path) -> None:
    """It could be anyone's."""
    run("init")
    (tmp_path / "storages" / "aonb-main").mkdir(parents=True)
    (tmp_path / "storages" / "aonb-main" / "letter.txt").write_text("dear")
    status, _out, err = run("init")
    assert status == 4
    assert "letter.txt" in err


def test_every_verb_explains_itself(run: Run) -> None:
    """With --help, and with an example where it takes arguments."""
    for verb in VERBS:
        status, out, _err = run(verb, "--help")
        assert status == 0
        assert out.startswith(f"Usage: preserva {verb}")


def test_starting_loads_nothing_heavy() -> None:
    """`preserva --help` needs click and little else."""
    import subprocess
    import sys

    script = (
        "import sys; from preserva.cli.main import status_of; status_of(['--help']);"
        "heavy = {'lxml', 'jsonschema', 'rich', 'fs', 'sqlite3', 'bagit', 'dataclasses'};"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_a_book_to_practise_with(tmp_path: Path, run: Run, run_json: JsonRun) -> None:
    """Only its scans and its record, which no second run replaces."""
    assert run("demo", "--scans", "scans") == (0, "scans\nrecord.mrc\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["record.mrc", "scans"]
    assert len([*tmp_path.glob("scans/master/*.tif")]) == 10
    assert run("demo", "--scans", "other")[0] == 4
    assert not (tmp_path / "other").exists()
    status, made = run_json("demo", "--scans", "new/scans")
    assert (status, made["scans"], made["record"]) == (0, "new/scans", "new/record.mrc")
    for other in (["scans"], ["--record", "record.mrc"], ["--place", "here"]):
        assert run("demo", "--scans", "third", *other)[0] == 2
    assert not (tmp_path / "third").exists()
