"""What each storage has seen of the ledger, and whether this ledger may write there.

The mark is written after the ledger and read before anything is written. A ledger ahead of a mark
is normal (a run was killed, or audited meanwhile); a mark ahead of the ledger means that the ledger
is older; a mark that differs means that there are two ledgers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from preserva.archive.identities import begin_ledger, former_ids, give_id, ledger_id, remember
from preserva.archive.ledger_replica import newest_copied
from preserva.archive.store import Store
from preserva.config import Role
from preserva.core.formats import layout
from preserva.core.formats.storage_identity import (
    LARGEST,
    LedgerMark,
    NewerFormatError,
    parse_mark,
    serialise_mark,
)
from preserva.core.policy.ledger_age import Standing, standing
from preserva.errors import (
    NEWER_FORMAT,
    Damaged,
    LedgerError,
    NotFound,
    StorageError,
    WrongLedger,
    WrongStorage,
)
from preserva.i18n import N_, _
from preserva.ledger import Ledger
from preserva.ledger.entry import content_of
from preserva.logs import get_logger
from preserva.storage.base import read_all
from preserva.storage.published import replace

if TYPE_CHECKING:
    from preserva.archive.archive import ArchivalStorage

_logger = get_logger(__name__)

ADVICE = N_(
    "Nothing was written. Work with the newer ledger, on the computer where it is. If it is lost,"
    " move this one away, keep it, and let `preserva rebuild ledger` take over the copy in a"
    " storage. docs/how-to/when-something-is-wrong.md says more."
)


def read_mark(store: Store) -> LedgerMark | None:
    """What a storage has seen of its ledger; None if nothing, or if that cannot be read any more.

    Raises WrongStorage for a newer format, StorageError.
    """
    try:
        return parse_mark(read_all(store.storage, layout.LEDGER_MARK, LARGEST))
    except NotFound:
        return None
    except NewerFormatError as error:
        message = _("{file} in {url} was written by a newer preserva (format {number})")
        raise WrongStorage(
            message.format(file=layout.LEDGER_MARK, url=store.storage.url, number=error.number),
            hint=NEWER_FORMAT,
        ) from error
    except ValueError:
        _logger.warning("%s: %s cannot be read", store.id, layout.LEDGER_MARK)
        return None


def refuse_outdated(ledger: Ledger, store: Store, institution: str) -> LedgerMark | None:
    """Refuse a ledger that is older than what a storage has seen, or not the ledger seen there.

    If a storage has no mark yet, the copy of the `institution`'s ledger in it decides. The mark is
    returned. Raises WrongLedger, StorageError.
    """
    store.known_identity()
    mark = read_mark(store)
    if mark is None:
        _refuse_copy(ledger, store, institution)
    else:
        _refuse_mark(ledger, store, mark)
    return mark


def _refuse_mark(ledger: Ledger, store: Store, mark: LedgerMark) -> None:
    body = ledger.body(mark.entry)
    digest = None if body is None else hashlib.sha256(body).hexdigest()
    if digest == mark.digest:
        return
    how = standing(
        mark,
        size=ledger.size,
        digest=digest,
        ledger=ledger_id(ledger),
        former=former_ids(ledger),
    )
    if how is not Standing.CURRENT:
        raise wrong(how, store, mark.entry, ledger, mark.ledger)


def _refuse_copy(ledger: Ledger, store: Store, institution: str) -> None:
    """Compare the ledger with the newest line of its copy in a storage, if that is legible."""
    try:
        newest = newest_copied(store, institution)
    except LedgerError:
        return  # torn; `replicate` and `ledger verify --against` report that
    if newest is None:
        return
    number, line = newest
    if number > ledger.size:
        raise wrong(Standing.OLDER, store, number, ledger)
    if line != ledger.body(number) and content_of(line).get("number") == number:
        raise wrong(Standing.FORKED, store, number, ledger)


def wrong(
    how: Standing, store: Store, number: int, ledger: Ledger, other: str | None = None
) -> WrongLedger:
    """What to tell people about a ledger that may not be used."""
    message = {
        Standing.OLDER: _(
            "the ledger {ledger} is older than what {storage} has seen of it: it ends with entry "
            "{size}, but entry {number} had already been written. It was restored from a backup, "
            "or is a copy of another computer's."
        ),
        Standing.FORKED: _(
            "the ledger {ledger} is not the one that {storage} has seen: their entries {number}"
            " differ. One is a copy of the other, and both have been written to since."
        ),
        Standing.OTHER: _(
            "{storage} belongs to another ledger ({other}), not to {ledger}: two ledgers never"
            " write to one storage"
        ),
    }[how]
    return WrongLedger(
        message.format(
            ledger=PurePath(ledger.path).name,
            storage=store.id,
            size=ledger.size,
            number=number,
            other=other,
        ),
        hint=ADVICE,
    )


def refuse_others(archive: ArchivalStorage, store: Store) -> LedgerMark | None:
    """Refuse a storage that another ledger writes to, or that knows more of ours than we do.

    By its mark; without one, by its copy of the ledger and its packages. Raises WrongLedger,
    WrongStorage, StorageError.
    """
    mark = refuse_outdated(archive.ledger, store, archive.config.institution.id)
    store.root.refuse_older()
    if mark is None:
        _refuse_unknown_packages(archive, store)
    return mark


def claim(archive: ArchivalStorage, store: Store) -> None:
    """Make sure, holding the lock, that a storage is ours to write to; mark it as our ledger's.

    A storage and a ledger from before there were identities get theirs. Raises WrongLedger,
    WrongStorage, StorageError; then nothing was written.
    """
    mark = refuse_others(archive, store)
    if ledger_id(archive.ledger) is None:
        begin_ledger(archive)
    remember(archive, store, give_id(archive, store))
    _write(archive, store, mark)


def take_over(archive: ArchivalStorage, stores: Sequence[Store]) -> None:
    """Let a rebuilt ledger replace the lost one in these storages of ours.

    The ids of the storages are learned again. Raises StorageError, Locked.
    """
    marks = [read_mark(store) for store in stores]
    begin_ledger(archive, {mark.ledger for mark in marks if mark is not None})
    for store in stores:
        with store.storage.lock(archive.own_name()):
            remember(archive, store, give_id(archive, store))
            _write(archive, store, None)


def advance(archive: ArchivalStorage, store: Store) -> None:
    """Mark in a storage, whose lock is held, how far the ledger has grown.

    If that fails, nothing is raised: what was acknowledged stays acknowledged.
    """
    try:
        mark = refuse_outdated(archive.ledger, store, archive.config.institution.id)
        if mark is not None:
            _write(archive, store, mark)
    except (StorageError, WrongLedger) as error:
        _logger.warning("the mark of the ledger in %s was not renewed: %s", store.id, error)


def _write(archive: ArchivalStorage, store: Store, before: LedgerMark | None) -> None:
    ledger = archive.ledger
    identifier, size = ledger_id(ledger), ledger.size
    body = ledger.body(size)
    assert identifier is not None and body is not None, "the id is an entry"
    if before is not None and (before.ledger, before.entry) == (identifier, size):
        return
    mark = LedgerMark(identifier, size, hashlib.sha256(body).hexdigest(), archive.now())
    replace(store.storage, layout.LEDGER_MARK, serialise_mark(mark))


def _refuse_unknown_packages(archive: ArchivalStorage, store: Store) -> None:
    """Refuse a storage without a mark that holds packages unknown to the ledger.

    In our primary storage each package must be known, otherwise the ledger is older; a replica in
    which it knows no package belongs to another archive.
    """
    ledger = archive.ledger
    names = archive.config.storages
    uris = {uri for name in names for uri in ledger.copies.packages(name)}
    known = {store.root.path_of(uri) for uri in uris}
    strangers, count = [], 0
    for path in store.root.objects():
        count += 1
        if path in known:
            continue
        try:
            identifier = store.root.read_at(path).inventory.identifier
        except (Damaged, StorageError):
            continue  # no testimony
        if ledger.last(package=identifier) is None:
            strangers.append(identifier)
    primary = store.config.role is Role.PRIMARY
    if strangers and (primary or len(strangers) == count):
        message = _(
            "{storage} holds {package}, which the ledger {ledger} does not know: the ledger is"
            " older, or the storage belongs to another"
        )
        raise WrongLedger(
            message.format(
                storage=store.id, package=strangers[0], ledger=PurePath(ledger.path).name
            ),
            hint=ADVICE,
        )
