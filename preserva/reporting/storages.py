"""Whether each storage answers, is the right one, and can take packages: by testing it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from preserva.archive.archive import utc_now
from preserva.archive.identities import storage_id
from preserva.archive.patience import name_of_process
from preserva.archive.store import Store
from preserva.config import Config, Role
from preserva.core.values.limitations import Limitation
from preserva.core.values.report import Finding, Outcome
from preserva.errors import LedgerError, StorageError
from preserva.ledger import Ledger
from preserva.storage.open import open_storage
from preserva.storage.probe import probe


@dataclass(frozen=True, slots=True)
class Reached:
    """The result for one storage: why it cannot be used, and what it cannot promise.

    `identity` is its own id; None if it is older than ids, or was not read. `findings` are those of
    the test; a storage that is held for another institution is read, not tested. `free` is in
    bytes, `ahead` how many seconds its clock is ahead of ours; None if not known.
    """

    storage: str
    problem: str | None
    limitations: tuple[Limitation, ...] = ()
    identity: str | None = None
    tried: bool = False
    findings: tuple[Finding, ...] = ()
    free: int | None = None
    ahead: float | None = None

    @property
    def outcome(self) -> Outcome:
        """FAIL if it cannot take packages, UNKNOWN if that could not be established."""
        return Outcome.of(self.findings) if self.problem is None else Outcome.UNKNOWN


def reach_storages(config: Config, clock: Callable[[], float] = time.time) -> list[Reached]:
    """Whether each storage answers, is the right one, and can take packages.

    Each storage, except those held for others, is tested in its staging, where nothing remains;
    `clock` gives the time in seconds.
    """
    remembered = _remembered(config)
    reached = []
    for storage in config.storages.values():
        held = storage.role is Role.HELD
        opened = open_storage(storage.url, read_only=held)
        try:
            store = Store(storage, opened, partial(remembered.get, storage.id))
            reached.append(_reach(config, store, clock))
        except StorageError as error:
            reached.append(Reached(storage.id, str(error)))
        finally:
            opened.close()
    return reached


def _reach(config: Config, store: Store, clock: Callable[[], float]) -> Reached:
    identity = store.check_identity().id  # first: another's disk is not tried
    limitations = store.storage.limitations()
    if store.config.role is Role.HELD:
        return Reached(store.id, None, limitations, identity)
    holder = name_of_process(utc_now().isoformat())
    trial = probe(store.storage, config.institution.id, holder, clock())
    return Reached(
        store.id,
        None,
        limitations,
        identity,
        tried=True,
        findings=tuple(trial.findings),
        free=trial.free,
        ahead=trial.ahead,
    )


def _remembered(config: Config) -> dict[str, str | None]:
    """The ids by which the ledger knows the storages, if there is a readable ledger."""
    if not config.ledger.exists() or not config.ledger.stat().st_size:
        return {}
    try:
        with closing(Ledger(config.ledger)) as ledger:
            return {name: storage_id(ledger, name) for name in config.storages}
    except LedgerError:
        return {}
