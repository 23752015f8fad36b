"""The evidence for the Levels of Digital Preservation: ledger, configuration, and one look."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from preserva.archive.archive import ArchivalStorage
from preserva.archive.ledger_replica import is_copied
from preserva.config import Role
from preserva.core.policy.levels import Evidence
from preserva.core.policy.overview import State
from preserva.core.values.entries import FIXITY_CHECK, REPLICATION, SUCCESS, VERIFICATION
from preserva.errors import StorageError
from preserva.fixity.audit_schedule import foresee, lanes_of
from preserva.reporting.overview import copy_states


def evidence(archive: ArchivalStorage) -> Evidence:
    """What is proved, now. No content is read; a storage that is away proves nothing."""
    ledger, now = archive.ledger, archive.clock()
    sound: dict[str, list[str]] = defaultdict(list)
    states = dict.fromkeys(State, 0)
    for copy in copy_states(archive):
        states[copy.state] += 1
        holders = sound[copy.package]
        if copy.state is State.SOUND:
            holders.append(copy.institution)
    institutions = archive.config.institutions
    countries = {name: institution.country for name, institution in institutions.items()}
    whole = ledger.newest(VERIFICATION)
    lanes = lanes_of(archive.config, ())
    return Evidence(
        packages=len(sound),
        copies=min(map(len, sound.values()), default=0),
        institutions=min((len(set(owners)) for owners in sound.values()), default=0),
        countries=min(
            (len({countries[owner] for owner in owners}) for owners in sound.values()), default=0
        ),
        never=states[State.NEVER],
        overdue=foresee(ledger, lanes, now=now, capacity=None).overdue,
        checks=ledger.totals.count(FIXITY_CHECK, SUCCESS),
        read_back=ledger.totals.count(REPLICATION, SUCCESS),
        damaged=states[State.DAMAGED],
        agents=len(archive.config.institutions) if ledger.size else 0,
        ledger_copied=_ledger_copied(archive),
        verified_days=None if whole is None else (now - datetime.fromisoformat(whole.time)).days,
    )


def _ledger_copied(archive: ArchivalStorage) -> bool | None:
    """Whether a replica has a copy of this ledger; None if none could be looked at."""
    answers = []
    for store in archive.stores():
        if store.config.role is Role.REPLICA:
            try:
                store.check_identity()
                answers.append(is_copied(archive, store))
            except StorageError:
                continue
    return any(answers) if answers else None
