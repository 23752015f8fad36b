"""What an institution does, by the real code. Each gives the reports it got, or refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from preserva import config as configuration
from preserva.config import Config
from preserva.core.formats import layout
from preserva.core.values.model import PackageId
from preserva.core.values.report import Report
from preserva.errors import NotFound, Refused
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.accepted_storage import accept_storage as accept_rebuilt
from preserva.replication.accession import receive as accept
from preserva.replication.rebuild_config import rebuild_config as configure
from preserva.replication.rebuild_ledger import rebuild_ledger as rebuild
from preserva.replication.rebuild_storage import rebuild_storage as bring_back
from preserva.replication.repair import repair as mend
from preserva.replication.replicate import replicate as copy_all
from preserva.reporting.incidents import decide as settle
from preserva.reporting.incidents import open_incidents
from tests.simulator.world import INTERVAL, Files, Institution, World
from tests.support.books import RECORD

Reports = Sequence[Report]
Verb = Callable[[World, Institution, PackageId, str], Reports]


def store(world: World, who: Institution, book: PackageId, _storage: str) -> Reports:
    """Package a book, or correct its record if it is stored already."""
    before = world.copy_of(book, who.main)
    source = world.source(book)
    with world.archive(who) as archive:
        if book in who.made:
            record = source.with_name("corrected.xml")
            record.write_text(RECORD.replace("Повѣсть", f"Повѣсть {world.now}"), "utf-8")
            update(archive, book, Change(record, reason="a test"))
        else:
            package(source, source.with_suffix(".xml"), archive, local=book.local)
    after = world.copy_of(book, who.main)
    # what an update builds on was read, but not all of it: what was damaged stays so
    whole = who.made.get(book, {})
    who.made[book] = {
        path: data if before.get(path) != data else whole.get(path, data)
        for path, data in {**whole, **after}.items()
    }
    return ()


def replicate(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    with world.archive(who) as archive:
        copy_all(archive)
    return ()  # its reports say what was brought, not that the whole copy is sound


def receive(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    with world.archive(who) as archive:
        receipts = accept(archive)
    for receipt in receipts:
        if receipt.acknowledged:
            identifier = PackageId.parse(receipt.package)
            seen = world.copy_of(identifier, receipt.storage)
            who.received[identifier] = seen
    return [receipt.report for receipt in receipts if receipt.acknowledged]


def audit_due(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    with world.archive(who) as archive:
        return audit(archive).reports


def audit_storage(world: World, who: Institution, _book: PackageId, storage: str) -> Reports:
    with world.archive(who) as archive:
        return audit(archive, only=(storage,), moved=(storage,)).reports


def validate(world: World, who: Institution, book: PackageId, _storage: str) -> Reports:
    with world.archive(who) as archive, suppress(NotFound):
        return validate_stored(archive, book)
    return ()


def plan_repair(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    """A dry run, which changes nothing at all."""
    before = world.save()
    with world.archive(who) as archive:
        size = archive.ledger.size
        mend(archive, apply=False)
        assert archive.ledger.size == size, "a dry run was recorded"
    for name, files in before.disks.items():
        kept = {path: data for path, data in files.items() if not path.endswith("-ledger.json")}
        assert kept.items() <= world.disks[name].items(), f"a dry run changed {name}"
    return ()


def repair(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    with world.archive(who) as archive:
        return [done.report for done in mend(archive, apply=True, limit=9) if done.applied]


def repair_one(world: World, who: Institution, book: PackageId, storage: str) -> Reports:
    with world.archive(who) as archive:
        done = mend(archive, [book], storage=storage, apply=True, limit=9)
        return [each.report for each in done if each.applied]


def rebuild_storage(world: World, who: Institution, _book: PackageId, storage: str) -> Reports:
    with world.archive(who) as archive:
        return [done.report for done in bring_back(archive, storage) if done.applied]


def lose_ledger(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    """The ledger is lost and rebuilt; where that is refused, a person believes what is in hand.

    Who names a storage looks first whether it is the right disk. Where every disk that is there is
    one of another archive, nothing contradicts it (trust.md says so), and the ledger is not lost.
    """
    kept = who.config.ledger.read_bytes()
    world.put_ledger(who, None)
    hands = [name for name in who.in_hand if name not in world.foreign]
    there = {name for name in who.own if layout.IDENTITY in world.disks[name]}
    by_itself = [None] if there - world.foreign else []
    for source in (*by_itself, *hands):
        world.now += INTERVAL / 1000
        try:
            rebuild(who.config, source=source, clock=lambda: world.now,
                    identifiers=world._identifier)  # fmt: skip
        except Refused:
            continue
        except Exception:
            world.put_ledger(who, kept)
            raise
        break
    else:
        world.put_ledger(who, kept)  # it was not lost after all
        return ()
    who.rebuilt = True
    who.doubted |= {book for book in who.made if not _testified(world, who, book)}
    who.received.clear()
    return ()


def _testified(world: World, who: Institution, book: PackageId) -> bool:
    """Whether anything in our hands still says what a package must be."""
    return any(world.copy_of(book, name) == who.made[book] for name in who.in_hand)


def rebuild_config(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    """The configuration is lost, and made again of what the storages say of themselves.

    Whatever those say that others can write to, it has us, our storages and their roles as they
    were, as far as our own storages are there.
    """
    there = [name for name in who.storages() if layout.IDENTITY in world.disks[name]]
    there.sort(key=lambda name: name not in who.in_hand)
    if not there:
        return ()
    with TemporaryDirectory() as place:
        urls = [_laid_out(Path(place) / name, world.disks[name]) for name in there]
        rebuilt = configure(Path(place) / configuration.NAME, urls, who.name)
    ours = [name for name in there if name in who.in_hand and name not in world.foreign]
    if ours:
        assert _said_of_us(rebuilt) == _said_of_us(who.config)
        assert rebuilt.primary().id == who.main
    for name in ours:
        before, after = who.config.storages[name], rebuilt.storages[name]
        assert (after.role, after.institution) == (before.role, before.institution), name
    return ()


def _laid_out(folder: Path, disk: Files) -> str:
    """A folder with what a storage says of itself and of our ledger; its URL."""
    for path, data in disk.items():
        if path == layout.IDENTITY or path.startswith(f"{layout.LEDGERS}/"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    return str(folder)


def _said_of_us(config: Config) -> tuple[object, ...]:
    own = config.institution
    return own.id, dict(own.names), own.country


def accept_storage(world: World, who: Institution, _book: PackageId, storage: str) -> Reports:
    """A person accepts a storage that has another id, alone; where that takes two, it is not."""
    with world.archive(who, "keeper") as archive:
        done = accept_rebuilt(archive, storage, reason="it was rebuilt")
    assert not (done.accepted and storage in world.foreign), f"another archive's disk: {storage}"
    return done.reports if done.accepted else ()


def back_up_ledger(_world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    who.backups.append(who.config.ledger.read_bytes())
    return ()


def restore_backup(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    """Somebody puts an old ledger in the place of the one that is there."""
    if who.backups:
        world.put_ledger(who, who.backups[-1])
    return ()


def decide(world: World, who: Institution, _book: PackageId, _storage: str) -> Reports:
    with world.archive(who) as archive:
        for incident in open_incidents(archive)[:1]:
            settle(archive, incident.number, by="И. О. Хранитель", decision="ждём диск")
    return ()


def wait(world: World, _who: Institution, _book: PackageId, _storage: str) -> Reports:
    world.now += INTERVAL * 0.6
    return ()


VERBS: tuple[Verb, ...] = (
    store,
    replicate,
    receive,
    audit_due,
    audit_storage,
    validate,
    plan_repair,
    repair,
    repair_one,
    rebuild_storage,
    accept_storage,
    rebuild_config,
    lose_ledger,
    back_up_ledger,
    restore_backup,
    decide,
    wait,
)


def rights(world: World, who: Institution) -> dict[tuple[PackageId, str], Files]:
    """The files of its versions that are as it made them, copy by copy."""
    return {
        (book, storage): {
            path: data
            for path, data in world.copy_of(book, storage).items()
            if path.startswith("v") and made.get(path) == data
        }
        for book, made in who.made.items()
        for storage in who.own
    }
