"""Folders of a disk: what a thread uses, no other thread closes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from preserva.files.below import Below
from preserva.storage.local import LocalStorage


@pytest.mark.parametrize("call", ["children", "create", "flush"])
def test_a_folder_stays_open_while_it_is_used(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread may at any moment let go of the folders that are kept open."""
    storage = LocalStorage(tmp_path)
    storage.create("staging/a/b", [b"1"])
    folders: Below = storage._folders

    def forgetting(real: Any) -> Any:
        def run(*args: Any, **options: Any) -> Any:
            folders._kept = {}
            return real(*args, **options)

        return run

    for name in ("open", "fsync"):
        monkeypatch.setattr(os, name, forgetting(getattr(os, name)))
    if call == "children":
        assert [entry.path for entry in storage.children("staging/a")] == ["staging/a/b"]
    elif call == "create":
        storage.create("staging/a/c", [b"2"])
        assert (tmp_path / "staging/a/c").read_bytes() == b"2"
    else:
        storage.flush("staging/a")
