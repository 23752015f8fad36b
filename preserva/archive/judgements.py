"""The present judgement of every package of an archive by its ledger, see `core.policy`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from preserva.archive.archive import ArchivalStorage
from preserva.archive.retirement import retired
from preserva.archive.withdrawal import tombstones
from preserva.config import Role
from preserva.core.policy.judgement import Judgement, Rules, StoragePlace, Tally, judge


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope of a question: packages by identifier, storages by id; None means all."""

    packages: frozenset[str] | None = None
    storages: frozenset[str] | None = None

    def has(self, package: str, storage: str) -> bool:
        """Whether a copy is asked about; with the package "", whether a storage is."""
        asked = not package or self.packages is None or package in self.packages
        return asked and (self.storages is None or storage in self.storages)

    def of(self, judgement: Judgement) -> Judgement:
        """What a judgement says of what is asked about: of some storages, not how many copies."""
        if self.storages is None:
            return judgement
        copies = (copy for copy in judgement.copies if copy.known.storage in self.storages)
        return replace(judgement, copies=tuple(copies), wanted=0)


EVERYTHING = Scope()


def rules_of(archive: ArchivalStorage) -> Rules:
    """The terms by which the copies of an archive are judged."""
    config = archive.config
    countries = {name: each.country for name, each in config.institutions.items()}
    places = {
        storage.id: StoragePlace(
            storage.institution, countries[storage.institution], storage.role is Role.HELD
        )
        for storage in config.storages.values()
    }
    away = {trouble.storage for trouble in archive.ledger.copies.troubled() if not trouble.package}
    withdrawn = {
        package: frozenset(copy.storage for copy in tombstone.removed)
        for package, tombstone in tombstones(archive.ledger).items()
    }
    return Rules(
        config.institution.id,
        places,
        config.policy.copies,
        frozenset(away),
        withdrawn,
        retired(archive.ledger),
    )


def judgements(archive: ArchivalStorage, rules: Rules) -> Iterator[Judgement]:
    """The judgement of every package that the ledger knows, in their order, by few queries."""
    rows = archive.ledger.copies.known()
    for package, copies in groupby(rows, key=lambda copy: copy.package):
        yield judge(package, copies, rules)


def tally_of(archive: ArchivalStorage, scope: Scope = EVERYTHING) -> Tally:
    """All judgements summed up, or those of a scope."""
    rules, tally = rules_of(archive), Tally()
    for judgement in judgements(archive, rules):
        if scope.packages is None or judgement.package in scope.packages:
            tally.add(scope.of(judgement), rules)
    for storage in sorted((rules.away & rules.places.keys()) - rules.retired.storages):
        trouble = archive.ledger.copies.trouble(storage)
        if trouble is not None and scope.has("", storage):
            tally.open(trouble)
    tally.few.sort(key=lambda few: (few[1], few[0]))
    return tally
