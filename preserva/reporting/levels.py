"""The evidence for the Levels of Digital Preservation: ledger, configuration, and one look."""

from __future__ import annotations

from datetime import datetime

from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import tally_of
from preserva.archive.ledger_replica import is_copied
from preserva.config import Role
from preserva.core.policy.judgement import State, Tally
from preserva.core.policy.levels import Evidence
from preserva.core.values.entries import FIXITY_CHECK, REPLICATION, SUCCESS, VERIFICATION
from preserva.errors import StorageError
from preserva.fixity.audit_schedule import foresee, lanes_in


def evidence(archive: ArchivalStorage, tally: Tally | None = None) -> Evidence:
    """What is proved now. No content is read; an unavailable storage proves nothing.

    `tally` is that of the whole archive, if it is known already.
    """
    ledger, now = archive.ledger, archive.clock()
    tally = tally or tally_of(archive)
    whole = ledger.newest(VERIFICATION)
    lanes = lanes_in(archive)
    return Evidence(
        packages=tally.packages,
        copies=tally.proved,
        institutions=tally.institutions,
        countries=tally.countries,
        never=tally.count(State.NEVER),
        overdue=foresee(ledger, lanes, now=now, capacity=None).overdue,
        checks=ledger.totals.count(FIXITY_CHECK, SUCCESS),
        read_back=ledger.totals.count(REPLICATION, SUCCESS),
        damaged=tally.count(State.DAMAGED, State.MISSING),
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
