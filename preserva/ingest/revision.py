"""A new version of a stored package: only what has changed is written.

The record of the book or its structure is replaced, or documents are added; pages are not touched.
The previous version is kept unchanged, and the PREMIS of each version records what was changed and
when.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from preserva.archive import events as history
from preserva.archive.archive import ArchivalStorage
from preserva.archive.commit import ingest
from preserva.archive.staging import Staging, update_folder
from preserva.archive.stored_copy import StoredCopy
from preserva.bag.source import as_stream
from preserva.bag.tag_files import read_tag_files
from preserva.core.book.rights import Rights
from preserva.core.eark import readme
from preserva.core.eark.aip import DescriptiveFile, OtherFile
from preserva.core.eark.amend import amended_mets, amended_premis
from preserva.core.eark.check import check_package
from preserva.core.eark.mets import Header, MetadataFile, write_representation_mets
from preserva.core.eark.premis_read import ObjectFacts, read_premis
from preserva.core.eark.stored import StoredRepresentation, read_package, read_representation
from preserva.core.eark.vocabulary import EventType
from preserva.core.formats import inventory as formats
from preserva.core.values.codes import Severity
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import Observed, PackageId
from preserva.core.values.report import Ended, Finding, Observer, Started, ignore
from preserva.core.values.subjects import WholePackage
from preserva.describe.characterization.identify import identify
from preserva.describe.record import Action, Record, actions
from preserva.describe.supplied.rights import read_rights
from preserva.errors import Damaged, PackageError, Refused, UsageError
from preserva.i18n import _
from preserva.information_package.tag_files import (
    bag_info,
    external_description,
    manifest_algorithms,
    write_tag_files,
)
from preserva.ingest.aip_writer import describe
from preserva.ingest.replaced_record import compare_with_new
from preserva.ingest.revised import Revised
from preserva.ingest.revision_structure import Described, restructured
from preserva.ingest.submission import described_by, one_line
from preserva.ingest.supplied import kept_file, read_supplied
from preserva.storage.base import chunks_of, read_all
from preserva.storage.local import LocalStorage
from preserva.version import __version__

_LARGEST = 1 << 30
_METS = "METS.xml"
_PREMIS = "metadata/preservation/premis.xml"
_DESCRIPTIVE = "metadata/descriptive/"
_README = "documentation/README.txt"
_STRUCTURE = re.compile(r"documentation/structure\.(toml|csv|xml)")


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


def update(
    archive: ArchivalStorage,
    package: PackageId,
    change: Change,
    *,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Revised:
    """Make a new version of one of our packages, read back and recorded in the ledger.

    Raises UsageError if no change is requested, NotFound, Damaged or StorageError if the package is
    not what the ledger recorded, PackageError for a record, structure or document that cannot be
    used, Refused for a package of another institution, Locked. In each case nothing was changed.
    """
    if change.record is None and change.structure is None and not change.documents:
        raise UsageError(_("nothing to update: give a record, a structure or documents"))
    if package.institution != archive.config.institution.id:
        message = _("{id} belongs to another institution; only that institution may change it")
        raise Refused(message.format(id=package))
    if dry_run:
        with tempfile.TemporaryDirectory() as scratch:
            digests = manifest_algorithms(
                StoredCopy(archive, archive.primary, package).read().inventory
            )
            staging = Staging(LocalStorage(Path(scratch)), "staging", digests, ignore)
            revision = _Revision(archive, package, staging)
            revision.make(change)
            return revision.result(created=False)
    store, staged = archive.primary, update_folder(package)
    copy = StoredCopy(archive, store, package)
    with archive.writing(store):
        before = copy.read().inventory
        folder = f"{staged}/{formats.next_name(before)}/content"
        staging = Staging(store.storage, folder, manifest_algorithms(before), observer)
        observer(Started("update", WholePackage(package)))
        try:
            revision = _Revision(archive, package, staging)
            revision.make(change)
            made = revision.result(created=bool(revision.changed()))
        except BaseException:
            store.storage.discard(staged)
            raise
        if made.created:
            # after a failure from here on, the next run completes what is in staging
            ingest(copy, staging, previous=revision.stored.inventory, reason=change.reason)
        else:
            store.storage.discard(staged)
        observer(Ended("update", WholePackage(package)))
    return made


class _Revision:
    """The next version while it is made in staging."""

    def __init__(self, archive: ArchivalStorage, package: PackageId, staging: Staging) -> None:
        self.archive = archive
        self.store = archive.primary
        self.package = package
        self.staging = staging
        self.stored = stored = StoredCopy(archive, self.store, package).read_recorded()
        self.base = f"data/{package.portable}/"
        self.located = stored.inventory.locate(stored.inventory.head)
        self.before = stored.inventory.versions[stored.inventory.head].files()
        self.time = archive.now()
        tag_files = [path for path in self.before if "/" not in path]
        self.bag = read_tag_files({path: self._content(path) for path in tag_files})
        self.title = self._title()
        self.notes: tuple[Finding, ...] = ()
        self.actions: tuple[Action, ...] = ()  # restorations in the new record
        self.removed: list[str] = []

    def make(self, change: Change) -> None:
        """Write everything that differs, each file once."""
        self.staging.kept.update(self._state())
        changes = []
        descriptive = None
        if change.record is not None:
            descriptive = self._describe(change)
            changes.append(f"the record was replaced by {change.record.name}")
        documents = [self._document(path) for path in change.documents]
        changes += [f"added {document.file.path}" for document in documents]
        if change.structure is not None:
            documents += self._restructure(change.structure)
            changes.append(f"the structure was replaced by {change.structure.name}")
        if not self.changed():
            return
        if change.reason:
            changes.append(change.reason)
        self._add_event("; ".join(changes))
        self._point(descriptive, documents)
        date = self.time.partition("T")[0]
        info = bag_info(
            self.archive.config.institution, self.package, self.title, date, self.staging
        )
        for path in [path for path in self.staging.kept if "/" not in path]:
            del self.staging.kept[path]
        write_tag_files(self.staging, info)
        self._check()

    def changed(self) -> list[str]:
        """The files written that did not exist with this content before."""
        return [
            path
            for path, seen in self.staging.files.items()
            if self.before.get(path) != seen.digests[self.stored.inventory.algorithm]
        ]

    def result(self, *, created: bool) -> Revised:
        """The result."""
        changed = self.changed()
        inventory = self.stored.inventory
        version = formats.next_name(inventory) if changed else inventory.head
        size = sum(self.staging.files[path].size for path in changed)
        return Revised(
            self.package, version, self.title, created, tuple(changed), size, self._title(),
            self.notes,
        )  # fmt: skip

    def _content(self, path: str) -> bytes:
        """A small file of the present version. Raises Damaged if it changed since it was stored."""
        content = f"{self.stored.path}/{self.located[path]}"
        data = read_all(self.store.storage, content, _LARGEST)
        algorithm = self.stored.inventory.algorithm
        if digest_bytes(data, [algorithm])[algorithm] != self.before[path]:
            message = _("{path} has changed since it was stored, so nothing was updated")
            raise Damaged(message.format(path=content))
        return data

    def _title(self) -> str:
        return external_description(self.bag.bag_info) or ""

    def _state(self) -> dict[str, Observed]:
        """Every file of the present version, with the digests in its manifests."""
        state = {}
        for path in self.before:
            entry = self.store.storage.stat(f"{self.stored.path}/{self.located[path]}")
            if entry is None:
                raise Damaged(_("{path} is not there").format(path=self.located[path]))
            table = self.bag.payload if path.startswith("data/") else self.bag.tags
            digests = table.digests(path) if path in table else {}
            state[path] = Observed(path, entry.size, digests)
        return state

    def _describe(self, change: Change) -> list[DescriptiveFile]:
        """Replace the record and the files derived from it."""
        assert change.record is not None
        data = read_supplied(change.record) if isinstance(change.record, Path) else b""
        record = described_by(change.record, data, change.position, change.charset)
        self.notes = record.notes + compare_with_new(
            self._record(), record, Path(change.record.name), consent=change.other_record
        )
        self.title = one_line(record.title)
        self.actions = actions(record)
        for path in list(filter(self._is_descriptive, self.staging.kept)):
            del self.staging.kept[path]
        return describe(record, self._rights(), self.staging, self.base.rstrip("/"))

    def _record(self) -> bytes | None:
        """The record so far, as MODS."""
        names = [f"{self.base}{_DESCRIPTIVE}{name}.xml" for name in ("mods", "source")]
        return next((self._content(name) for name in names if name in self.before), None)

    def _is_descriptive(self, path: str) -> bool:
        return path.startswith(self.base + _DESCRIPTIVE)

    def _rights(self) -> tuple[Rights, ...]:
        """The rights stated for this book when it was packaged, or else for all books."""
        config = self.archive.config
        path = f"{self.base}documentation/rights.toml"
        if path not in self.before:
            return () if config.rights is None else (config.rights,)
        rights, _unclear = read_rights(self._content(path), path, config.institution.country)
        return rights

    def _document(self, source: Path) -> OtherFile:
        """Add a document under its own name. Raises PackageError if that name exists."""
        path = f"documentation/{source.name}"
        if not source.name.isascii() or self.base + path in self.before:
            message = _("{path} cannot be added: the name is in use or is not ASCII")
            raise PackageError(message.format(path=source))
        data = read_supplied(source)
        seen = self.staging.write(self.base + path, data)
        return OtherFile(seen._replace(path=path), identify(data, source.name, len(data)).mime)

    def _restructure(self, source: Path) -> list[OtherFile]:
        """Write the structure in the file into METS; replace the old file."""
        data = read_supplied(source)
        package = read_package(self._stream(_METS))
        described = {name: self._described(path) for name, path in package.representations.items()}
        for name, new in restructured(described, data, source.name, self.title).items():
            self._write_mets(name, package.representations[name], new)
        kept = kept_file("structure", source, data)
        paths = {document.file.path for document in package.documentation}
        path = f"documentation/{kept.name}"
        self.removed = [name for name in sorted(paths - {path}) if _STRUCTURE.fullmatch(name)]
        for name in self.removed:
            del self.staging.kept[self.base + name]
        seen = self.staging.write(self.base + path, kept.data)
        return [] if path in paths else [OtherFile(seen._replace(path=path), kept.mime)]

    def _stream(self, path: str) -> BinaryIO:
        return io.BytesIO(self._content(self.base + path))

    def _described(self, document: str) -> Described:
        representation = read_representation(self._stream(document))
        folder = document.removesuffix(_METS)
        return Described(
            representation,
            {
                identifier.value: fact.original_name
                for premis in representation.preservation
                for fact in read_premis(self._stream(folder + premis.file.path), images=False)
                if isinstance(fact, ObjectFacts) and fact.original_name is not None
                for identifier in fact.identifiers
            },
        )

    def _write_mets(self, name: str, document: str, representation: StoredRepresentation) -> None:
        institution = self.archive.config.institution.names["en"]
        render = partial(
            write_representation_mets,
            header=Header(
                name,
                representation.created,
                representation.software,
                institution,
                modified=self.time,
            ),
            preservation=representation.preservation,
            files=representation.files,
            structure=representation.structure,
        )
        self.staging.render(self.base + document, render)

    def _add_event(self, detail: str) -> None:
        """Add the event to the history in the package's PREMIS."""
        happened = history.event(
            EventType.METADATA_MODIFICATION,
            identifier=self.archive.identifiers(),
            time=self.time,
            actor=self.archive.actor,
            detail=f"{detail} (preserva {__version__})",
            package=self.package,
        )
        premis = self._content(self.base + _PREMIS)
        earlier, involved = history.unrecorded_events(premis, self.actions, self.package)
        agents = [*history.agents(self.archive.actor), *involved]
        data = amended_premis(premis, [*earlier, happened], agents)
        self.staging.write(self.base + _PREMIS, data)

    def _point(
        self, descriptive: Sequence[DescriptiveFile] | None, documents: Sequence[OtherFile]
    ) -> None:
        """Update the package's METS to the present files."""
        if self._title() != self.title:
            text = readme.readme(
                title=self.title,
                identifier=self.package.uri,
                folder=self.package.portable,
                created=self.time,
                institution=self.archive.config.institution.names["en"],
                software=f"preserva {__version__}",
                digests=self.staging.algorithms,
                contacts=self.archive.config.institution.contacts,
            )
            self.staging.write(self.base + _README, text.encode())
        changed = {
            path.removeprefix(self.base): seen._replace(path=path.removeprefix(self.base))
            for path, seen in self.staging.files.items()
        }
        mets = amended_mets(
            self._content(self.base + _METS),
            time=self.time,
            descriptive=None
            if descriptive is None
            else [
                MetadataFile("", record.file, record.mime, *record.type.value)
                for record in descriptive
            ],
            changed=changed,
            documentation=documents,
            removed=self.removed,
        )
        self.staging.write(self.base + _METS, mets)

    def _check(self) -> None:
        """Check the new METS and PREMIS completely: a bug of ours must not be stored."""
        start = len(self.base)
        files: Mapping[str, Observed] = {
            path[start:]: seen._replace(path=path[start:])
            for path, seen in self.staging.state().items()
            if path.startswith(self.base)
        }
        wrong = [
            finding.message()
            for finding in check_package(self._open, files, folder=self.package.portable)
            if finding.code.severity is not Severity.WARNING
        ]
        if wrong:
            raise PackageError(
                _("the new version contradicts itself, so it was not stored:"), wrong
            )

    def _open(self, path: str) -> BinaryIO:
        return as_stream(self._pieces(self.base + path))

    def _pieces(self, path: str) -> Iterator[bytes]:
        storage, name = self.store.storage, f"{self.stored.path}/{self.located.get(path)}"
        if path in self.staging.files:
            storage, name = self.staging.storage, f"{self.staging.folder}/{path}"
        with storage.open(name) as reader:
            yield from chunks_of(reader)
