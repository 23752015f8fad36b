"""Repair: a copy gets back its recorded content, and whatever was in its place is kept aside.

Nothing is deleted and nothing overwritten. What is brought is hashed on its way, read back in
staging, moved to its place and read there once more; then the whole package is validated. What
came back as recorded is acknowledged, whatever today's rules say of the package: that is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from preserva.archive import events as history
from preserva.archive.acting import Actor
from preserva.archive.archive import ArchivalStorage
from preserva.archive.fixity_events import record_check
from preserva.archive.ledger_proof import prove_ledger
from preserva.archive.retirement import retired
from preserva.archive.staging import Staging, confirm, read_back
from preserva.archive.store import Store, absence
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.withdrawal import refuse_removed, tombstones
from preserva.config import Role
from preserva.core.eark.vocabulary import EventType
from preserva.core.formats import layout
from preserva.core.policy.repair import Committed, Plan, plan
from preserva.core.values.codes import Code
from preserva.core.values.entries import FAIL, FIXITY_CHECK, RECOVERY, RECOVERY_START, SUCCESS
from preserva.core.values.facts import Recovery, RecoveryStart, named_paths
from preserva.core.values.model import Observed, PackageId
from preserva.core.values.report import (
    Advanced,
    Ended,
    Finding,
    Observer,
    Outcome,
    Report,
    Started,
    counted,
    ignore,
    unheard,
)
from preserva.core.values.subjects import WholeStorage
from preserva.errors import NotFound, Refused, StorageError, StorageFull, UsageError
from preserva.files.parallel import bounded_map
from preserva.fixity.check_copy import check_copy
from preserva.i18n import _
from preserva.information_package.official_schemas import load_schemas
from preserva.information_package.pages import with_pages
from preserva.ledger import LedgerEntry
from preserva.replication.kept_names import names_not_kept
from preserva.replication.repaired import Brought, Repair
from preserva.replication.survey import Survey, survey_copy
from preserva.storage.base import chunks_of
from preserva.storage.published import publish, quarantine

__all__ = ["Brought", "CopyRepair", "Repair", "repair", "repair_in"]


def repair(
    archive: ArchivalStorage,
    packages: Sequence[PackageId] = (),
    *,
    storage: str | None = None,
    apply: bool = False,
    limit: int | None = None,
    observer: Observer = ignore,
    each: Callable[[Repair], object] = unheard,
) -> list[Repair]:
    """Plan how to make copies what was recorded; with `apply`, do it.

    The copies are those of `packages`, or else all whose last check failed; in one storage or in
    all. An unsound copy that no storage can mend is reported with the reason. `each` is handed
    every result as it comes.

    Raises LedgerError, Locked, UsageError; NotFound for a package that the ledger does not know;
    Refused for one whose bytes two persons decided to remove, and, with nothing changed, if in one
    storage more copies than `limit` need repair (three, or one in a thousand, if it is not given):
    then it is the storage that needs a person, not a book.
    """
    prove_ledger(archive, record=apply)
    stores = [archive.store(storage)] if storage else archive.stores()
    if storage is not None and stores[0].config.role is Role.HELD:
        message = _(
            "{storage} is kept here for another institution, and only that institution repairs it"
        )
        raise UsageError(message.format(storage=storage))
    stores = [store for store in stores if store.config.role is not Role.HELD]
    done = []
    for package in packages:
        refuse_removed(archive, package)
    gone = retired(archive.ledger)
    for store in stores:
        known = packages or _failed(archive, store)
        wanted = [package for package in known if not gone.has(package.uri, store.id)]
        done += repair_in(
            archive, store, wanted, apply=apply, limit=limit, observer=observer, each=each
        )
    for package in packages:
        if not any(result.package == package.uri for result in done):
            message = _("the ledger knows of no copy of {id} that could be compared")
            raise NotFound(message.format(id=package))
    return done


def _failed(archive: ArchivalStorage, store: Store) -> list[PackageId]:
    """The packages whose last check in a storage found damage."""
    damaged, withdrawn = archive.ledger.copies.damaged(store.id), tombstones(archive.ledger)
    return [PackageId.parse(uri) for uri in damaged if uri not in withdrawn]


def repair_in(
    archive: ArchivalStorage,
    store: Store,
    packages: Sequence[PackageId],
    *,
    apply: bool,
    limit: int | None,
    observer: Observer,
    each: Callable[[Repair], object] = unheard,
) -> list[Repair]:
    """The same for these packages in one storage, after the ledger was verified."""
    steps = observer if len(packages) == 1 else ignore  # of many, the packages are counted
    work = [CopyRepair(StoredCopy(archive, store, package), steps) for package in packages]

    def steps_of(jobs: list[CopyRepair]) -> Iterator[CopyRepair]:
        if steps is observer:
            return iter(jobs)
        return counted("repair", WholeStorage(store.id), jobs, len(jobs), observer)

    try:
        store.check_identity()
        if not (apply and work):
            work = [job for job in steps_of(work) if job.assess()]
        else:
            with archive.writing(store):
                work = [job for job in steps_of(work) if job.assess()]
                _refuse_too_many(archive, store, work, limit)
                for job in steps_of(work):
                    job.apply()
                    each(job.result)
            return [job.result for job in work]
    except StorageError as error:
        if not work or apply:
            raise
        finding = Finding(absence(error), error.path or store.id, seen=str(error))
        for job in work:
            job.result.report.add([finding])
    for job in work:
        each(job.result)
    return [job.result for job in work]


def _refuse_too_many(
    archive: ArchivalStorage, store: Store, work: Sequence[CopyRepair], limit: int | None
) -> None:
    needing = sum(job.result.needed for job in work)
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


class CopyRepair:
    """One copy under repair; with `aside`, versions that its owner never made go aside too."""

    def __init__(self, copy: StoredCopy, observer: Observer, *, aside: bool = False) -> None:
        self.copy = copy
        self.diverged: tuple[str, ...] = ()
        self._waived = {Code.DIVERGED} if aside else set()
        self.archive = copy.archive
        self.observer = observer
        self.result = Repair(copy.package.uri, copy.store.id, Report(copy.subject))
        self._survey: Survey | None = None
        self.plan = Plan((), ())

    @property
    def survey(self) -> Survey:
        """What `assess` saw of the copy."""
        assert self._survey is not None, "nothing is done to a copy before it was looked at"
        return self._survey

    def assess(self) -> bool:
        """Read the copy and make the plan; False if there should be no copy here."""
        self.observer(Started("repair", self.copy.subject))
        self._survey = survey = survey_copy(self.copy, self.observer)
        self.observer(Ended("repair", self.copy.subject))
        if survey is None:
            return False
        waived = [finding for finding in survey.findings if finding.code in self._waived]
        self.diverged = tuple(finding.path or "" for finding in waived)
        survey.findings = [finding for finding in survey.findings if finding not in waived]
        self.result.report.add([*survey.findings, *survey.lost])
        if not survey.findings:
            lost = {finding.path for finding in survey.lost if finding.path is not None}
            self.plan = plan(survey.committed, survey.entries, survey.sound, lost)
        self.result.aside = self.plan.aside
        self.result.put = tuple(
            Brought(
                file.path,
                survey.wrong[file.path],
                tuple(donor.store.id for donor in survey.good[file.path]),
                survey.page_of(file.path),
            )
            for file in self.plan.put
        )
        return True

    def apply(self) -> None:
        """Carry the plan out; what keeps this copy from being repaired is reported of it alone.

        Raises StorageFull, Locked, LedgerError: those concern all copies.
        """
        try:
            self._carry_out()
        except StorageFull:
            raise
        except StorageError as error:
            finding = Finding(absence(error), error.path or self.copy.store.id, seen=str(error))
            self.result.report.add([finding])

    def _carry_out(self) -> None:
        if not self.result.needed:
            if self.result.report.outcome is Outcome.PASS:
                self._settle()
            return
        storage, path = self.copy.storage, self.survey.path
        event = self.archive.identifiers()
        staging = self._stage()
        if staging is None:
            return
        donor = self._donor()
        begun = self._begin(event, donor)
        whole = storage.stat(path) is None
        for name in self.plan.aside:
            quarantine(storage, f"{path}/{name}", f"{self._quarantine(event)}/{name}")
        if whole:
            publish(storage, staging.folder, path, staging.files)
        else:
            for file in self.plan.put:
                publish(storage, f"{staging.folder}/{file.path}", f"{path}/{file.path}")
            storage.discard(staging.folder)
        proved = self._proved(staging.files)
        self._record(begun, proved)
        self.result.applied = proved

    def _settle(self) -> None:
        """Prove and record what an interrupted repair did, or a soundness no check saw yet."""
        begun = self.copy.last(RECOVERY_START, RECOVERY)
        check = self.copy.last(FIXITY_CHECK)
        unfinished = begun is not None and begun.type == RECOVERY_START
        if not unfinished and (check is None or check.outcome == SUCCESS):
            return
        proved = self._proved({})
        if begun is not None and unfinished:
            self._record(begun, proved)

    def _quarantine(self, event: str) -> str:
        return f"{layout.QUARANTINE}/{self.copy.package.portable}/{event}"

    def _begin(self, event: str, donor: str | None) -> LedgerEntry:
        """Record in the ledger, before anything moves, what will be set aside and what restored."""
        quarantine = self._quarantine(event) if self.plan.aside else None
        aside = named_paths(self.plan.aside)
        put = named_paths([file.path for file in self.plan.put])
        facts = RecoveryStart(event, donor, quarantine, *aside, *put)
        return self.copy.record(RECOVERY_START, SUCCESS, facts=facts)

    def _donor(self) -> str | None:
        """The storage that files came from, or could have come from: its copy logs it too."""
        good = (self.survey.good[file.path] for file in self.plan.put if file.data is None)
        helped = next((donors[0] for donors in good), None)
        donor = helped or next(iter(self.survey.others), None)
        return None if donor is None else donor.store.id

    def _stage(self) -> Staging | None:
        """Copy every file into staging and prove it there; None if one differs."""
        if changed := names_not_kept(self.copy.storage, [file.path for file in self.plan.put]):
            self.result.report.add(with_pages(changed, self.survey.page_of))
            return None
        folder = f"{layout.STAGING}/repair-{self.copy.package.portable}"
        algorithms = dict.fromkeys(file.algorithm for file in self.plan.put)
        staging = Staging(self.copy.storage, folder, algorithms, self.observer)
        self.observer(Started("repair", self.copy.subject, len(self.plan.put)))

        def bring(file: Committed) -> Finding | None:
            seen = self._bring(staging, file)
            self.observer(Advanced(0, file.path))
            if seen is None:
                return None
            return Finding(Code.REPAIR_FAILED, file.path, file.digest, seen)

        workers = self.copy.storage.max_concurrency
        findings = bounded_map(bring, self.plan.put, workers=workers)
        wrong = [finding for finding in findings if finding is not None]
        self.observer(Ended("repair", self.copy.subject))
        if wrong:
            self.copy.storage.discard(folder)
            self.result.report.add(with_pages(wrong, self.survey.page_of))
            return None
        if staging.files:
            confirm(staging)
        return staging

    def _bring(self, staging: Staging, file: Committed) -> str | None:
        """Write one file, as recorded or from a good copy; returns what arrived, if wrong."""
        if file.data is not None:
            staging.write(file.path, file.data)
            return None
        source = f"{self.survey.path}/{file.path}"
        donor = self.survey.good[file.path][0].storage
        entry = donor.stat(source)
        with donor.open(source) as reader:
            observed = staging.copy(file.path, chunks_of(reader), entry.size if entry else 0)
        digest = observed.digests[file.algorithm]
        return None if digest == file.digest else digest

    def _proved(self, staged: dict[str, Observed]) -> bool:
        """Whether what was brought is there, and the copy is as recorded as far as it can be.

        What today's rules find wrong with a package that is as it was recorded is reported.
        """
        path = self.survey.path
        expected = ((f"{path}/{name}", seen) for name, seen in staged.items())
        wrong = [
            Finding(Code.REPAIR_FAILED, name, seen=seen)
            for name, seen in read_back(self.copy.storage, expected, self.observer)
        ]
        self.result.report.add(with_pages(wrong, self.survey.page_of))
        folder = self.archive.config.xsd
        official = None if folder is None else load_schemas(folder)
        report = check_copy(self.copy, official, self.observer)
        assert report is not None, "the ledger knows of this copy"
        if report.outcome is Outcome.FAIL:
            as_recorded = check_copy(self.copy, None, self.observer, fixity=True)
            assert as_recorded is not None, "the ledger knows of this copy"
            if as_recorded.outcome is Outcome.PASS:
                self.result.report.add(report.findings)
                report = as_recorded
        record_check(self.copy, report)
        if report.outcome is Outcome.FAIL and not self.survey.lost:
            self.result.report.add(report.findings)
            return False
        return not wrong

    def _record(self, begun: LedgerEntry, proved: bool) -> None:
        """Write the record into the logs of the copy and of one that helped, then into the ledger.

        The event has the time at which it began: a run that was interrupted here and the next one
        make the same record.
        """
        start = begun.facts_as(RecoveryStart)
        if not proved:
            self.copy.record(RECOVERY, FAIL, facts=Recovery(event=start.event))
            return
        actor = Actor(self.archive.config.institution, begun.person)
        name = self.copy.store.id
        happened = history.event(
            EventType.RECOVERY,
            identifier=start.event,
            time=begun.time,
            actor=actor,
            detail=f"{name} got back what was recorded, read back and validated",
            package=self.copy.package,
        )
        log = history.log_record(happened, actor, self.copy.package)
        self.copy.keep_log(log, name)
        if start.source is not None:
            helper = StoredCopy(self.archive, self.archive.store(start.source), self.copy.package)
            helper.keep_log(log, name)
        facts = Recovery(event=log.event, sha256=log.sha256, source=start.source)
        self.copy.record(RECOVERY, SUCCESS, facts=facts)
