"""A finished bag in staging becomes a version in the store, and the ledger vouches for it.

The order makes a crash at any instant harmless:

1. everything is durable in staging and was read back;
2. the ledger records `ingestion start` with the digests of the inventory and the tag manifests;
3. one rename makes the object visible;
4. the ledger records `ingestion end`.

After a crash between 2 and 4 the next writer finds the start without its end, and recovers: see
`archive.recovery`.
"""

from __future__ import annotations

from preserva.archive import events as history
from preserva.archive.recorded_package import tag_manifests
from preserva.archive.staging import Staging, confirm
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.withdrawal import refuse_withdrawn
from preserva.core.eark.vocabulary import EventType
from preserva.core.formats import inventory as formats
from preserva.core.formats.inventory import Inventory, User
from preserva.core.values.entries import END, START, SUCCESS
from preserva.core.values.facts import Arrival
from preserva.errors import Refused
from preserva.i18n import _
from preserva.local_time import local_time


def refuse_lost(copy: StoredCopy) -> None:
    """Refuse to recreate what was stored before and is missing: a copy of it may be elsewhere.

    Raises Refused.
    """
    for entry in copy.archive.ledger.entries(package=copy.package.uri, types=(END,)):
        if entry.outcome == SUCCESS:
            message = _(
                "{id} was stored in {storage} on {time}, but is not there now: nothing was written"
            )
            raise Refused(
                message.format(id=copy.package, storage=entry.storage, time=local_time(entry.time)),
                hint=_(
                    "Find out what happened to that storage. `preserva status` says where copies"
                    " are; `preserva export --storage` takes one out."
                ),
            )


def _log(copy: StoredCopy, version: str, *, from_outside: bool) -> history.LogRecord:
    archive = copy.archive
    origin = "; it came from outside with an identifier of ours" if from_outside else ""
    happened = history.event(
        EventType.INGESTION,
        identifier=archive.identifiers(),
        time=archive.now(),
        actor=archive.actor,
        detail=f"stored as {version} in {copy.store.id}, read back and compared{origin}",
        package=copy.package,
    )
    return history.log_record(happened, archive.actor, copy.package)


def ingest(
    copy: StoredCopy,
    staging: Staging,
    *,
    previous: Inventory | None = None,
    reason: str | None = None,
    pages: int | None = None,
    from_outside: bool = False,
) -> Inventory:
    """Store a version of a package, whose content `staging` holds below `vN/content`.

    Of a version with a `previous` one, only what no earlier version holds is stored. The ledger
    records the `reason` of a correction, how many `pages` the book has, and, as does the history,
    that a package with an identifier of ours came `from_outside`. Raises StorageError, with nothing
    stored, if what was written cannot be read back as it was; Refused for a withdrawn package.
    """
    refuse_withdrawn(copy.archive, copy.package)
    staged = staging.folder.removesuffix("/content").rpartition("/")[0]
    version = formats.next_name(previous)
    institution = copy.archive.config.institution
    log = _log(copy, version, from_outside=from_outside)
    inventory, needed = formats.next_version(
        previous,
        copy.package.uri,
        staging.state(),
        created=copy.archive.now(),
        message=reason or ("update" if previous else "ingestion"),
        user=User(institution.names["en"], f"urn:preserva:{institution.id}"),
    )
    for path in staging.files.keys() - needed.keys():  # an earlier version holds it
        staging.drop(path)
    confirm(staging)
    sealed = copy.store.root.seal(staged, inventory)
    copy.storage.create(f"{staged}/{log.path}", [log.data])
    copy.storage.flush(f"{staged}/{history.LOGS}")  # recovery of an update takes it from there
    arrival = Arrival(
        inventory=sealed.digest,
        tag_manifests=tag_manifests(inventory.versions[version].files()),
        event=log.event,
        sha256=log.sha256,
        files=len(staging.files),
        size=sum(seen.size for seen in staging.files.values()),
        from_outside=from_outside or None,
        pages=pages,
        reason=reason,
    )
    copy.record(START, SUCCESS, version=version, facts=arrival)
    copy.store.root.publish(staged, sealed)
    copy.record(END, SUCCESS, version=version, facts=arrival)
    return inventory
