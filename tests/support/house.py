"""An archive with two books in two storages, in which persons act one after the other."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.archive.two_persons import answer
from preserva.archive.withdrawal import withdraw
from preserva.core.values.model import PackageId
from preserva.errors import AwaitsConfirmation
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.support.books import make_book

BOOK, OTHER = PackageId("aonb", "kp-1"), PackageId("aonb", "kp-2")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class House:
    """An archive with two books, replicated, that persons open one after the other.

    `later` is how long after `NOW` they act. With `own`, the replica is of the same institution.
    """

    def __init__(self, place: Path, *, own: bool = False) -> None:
        self.place = place
        self.later = timedelta()
        self._seconds = count()
        path = place / "archive" / config.NAME
        path.parent.mkdir()
        text = config.TEMPLATE
        if own:
            text = re.sub(r'(?s)(\[storages\.nlb-copy\].*?institution = )"nlb"', r'\1"aonb"', text)
        path.write_text(text, "utf-8")
        create_archive(config.load(path))
        with self.by("ivanova") as archive:
            for seed, book in enumerate((BOOK, OTHER)):
                folder = place / book.local
                record = make_book(folder, seed=seed)
                record.write_text(record.read_text("utf-8").replace("KP 7", book.local), "utf-8")
                package(folder, record, archive, local=book.local)
            replicate(archive)

    def by(self, person: str) -> ArchivalStorage:
        """The archive, as this person opens it."""
        return open_archive(
            self.place / "archive" / config.NAME,
            person=person,
            clock=lambda: NOW + self.later + timedelta(seconds=next(self._seconds)),
        )

    def withdraw(self) -> None:
        """Two persons withdraw the book."""
        with self.by("ivanova") as archive, pytest.raises(AwaitsConfirmation) as waiting:
            withdraw(archive, BOOK, "the same as kp-2")
        with self.by("petrov") as archive:
            answer(archive, waiting.value.decision, confirm=True)
            withdraw(archive, BOOK, None)

    def damage(self) -> None:
        """Change a page of the book in the replica."""
        page = next((self.place / "archive/storages/nlb-copy").rglob("aonb-kp-1/**/*1.tif"))
        page.chmod(0o644)
        page.write_bytes(page.read_bytes()[:-1] + b"!")
