"""A new version of a stored package: only what has changed is written.

Its record, structure, rights or history is replaced, documents are added, pages are corrected. The
previous version is kept unchanged, and the PREMIS of each version records what was changed, when
and why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.archive.events import Told
from preserva.core.book.page_changes import PageDeed, in_words
from preserva.core.book.rights import Rights
from preserva.core.eark import readme
from preserva.core.eark.aip import DescriptiveFile, OtherFile
from preserva.core.eark.amend import amended_mets
from preserva.core.eark.mets import FileEntry, MetadataFile
from preserva.core.eark.premis import Identifier
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, ignore
from preserva.describe.characterization.identify import identify
from preserva.describe.record import Record, actions
from preserva.describe.supplied.rights import licences_of, read_rights, undecided
from preserva.errors import PackageError, UsageError
from preserva.i18n import _
from preserva.ingest.aip_writer import copying, describe
from preserva.ingest.book_revision import NO_CHANGES, BookRevision, PageChanges
from preserva.ingest.book_rights import BookRights
from preserva.ingest.draft import Draft, revise
from preserva.ingest.happened import Happened
from preserva.ingest.image_inspection import StoredScans
from preserva.ingest.replaced_record import compare_with_new
from preserva.ingest.revised import Revised
from preserva.ingest.revision_history import (
    new_representation,
    record_events,
    told_by_file,
    told_by_record,
)
from preserva.ingest.revision_structure import retitled
from preserva.ingest.stored_scans import stored_scans
from preserva.ingest.submission import choose_record, described_by, one_line
from preserva.ingest.supplied import kept_file, read_supplied, refuse_supplied, refuse_unclear
from preserva.version import __version__

_METS = "METS.xml"
_DESCRIPTIVE = "metadata/descriptive/"
_README = "documentation/README.txt"
_OURS = re.compile(r"documentation/(README\.txt|(structure|events|rights)\.(toml|csv|xml))")
_REORDERED = {PageDeed.INSERTED, PageDeed.REMOVED, PageDeed.MOVED}


@dataclass(frozen=True, slots=True)
class Change:
    """The requested changes. `reason` is recorded in the history of the package.

    `other_record` is a person's word that the record may be one of another book.
    """

    record: Path | Record | None = None
    position: int | None = None
    charset: str | None = None
    documents: Sequence[Path] = ()
    reason: str | None = None
    structure: Path | None = None
    other_record: bool = False
    rights: Path | None = None
    events: Path | None = None
    pages: PageChanges = NO_CHANGES

    def __bool__(self) -> bool:
        files = (self.record, self.structure, self.rights, self.events)
        return any(file is not None for file in files) or bool(self.documents) or bool(self.pages)


def update(
    archive: ArchivalStorage,
    package: PackageId,
    change: Change,
    *,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Revised:
    """Make a new version of one of our packages, read back and recorded in the ledger.

    Raises UsageError if no change is requested or no reason is given; NotFound, Damaged or
    StorageError if the package is not what the ledger recorded; PackageError for what cannot be
    used; Refused for a package of another institution, Locked. In each case nothing was changed.
    """
    if not change:
        raise UsageError(_("nothing to update: give a record, a structure, pages or documents"))
    if not (change.reason or "").strip():
        raise UsageError(
            _("a correction needs a reason"),
            hint=_(
                "Give it with --reason, in a table in its column: it becomes part of the history of"
                " the package."
            ),
        )
    if change.pages.move and (change.pages.insert is not None or change.pages.remove):
        raise UsageError(
            _("pages can only be moved in a separate correction"),
            hint=_("Remove or insert first, then move: the numbers of pages change in between."),
        )
    revision = _Revision(change, partial(stored_scans, archive, package, writing=not dry_run))
    revised = revise(
        archive, package, revision.make, change.reason, dry_run=dry_run, observer=observer
    )
    return replace(revised, notes=tuple(revision.notes), pages=tuple(revision.book.changes))


class _Revision:
    """A change while it is made. `done` says it in words, for the history of the package."""

    draft: Draft
    book: BookRevision

    def __init__(self, change: Change, stored: StoredScans) -> None:
        self.change = change
        self.stored = stored
        self.notes: list[Finding] = []
        self.done: list[str] = []
        self._told: list[Told] = []
        self._corrected: tuple[Identifier, ...] = ()  # events that were told wrongly
        self._removed: list[str] = []

    def make(self, draft: Draft) -> None:
        """Write everything that differs, each file once."""
        self.draft, change = draft, self.change
        self.book = BookRevision(draft, self.stored)
        rights = None if change.rights is None else self._new_rights(change.rights)
        descriptive = None
        if change.record is not None or rights is not None:
            descriptive, rights = self._describe(rights)
        documents = [document for path in change.documents for document in self._document(path)]
        if change.rights is not None:
            documents += self._supplied("rights", change.rights.name, read_supplied(change.rights))
        if change.events is not None:
            documents += self._tell_events(change.events)
        documents += self._revise_book()
        new = self.book.write()
        self.notes += self.book.notes
        if not draft.is_new():
            return
        record_events(
            draft,
            self._happened(),
            told=self._told,
            without=self._corrected,
            representations=[new_representation(draft, name) for name in new],
            rights=rights,
        )
        point(draft, descriptive, documents, self._removed, new)
        draft.finish()

    def _happened(self) -> list[Happened]:
        """The events of this change, the last of them with its reason."""
        reason = [self.change.reason] if self.change.reason else []
        pages = list(in_words(self.book.changes))
        detail = "; ".join([*pages, *self.done, *reason])
        kind = EventType.MODIFICATION if pages else EventType.METADATA_MODIFICATION
        copied = copying(self.book.copied, self.book.inspection) if self.book.copied else ()
        return [*copied, Happened(kind, f"{detail} (preserva {__version__})")]

    def _describe(
        self, new: tuple[Rights, ...] | None
    ) -> tuple[list[DescriptiveFile], tuple[Rights, ...] | None]:
        """Replace the record, if there is a new one, and the files derived from it.

        Also the rights that PREMIS is to state, if they are others now: the `new` ones, or those of
        a record that states another licence.
        """
        draft, change = self.draft, self.change
        config = draft.archive.config
        if change.record is None:
            record = self._former_record()
        else:
            data = read_supplied(change.record) if isinstance(change.record, Path) else b""
            record = described_by(change.record, data, change.position, change.charset)
            self.notes += record.notes + compare_with_new(
                self._former_mods(), record, Path(change.record.name), consent=change.other_record
            )
            self.done.append(f"the record was replaced by {change.record.name}")
            draft.title = one_line(record.title)
            self._told.append(told_by_record(draft, actions(record)))
        former = self._former_licences()
        draft.rename(_DESCRIPTIVE, {})
        own = self._own_rights() if new is None else new
        rights = BookRights.of(own, record, config.rights)
        if not own and change.record is not None and rights.licences != former:
            new = rights.stated(config.institution)
        files = describe(record, rights.beside_the_record, draft.staging, draft.base.rstrip("/"))
        return files, new

    def _former_record(self) -> Record:
        """The record that the package has, as it was supplied."""
        start = f"{self.draft.base}{_DESCRIPTIVE}source"
        path = next(path for path in sorted(self.draft.before) if path.startswith(start))
        return choose_record(
            self.draft.content(path), Path(path.rpartition("/")[2]), None, self.change.charset
        )

    def _former_licences(self) -> tuple[Rights, ...]:
        """The licences that the present record states; none where it can no longer be read."""
        with suppress(PackageError, UsageError, StopIteration):
            return licences_of(self._former_record())
        return ()

    def _former_mods(self) -> bytes | None:
        """The record so far, as MODS."""
        names = [f"{self.draft.base}{_DESCRIPTIVE}{name}.xml" for name in ("mods", "source")]
        return next((self.draft.content(name) for name in names if name in self.draft.before), None)

    def _own_rights(self) -> tuple[Rights, ...]:
        """The rights that were stated for this book alone."""
        path = f"{self.draft.base}documentation/rights.toml"
        if path not in self.draft.before:
            return ()
        country = self.draft.archive.config.institution.country
        rights, _unclear = read_rights(self.draft.content(path), path, country)
        return rights

    def _new_rights(self, source: Path) -> tuple[Rights, ...]:
        """The rights in a file. Raises PackageError if they are not clear."""
        country = self.draft.archive.config.institution.country
        rights, unclear = read_rights(read_supplied(source), source.name, country)
        refuse_unclear(unclear)
        policy = self.draft.archive.config.images.policy
        refused, said = policy.divide(undecided(rights, "rights"))
        refuse_supplied(refused)
        self.notes += said
        self.done.append(f"the rights were replaced by {source.name}")
        return rights

    def _tell_events(self, source: Path) -> list[OtherFile]:
        """Add the events before packaging from a file that replaces the former one."""
        data = read_supplied(source)
        told, self._corrected, findings = told_by_file(
            self.draft, data, source.name, self._kept("events")
        )
        refuse_unclear(findings)
        self._told.append(told)
        self.done.append(f"the history was replaced by {source.name}")
        return self._supplied("events", source.name, data)

    def _document(self, source: Path) -> list[OtherFile]:
        """Add a document under its own name, or put it in the place of the one of that name."""
        path = f"documentation/{source.name}"
        if not source.name.isascii() or _OURS.fullmatch(path):
            message = _("{path} cannot be added: the name is in use or is not ASCII")
            raise PackageError(message.format(path=source))
        data = read_supplied(source)
        there = self.draft.base + path in self.draft.before
        self.done.append(f"{'replaced' if there else 'added'} {path}")
        return self._put(path, data, identify(data, source.name, len(data)).mime)

    def _put(self, path: str, data: bytes, mime: str) -> list[OtherFile]:
        """Write a document; nothing to list if there is one of that name."""
        seen = self.draft.write(path, data)
        return [] if self.draft.base + path in self.draft.before else [OtherFile(seen, mime)]

    def _kept(self, subject: str) -> tuple[bytes, str] | None:
        """The file that was supplied about a subject, and its name."""
        for ending in ("toml", "csv", "xml"):
            path = f"{self.draft.base}documentation/{subject}.{ending}"
            if path in self.draft.before:
                return self.draft.content(path), f"{subject}.{ending}"
        return None

    def _supplied(self, subject: str, name: str, data: bytes) -> list[OtherFile]:
        """Keep a supplied file in the place of the former one, whatever form that had."""
        kept = kept_file(subject, Path(name), data)
        former = self._kept(subject)
        if former is not None and former[1] != kept.name:
            self._removed.append(f"documentation/{former[1]}")
            self.draft.remove(self._removed[-1])
        return self._put(f"documentation/{kept.name}", kept.data, kept.mime)

    def _revise_book(self) -> list[OtherFile]:
        """Correct pages, then their structure; the file about it follows them."""
        structure = self.change.structure
        if self.change.pages:
            self.book.correct(self.change.pages)
        if structure is not None:
            data = read_supplied(structure)
            self.book.restructure(data, structure.name)
            self.done.append(f"the structure was replaced by {structure.name}")
            return self._supplied("structure", structure.name, data)
        draft = self.draft
        self.book.book = retitled(self.book.book, draft.former_title, draft.title)
        if any(change.deed in _REORDERED for change in self.book.changes) and self._kept(
            "structure"
        ):
            return self._supplied("structure", "structure.toml", self.book.structure_file())
        return []


def point(
    draft: Draft,
    descriptive: Sequence[DescriptiveFile] | None,
    documents: Sequence[OtherFile],
    removed: Sequence[str],
    representations: Mapping[str, FileEntry],
) -> None:
    """Update the package's METS to the present files, and its README to the title."""
    if draft.former_title != draft.title:
        former = draft.content(draft.base + _README).decode("utf-8", "replace")
        text = readme.readme(
            title=draft.title,
            identifier=draft.package.uri,
            folder=draft.package.portable,
            created=draft.time,
            institution=draft.archive.config.institution.names["en"],
            software=f"preserva {__version__}",
            digests=draft.staging.algorithms,
            contacts=draft.archive.config.institution.contacts,
            remarks=readme.remarks_in(former),
        )
        draft.write(_README, text.encode())
    start = len(draft.base)
    changed = {
        path[start:]: seen._replace(path=path[start:]) for path, seen in draft.staging.files.items()
    }
    mets = amended_mets(
        draft.content(draft.base + _METS),
        time=draft.time,
        descriptive=None
        if descriptive is None
        else [
            MetadataFile("", record.file, record.mime, *record.type.value) for record in descriptive
        ],
        changed=changed,
        documentation=documents,
        removed=removed,
        representations=representations,
    )
    draft.write(_METS, mets)
