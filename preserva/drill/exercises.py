"""How each trouble is planted, behind the back of preserva, and by which verbs it is mended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from preserva.archive.archive import ArchivalStorage, create_archive, new_identifier
from preserva.archive.ledger_backup import restore_ledger
from preserva.config import load
from preserva.core.policy.drill import Trouble
from preserva.drill.scratch import ELSEWHERE, SITE, Scratch, folder_of
from preserva.drill.watch import look
from preserva.errors import PreservaError, StorageFull
from preserva.files.dated_backups import backups_in
from preserva.i18n import _
from preserva.replication.rebuild_config import rebuild_config
from preserva.replication.rebuild_ledger import rebuild_ledger
from preserva.replication.rebuild_storage import rebuild_storage
from preserva.replication.repair import repair
from preserva.storage.local import LocalStorage
from preserva.storage.wrappers.full import Full

_ROOM = 100_000
"""Bytes that are left on a full disk: enough for a lock, and less than a page."""


class NotPlantedError(PreservaError):
    """A trouble could not be planted, so the drill says nothing about it."""


class NotMendedError(PreservaError):
    """What mends a trouble did something that it must not do."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """How a trouble is planted: the places that were changed; and mended: the commands for it."""

    plant: Callable[[Scratch], list[Path]]
    mend: Callable[[Scratch], list[str]]


def _page(archive: ArchivalStorage, scratch: Scratch, storage: str) -> Path:
    """The largest file of a book in a storage: the master of a page."""
    book = next(iter(scratch.truth))
    folder = folder_of(archive.store(storage), book)
    files = [path for path in folder.rglob("*") if path.is_file()]
    if not files:
        raise NotPlantedError(_("{path} could not be changed").format(path=folder))
    page = max(files, key=lambda path: path.stat().st_size)
    page.chmod(0o644)
    return page


def _flip(scratch: Scratch) -> list[Path]:
    """One bit in the middle of a page in the replica."""
    with scratch.open(reading=True) as archive:
        page = _page(archive, scratch, scratch.replica().id)
    before = page.read_bytes()
    middle = len(before) // 2
    page.write_bytes(before[:middle] + bytes([before[middle] ^ 1]) + before[middle + 1 :])
    if page.read_bytes() == before:
        raise NotPlantedError(_("{path} could not be changed").format(path=page))
    return [page]


def _truncate(scratch: Scratch) -> list[Path]:
    """The first half of a page in the primary storage is all that is left of it."""
    with scratch.open(reading=True) as archive:
        page = _page(archive, scratch, archive.primary.id)
    half = page.stat().st_size // 2
    with page.open("r+b") as stream:
        stream.truncate(half)
    if page.stat().st_size != half:
        raise NotPlantedError(_("{path} could not be changed").format(path=page))
    return [page]


def _repair(scratch: Scratch) -> list[str]:
    with scratch.open() as archive:
        repair(archive, apply=True)
    return ["repair --apply"]


def _aside(scratch: Scratch) -> Path:
    """Where the disk of the replica lies while it is not in its place."""
    return scratch.place / "not mounted"


def _silence(scratch: Scratch) -> list[Path]:
    """The replica is away, for longer than health allows."""
    config = scratch.config
    there = Path(scratch.replica().url)
    there.rename(_aside(scratch))
    scratch.later(config.health.replicate_days + 1)
    return [there]


def _answer(scratch: Scratch) -> list[str]:
    """The partner is back: the next night brings what is missing."""
    _aside(scratch).rename(scratch.replica().url)
    return ["audit", "replicate"]


def _swap_disk(scratch: Scratch) -> list[Path]:
    """The disk of another archive of the same names in the place of the replica."""
    there = Path(scratch.replica().url)
    other = scratch.place / "another archive"
    other.mkdir()
    shutil.copy(scratch.path, other)
    create_archive(load(other / scratch.path.name), person="")
    strange = other / there.relative_to(scratch.place.resolve())
    there.rename(_aside(scratch))
    strange.rename(there)
    shutil.copytree(there, _as_it_was(scratch))
    return [there]


def _as_it_was(scratch: Scratch) -> Path:
    """A copy of the wrong disk, as it was before anything looked at it."""
    return scratch.place / "wrong disk"


def _right_disk(scratch: Scratch) -> list[str]:
    """The right disk is in its place again, and nothing was written to the wrong one."""
    there = Path(scratch.replica().url)
    if _content(there) != _content(_as_it_was(scratch)):
        raise NotMendedError(_("something was written to the wrong disk"))
    shutil.rmtree(there)
    _aside(scratch).rename(there)
    return ["audit", "replicate"]


def _content(folder: Path) -> dict[Path, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


def _fill(scratch: Scratch) -> list[Path]:
    """The disk of the replica has no room for the next book, for longer than health allows."""
    replica = scratch.replica()
    scratch.add_book()
    storage = Full(LocalStorage(Path(replica.url)), _ROOM)
    try:
        storage.create("staging/drill", [bytes(_ROOM + 1)])
    except StorageFull:
        storage.discard("staging/drill")
    else:
        raise NotPlantedError(_("the disk of {name} is not full").format(name=replica.id))
    scratch.wraps[replica.id] = partial(Full, room=_ROOM)
    scratch.later(scratch.config.health.replicate_days + 1)
    return [Path(replica.url)]


def _make_room(scratch: Scratch) -> list[str]:
    """There is room again: the next night brings what is missing."""
    scratch.wraps.clear()
    return ["replicate"]


def _roll_back(scratch: Scratch) -> list[Path]:
    """The ledger is what it was before the newest book came, and a night went by."""
    ledger = scratch.config.ledger
    old = ledger.read_bytes()
    scratch.add_book()
    if signs := look(scratch):
        raise NotPlantedError(_("all was not well before: {signs}").format(signs=signs))
    for path in ledger.parent.glob(f"{ledger.name}*"):
        path.unlink()
    ledger.write_bytes(old)
    return [ledger]


def _restore(scratch: Scratch) -> list[str]:
    newest = backups_in(scratch.backups)[-1]
    restore_ledger(scratch.config, newest.path, lambda: scratch.now)
    return ["ledger restore"]


def _burn(scratch: Scratch) -> list[Path]:
    """All that lies on the site is gone."""
    if scratch.is_on_site(scratch.replica()):
        raise NotPlantedError(
            _("every copy lies on the site that would be lost, and nothing would bring it back"),
            hint=_("Keep a replica in another building, best at another institution."),
        )
    lost = [scratch.place / SITE, scratch.path]
    shutil.rmtree(scratch.place / SITE)
    scratch.path.unlink()
    return lost


def _rebuild(scratch: Scratch) -> list[str]:
    """All of it comes back from what is elsewhere, without any backup.

    Where one replica alone is left, somebody must say that its word counts.
    """
    left = sorted((scratch.place / ELSEWHERE).iterdir())
    config = rebuild_config(scratch.path, [str(path) for path in left])
    source = left[0].name if len(left) == 1 else None
    rebuild_ledger(
        config,
        source=source,
        clock=lambda: scratch.now,
        identifiers=new_identifier,
        person="",
    )
    with scratch.open() as archive:
        rebuild_storage(archive, archive.primary.id)
    by = f"rebuild ledger --from {source}" if source else "rebuild ledger"
    return ["rebuild config", by, "rebuild storage"]


EXERCISES = {
    Trouble.BIT_FLIP: Exercise(_flip, _repair),
    Trouble.TRUNCATED_IMAGE: Exercise(_truncate, _repair),
    Trouble.SILENT_PARTNER: Exercise(_silence, _answer),
    Trouble.WRONG_DISK: Exercise(_swap_disk, _right_disk),
    Trouble.FULL_DISK: Exercise(_fill, _make_room),
    Trouble.ROLLED_BACK_LEDGER: Exercise(_roll_back, _restore),
    Trouble.LOST_SITE: Exercise(_burn, _rebuild),
}
