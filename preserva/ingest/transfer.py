"""Stores packages that were made elsewhere, with all their metadata.

The received files are kept byte for byte below `representations/original/data`: a bag remains a
complete bag with its own manifests, and an E-ARK package keeps its own METS and PREMIS. Around them
is a package of ours, whose history records what was received, which digests matched, and the former
identifiers (docs/adr/0009-import.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from preserva.archive.archive import ArchivalStorage
from preserva.archive.commit import ingest, refuse_lost
from preserva.archive.reading import observe
from preserva.archive.staging import Staging
from preserva.archive.stored_copy import StoredCopy
from preserva.bag.container.compression import bare_name
from preserva.bag.open import open_bag
from preserva.bag.source import as_stream, hand_on
from preserva.bag.validate import validate_source
from preserva.core.book.rights import Rights
from preserva.core.book.structure import NO_STRUCTURE
from preserva.core.book.submission import Arrangement
from preserva.core.eark.aip import ORIGINAL, AipSpec, ContentFile, build_aip
from preserva.core.eark.description import is_a_title
from preserva.core.eark.mets import PackageType
from preserva.core.eark.premis import Identifier
from preserva.core.eark.received import Digest, Received, mets_in_bag, receive
from preserva.core.eark.received_pages import ReceivedPage, in_page_order, pages_of_package
from preserva.core.eark.vocabulary import EventOutcome, EventType
from preserva.core.formats import layout
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, Observed, PackageId
from preserva.core.values.report import (
    Ended,
    Finding,
    Observer,
    Outcome,
    Started,
    ignore,
    printable,
)
from preserva.core.values.subjects import Named
from preserva.describe.record import Record
from preserva.describe.supplied.history import History
from preserva.errors import Damaged, PackageError, Refused, TooLarge
from preserva.files.opening import Folder
from preserva.fixity.version_source import VersionSource
from preserva.i18n import _
from preserva.information_package.consistency import TYPE, is_ours, own_findings
from preserva.information_package.conversion import Original, Repackaging
from preserva.information_package.second_opinion import second_opinion
from preserva.information_package.tag_files import bag_info, write_tag_files
from preserva.ingest.aip_writer import HEAD, Assembler, Put, describe, identified, opened_copy
from preserva.ingest.happened import Happened, events_of
from preserva.ingest.image_inspection import Inspection
from preserva.ingest.origin import refuse_without_consent, was_made_here
from preserva.ingest.scans import Scans
from preserva.ingest.sender import UNKNOWN_SENDER, Sender
from preserva.ingest.submission import Submission, choose_record, one_line
from preserva.ingest.supplied import Written, read_supplied
from preserva.ingest.transfer_identity import Peek, discarded, look, new_id, own_id, refuse_other
from preserva.ingest.transfer_record import own_record
from preserva.ingest.transfer_result import Accepted, Form
from preserva.storage.base import chunks_of, read_all

_DATA = f"representations/{ORIGINAL}/data"
_LARGEST = 64 << 20


def accept(
    archive: ArchivalStorage,
    path: Path,
    *,
    record: Path | None = None,
    local: str | None = None,
    position: int | None = None,
    charset: str | None = None,
    as_ours: bool = False,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Accepted:
    """Store a bag or an E-ARK package that was made elsewhere: a folder, a tar or a zip.

    It must be what its own manifests or METS say. Its description comes from `record`, or else from
    what it has. `local` is the identifier that it gets; by default one is made from its own. An AIP
    of our institution is stored as it is, a SIP of it becomes the package that it was made of; if
    it was not made here, that needs the consent of a person, `as_ours`, and is recorded.

    Raises Damaged if it does not match; PackageError, UsageError, Refused if it cannot be stored;
    Locked, StorageError. In each case nothing was stored, and `path` was not touched.
    """
    own = own_id(archive, path, peek := look(path), asks=bool(local or record))
    package = own or new_id(archive, path, peek, local)
    target, staged = archive.primary, f"{layout.STAGING}/import-{package.portable}"
    with archive.writing(target):
        content, digests = f"{staged}/v1/content", archive.config.policy.digests
        staging = Staging(target.storage, content, digests, observer)
        work = _Accepting(archive, path, package, peek, staging, observer)
        with discarded(target.storage, staged, keep=not dry_run):
            if ours := own is not None:
                notes = work.take_own(f"{staged}/received")
            else:
                notes = work.take(record, position, charset)
            second_opinion(staging)
            outside = ours and not was_made_here(archive, package, staging.files)
            done = replace(work.result, notes=tuple(notes), from_outside=outside)
            copy = StoredCopy(archive, target, package)
            if copy.is_there():
                if not dry_run:
                    refuse_other(copy, staging)
                    target.storage.discard(staged)
                return done
            refuse_lost(copy)
            refuse_without_consent(package, as_ours or not outside)
            if dry_run:
                return done
        ingest(copy, staging, from_outside=outside)
    return replace(done, created=True)


@dataclass(slots=True)
class _Accepting:
    """An imported package on its way into staging."""

    archive: ArchivalStorage
    path: Path
    package: PackageId
    peek: Peek
    staging: Staging
    observer: Observer
    form: Form = Form.BAG
    title: str = ""
    compared: str = ""
    outcome: EventOutcome = EventOutcome.SUCCESS
    notes: tuple[Finding, ...] = ()

    @property
    def result(self) -> Accepted:
        """The content of staging."""
        peek = self.peek
        return Accepted(self.package, self.title, self.form, False, peek.files, peek.size)

    @property
    def base(self) -> str:
        """The package's own folder in the bag."""
        return f"data/{self.package.portable}"

    def take_own(self, received: str) -> list[Finding]:
        """Take a SIP of ours as the package from which it was exported; an AIP is that package."""
        self.form = Form.OURS
        (self.title,) = self.peek.values_of("External-Description")
        if self.peek.values_of(TYPE) == [PackageType.AIP]:
            self.form = Form.OUR_AIP
            self._copy(self.staging, "")
            self._prove_bag(self.staging, "", self.staging.files)
            return []
        storage = self.staging.storage
        inbox = Staging(storage, received, self.staging.algorithms, self.observer)
        self._copy(inbox, "")
        self._prove_bag(inbox, "", inbox.files)
        start = f"{self.base}/"
        original = Original(
            [path.removeprefix(start) for path in inbox.files if path.startswith(start)],
            lambda path: self._stored(f"{received}/{start}{path}"),
            lambda path: inbox.files[start + path].size,
        )
        archive, time = self.archive, self.archive.now()
        happened = self._happened()
        events = events_of(happened, self.package, archive.actor, archive.identifiers, time)
        Repackaging(
            self.archive, self.package, original, self.staging, PackageType.AIP, self.title, events
        ).make()
        storage.discard(received)
        return []

    def take(
        self, record_file: Path | None, position: int | None, charset: str | None
    ) -> list[Finding]:
        """Wrap a package made elsewhere in one of ours; return the warnings."""
        prefix = f"{self.base}/{_DATA}/"
        self._copy(self.staging, prefix)
        files = {
            path.removeprefix(prefix): seen._replace(path=path.removeprefix(prefix))
            for path, seen in self.staging.files.items()
        }
        received = self._prove(prefix, files)
        read = partial(self._small_content, prefix)
        sender = Sender.of(received, self.peek.info, read)
        supplied = None if record_file is None else (read_supplied(record_file), record_file)
        record = self._record(supplied, position, charset, prefix, received)
        titles = self.peek.values_of("External-Description")
        self.title = one_line(record.title or next(iter(titles), "") or bare_name(self.path.name))
        inspection = Inspection(self.archive.config.images.without_refusals())
        pages = pages_of_package(received.documents, files, read)
        content = [
            self._content(prefix, path, inspection, pages.get(path))
            for path in in_page_order(files, pages)
        ]
        config = self.archive.config
        assembler = Assembler(
            self.archive.actor,
            self.archive.clock,
            self.archive.identifiers,
            self.observer,
            config.rights,
        )
        source = self._submission(record, sender.licences_beside(record))
        rights = assembler.rights_in(source).beside_the_record
        descriptive = describe(record, rights, self.staging, self.base)
        spec = assembler.spec(
            source,
            {ORIGINAL: content},
            [],
            descriptive,
            inspection,
            self._happened(sender),
            sender.remarks,
        )
        build_aip(self._known_as(spec, received), Put(self.staging, self.base))
        date = self.archive.clock().date().isoformat()
        info = bag_info(config.institution, self.package, self.title, date, self.staging)
        write_tag_files(self.staging, info)
        return [*self.peek.notes, *record.notes, *inspection.notes, *self.notes]

    def _submission(self, record: Record, rights: tuple[Rights, ...]) -> Submission:
        """The package as a source: there are no scans, and people wrote nothing beside it."""
        nothing = Arrangement({}, (), (), ())
        written = Written(NO_STRUCTURE, History((ORIGINAL,)), rights)
        scans = Scans(Folder(self.path), nothing)
        return Submission(scans, nothing, record, self.package, self.title, written)

    def _copy(self, staging: Staging, prefix: str) -> None:
        """Copy the received files to staging in one read. Raises Refused if one changed."""
        self.observer(Started("import", Named(str(self.path)), self.peek.files, self.peek.size))

        def take(path: str, size: int, pieces: Iterator[bytes]) -> None:
            staging.copy(prefix + self.peek.names.get(path, path), pieces, size)

        for entry in hand_on(open_bag(self.path), take):
            kind = entry.kind if isinstance(entry, Entry) else None
            if kind not in {Kind.FILE, Kind.FOLDER} and entry not in self.peek.notes:
                raise Refused(_("{path} changed while it was read").format(path=self.path))
        self.observer(Ended("import", Named(str(self.path))))

    def _prove(self, prefix: str, files: Mapping[str, Observed]) -> Received:
        """Check it against its own manifests or its own METS. Raises Damaged."""
        if "bagit.txt" in files:
            self._prove_bag(self.staging, prefix, files)
            return self._in_bag(prefix, files)
        self.form = Form.EARK
        try:
            received = receive(files, lambda path: self._open(prefix + path), self._digest(prefix))
        except ValueError as error:
            message = _("{path}: its METS cannot be read: {reason}")
            raise PackageError(message.format(path=self.path, reason=error)) from error
        illegible = [each for each in received.problems if each.code is Code.METADATA_XML]
        damage = [each.message() for each in received.problems if each not in illegible]
        if damage:
            self._refuse_damaged(damage)
        self._count(received, illegible, files)
        return received

    def _count(
        self, received: Received, illegible: list[Finding], files: Mapping[str, Observed]
    ) -> None:
        """What the check proved, and what it did not: then its outcome is a warning."""
        doubts = list(received.doubts(files))
        self.notes = (*self.notes, *illegible, *doubts)
        self.compared = f"{len(received.vouched)} files agree with the digests in METS and PREMIS"
        unvouched = sum(doubt.code is Code.UNVOUCHED for doubt in doubts)
        if unvouched:
            self.compared += f"; no digest vouches for {unvouched} others"
        if received.elsewhere:
            self.compared += f"; {len(received.elsewhere)} are elsewhere and were not received"
        if doubts or illegible:
            self.outcome = EventOutcome.WARNING

    def _in_bag(self, prefix: str, files: Mapping[str, Observed]) -> Received:
        """The content of the METS in a sound bag; mismatches are no reason to refuse the bag."""
        mets = mets_in_bag(files)
        if mets is None:
            return Received()
        if mets["uuid"]:
            self.form = Form.ARCHIVEMATICA
            return Received(mets[0], [("UUID", mets["uuid"])])
        try:
            received = receive(
                files, lambda path: self._open(prefix + path), self._digest(prefix), mets[0]
            )
        except ValueError as error:
            self._note(mets[0], str(error))
            return Received()
        if received.problems:
            self._note(mets[0], f"{len(received.problems)}: {received.problems[0].record()}")
        return received

    def _note(self, path: str | None, seen: str) -> None:
        self.notes = (*self.notes, Finding(Code.METS_ALONG, path, seen=seen))

    def _prove_bag(self, staging: Staging, prefix: str, files: Mapping[str, Observed]) -> None:
        located = {path: prefix + path for path in files}
        content = {located[path]: file for path, file in files.items()}, self.peek.empty
        source = VersionSource(staging.storage, staging.folder, self.path.name, located, *content)
        report = validate_source(source)
        report.add(self.peek.doubts(report))
        if is_ours(report):
            report.add(own_findings(report, source))
        if report.outcome is not Outcome.PASS:
            self._refuse_damaged([finding.message() for finding in report.findings])
        algorithms = ", ".join(sorted(report.algorithms))
        self.compared = f"{report.checked} files agree with the manifests of its bag ({algorithms})"

    def _refuse_damaged(self, problems: list[str]) -> None:
        message = _("{path} does not match its own manifests or METS, so it was not stored:")
        raise Damaged(message.format(path=self.path), problems)

    def _record(
        self,
        supplied: tuple[bytes, Path] | None,
        position: int | None,
        charset: str | None,
        prefix: str,
        received: Received,
    ) -> Record:
        """The description: the one given, or else the best one in the package."""
        if supplied is not None:
            return choose_record(supplied[0], supplied[1], position, charset)
        if received.mets is not None:
            files = {path.removeprefix(prefix) for path in self.staging.files}
            read = partial(self._content_below, prefix)
            record, findings = own_record(received.mets, files, read, position, charset)
            self.notes = (*self.notes, *findings)
            if record is not None and is_a_title(record.title):
                return record
        data = self.peek.description(received, bare_name(self.path.name))
        return choose_record(data, Path("description.xml"), None, None)

    def _content(
        self, prefix: str, path: str, inspection: Inspection, page: ReceivedPage | None
    ) -> ContentFile:
        place = prefix + path
        with self.staging.storage.open(f"{self.staging.folder}/{place}") as reader:
            head = reader.read(HEAD)
        form = identified(self.staging, place, head, path)
        size, copy = self.staging.files[place].size, opened_copy(self.staging, place)
        image = inspection.look(copy, size, form.mime, ORIGINAL, path)
        seen = self.staging.files[place]._replace(path=f"{_DATA}/{path}")
        number, label = (None, None) if page is None else (page.number, page.label)
        return ContentFile(seen, form, path, number, label, image)

    def _happened(self, sender: Sender = UNKNOWN_SENDER) -> list[Happened]:
        """The events before it became a package of ours."""
        return [
            sender.transfer(f"received as {self.form}: {printable(self.path.name)}"),
            Happened(EventType.FIXITY_CHECK, self.compared, self.outcome),
        ]

    def _known_as(self, spec: AipSpec, received: Received) -> AipSpec:
        """The package with its former identifiers, each once, and our digests."""
        identifiers = [*self.peek.identifiers(), *received.identifiers]
        known = [
            Identifier(kind, one_line(value)) for kind, value in dict.fromkeys(identifiers) if value
        ]
        return replace(spec, identifiers=known, digests=self.staging.algorithms)

    def _stored(self, path: str) -> Iterator[bytes]:
        with self.staging.storage.open(path) as reader:
            yield from chunks_of(reader)

    def _open(self, path: str) -> BinaryIO:
        return as_stream(self._stored(f"{self.staging.folder}/{path}"))

    def _content_below(self, prefix: str, path: str) -> bytes:
        return self._content_of(prefix + path)

    def _small_content(self, prefix: str, path: str) -> bytes:
        """The content of a file; nothing of one that is too large, which then is no XML either."""
        with suppress(TooLarge):
            return self._content_below(prefix, path)
        return b""

    def _content_of(self, path: str) -> bytes:
        return read_all(self.staging.storage, f"{self.staging.folder}/{path}", _LARGEST)

    def _digest(self, prefix: str) -> Digest:
        def digest(path: str, algorithm: str) -> str:
            seen = self.staging.files[prefix + path].digests
            if algorithm not in seen:
                place = f"{self.staging.folder}/{prefix}{path}"
                seen = observe(self.staging.storage, place, [algorithm]).digests
            return seen[algorithm]

        return digest
