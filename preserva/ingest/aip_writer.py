"""The bag of a package, written into staging: pages, descriptions, METS and PREMIS, tag files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from preserva.archive import events as history
from preserva.archive.acting import Actor
from preserva.archive.archive import Clock, Identifiers
from preserva.archive.staging import Staging
from preserva.core.book.folder_roles import DOCUMENTATION
from preserva.core.book.rights import Rights
from preserva.core.book.scans import USUAL_RULES, ImageRules
from preserva.core.book.structure import renumbered
from preserva.core.book.submission import SourceFile
from preserva.core.eark.aip import (
    AipSpec,
    ContentFile,
    DescriptiveFile,
    DescriptiveType,
    OtherFile,
    Render,
    RepresentationSpec,
    build_aip,
)
from preserva.core.eark.mets import Division
from preserva.core.eark.premis import Format, Identifier
from preserva.core.eark.rights import RightsStatement
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.model import Observed
from preserva.core.values.report import Ended, Finding, Observer, Started
from preserva.core.values.subjects import WholePackage
from preserva.describe.characterization import pronom
from preserva.describe.characterization.format import FileFormat
from preserva.describe.record import Record, to_dc, to_marcxchange, to_mods
from preserva.describe.supplied.rights import with_access_conditions, with_dc_rights
from preserva.information_package.tag_files import bag_info, write_tag_files
from preserva.ingest.book_rights import BookRights
from preserva.ingest.happened import Happened, events_of, number_of
from preserva.ingest.image_inspection import Inspection, StoredScans
from preserva.ingest.scans import known_format
from preserva.ingest.source_folder import SourceReader, refuse
from preserva.ingest.submission import Submission
from preserva.version import __version__

HEAD = 1 << 16
"""Bytes from the start of a file that its format is known by."""


@dataclass(frozen=True, slots=True)
class Assembler:
    """Writes the bag of a package into a staging folder."""

    actor: Actor
    clock: Clock
    identifiers: Identifiers
    observer: Observer
    rights: Rights | None = None
    images: ImageRules = USUAL_RULES
    stored: StoredScans | None = None

    def assemble(self, source: Submission, staging: Staging) -> list[Finding]:
        """Write everything: pages, descriptions, METS and PREMIS, tag files.

        Returns the warnings. Raises PackageError with every damaged image, unless they are only to
        be recorded.
        """
        inspection = Inspection(self.images)
        files = source.arrangement.files()
        size = sum(file.size for _name, file in files)
        self.observer(Started("package", WholePackage(source.package), len(files), size))
        reader = SourceReader(source.folder)
        base = f"data/{source.package.portable}"
        content: dict[str, list[ContentFile]] = {}
        documents = []
        for name, file in files:
            if name == DOCUMENTATION:
                seen, form = copy_in(reader, file, staging, base, f"documentation/{file.target}")
                inspection.miss(file, form.mime)
                documents.append(OtherFile(seen, form.mime, file.original))
            else:
                page = _content(reader, name, file, staging, base, inspection)
                content.setdefault(name, []).append(page)
        for detail in source.written.files:
            path = f"documentation/{detail.name}"
            seen = _relative(staging.write(f"{base}/{path}", detail.data), path)
            documents.append(OtherFile(seen, detail.mime))
        reader.check_unchanged()
        inspection.conclude(self.stored)
        inspection.problems += source.scans.refuse_changes(self.images)
        refuse(source.folder.path, inspection.problems)
        rights = self.rights_in(source).beside_the_record
        descriptive = describe(source.record, rights, staging, base)
        build_aip(
            replace(
                self.spec(source, content, documents, descriptive, inspection),
                digests=staging.algorithms,
            ),
            Put(staging, base),
        )
        date = self.clock().date().isoformat()
        write_tag_files(
            staging, bag_info(self.actor.institution, source.package, source.title, date, staging)
        )
        self.observer(Ended("package", WholePackage(source.package)))
        return inspection.notes

    def spec(
        self,
        source: Submission,
        content: Mapping[str, list[ContentFile]],
        documents: list[OtherFile],
        descriptive: list[DescriptiveFile],
        inspection: Inspection,
        before: Sequence[Happened] = (),
        remarks: Sequence[str] = (),
    ) -> AipSpec:
        """The content of METS and PREMIS; the events `before` precede those made here."""
        time = self.clock().isoformat()
        others = [agent for happened in before for agent in happened.agents]
        return AipSpec(
            id=source.package,
            title=source.title,
            created=time,
            software_version=__version__,
            institution=self.actor.institution.names["en"],
            contacts=self.actor.institution.contacts,
            remarks=remarks,
            descriptive=descriptive,
            representations=list(representations_of(content, source.written.structure.root)),
            events=[
                *source.written.history.events,
                *events_of(
                    (*before, *_packaged(content, inspection)),
                    source.package,
                    self.actor,
                    self.identifiers,
                    time,
                ),
            ],
            agents=[
                *history.agents(self.actor),
                *others,
                *source.written.history.agents.values(),
            ],
            rights=[
                RightsStatement(Identifier("local", f"rights-{number}"), rights, ())
                for number, rights in enumerate(
                    self.rights_in(source).stated(self.actor.institution), 1
                )
            ],
            documentation=documents,
        )

    def rights_in(self, source: Submission) -> BookRights:
        """The rights in the book of a source."""
        return BookRights.of(source.written.rights, source.record, self.rights)


def representations_of(
    content: Mapping[str, Sequence[ContentFile]], root: Division | None
) -> Iterator[RepresentationSpec]:
    """The representations; the parts of the book are in the first one that has pages.

    A page that it lacks is left out of the parts; a warning has reported it.
    """
    for name, files in content.items():
        pages = {file.page: file.page for file in files if file.page is not None}
        if root is None or not pages:
            yield RepresentationSpec(name, files)
        else:
            yield RepresentationSpec(name, files, renumbered(root, pages))
            root = None


def _packaged(
    content: Mapping[str, list[ContentFile]], inspection: Inspection
) -> Iterator[Happened]:
    """The events that happen while a package is made."""
    yield from copying(sum(len(files) for files in content.values()), inspection)
    made = "E-ARK AIP 2.2.0 in a BagIt 1.0 bag"
    yield Happened(EventType.INFORMATION_PACKAGE_CREATION, made)


def copying(count: int, inspection: Inspection) -> Iterator[Happened]:
    """The events that happen while files are copied in."""
    files = number_of(count, "file")
    copied = f"{files}, in the read that copied them"
    yield Happened(EventType.MESSAGE_DIGEST_CALCULATION, copied)
    yield Happened(EventType.FORMAT_IDENTIFICATION, f"{files}, by {_signatures()}")
    yield from inspection.happened()


@dataclass(frozen=True, slots=True)
class Put:
    """Stores a metadata file of the package; paths are relative to the package folder."""

    staging: Staging
    base: str

    def __call__(self, path: str, render: Render) -> Observed:
        return _relative(self.staging.render(f"{self.base}/{path}", render), path)


def _content(
    reader: SourceReader,
    name: str,
    file: SourceFile,
    staging: Staging,
    base: str,
    inspection: Inspection,
) -> ContentFile:
    """Copy a file of a representation, and look into it."""
    path = f"representations/{name}/data/{file.target}"
    seen, form = copy_in(reader, file, staging, base, path)
    copy = opened_copy(staging, f"{base}/{path}")
    image = inspection.look(copy, seen.size, form.mime, name, file.source)
    inspection.saw(name, file, seen.digests.get("sha512"), form.note)
    inspection.miss(file, form.mime)
    format_ = premis_format(form)
    return ContentFile(seen, format_, file.original, file.page, file.label, image, file.type)


@contextmanager
def opened_copy(staging: Staging, path: str) -> Iterator[BinaryIO]:
    """A file that was just written, for what seeks in it."""
    with staging.on_disk(path) as place, place.open("rb") as stream:
        yield stream


def _relative(seen: Observed, path: str) -> Observed:
    return Observed(path, seen.size, seen.digests)


def copy_in(
    reader: SourceReader, file: SourceFile, staging: Staging, base: str, path: str
) -> tuple[Observed, FileFormat]:
    """Copy a file of the source into the package: one read for copy, digests and format."""
    head = bytearray()

    def chunks() -> Iterator[bytes]:
        for chunk in reader.chunks(file.source):
            if len(head) < HEAD:
                head.extend(chunk[: HEAD - len(head)])
            yield chunk

    seen = staging.copy(f"{base}/{path}", chunks(), file.size)
    place = staging.on_disk(f"{base}/{path}")
    form = known_format(bytes(head), file.source, seen.size, place)
    return _relative(seen, path), form


def identified(staging: Staging, path: str, head: bytes, name: str) -> Format:
    """The format of a file that was just written, from its first bytes and all of it."""
    size = staging.files[path].size
    return premis_format(known_format(head, name, size, staging.on_disk(path)))


def premis_format(form: FileFormat) -> Format:
    """A format as PREMIS has it."""
    note = None if form.note is None else form.note.record()
    return Format(form.name, form.mime, form.version, form.puid, note)


def _signatures() -> str:
    ours = f"the signatures of preserva {__version__}"
    return f"{ours} and {pronom.registry()}" if pronom.is_installed() else ours


def describe(
    record: Record, rights: tuple[Rights, ...], staging: Staging, base: str
) -> list[DescriptiveFile]:
    """Store the record unchanged, and the files derived from it."""
    exchange = to_marcxchange(record)
    files = [
        (
            "mods.xml",
            with_access_conditions(to_mods(record), rights),
            "text/xml",
            DescriptiveType.MODS,
        ),
        ("dc.xml", with_dc_rights(to_dc(record), rights), "text/xml", DescriptiveType.DC),
        *(
            [("marcxchange.xml", exchange, "text/xml", DescriptiveType.MARCXCHANGE)]
            if exchange is not None
            else []
        ),
        (f"source{record.extension}", record.original, record.mime, _type_of(record)),
    ]
    described = []
    for name, data, mime, type_ in files:
        path = f"metadata/descriptive/{name}"
        seen = _relative(staging.write(f"{base}/{path}", data), path)
        described.append(DescriptiveFile(seen, mime, type_))
    return described


def _type_of(record: Record) -> DescriptiveType:
    """The METS type of the supplied record: only for MARC is there one that is never wrong."""
    return DescriptiveType.MARC if record.metadata_type == "MARC" else DescriptiveType.SOURCE
