"""What must hold, whatever anybody did: nothing right is lost, all views agree, no lie lasts.

What is true is what the bytes are. A copy is good if it holds every file that its owner made, as it
was made, in a storage that is there. Nothing here asks the code under test what is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preserva.archive.archive import ArchivalStorage
from preserva.archive.identities import storage_id
from preserva.archive.judgements import judgements, rules_of, tally_of
from preserva.config import Role
from preserva.core.formats import layout
from preserva.core.formats.storage_identity import parse_identity
from preserva.core.policy.judgement import State
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.core.values.subjects import CopyInStorage
from preserva.errors import PreservaError, WrongLedger
from preserva.fixity.audit import Audit, audit
from preserva.reporting.incidents import open_incidents
from preserva.reporting.levels import evidence
from preserva.reporting.overview import copy_states, overview
from preserva.reporting.status import status
from tests.simulator.verbs import Reports, Verb, rights
from tests.simulator.world import INTERVAL, WANTED, Files, Institution, World, folder_of


def act(world: World, who: Institution, verb: Verb, book: PackageId, storage: str) -> bool:
    """Let somebody do something, and hold it to the truth; whether it was done, not refused."""
    before = rights(world, who)
    disks = {name: dict(files) for name, files in world.disks.items()}
    try:
        reports = verb(world, who, book, storage)
        done = True
    except PreservaError:
        reports, done = (), False
    _nothing_right_is_lost(world, who, before)
    _nothing_of_others_is_touched(world, who, disks)
    _what_is_called_sound_is_right(world, who, reports)
    for name in who.made:
        who.brought |= {(name, at) for at in who.own if good(world, who, name, at)}
    return done


def good(world: World, who: Institution, book: PackageId, storage: str) -> bool:
    """Whether a storage has all of a package as it was made."""
    made = who.made.get(book)
    return made is not None and world.copy_of(book, storage) == made


def _nothing_right_is_lost(
    world: World, who: Institution, before: dict[tuple[PackageId, str], Files]
) -> None:
    after = rights(world, who)
    for copy, files in before.items():
        lost = files.keys() - after[copy].keys()
        assert not lost, f"{copy}: {sorted(lost)} was right, and is not any more"


def _nothing_of_others_is_touched(world: World, who: Institution, before: dict[str, Files]) -> None:
    """No verb writes to a storage that others write to, nor to the disk of another archive."""
    for name, files in before.items():
        if name not in who.own or name in world.foreign:
            assert world.disks[name] == files, f"{who.name} wrote to {name}"


def _what_is_called_sound_is_right(world: World, who: Institution, reports: Reports) -> None:
    for report in reports:
        if report.outcome is not Outcome.PASS or not isinstance(report.subject, CopyInStorage):
            continue
        book, storage = report.subject.package, report.subject.storage
        seen = world.copy_of(book, storage)
        if storage in who.own:
            expected = who.made.get(book)
            assert book in who.doubted or _is_version_of(seen, expected), (
                f"forged: {book} {storage}"
            )
        else:
            received = who.received.get(book)
            assert received is None or _is_version_of(received, seen), f"forged: {book} {storage}"


def _is_version_of(copy: Files, whole: Files | None) -> bool:
    """Whether a copy is a package, or what it was at an earlier version."""
    if whole is None or not copy:
        return False
    versions = {path for path in copy if path.startswith("v")}
    return all(whole.get(path) == copy[path] for path in versions)


def views_agree(world: World, who: Institution) -> None:
    """All that the ledger shows agrees, and a look at the storages sees no less."""
    try:
        with world.archive(who) as archive:
            danger = in_danger(archive)
            seen = {one.package for one in status(archive) if one.outcome is not Outcome.PASS}
            assert danger <= seen, danger - seen
    except WrongLedger:
        return  # it is said, and no view is shown


def in_danger(archive: ArchivalStorage) -> set[str]:
    """The packages in danger, in which all that the ledger shows must agree; "" is a storage."""
    rules = rules_of(archive)
    judged = list(judgements(archive, rules))
    danger = {each.package for each in judged if each.outcome is not Outcome.PASS}
    report, incidents, shown = overview(archive), open_incidents(archive), evidence(archive)
    away = {incident.storage for incident in incidents if incident.package is None}
    named = {package for package, _counted in report.few}
    named |= {incident.package for incident in incidents if incident.package is not None}
    states = list(copy_states(archive))
    named |= {state.package for state in states if state.storage in away}
    assert named == danger, (named, danger)
    assert report.incidents == tuple(incidents)
    late = Outcome.UNKNOWN if report.forecast.overdue else Outcome.PASS
    tally = tally_of(archive)
    assert report.outcome is Outcome.worst((tally.outcome, late))
    assert (tally.outcome is Outcome.PASS) == (not danger and not away)
    own = [each for each in judged if each.own and each.newest]
    assert shown.packages == len(own)
    assert shown.copies <= min((each.counted for each in own), default=0)
    assert shown.damaged == sum(each.state in {State.DAMAGED, State.MISSING} for each in states)
    return danger


@dataclass(frozen=True, slots=True)
class Named:
    """What an audit named: copies, whole storages, and those that refused the ledger."""

    copies: set[tuple[str | None, str]]
    refusing: set[str]
    danger: set[str]

    def has(self, name: str, storage: str) -> bool:
        """Whether it said that something is wrong there."""
        return storage in self.refusing or bool({(name, storage), (None, storage)} & self.copies)


def an_interval_later(world: World, who: Institution) -> None:
    """When an audit interval has passed, no view is better than the bytes, and all agree."""
    world.now += INTERVAL
    done, refusing = _audit_everything(world, who)
    if who.main in refusing:
        return  # the ledger is not the one that our own storage knows: every verb says that first
    with world.archive(who) as archive:
        danger = in_danger(archive)
        rows = status(archive)
        incidents = open_incidents(archive)
        away = {incident.storage for incident in incidents if incident.package is None}
        seen = {row.package for row in rows if row.outcome is not Outcome.PASS}
        hidden = {row.package for row in rows if any(copy.storage in away for copy in row.copies)}
        hidden |= {book.uri for book in who.made if folder_of(book).rstrip("/") in danger}
        assert danger <= seen <= danger | hidden or refusing, (seen, danger)
        if done is not None:
            assert done.outcome is overview(archive).outcome, (done.outcome, incidents)
        named = Named({(each.package, each.storage) for each in incidents}, refusing, danger)
        _no_copy_counts_that_is_not_good(world, who, archive, named)
        _every_package_is_safe_or_named(world, who, named)
        met = {name for name in who.storages() if _knows_another(world, archive, name)}
        known = {(copy.package, copy.storage) for copy in archive.ledger.copies.known()}
        for problem in _unnamed(world, who, named, met, known):
            raise AssertionError(problem)


def _knows_another(world: World, archive: ArchivalStorage, storage: str) -> bool:
    """Whether the ledger met another disk by this name: whoever met this one first cannot tell."""
    known = storage_id(archive.ledger, storage)
    there = world.disks[storage].get(layout.IDENTITY)
    return known is not None and (there is None or known != parse_identity(there).id)


def interval(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    """The same as a verb."""
    an_interval_later(world, who)
    return ()


def _audit_everything(world: World, who: Institution) -> tuple[Audit | None, set[str]]:
    """An audit of all copies; where a storage refuses the ledger, of each of the others."""
    storages = tuple(who.storages())
    refusing: set[str] = set()
    with world.archive(who) as archive:
        try:
            return audit(archive, moved=storages), refusing
        except WrongLedger:
            pass
        for storage in storages:
            try:
                audit(archive, only=(storage,), moved=(storage,))
            except WrongLedger:
                refusing.add(storage)
    return None, refusing


def _no_copy_counts_that_is_not_good(
    world: World, who: Institution, archive: ArchivalStorage, named: Named
) -> None:
    for judgement in judgements(archive, rules_of(archive)):
        try:
            book = PackageId.parse(judgement.package)
        except ValueError:
            continue
        if book in who.doubted:
            continue
        for copy in judgement.copies:
            at = copy.known.storage
            fine = not copy.counted or at in named.refusing or good(world, who, book, at)
            assert fine, f"{book} in {at} counts as {copy.state}"


def _every_package_is_safe_or_named(world: World, who: Institution, named: Named) -> None:
    for book in who.made:
        if book not in who.doubted and book.uri not in named.danger and not named.refusing:
            copies = sum(good(world, who, book, storage) for storage in who.own)
            assert copies >= WANTED, f"{book} has {copies} copies, and nobody says so"


def _unnamed(
    world: World, who: Institution, named: Named, met: set[str], known: set[tuple[str, str]]
) -> Iterator[str]:
    """What is wrong in a storage and was not named; a foreign one is, where another was `met`.

    A ledger that was rebuilt may not know of a copy any more that went before.
    """
    for storage in who.storages():
        files = world.disks[storage]
        if storage in world.foreign or layout.IDENTITY not in files:
            if storage in met and not named.has("", storage):
                yield f"{storage} is not the one that it should be, and nobody says so"
            continue
        for book, at in sorted(who.brought, key=str):
            if at != storage or named.has(book.uri, at) or good(world, who, book, at):
                continue
            if who.rebuilt and (book.uri, at) not in known:
                continue
            behind = _is_version_of(world.copy_of(book, at), who.made[book])
            if not (behind or book in who.doubted or who.rebuilt) or book.uri not in named.danger:
                yield f"{book} in {at} is not what was brought, and nobody says so"
        yield from _unnamed_objects(world, who, named, storage)


def _unnamed_objects(world: World, who: Institution, named: Named, storage: str) -> Iterator[str]:
    """Objects that nobody of ours, or of those that a storage is held for, put there."""
    held = who.config.storages[storage].role is Role.HELD
    allowed = {folder_of(book) for book in who.made}
    if held:
        others = (each for each in world.people.values() if each is not who)
        allowed = {folder_of(book) for each in others for book in each.made}
    ending = "/0=ocfl_object_1.1"
    for path in sorted(world.disks[storage]):
        if path.startswith(layout.ROOT) and path.endswith(ending):
            folder = path.removesuffix(ending)
            names = {name for name, at in named.copies if at == storage}
            if f"{folder}/" not in allowed and storage not in named.refusing:
                uris = {f"urn:preserva:{part}" for part in _identifiers(folder)}
                if not names & {folder, None, *uris} and not (held and _may_be_new(who, folder)):
                    yield f"{folder} in {storage} was put there by others, and nobody says so"


def _identifiers(folder: str) -> Iterator[str]:
    name = folder.rpartition("/")[2]
    yield name.removeprefix("urn%3apreserva%3a").replace("%3a", ":")


def _may_be_new(who: Institution, folder: str) -> bool:
    """Whether it is a package of the other institution, which waits to be received."""
    name = next(_identifiers(folder))
    return not name.startswith(who.name)
