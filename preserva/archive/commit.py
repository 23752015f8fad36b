"""A finished bag in staging becomes a version in the store, and the ledger vouches for it.

The order makes a crash at any instant harmless:

1. everything is durable in staging and was read back;
2. the ledger records `ingestion start` with the digests of the inventory and the tag manifests;
3. one rename makes the object visible;
4. the ledger records `ingestion end`.

After a crash between 2 and 4 the next command that writes finds the start without its end, looks
whether exactly that version is there, and records how it ended.
"""

from __future__ import annotations

from collections.abc import Mapping

from preserva.archive import events as history
from preserva.archive.archive import Archive, Store
from preserva.archive.commitments import commitment, recorded
from preserva.archive.staging import Staging, confirm
from preserva.core.eark.vocabulary import EventType
from preserva.core.formats import inventory as formats
from preserva.core.formats import layout
from preserva.core.formats.canonical_json import Value
from preserva.core.formats.inventory import Agent, Inventory
from preserva.core.values.entries import END, FAIL, START, SUCCESS
from preserva.core.values.model import PackageId
from preserva.errors import Damaged, Refused, StorageError
from preserva.i18n import _
from preserva.ledger import LedgerEntry
from preserva.logs import get_logger
from preserva.storage.ocfl import StoredObject

_logger = get_logger(__name__)


def prepare(archive: Archive, store: Store) -> None:
    """Put a storage in order before writing to it; call it while holding its lock.

    Records how an interrupted ingestion ended, and clears away what was never finished: every
    writer holds the lock, so whatever else lies in staging has no process any more. Only
    replications are kept, because they go on where they stopped.
    """
    pending = archive.ledger.last(storage=store.id, types=(START, END))
    if pending is not None and pending.type == START:
        _settle(archive, store, pending)
    for entry in store.storage.children(layout.STAGING):
        name = entry.path.rpartition("/")[2]
        if entry.path not in layout.OF_DRIVERS and not name.startswith("replicate-"):
            store.storage.discard(entry.path)


def _settle(archive: Archive, store: Store, start: LedgerEntry) -> None:
    assert start.package is not None and start.version is not None
    _logger.warning("recovering an interrupted ingestion: entry %d of the ledger", start.number)
    path = store.root.path_of(start.package)
    store.root.recover(path)
    try:
        found = store.root.read_version(path, start.version).digest
    except (StorageError, Damaged):
        found = None
    if found == start.facts["inventory"]:
        store.root.take_logs(staged_for(PackageId.parse(start.package)), path)
    archive.ledger.append(
        END,
        time=archive.now(),
        outcome=SUCCESS if found == start.facts["inventory"] else FAIL,
        package=start.package,
        storage=store.id,
        version=start.version,
        facts={**start.facts, "after_interruption": True},
    )


def refuse_lost(archive: Archive, package: PackageId) -> None:
    """Refuse to make anew what was stored before and is not there: a copy of it may be elsewhere.

    Raises Refused.
    """
    for entry in archive.ledger.entries(package=package.uri, types=(END,)):
        if entry.outcome == SUCCESS:
            message = _(
                "{id} was stored in {storage} on {time}, and is not there: nothing was written"
            )
            raise Refused(
                message.format(id=package, storage=entry.storage, time=entry.time),
                hint=_(
                    "Find out what happened to that storage. `preserva status` says where copies"
                    " are; `preserva export --storage` takes one out."
                ),
            )


def refuse_unrecorded(
    archive: Archive, store: Store, package: PackageId, stored: StoredObject
) -> None:
    """Refuse what is not, or cannot be shown to be, the package that the ledger recorded.

    Raises StorageError or Damaged.
    """
    head = stored.inventory.head
    facts = recorded(archive, package, head)
    if facts is None:
        message = _("{id}: the ledger has no record of {version} in {storage} to compare with")
        raise StorageError(message.format(id=package, version=head, storage=store.id))
    if facts["inventory"] != stored.digest:
        message = _("{id} in {storage} is not the package that was recorded when it was stored")
        raise Damaged(message.format(id=package, storage=store.id))


def staged_for(package: PackageId) -> str:
    """The folder in staging in which a further version of a package is made."""
    return f"{layout.STAGING}/update-{package.portable}"


def _log(archive: Archive, store: Store, package: PackageId, version: str) -> history.LogRecord:
    institution = archive.config.institution
    happened = history.event(
        EventType.INGESTION,
        identifier=archive.identifiers(),
        time=archive.now(),
        institution=institution,
        detail=f"stored as {version} in {store.id}, read back and compared",
        package=package,
    )
    return history.log_record(happened, institution, package)


def ingest(
    archive: Archive,
    store: Store,
    package: PackageId,
    staging: Staging,
    *,
    previous: Inventory | None = None,
    message: str = "ingestion",
) -> Inventory:
    """Store a version, whose content `staging` holds below `vN/content`.

    Of a version with a `previous` one, only what no earlier version holds is stored. Raises
    StorageError, with nothing stored, if what was written cannot be read back as it was.
    """
    staged = staging.folder.removesuffix("/content").rpartition("/")[0]
    version = formats.next_name(previous)
    institution = archive.config.institution
    log = _log(archive, store, package, version)
    inventory, needed = formats.next_version(
        previous,
        package.uri,
        staging.state(),
        created=archive.now(),
        message=message,
        user=Agent(institution.names["en"], f"urn:preserva:{institution.id}"),
    )
    for path in staging.files.keys() - needed.keys():  # an earlier version holds it
        staging.drop(path)
    written = sum(one.size for one in staging.files.values())
    confirm(staging)
    sealed = store.root.seal(staged, inventory)
    store.storage.create(f"{staged}/{log.path}", [log.data])
    store.storage.flush(f"{staged}/{history.LOGS}")  # an update that is cut off is settled with it
    facts: dict[str, Value] = {
        **commitment(sealed.digest, inventory.versions[version].files()),
        **log.facts,
        "files": len(staging.files),
        "bytes": written,
    }

    _record(archive, START, store, package, version, facts)
    store.root.publish(staged, sealed)
    _record(archive, END, store, package, version, facts)
    return inventory


def _record(
    archive: Archive,
    type_: str,
    store: Store,
    package: PackageId,
    version: str,
    facts: Mapping[str, Value],
) -> None:
    archive.ledger.append(
        type_,
        time=archive.now(),
        outcome=SUCCESS,
        package=package.uri,
        storage=store.id,
        version=version,
        facts=facts,
    )
