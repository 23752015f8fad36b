"""Packages on every kind of storage, through the command line; ocfl-py judges what lies there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ocfl
import pytest

from preserva.cli.main import status_of
from preserva.config import TEMPLATE
from preserva.core.formats.layout import LEASES, LOCK, STAGING
from preserva.core.values.model import Kind
from preserva.storage.base import chunks_of
from preserva.storage.open import open_storage
from tests.support.books import RECORD, make_book
from tests.support.servers import Sshd, Weed

KINDS = ("local", "s3", "sftp")
PACKAGE = "aonb-kp-7"


@pytest.fixture
def urls(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The URLs of two storages, the first of the one kind and the second of the other."""
    found = {}
    for name, kind in zip(("aonb-main", "nlb-copy"), request.param, strict=True):
        found[name] = str(tmp_path / name)
        if kind == "sftp":
            server: Sshd = request.getfixturevalue("sftp_server")
            monkeypatch.setenv("PRESERVA_SSH_CONFIG", str(server.ssh_config))
            found[name] = server.url(tmp_path / name)
        elif kind == "s3":
            store: Weed = request.getfixturevalue("s3_server")
            for variable, key in store.keys.items():
                monkeypatch.setenv(variable, key)
            found[name] = store.url(f"{tmp_path.name}/{name}")
    return found


def copied_back(url: str, to: Path) -> Path:
    """The OCFL storage root of a storage, in a folder."""
    storage = open_storage(url)
    for entry in storage.walk("ocfl"):
        path = to / entry.path
        if entry.kind is Kind.FOLDER:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with storage.open(entry.path) as reader, path.open("xb") as out:
            out.writelines(chunks_of(reader))
    storage.close()
    return to / "ocfl"


def objects(root: Path) -> dict[str, bytes]:
    """Every file of every object but the logs."""
    paths = [one for one in root.glob("*/*/*/**/*") if one.is_file() and "logs" not in one.parts]
    return {str(one.relative_to(root)): one.read_bytes() for one in paths}


@pytest.mark.parametrize(
    "urls", [("local", "sftp"), ("local", "s3"), ("sftp", "s3"), ("s3", "sftp")], indirect=True
)
def test_two_versions_go_the_whole_way(
    urls: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Packaged, copied, corrected, copied again, checked, exported; nothing is left in staging."""
    monkeypatch.chdir(tmp_path)
    text = TEMPLATE
    for name, url in urls.items():
        text = text.replace(f'"storages/{name}"', f'"{url}"')
    Path("preserva.toml").write_text(text, encoding="utf-8")
    record = make_book(tmp_path / "book")
    Path("new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")

    def run(*arguments: str) -> str:
        status = status_of(list(arguments))
        said = capsys.readouterr()
        assert status == 0, (arguments, said.out, said.err)
        return said.out

    run("init")
    run("package", "book", "--record", str(record))
    run("replicate")
    run("update", PACKAGE, "--record", "new.xml", "--reason", "a test")
    run("replicate")
    run("replicate")
    for name in urls:
        run("validate", PACKAGE, "--storage", name)
    run("export", PACKAGE, "out")
    (bag,) = Path("out").iterdir()
    command = [sys.executable, "-m", "bagit", "--validate", str(bag)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    found = []
    for name, url in urls.items():
        root = copied_back(url, tmp_path / f"back-{name}")
        judged = ocfl.StorageRoot(root=str(root))
        assert judged.validate(log_warnings=True)
        assert (judged.num_objects, judged.good_objects, judged.errors) == (1, 1, [])
        found.append(objects(root))
        storage = open_storage(url)
        # SeaweedFS shows a folder for a while after the last object in it is gone
        left = [one.path for one in storage.walk(STAGING) if one.kind is Kind.FILE]
        assert [one for one in left if one != LOCK and not one.startswith(LEASES)] == []
        storage.close()
    assert found[0] == found[1]
    assert {"v1", "v2"} <= {path.split("/")[4] for path in found[0]}
