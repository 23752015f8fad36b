"""From a URL to a driver: what the table, the configuration and the errors say of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from preserva.errors import NotFound, StorageError, UsageError
from preserva.resources import schema_file
from preserva.storage.base import read_all
from preserva.storage.open import SCHEMES, open_storage
from preserva.storage.pyfilesystem import PyFilesystemStorage


def test_the_configuration_takes_what_has_a_driver() -> None:
    """But memory, which would not be there the next time."""
    schema = json.loads(schema_file("config.schema.json").read_text("utf-8"))
    rule = schema["properties"]["storages"]["additionalProperties"]["properties"]["url"]
    for scheme in SCHEMES:
        name = "fs+webdav" if scheme == "fs+" else scheme
        assert bool(re.search(rule["pattern"], f"{name}://x/y")) is (scheme != "memory"), scheme
    for path in ("storages/main", "/srv/x", "../x"):
        assert re.search(rule["pattern"], path)
    for url in ("http://x/y", "osfs://x", "sftps://x/y"):
        assert not re.search(rule["pattern"], url)


@pytest.mark.parametrize(("scheme", "package"), [("s3", "obstore"), ("sftp", "asyncssh")])
def test_a_missing_extra_is_named(scheme: str, package: str) -> None:
    """With the command that installs it.

    In an interpreter of its own: other tests must not see a module twice.
    """
    code = f"""
import sys
from preserva.errors import UsageError
from preserva.storage.open import open_storage

sys.modules[{package!r}] = None  # "import" of it fails as if it were not installed
try:
    open_storage("{scheme}://host/folder")
except UsageError as refused:
    print(refused, refused.advice())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert package in done.stdout
    assert f"preserva[{scheme}]" in done.stdout


@pytest.mark.parametrize("scheme", ["sftp", "s3", "fs+ftp"])
def test_passwords_in_urls_are_refused_and_not_repeated(scheme: str) -> None:
    """Whatever the driver."""
    with pytest.raises(UsageError) as caught:
        open_storage(f"{scheme}://user:geheim@host/folder")
    assert "geheim" not in str(caught.value)


def test_drivers_load_only_what_they_need() -> None:
    """A local storage brings no network library along."""
    code = (
        "import sys; from preserva.storage.open import open_storage; open_storage('/x');"
        "print([one for one in ('asyncssh', 'obstore', 'fs') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"[]\n"


def test_half_of_a_publication_by_pyfilesystem_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next run finishes it."""
    from fs.osfs import OSFS

    storage = PyFilesystemStorage(f"fs+osfs://{tmp_path}")
    for name in ("0=declared", "a", "b"):
        storage.create(f"staging/x/{name}", [name.encode()])
    copy = OSFS.copy
    copied: list[str] = []

    def dying(self: OSFS, one: str, other: str) -> None:
        if copied:
            raise InterruptedError
        copied.append(other)
        copy(self, one, other)

    with monkeypatch.context() as patch, pytest.raises(StorageError):
        patch.setattr(OSFS, "copy", dying)
        storage.publish("staging/x", "kept")
    assert (tmp_path / "kept").is_dir()
    assert storage.stat("kept") is None
    assert [one.path for one in storage.children("")] == ["staging"]
    with pytest.raises(NotFound):
        storage.children("kept")
    storage.publish("staging/x", "kept")
    assert read_all(storage, "kept/0=declared", 20) == b"0=declared"
    assert len(list(storage.walk("kept"))) == 3
    storage.close()
