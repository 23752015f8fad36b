"""What tests of identities do to an archive of one package, aonb-kp-7, in two storages."""

from __future__ import annotations

import shutil
from pathlib import Path

from preserva.core.values.model import PackageId
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.support.books import an_archive, make_book

ID = PackageId("aonb", "kp-7")
LATER = PackageId("aonb", "kp-8")
MAIN, COPY = "storages/aonb-main", "storages/nlb-copy"
IDENTITY, MARK = "preserva-storage.json", "preserva-ledger.json"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file but what SQLite keeps beside a database while it is open."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def one_more(place: Path) -> None:
    """A second package, stored and copied."""
    record = make_book(place.parent / "later", seed=4)
    with an_archive(place) as archive:
        package(place.parent / "later", record, archive, local="kp-8")
        replicate(archive)


def put_back(path: Path, kept: Path) -> None:
    """What was there when `kept` was copied."""
    for old in path.parent.glob(f"{path.name}*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    (shutil.copytree if kept.is_dir() else shutil.copy)(kept, path)
