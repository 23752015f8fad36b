"""Small sources for tests: a folder of scans with its record, made here."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive, new_identifier, open_archive
from preserva.core.book.scan_policy import ScanAction
from preserva.core.book.scans import ImageRules
from preserva.core.values.model import PackageId
from preserva.ingest.package import package
from preserva.ledger import Ledger
from preserva.replication.replicate import replicate

RECORD = """<?xml version="1.0" encoding="UTF-8"?>
<mods xmlns="http://www.loc.gov/mods/v3" version="3.8">
<titleInfo><title>Повѣсть о рѣкѣ Амурѣ</title></titleInfo>
<recordInfo><recordIdentifier>KP 7</recordIdentifier></recordInfo>
</mods>
"""


UNASKED = '\n[scan]\nhistory = "ignore"\n'
"""In the configuration of tests: who scanned their books is not asked."""


def unasked(rules: ImageRules) -> ImageRules:
    """The same rules; who scanned a book is not asked."""
    return replace(rules, policy=replace(rules.policy, history=ScanAction.IGNORE))


def make_book(folder: Path, pages: int = 2, size: int = 3000, seed: int = 0) -> Path:
    """Write a source divided into master/ and text/; the path of its record beside it."""
    for name in ("master", "text"):
        (folder / name).mkdir(parents=True)
    for page in range(1, pages + 1):
        # pixels that differ from page to page and from seed to seed
        pixels = bytes((seed + page + i * i) % 251 for i in range(size))
        (folder / "master" / f"л. {page}.tif").write_bytes(tiff(pixels))
        (folder / "text" / f"л. {page}.txt").write_text(f"страница {page}, кніга {seed}\n")
    record = folder.parent / f"{folder.name}.xml"
    record.write_text(RECORD, encoding="utf-8")
    return record


def tiff(pixels: bytes) -> bytes:
    """A grey image of one line: TIFF 6.0."""
    tags = {256: len(pixels), 257: 1, 258: 8, 259: 1, 262: 1, 273: 0, 278: 1, 279: len(pixels)}
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4) + pixels


@contextmanager
def an_archive(place: Path, *, fixed: bool = False) -> Iterator[ArchivalStorage]:
    """An archive with two storages, made if it is not there. Its clock counts seconds.

    With `fixed`, its identifiers are the same ones each time it is opened.
    """
    path = place / config.NAME
    if not path.exists():
        place.mkdir(parents=True, exist_ok=True)
        path.write_text(config.TEMPLATE + UNASKED, encoding="utf-8")
        create_archive(config.load(path))
    start = datetime(2026, 11, 23, 10, tzinfo=UTC)
    seconds = count()
    numbers = count(1)
    with open_archive(
        path,
        clock=lambda: start + timedelta(seconds=next(seconds)),
        identifiers=(
            (lambda: f"00000000-0000-4000-8000-{next(numbers):012}") if fixed else new_identifier
        ),
    ) as archive:
        yield archive


def replicated(folder: Path, identifier: PackageId) -> Path:
    """An archive below a folder with one package, replicated; the book lies beside it."""
    record = make_book(folder / "book")
    with an_archive(folder / "archive") as archive:
        made = package(folder / "book", record, archive)
        assert made.package == identifier
        replicate(archive)
    return folder / "archive"


def object_folder(place: Path, storage: str, identifier: PackageId) -> Path:
    """Where a package lies in a storage of the archive at a place."""
    with open_archive(place / config.NAME) as archive:
        store = archive.store(storage)
        return Path(store.storage.url) / store.root.path_of(identifier.uri)


def made_before_identities(place: Path) -> None:
    """Take from a new, empty archive what was not written before there were identities."""
    for path in place.glob("storages/*/preserva-ledger.json"):
        path.unlink()
    for path in place.glob("storages/*/preserva-storage.json"):
        said = json.loads(path.read_bytes())
        path.write_text(json.dumps({**said, "format": 1, "id": None}), encoding="utf-8")
    for path in place.glob("ledger.sqlite*"):
        path.unlink()
    Ledger(place / "ledger.sqlite").close()
