"""The pages of an incident: the file as it is in the damaged copy, and the one that was stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.config import Config
from preserva.core.policy.overview import Incident
from preserva.core.values.facts import RecordedFinding
from preserva.core.values.model import PackageId
from preserva.errors import Damaged, NotFound, StorageError
from preserva.i18n import _
from preserva.storage.base import Reader, chunks_of
from preserva.web.pictures import NoPictureError, OpenImage, spool

MOST_SHOWN = 6
_DIGESTS = {64: "sha256", 96: "sha384", 128: "sha512"}


@dataclass(frozen=True, slots=True)
class DamagedPage:
    """A page whose file is damaged or missing; `place` is that of its finding in the incident."""

    place: int
    number: int
    label: str | None
    path: str


def damaged_pages(incident: Incident) -> list[DamagedPage]:
    """The first pages that the findings of an incident are about."""
    found = [
        DamagedPage(place, finding.page_number, finding.page_label, finding.path)
        for place, finding in enumerate(incident.findings)
        if finding.page_number and finding.path and finding.expected
    ]
    return found[:MOST_SHOWN]


def damaged_file(config: Config, incident: Incident, place: int) -> tuple[str, OpenImage]:
    """A key for the file as the damaged copy has it, and how it is opened.

    Raises NotFound if the finding is about no page.
    """
    finding = _finding(incident, place)
    key = f"{incident.storage}\n{finding.path}\n{incident.number}\n{incident.newest}"
    return key, partial(_open_damaged, config, incident, finding)


def sound_file(config: Config, incident: Incident, place: int) -> tuple[str, OpenImage]:
    """The same for the file that was stored, from any other copy that still has it."""
    finding = _finding(incident, place)
    return f"sound\n{finding.expected}", partial(_open_sound, config, incident, finding)


def _finding(incident: Incident, place: int) -> RecordedFinding:
    if any(page.place == place for page in damaged_pages(incident)):
        return incident.findings[place]
    raise NotFound(_("There is no such page"))


def _open_damaged(config: Config, incident: Incident, finding: RecordedFinding) -> BinaryIO:
    with open_archive(config.path, person="", reading=True) as archive:
        copy = StoredCopy(archive, archive.store(incident.storage), _package(incident))
        with copy.storage.open(f"{copy.path}/{finding.path}") as reader:
            return spool(chunks_of(reader), None)


def _open_sound(config: Config, incident: Incident, finding: RecordedFinding) -> BinaryIO:
    expected = finding.expected or ""
    algorithm = _DIGESTS.get(len(expected), "sha512")
    with open_archive(config.path, person="", reading=True) as archive:
        for reader in _readers(archive, incident, expected):
            with reader, suppress(StorageError, NoPictureError):
                return spool(chunks_of(reader), (algorithm, expected))
    raise NoPictureError(_("No storage gives this file now."))


def _readers(archive: ArchivalStorage, incident: Incident, digest: str) -> Iterator[Reader]:
    """The file with this digest, opened in each storage but the damaged one."""
    for store in archive.stores():
        if store.id == incident.storage:
            continue
        with suppress(StorageError, Damaged):
            stored = StoredCopy(archive, store, _package(incident)).read_recorded()
            for path in stored.inventory.manifest.get(digest, ()):
                yield store.storage.open(f"{stored.path}/{path}")


def _package(incident: Incident) -> PackageId:
    try:
        return PackageId.parse(incident.package or "")
    except ValueError as error:
        raise NotFound(_("There is no such page")) from error
