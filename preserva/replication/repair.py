"""Repair: a copy gets back what was recorded of it, and what stood in its place is kept aside.

Nothing is deleted and nothing overwritten. What is brought is hashed on its way, read back in
staging, moved to its place and read there once more; then the whole package is validated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from preserva.archive import events as history
from preserva.archive.archive import Archive, Store
from preserva.archive.commit import prepare
from preserva.archive.fixity_events import note
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.staging import Staging, confirm, read_back
from preserva.config import Role
from preserva.core.eark.vocabulary import EventType
from preserva.core.formats import layout
from preserva.core.formats.canonical_json import Value
from preserva.core.policy.repair import Committed, Plan, plan
from preserva.core.values.codes import Code
from preserva.core.values.entries import FAIL, FIXITY_CHECK, RECOVERY, RECOVERY_START, SUCCESS
from preserva.core.values.model import Observed, PackageId
from preserva.core.values.report import (
    Advanced,
    Ended,
    Finding,
    Observer,
    Outcome,
    Report,
    Started,
    ignore,
    printable,
)
from preserva.errors import NotFound, Refused, StorageError, UsageError
from preserva.files.parallel import bounded_map
from preserva.fixity.stored_copy import check_copy
from preserva.i18n import _
from preserva.information_package.official_schemas import load_schemas
from preserva.ledger import LedgerEntry
from preserva.replication.survey import Evidence, gather
from preserva.storage.base import chunks_of

_NAMED = 50
"""Paths that an entry of the ledger names; it counts the others."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that must come: what is in its place, and the storages that have what was recorded.

    None need have it where it follows from what was recorded.
    """

    path: str
    seen: str
    stores: tuple[str, ...]


@dataclass(slots=True)
class Repair:
    """One copy: what goes aside, what comes, what no storage has; and whether it was done."""

    package: str
    storage: str
    aside: tuple[str, ...] = ()
    put: tuple[Brought, ...] = ()
    applied: bool = False
    report: Report = field(default_factory=lambda: Report(""))

    @property
    def needed(self) -> bool:
        """Whether there is anything to do that can be done."""
        return bool(self.aside or self.put)


def repair(
    archive: Archive,
    packages: Sequence[PackageId] = (),
    *,
    storage: str | None = None,
    apply: bool = False,
    limit: int | None = None,
    observer: Observer = ignore,
) -> list[Repair]:
    """What must be done to copies so that they are what was recorded; with `apply`, it is done.

    The copies are those of `packages`, or else all whose last check failed; in one storage or in
    all. A copy that is not sound and that no storage can mend is reported with the reason.

    Raises LedgerError, Locked, UsageError; NotFound for a package that the ledger does not know;
    Refused, with nothing changed, if in one storage more copies than `limit` need repair (three, or
    one in a thousand, if it is not given): then it is the storage that needs a person, not a book.
    """
    prove_ledger(archive, record=apply)
    stores = [archive.store(storage)] if storage else archive.stores()
    if storage is not None and stores[0].config.role is Role.HELD:
        message = _("{storage} is kept here for another institution, which alone repairs it")
        raise UsageError(message.format(storage=storage))
    stores = [one for one in stores if one.config.role is not Role.HELD]
    done = []
    for store in stores:
        wanted = packages or _failed(archive, store)
        done += repair_in(archive, store, wanted, apply=apply, limit=limit, observer=observer)
    for package in packages:
        if not any(one.package == package.uri for one in done):
            message = _("the ledger knows of no copy of {id} that could be compared")
            raise NotFound(message.format(id=package))
    return done


def _failed(archive: Archive, store: Store) -> list[PackageId]:
    """The packages whose last check in a storage found damage."""
    return [PackageId.parse(one) for one in archive.ledger.copies.damaged(store.id)]


def repair_in(
    archive: Archive,
    store: Store,
    packages: Sequence[PackageId],
    *,
    apply: bool,
    limit: int | None,
    observer: Observer,
) -> list[Repair]:
    """The same for these packages in one storage, after the ledger was verified."""
    work = [_Copy(archive, store, one, observer) for one in packages]
    try:
        store.check_identity()
        if not (apply and work):
            return [one.result for one in work if one.assess()]
        with archive.writing(store):
            prepare(archive, store)
            work = [one for one in work if one.assess()]
            _refuse_too_many(archive, store, work, limit)
            for one in work:
                if not one.apply():
                    break
    except StorageError as error:
        if not work or apply:
            raise
        finding = Finding(Code.STORAGE_UNREACHABLE, error.path or store.id, seen=str(error))
        for one in work:
            one.result.report.add([finding])
    return [one.result for one in work]


def _refuse_too_many(
    archive: Archive, store: Store, work: Sequence[_Copy], limit: int | None
) -> None:
    needing = sum(one.result.needed for one in work)
    if limit is None:
        limit = max(3, len(archive.ledger.copies.packages(store.id)) // 1000)
    if needing > limit:
        message = _("{count} copies in {storage} need repair, more than {limit}: nothing was done")
        raise Refused(
            message.format(count=needing, storage=store.id, limit=limit),
            hint=_(
                "So many at once mean that the disk, its cables or its memory fail, not the books."
                " Find out which; then --limit says how many may be repaired."
            ),
        )


class _Copy:
    """One copy under repair."""

    def __init__(
        self, archive: Archive, store: Store, package: PackageId, observer: Observer
    ) -> None:
        self.archive = archive
        self.store = store
        self.package = package
        self.observer = observer
        report = Report(f"{package.uri} in {store.id}")
        self.result = Repair(package.uri, store.id, report=report)
        self.evidence: Evidence | None = None
        self.plan = Plan((), ())

    def assess(self) -> bool:
        """Read the copy and make the plan; False if there should be no copy here."""
        self.observer(Started("repair", self.result.report.subject))
        self.evidence = found = gather(self.archive, self.store, self.package, self.observer)
        self.observer(Ended("repair", self.result.report.subject))
        if found is None:
            return False
        self.result.report.add([*found.findings, *found.lost])
        if not found.findings:
            lost = {one.path for one in found.lost if one.path is not None}
            self.plan = plan(found.committed, found.entries, found.sound, lost)
        self.result.aside = self.plan.aside
        self.result.put = tuple(
            Brought(one.path, found.wrong[one.path], tuple(s.id for s in found.good[one.path]))
            for one in self.plan.put
        )
        return True

    def apply(self) -> bool:
        """Carry the plan out; False if what was done did not make the copy sound: then stop."""
        if not self.result.needed:
            return self.result.report.outcome is not Outcome.PASS or self._settle()
        assert self.evidence is not None, "nothing is needed before it was looked for"
        storage, path = self.store.storage, self.evidence.path
        event = self.archive.identifiers()
        staging = self._stage()
        if staging is None:
            return True
        donor = self._donor()
        self._begin(event, donor)
        whole = storage.stat(path) is None
        for one in self.plan.aside:
            storage.quarantine(f"{path}/{one}", f"{self._quarantine(event)}/{one}")
        if whole:
            storage.publish(staging.folder, path)
        else:
            for file in self.plan.put:
                storage.publish(f"{staging.folder}/{file.path}", f"{path}/{file.path}")
            storage.discard(staging.folder)
        proved = self._proved(staging.files)
        self._record(event, donor, proved)
        self.result.applied = proved
        return proved

    def _settle(self) -> bool:
        """Prove and record what an interrupted repair did, or a soundness no check saw yet."""
        begun = self._last(RECOVERY_START, RECOVERY)
        seen = self._last(FIXITY_CHECK)
        unfinished = begun is not None and begun.type == RECOVERY_START
        if not unfinished and (seen is None or seen.outcome == SUCCESS):
            return True
        proved = self._proved({})
        if begun is not None and unfinished:
            self._record(str(begun.facts["event"]), begun.facts["from"], proved)
        return proved

    def _last(self, *types: str) -> LedgerEntry | None:
        return self.archive.ledger.last(
            package=self.package.uri, storage=self.store.id, types=types
        )

    def _quarantine(self, event: str) -> str:
        return f"{layout.QUARANTINE}/{self.package.portable}/{event}"

    def _begin(self, event: str, donor: str | None) -> None:
        """Into the ledger, before anything moves: what will go where, and what will come."""
        facts: dict[str, Value] = {
            "event": event,
            "from": donor,
            "quarantine": self._quarantine(event) if self.plan.aside else None,
            **_named("aside", self.plan.aside),
            **_named("put", [one.path for one in self.plan.put]),
        }
        self._append(RECOVERY_START, SUCCESS, facts)

    def _donor(self) -> str | None:
        """A storage from which files came, or one that could have helped: it is told as well."""
        assert self.evidence is not None, "a plan has its evidence"
        good = (self.evidence.good[one.path] for one in self.plan.put if one.data is None)
        helped = next((stores[0] for stores in good), None)
        return next((one.id for one in (helped, *self.evidence.others) if one is not None), None)

    def _stage(self) -> Staging | None:
        """Bring every file into staging and prove it there; None if one came out otherwise."""
        folder = f"{layout.STAGING}/repair-{self.package.portable}"
        algorithms = dict.fromkeys(one.algorithm for one in self.plan.put)
        staging = Staging(self.store.storage, folder, algorithms, self.observer)
        self.observer(Started("repair", self.result.report.subject, len(self.plan.put)))

        def bring(one: Committed) -> Finding | None:
            seen = self._bring(staging, one)
            self.observer(Advanced(0, one.path))
            return None if seen is None else Finding(Code.REPAIR_FAILED, one.path, one.digest, seen)

        workers = self.store.storage.max_concurrency
        wrong = [one for one in bounded_map(bring, self.plan.put, workers=workers) if one]
        self.observer(Ended("repair", self.result.report.subject))
        if wrong:
            self.store.storage.discard(folder)
            self.result.report.add(wrong)
            return None
        if staging.files:
            confirm(staging)
        return staging

    def _bring(self, staging: Staging, one: Committed) -> str | None:
        """Write one file from what was recorded or from a good copy; what came, if it is wrong."""
        assert self.evidence is not None, "a plan has its evidence"
        if one.data is not None:
            staging.write(one.path, one.data)
            return None
        source = f"{self.evidence.path}/{one.path}"
        donor = self.evidence.good[one.path][0].storage
        entry = donor.stat(source)
        with donor.open(source) as reader:
            seen = staging.copy(one.path, chunks_of(reader), entry.size if entry else 0)
        found = seen.digests[one.algorithm]
        return None if found == one.digest else found

    def _proved(self, staged: dict[str, Observed]) -> bool:
        """Whether what was brought is there, and the whole package is sound as far as it can be."""
        assert self.evidence is not None, "a plan has its evidence"
        path = self.evidence.path
        expected = ((f"{path}/{name}", seen) for name, seen in staged.items())
        wrong = [
            Finding(Code.REPAIR_FAILED, name, seen=seen)
            for name, seen in read_back(self.store.storage, expected, self.observer)
        ]
        self.result.report.add(wrong)
        folder = self.archive.config.xsd
        official = None if folder is None else load_schemas(folder)
        found = check_copy(self.archive, self.store, self.package, official, self.observer)
        assert found is not None, "the ledger knows of this copy"
        note(self.archive, self.store, self.package, found)
        if found.outcome is Outcome.FAIL and not self.evidence.lost:
            self.result.report.add(found.findings)
            return False
        return not wrong

    def _record(self, event: str, donor: str | None, proved: bool) -> None:
        """Into the logs of the copy and of one that helped, then into the ledger."""
        assert self.evidence is not None, "nothing is recorded before it was looked for"
        if not proved:
            self._append(RECOVERY, FAIL, {"event": event})
            return
        institution = self.archive.config.institution
        happened = history.event(
            EventType.RECOVERY,
            identifier=event,
            time=self.archive.now(),
            institution=institution,
            detail=f"{self.store.id} got back what was recorded, read back and validated",
            package=self.package,
        )
        log = history.log_record(happened, institution, self.package)
        facts: dict[str, Value] = {**log.facts}
        history.keep_log(self.store.storage, self.evidence.path, log, self.store.id)
        if donor is not None:
            other = self.archive.store(donor).storage
            history.keep_log(other, self.evidence.path, log, self.store.id)
            facts["from"] = donor
        self._append(RECOVERY, SUCCESS, facts)

    def _append(self, type_: str, outcome: str, facts: dict[str, Value]) -> None:
        self.archive.ledger.append(
            type_,
            time=self.archive.now(),
            outcome=outcome,
            package=self.package.uri,
            storage=self.store.id,
            facts=facts,
        )


def _named(key: str, paths: Sequence[str]) -> dict[str, Value]:
    named: list[Value] = [printable(one)[:300] for one in paths[:_NAMED]]
    return {key: named, f"more_{key}": max(0, len(paths) - _NAMED)}
