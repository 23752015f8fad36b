"""The proof of what was done: the ledger verified, and compared with a copy kept elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import zip_longest
from pathlib import Path

from preserva.archive.archive import ArchivalStorage, unverified
from preserva.archive.identities import storage_id
from preserva.archive.ledger_mark import refuse_outdated
from preserva.archive.ledger_replica import copied_entries
from preserva.archive.store import Store
from preserva.config import Config
from preserva.core.values.entries import SUCCESS, VERIFICATION
from preserva.core.values.facts import Verification
from preserva.core.values.report import Outcome
from preserva.errors import ArchiveNotFound, StorageError, WrongLedger
from preserva.i18n import _, ngettext, system_reason
from preserva.ledger import LARGEST_ENTRY, Ledger
from preserva.storage.open import open_storage

_NAMED = 20
"""How many differing entries are reported; the first one is usually enough."""


_WHOLE = timedelta(days=30)
"""How long a verification of the whole ledger stays valid."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of verification: how many entries, the digest of the newest, all that is wrong."""

    entries: int
    newest: str | None
    problems: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """FAIL if anything is wrong."""
        return Outcome.FAIL if self.problems else Outcome.PASS


def open_ledger(config: Config, *, read_only: bool = False) -> Ledger:
    """The ledger of a configuration, even if it does not verify. Raises ArchiveNotFound."""
    if not config.ledger.exists():
        raise ArchiveNotFound(_("there is no ledger at {path}").format(path=config.ledger))
    return Ledger(config.ledger, read_only=read_only)


def verify_ledger(config: Config, against: str | None = None) -> Proof:
    """The whole chain, and `against` the copy in a storage, or an export in a file.

    Only such a copy, and what the primary storage has seen of the ledger, show that entries are
    missing at the end: cut off, or restored from an old backup. Raises ArchiveNotFound,
    LedgerError, StorageError if the copy cannot be read.
    """
    with closing(open_ledger(config)) as ledger:
        problems = ledger.verify()
        problems += [] if problems else ledger.verify_copies()
        problems += seen_by_primary(config, ledger)
        if against is not None:
            problems += _differences(ledger, _kept(config, ledger, against), against)
        count, newest = 0, None
        for body in ledger.bodies():
            count, newest = count + 1, body
        digest = None if newest is None else hashlib.sha256(newest).hexdigest()
        return Proof(count, digest, tuple(problems))


def seen_by_primary(config: Config, ledger: Ledger) -> list[str]:
    """What is wrong with a ledger by what the primary storage has seen of it, if that is there."""
    primary = config.primary()
    storage = open_storage(primary.url, read_only=True)
    store = Store(primary, storage, partial(storage_id, ledger, primary.id))
    try:
        refuse_outdated(ledger, store, config.institution.id)
    except WrongLedger as error:
        return [str(error)]
    except StorageError:
        pass
    finally:
        storage.close()
    return []


def prove_ledger(archive: ArchivalStorage, *, record: bool = True) -> None:
    """Refuse a ledger that does not verify, or that the primary storage has seen more of.

    The whole chain is verified once a month, which is recorded; otherwise only the entries since
    then, so that a run need not wait for twenty years of audits. Raises LedgerError.
    """
    archive.refuse_outdated(archive.primary)
    whole = archive.ledger.newest(VERIFICATION)
    now = archive.clock()
    if whole is not None and timedelta() <= now - datetime.fromisoformat(whole.time) < _WHOLE:
        if problems := archive.ledger.verify(since=whole.number):
            raise unverified(problems)
        return
    if problems := archive.ledger.verify() or archive.ledger.verify_copies():
        raise unverified(problems)
    if record:
        facts = Verification(archive.ledger.size)
        archive.ledger.append(VERIFICATION, time=now.isoformat(), outcome=SUCCESS, facts=facts)


def _kept(config: Config, ledger: Ledger, against: str) -> Iterator[bytes]:
    """The entries that were kept in a storage, or in a file."""
    if against not in config.storages:
        return kept_lines(Path(against))
    storage = open_storage(config.storages[against].url, read_only=True)
    store = Store(config.storages[against], storage, partial(storage_id, ledger, against))
    store.check_identity()
    return copied_entries(store, config.institution.id)


def _differences(ledger: Ledger, kept: Iterable[bytes], path: str) -> list[str]:
    problems: list[str] = []
    missing = 0
    for number, (line, body) in enumerate(zip_longest(kept, ledger.bodies()), 1):
        if line is None:
            break  # what was done since the copy was made
        if body is None:
            missing += 1
        elif line != body and len(problems) < _NAMED:
            message = _("entry {number} is not the one in {path}")
            problems.append(message.format(number=number, path=path))
    if missing:
        message = ngettext(
            "{count} entry at the end is missing that {path} has: the ledger was cut off, or"
            " restored from an old backup",
            "{count} entries at the end are missing that {path} has: the ledger was cut off, or"
            " restored from an old backup",
            missing,
        )
        problems.append(message.format(count=missing, path=path))
    return problems


def kept_lines(path: Path) -> Iterator[bytes]:
    """The entries of an export in a file. Raises StorageError."""
    try:
        with path.open("rb") as file:
            while line := file.readline(LARGEST_ENTRY + 2):
                yield line.removesuffix(b"\n")
    except OSError as error:
        message = _("{path} cannot be read: {reason}")
        raise StorageError(
            message.format(path=path, reason=system_reason(error)), path=str(path)
        ) from error
