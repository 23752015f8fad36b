"""What is data is the same in every language: JSON documents, the ledger, the records of events."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from preserva import i18n
from preserva.cli.main import status_of
from preserva.core.formats import layout
from tests.golden.fixed import fixed
from tests.support.books import make_book

AT = datetime(2027, 1, 10, 10, tzinfo=UTC)
PAGE = "v1/content/data/aonb-kp-7/representations/master/data/000{}.tif"

BEFORE = """
init
init
package book --record book.xml
replicate
export aonb-kp-7 out
bag create book bag
"""

VERBS = """
validate aonb-kp-7
audit --event nlb-copy
incidents
report
report aonb-kp-7
status
list
ledger verify
repair
repair --apply
replicate
update aonb-kp-7 --document nothing.txt --reason x
validate bag
validate out/aonb-kp-7
validate out/cut.tar
validate nowhere
validate storages/nlb-copy/ocfl
package empty --record book.xml
package book --record wrong.xml
import out/aonb-kp-7
store bag
bag update bag --set Title=x
bag fetch bag
catalogue import wrong.xml --library aonb
catalogue import wrong.csv --library aonb
config check --storages
export aonb-kp-8 out
incidents decide 99 x --by y
audit --only nlb-copy --event nlb-copy
receive
rebuild storage nlb-copy --dry-run
rebuild ledger
list --config wrong.toml
list --nothing
validate
incidents
ledger show aonb-kp-7
"""
"""Run in this order on an archive with every kind of damage. Before the last audit the storage
that it reads is taken away."""


@pytest.fixture(autouse=True)
def _english_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test chooses ends with it."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setattr(i18n, "_catalogue", None)
    yield
    i18n.use_language("en")


def prepare(place: Path) -> None:
    """An archive with two copies of a book, bags, and files that are wrong in many ways."""
    make_book(place / "book", pages=4)
    (place / "empty").mkdir()
    for line in BEFORE.split("\n")[1:-1]:
        assert status_of(line.split()) == 0, line
    (place / "wrong.xml").write_bytes(b"<mods><titleInfo></mods>")
    (place / "wrong.csv").write_text("a,b\n1,2,3\n", "utf-8")
    (place / "wrong.toml").write_text("[storages]\nx = 1\n[nothing]\n", "utf-8")
    (copy,) = (place / "storages/nlb-copy/ocfl").rglob("0=ocfl_object_1.1")
    folder = copy.parent
    (folder / PAGE.format(1)).write_bytes(b"other bytes")
    (folder / PAGE.format(2)).unlink()
    (folder / PAGE.format(2)).mkdir()
    (folder / PAGE.format(3)).unlink()
    (folder / PAGE.format(3)).symlink_to("0004.tif")
    (folder / "v1/more.txt").write_bytes(b"more")
    (folder / "logs/unknown.xml").write_bytes(b"unknown")
    sidecar = folder / "v1/inventory.json.sha512"
    sidecar.write_bytes(sidecar.read_bytes()[1:])
    with (place / "bag/manifest-sha512.txt").open("a") as manifest:
        manifest.write("no digest\n" + "0" * 128 + "  data/../../x\n")
    (place / "bag/bagit.txt").write_bytes(b"BagIt-Version: 9.9\n")
    (place / "out/cut.tar").write_bytes(b"not a tar" * 200)
    (page,) = (place / "out").rglob("master/data/0001.tif")
    page.write_bytes(b"other bytes")


def data_of(place: Path, language: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The document of each verb with its exit status, the ledger, and the records of events."""
    written: dict[str, object] = {}
    capsys.readouterr()
    for number, line in enumerate(VERBS.split("\n")[1:-1]):
        if line.startswith("audit --only"):
            (place / "storages/nlb-copy" / layout.IDENTITY).unlink()
        if line == "rebuild ledger":
            (place / "ledger.sqlite").rename(place / "lost.sqlite")
        if line.startswith("list --config"):
            (place / "lost.sqlite").replace(place / "ledger.sqlite")
        status = status_of([*line.split(), "--json", "--lang", language])
        document = json.loads(capsys.readouterr().out)
        for storage in document.get("reached", ()):
            assert storage.pop("free_bytes") > 0  # of the disk, which others fill meanwhile
        written[f"{number} {line}"] = (status, document)
    assert status_of(["ledger", "export"]) == 0
    written["ledger"] = capsys.readouterr().out
    for path in sorted((place / "storages").rglob("logs/*.xml")):
        written[str(path.relative_to(place))] = path.read_bytes()
    return written


def test_data_is_the_same_in_every_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Byte for byte, on the same archive with the same damage, at the same time."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with fixed(datetime(2027, 1, 1, 10, tzinfo=UTC)):
        prepare(tmp_path / "work")
    shutil.copytree(tmp_path / "work", tmp_path / "kept", symlinks=True)
    seen = {}
    for language in ("en", "ru", "be"):
        os.chdir(tmp_path)
        shutil.rmtree(tmp_path / "work")
        shutil.copytree(tmp_path / "kept", tmp_path / "work", symlinks=True)
        os.chdir(tmp_path / "work")
        with fixed(AT):
            seen[language] = data_of(tmp_path / "work", language, capsys)
    statuses = [entry[0] for entry in seen["en"].values() if isinstance(entry, tuple)]
    assert {0, 1, 2, 3, 4} <= set(statuses) and 70 not in statuses
    for language in ("ru", "be"):
        assert seen[language].keys() == seen["en"].keys()
        for name, data in seen["en"].items():
            assert seen[language][name] == data, f"{name} in {language}"


def test_people_read_the_same_in_their_own_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page of the book, and the reason why a file could not be read."""
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    capsys.readouterr()
    status_of(["validate", "aonb-kp-7", "--lang", "ru"])
    shown = capsys.readouterr().out
    assert f"E203 страница 1 (л. 1), {PAGE.format(1)}: " in shown
    status_of(["incidents", "--lang", "be"])
    assert f"E203 старонка 1 (л. 1), {PAGE.format(1)}: " in capsys.readouterr().out
    status_of(["validate", "out/cut.tar", "--lang", "ru"])
    assert "not " not in capsys.readouterr().out.partition("\n")[2]
