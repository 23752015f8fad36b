"""The ledger, copied to where the packages are copied: whoever keeps them can prove what was done.

Each run that has something to add leaves one more file, `ledgers/INSTITUTION/FIRST-LAST.jsonl`: the
entries from the one number to the other, as lines of canonical JSON. No file is ever changed. A
ledger that was cut off, rewritten, or restored from an old backup does not continue where its copy
ends, and that is reported.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from preserva.archive.reading import observe
from preserva.archive.runs import note_success
from preserva.archive.store import Store
from preserva.core.formats import layout
from preserva.core.policy.health import Job
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Report
from preserva.core.values.subjects import LedgerInStorage
from preserva.errors import LedgerError, NotInPlace, Refused, StorageError, StorageFull
from preserva.i18n import _
from preserva.ledger import LARGEST_ENTRY
from preserva.storage.base import CHUNK, Storage
from preserva.storage.published import publish

if TYPE_CHECKING:
    from preserva.archive.archive import ArchivalStorage

_NAME = re.compile(r"/([0-9]{12})-([0-9]{12})\.jsonl\Z")
_DIGEST = "sha256"


def copy_ledger(archive: ArchivalStorage, target: Store) -> Report:
    """Copy the entries that a storage lacks and read them back; hold its lock.

    Nothing is copied if the copy there is not the beginning of this ledger: that is reported, and
    so is a storage that cannot be reached. Raises StorageFull.
    """
    report = Report(LedgerInStorage(target.id))
    try:
        report.add(_copy(archive, target))
    except StorageFull:
        raise
    except NotInPlace as error:
        report.add([Finding(Code.NOT_IN_PLACE, error.path, seen=str(error))])
    except Refused as error:
        report.add([Finding(Code.IN_THE_WAY, target.id, seen=str(error))])
    except StorageError as error:
        where = error.path or target.id
        report.add([Finding(Code.STORAGE_UNREACHABLE, where, seen=str(error))])
    except LedgerError as error:
        report.add([Finding(Code.LEDGER_COPY_DIFFERS, target.id, seen=str(error))])
    if not report.findings:
        note_success(archive.config, Job.LEDGER_COPY, archive.clock(), target.id)
    return report


def _copy(archive: ArchivalStorage, target: Store) -> Iterator[Finding]:
    institution = archive.config.institution.id
    parts = _parts(target.storage, institution)
    last = parts[-1][1] if parts else 0
    if last and _newest_line(target.storage, parts[-1][2]) != archive.ledger.body(last):
        yield Finding(Code.LEDGER_COPY_DIFFERS, parts[-1][2])
        return
    newest = archive.ledger.size
    if newest == last:
        return
    staged = f"{layout.STAGING}/ledger-{archive.identifiers()}.jsonl"
    hashes = hashlib.sha256()

    def lines() -> Iterator[bytes]:
        for body in islice(archive.ledger.bodies(since=last + 1), newest - last):
            line = body + b"\n"
            hashes.update(line)
            yield line

    target.storage.create(staged, lines())
    target.storage.flush(staged)
    if observe(target.storage, staged, [_DIGEST]).digests[_DIGEST] != hashes.hexdigest():
        yield Finding(Code.WRITE_LOST, staged)
        return
    name = f"{last + 1:012}-{newest:012}.jsonl"
    publish(target.storage, staged, f"{_folder(institution)}/{name}")


def is_copied(archive: ArchivalStorage, store: Store) -> bool:
    """Whether a storage has a copy of this ledger, whose last line is an entry of it.

    Raises StorageError.
    """
    try:
        newest = newest_copied(store, archive.config.institution.id)
    except LedgerError:
        return False
    return newest is not None and newest[1] == archive.ledger.body(newest[0])


def newest_copied(store: Store, institution: str) -> tuple[int, bytes] | None:
    """The number and the line of the newest entry in the copy of a ledger; None if there is none.

    Raises LedgerError, StorageError.
    """
    parts = _parts(store.storage, institution)
    return (parts[-1][1], _newest_line(store.storage, parts[-1][2])) if parts else None


def copied_entries(store: Store, institution: str) -> Iterator[bytes]:
    """Every entry of the copy of a ledger in a storage, oldest first, unverified.

    The entries need not form a valid chain: verify them. Raises LedgerError for files that do not
    follow each other, StorageError.
    """
    expected = 1
    for first, last, path in _parts(store.storage, institution):
        count = 0
        for line in _lines(store.storage, path):
            count += 1
            yield line
        if first != expected or count != last - first + 1:
            message = _("{path} in {storage} is not the next part of a copy of the ledger")
            raise LedgerError(message.format(path=path, storage=store.id))
        expected = last + 1


def _folder(institution: str) -> str:
    return f"{layout.LEDGERS}/{institution}"


def _parts(storage: Storage, institution: str) -> list[tuple[int, int, str]]:
    """The first and the last number of each file of a copy, and its path, in their order."""
    folder = _folder(institution)
    if storage.stat(folder) is None:
        return []
    names = ((_NAME.search(entry.path), entry.path) for entry in storage.children(folder))
    return sorted((int(name[1]), int(name[2]), path) for name, path in names if name)


def _newest_line(storage: Storage, path: str) -> bytes:
    newest = b""
    for newest in _lines(storage, path):  # noqa: B007 - the last one is wanted
        pass
    return newest


def _lines(storage: Storage, path: str) -> Iterator[bytes]:
    """The lines of a file, none longer than an entry. Raises LedgerError, StorageError."""
    rest = b""
    with storage.open(path) as reader:
        while chunk := reader.read(CHUNK):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            if len(rest) > LARGEST_ENTRY:
                break
    if rest:
        raise LedgerError(_("{path} does not end where an entry does").format(path=path))
