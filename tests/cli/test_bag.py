"""preserva bag: what a script sees of it, statuses, stdout, stderr, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preserva.cli.main import status_of
from preserva.version import __version__


class Seen:
    """Runs a command and keeps what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.err = ""

    def __call__(self, *arguments: object) -> tuple[int, str]:
        status = status_of(["--lang", "en", "bag", *map(str, arguments)])
        printed = self._capsys.readouterr()
        self.err = printed.err
        return status, printed.out

    def json(self, *arguments: object) -> tuple[int, Any]:
        status, out = self(*arguments, "--json")
        return status, json.loads(out)


@pytest.fixture
def seen(capsys: pytest.CaptureFixture[str]) -> Seen:
    return Seen(capsys)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "empty").mkdir(parents=True)
    (folder / "ў").write_bytes(b"12345")
    return folder


def test_create(tmp_path: Path, source: Path, seen: Seen) -> None:
    bag = tmp_path / "bag"
    info = ["--info", "Title=Ёлка = ель", "--info", "bagging-date=2026-11-23"]
    assert seen("create", source, bag, *info) == (0, f"{bag}\n")
    assert "W174 empty" in seen.err
    assert "1 file, 5 bytes" in seen.err
    assert (bag / "bag-info.txt").read_text() == (
        "Title: Ёлка = ель\nbagging-date: 2026-11-23\n"
        f"Bag-Software-Agent: preserva {__version__}\nPayload-Oxum: 5.1\n"
    )
    assert (bag / "manifest-sha512.txt").exists() and (bag / "manifest-sha256.txt").exists()
    assert seen("create", source, bag) == (4, "")
    assert seen("create", bag, tmp_path / "nested")[0] == 4


def test_create_as_json_and_dry(tmp_path: Path, source: Path, seen: Seen) -> None:
    bag = tmp_path / "bag"
    expected = {
        "schema_version": 1,
        "command": "bag create",
        "path": str(bag),
        "files": 1,
        "bytes": 5,
        "tagmanifests": {},
        "dry_run": True,
    }
    status, document = seen.json("create", source, bag, "--dry-run", "--algorithm", "sha256")
    assert [one["code"] for one in document.pop("findings")] == ["W174"]
    assert (status, document) == (0, expected)
    assert not bag.exists()
    status, document = seen.json("create", source, bag, "--algorithm", "sha256", "--read-back")
    assert (status, list(document["tagmanifests"])) == (0, ["tagmanifest-sha256.txt"])
    assert seen.err == ""


def test_create_in_place_and_refused_names(source: Path, seen: Seen) -> None:
    (source / "100%").touch()
    status, document = seen.json("create", source, "--in-place")
    assert (status, document["error"], len(document["problems"])) == (4, "PackageError", 1)
    assert seen("create", source, "--in-place", "--encode-names") == (0, f"{source}\n")
    assert (source / "data/100%").exists()


def test_wrong_usage(tmp_path: Path, source: Path, seen: Seen) -> None:
    for arguments in (
        ("create", source),
        ("create", source, tmp_path / "bag", "--in-place"),
        ("create", source, tmp_path / "bag", "--info", "no value"),
        ("create", source, tmp_path / "bag", "--algorithm", "md5"),
        ("update", source),
        ("fetch", source, "--allow-scheme", "file"),
        ("nonsense",),
    ):
        assert seen(*arguments)[0] == 2
    assert seen("create", tmp_path / "missing", tmp_path / "bag")[0] == 3


def test_update(tmp_path: Path, source: Path, seen: Seen) -> None:
    bag = tmp_path / "bag"
    seen("create", source, bag, "--algorithm", "sha512", "--info", "A=1")
    written = "manifest-sha256.txt\nbag-info.txt\ntagmanifest-sha256.txt\ntagmanifest-sha512.txt\n"
    change = ("--algorithm", "sha256", "--set", "a=2", "--add", "B=3", "--remove", "Bagging-Date")
    assert seen("update", bag, *change, "--dry-run") == (0, written)
    assert not (bag / "manifest-sha256.txt").exists()
    assert seen("update", bag, *change) == (0, written)
    assert (bag / "bag-info.txt").read_text() == (
        f"a: 2\nBag-Software-Agent: preserva {__version__}\nPayload-Oxum: 5.1\nB: 3\n"
    )
    (bag / "data/ў").write_bytes(b"12346")
    status, document = seen.json("update", bag, "--add", "C=4")
    assert (status, document["written"], document["report"]["outcome"]) == (1, [], "fail")


def test_fetch(tmp_path: Path, source: Path, seen: Seen) -> None:
    bag = tmp_path / "bag"
    seen("create", source, bag)
    assert seen("fetch", bag) == (0, "")
    (bag / "data/ў").unlink()
    (bag / "fetch.txt").write_text("https://files.example.org/1 5 data/ў\n")
    allowed = ("--allow-host", "files.example.org")
    assert seen("fetch", bag, *allowed, "--dry-run") == (0, "data/ў\n")
    status, document = seen.json("fetch", bag)
    assert (status, document["fetched"]) == (1, [])
    assert [one["code"] for one in document["report"]["findings"]] == ["E195"]
    status, document = seen.json("fetch", bag, *allowed, "--max-bytes", 4)
    assert [one["code"] for one in document["report"]["findings"]] == ["E196"]
