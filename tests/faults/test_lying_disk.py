"""A disk that gives back other bytes than it was given, and says nothing: nothing of it counts.

The lie is told where the driver reads, past what it asks of the system: it needs no file system in
user space, which not every machine can mount.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.report import Outcome
from preserva.files import small_file_pool
from preserva.files.small_file_worker import Files, Folders, read_files
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.storage.base import Reader
from preserva.storage.local import LocalStorage
from tests.faults.damage import COPIES, MANIFEST, P1, PACKAGE
from tests.support.books import an_archive, make_book, replicated
from tests.support.reports import by_storage

METS = f"v1/content/data/{PACKAGE.portable}/METS.xml"
FILES = [P1, METS, MANIFEST, "v1/inventory.json"]


class Lying:
    """An open file, one bit of which comes out wrong."""

    def __init__(self, inner: Reader) -> None:
        self.inner = inner
        self.told = False

    def read(self, size: int) -> bytes:
        """The next bytes; one bit of the first of them is another."""
        data = self.inner.read(size)
        if self.told or not data:
            return data
        self.told = True
        return bytes([data[0] ^ 1]) + data[1:]

    def __enter__(self) -> Reader:
        self.inner.__enter__()
        return self

    def __exit__(self, *why: object) -> None:
        self.inner.__exit__(*why)


def lie(patch: pytest.MonkeyPatch, storage: str, name: str) -> None:
    """From now on, files of this name in a storage are read wrong, in staging too."""
    plain = LocalStorage.open

    def opened(self: LocalStorage, path: str, *, bypass_cache: bool = False) -> Reader:
        reader = plain(self, path, bypass_cache=bypass_cache)
        lied = storage in self.url and path.endswith(name)
        return Lying(reader) if lied else reader

    patch.setattr(LocalStorage, "open", opened)

    def read(folders: Folders, files: Files, *how: Any, **options: Any) -> list[bytes | None]:
        """Small files that were written a while ago do not go through the driver."""
        folder = os.readlink(f"/proc/self/fd/{folders.top}")  # noqa: PTH115
        answers = read_files(folders, files, *how, **options)
        return [
            bytes([digests[0] ^ 1]) + digests[1:] if digests and is_lied(folder, path) else digests
            for (path, _size), digests in zip(files, answers, strict=True)
        ]

    def is_lied(folder: str, path: bytes) -> bool:
        return storage in folder and f"{folder}/{os.fsdecode(path)}".endswith(name)

    patch.setattr(small_file_pool, "read_files", read)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("storage", COPIES)
def test_what_a_lying_disk_reads_is_never_found_sound(
    storage: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by a validation nor by an audit; the other copy is."""
    replicated(tmp_path, PACKAGE)
    with an_archive(tmp_path / "archive") as archive, monkeypatch.context() as patch:
        lie(patch, storage, name)
        sound = {
            name: report.outcome is Outcome.PASS
            for name, report in by_storage(validate_stored(archive, PACKAGE)).items()
        }
        assert sorted(sound.values()) == [False, True]
        assert not sound[storage]
        (report,) = audit(archive, only=(storage,), moved=(storage,)).reports
        assert report.outcome is not Outcome.PASS
        assert archive.ledger.verify() == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("storage", COPIES)
def test_what_a_lying_disk_reads_is_never_acknowledged(
    storage: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor shown: neither wrong bytes of the source, nor a copy that comes back wrong."""
    record = make_book(tmp_path / "book", pages=1)
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
        target = archive.store("nlb-copy")
        with monkeypatch.context() as patch:
            lie(patch, storage, name)
            (done,) = replicate(archive)
            assert done.acknowledged == []
            assert done.report.outcome is not Outcome.PASS
        assert list(target.root.objects()) == []
        assert StoredCopy(archive, target, PACKAGE).acknowledged() == set()
        (done,) = replicate(archive)
        assert (done.acknowledged, done.report.findings) == (["v1"], [])
        reports = validate_stored(archive, PACKAGE)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
