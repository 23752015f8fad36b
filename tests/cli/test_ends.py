"""How commands end when the world around them fails: a status, a sentence, and no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.cli.main import status_of
from preserva.core.values.codes import Code
from tests.support.books import an_archive, make_book

PRESERVA = [sys.executable, "-c", "from preserva.cli.main import run; run()", "--lang", "en"]


def test_a_full_standard_output_is_said(tmp_path: Path) -> None:
    with an_archive(tmp_path), Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*PRESERVA, "--config", tmp_path / configuration.NAME, "list", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 3
    assert "could not be written to standard output" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_closed_pipe_is_not_damage() -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [*PRESERVA, "--help"], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_it_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    """While it waits for something that never comes: a record that is a FIFO would be refused."""
    make_book(tmp_path / "book", pages=1)
    code = (
        "import preserva.ingest.submission as s, time\n"
        "from preserva.cli.main import run\n"
        "def wait(*a, **k):\n    print('waiting', flush=True)\n    time.sleep(60)\n"
        "s.submit = wait\n"
        "import preserva.ingest.package as p\np.submit = wait\n"
        "run()\n"
    )
    with an_archive(tmp_path / "archive"):
        pass
    arguments: list[str | Path] = ["package", tmp_path / "book", "--record", tmp_path / "book.xml"]
    config: list[str | Path] = [
        "--lang",
        "en",
        "--config",
        tmp_path / "archive" / configuration.NAME,
    ]
    with subprocess.Popen(
        [sys.executable, "-c", code, *config, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        _out, err = process.communicate()
    assert process.returncode == 143
    assert err == (
        "Terminated. What was acknowledged is safe. What was not named as stored is not stored; the"
        " next run clears up what was left of it.\n"
    )


def test_a_fifo_is_no_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "preserva.toml")
    assert status_of(["--config", str(tmp_path / "preserva.toml"), "list"]) == 2
    assert "is not a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["nonsense", "--json"], ["validate", "--json"], ["list", "--json", "--nothing"]]
)
def test_wrong_usage_is_a_document_too(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(arguments) == 2
    seen = capsys.readouterr()
    document = json.loads(seen.out)
    assert (document["command"], document["exit_status"]) == ("error", 2)
    assert document["message"] in seen.err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--config", "/proc/nowhere/preserva.toml", "init"], 3),
        (["demo", "--place", "/proc/nowhere"], 3),
    ],
)
def test_a_place_that_cannot_be_written_is_named(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(arguments) == status
    assert "could not write /proc/nowhere" in capsys.readouterr().err


def test_a_dry_init_says_what_it_would_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(tmp_path / "preserva.toml"), "init"]
    assert status_of([*config, "--dry-run"]) == 0
    assert "would be written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert status_of(config) == 0
    capsys.readouterr()
    assert status_of([*config, "--dry-run"]) == 0
    assert "would be ready: " in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["preserva.toml"]


def test_a_folder_that_is_no_bag_is_not_walked_through(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no bag").mkdir()
    with monkeypatch.context() as patched:
        walked = "preserva.bag.folder.FolderSource.entries"
        patched.setattr(walked, lambda *_unused: pytest.fail("it was listed"))
        assert status_of(["validate", str(tmp_path / "no bag"), "--json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert [one["code"] for one in report["findings"]] == [Code.DECLARATION_MISSING.value]
    with an_archive(tmp_path / "archive"):
        pass
    assert status_of(["validate", str(tmp_path / "archive/storages/aonb-main")]) == 2
    assert "storages/aonb-main/ocfl" in capsys.readouterr().err
