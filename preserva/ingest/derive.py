"""Access copies and a searchable PDF of a stored package, made of its masters and text (ADR 0043).

They become a new version, as if they had been supplied; its PREMIS says what they were made of, how
and by which programs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.core.book.file_names import stem
from preserva.core.book.page_changes import PageChange, in_words
from preserva.core.book.placed_text import PlacedText
from preserva.core.book.submission import SourceFile
from preserva.core.eark.aip import ContentFile, representation_id
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.vocabulary import EventType
from preserva.core.values.codes import Code
from preserva.core.values.digest import MultiHash
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Observer, counted, ignore
from preserva.core.values.subjects import WholePackage
from preserva.derivatives import jpeg, pdf
from preserva.derivatives.jpeg import Jpeg, NotDecodedError
from preserva.describe.text_layout import placed_text
from preserva.errors import Damaged, UsageError
from preserva.files.disk import writing
from preserva.files.opening import Folder
from preserva.i18n import _
from preserva.ingest.aip_writer import copying
from preserva.ingest.book_revision import BookRevision
from preserva.ingest.draft import Draft, revise
from preserva.ingest.happened import Happened
from preserva.ingest.page_folder import ArrivedFile
from preserva.ingest.revised import Revised
from preserva.ingest.revision import point
from preserva.ingest.revision_history import PREMIS, new_representation, record_events
from preserva.ingest.source_folder import SourceReader
from preserva.version import __version__

ACCESS = "access"
_IMAGES = ("master", ACCESS)
_TEXT = "text"


@dataclass(frozen=True, slots=True)
class Derivation:
    """What is to be made. `reason` is recorded in the history of the package."""

    access: bool = False
    pdf: bool = False
    reason: str | None = None


def derive(
    archive: ArchivalStorage,
    package: PackageId,
    wanted: Derivation,
    *,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Revised:
    """Make what a package lacks, and remake what was made from scans replaced since then.

    The same package and the same versions of the programs give the same bytes, so a second run
    changes nothing. The result's notes name the pages that could not be decoded. Raises UsageError
    if nothing is wanted, the package has no page images, or the programs are not installed; Damaged
    if a file changed since it was stored; otherwise what `update` raises.
    """
    if not (wanted.access or wanted.pdf):
        raise UsageError(_("nothing to make: give --access, --pdf or both"))
    programs = [jpeg.software(), *([pdf.software()] if wanted.pdf else [])]
    work = _Deriving(wanted, "; ".join(programs), observer)
    revised = revise(archive, package, work.make, wanted.reason, dry_run=dry_run, observer=observer)
    return replace(revised, notes=tuple(work.notes), pages=tuple(work.changes))


class _Deriving:
    """What is made, while it is made."""

    draft: Draft
    book: BookRevision

    def __init__(self, wanted: Derivation, programs: str, observer: Observer) -> None:
        self.wanted = wanted
        self.programs = programs
        self.observer = observer
        self.notes: list[Finding] = []
        self.changes: list[PageChange] = []

    def make(self, draft: Draft) -> None:
        """Write everything that differs."""
        self.draft, self.book = draft, BookRevision(draft)
        files = self.book.book.files
        source = next((name for name in _IMAGES if any(f.page for f in files.get(name, ()))), None)
        if source is None:
            message = _("{id} has no page images to make anything from")
            raise UsageError(message.format(id=draft.package))
        with _scratch() as scratch:
            self._make(scratch, source)

    def _make(self, scratch: Path, source: str) -> None:
        draft, book = self.draft, self.book
        pages = [file for file in book.book.files[source] if file.page is not None]
        outdated = self._outdated(pages, source) if self.wanted.access else []
        made = dict(self._copies(self._counted(outdated), scratch))
        reader = SourceReader(Folder(scratch))
        arrivals = [
            self._arrival(reader, image.path.name, page, _name(book, page))
            for page, image in sorted(made.items())
        ]
        if self.wanted.pdf:
            name = f"{draft.package.portable}.pdf"
            pdf.write_pdf(
                scratch / "book.pdf",
                self._pdf_pages(self._counted(pages), made, scratch),
                scratch,
                draft.title,
                book.book.root,
            )
            arrivals.append(self._arrival(reader, "book.pdf", None, name))
        if not arrivals:
            return
        book.take(arrivals)
        self.changes = book.changes
        new = book.write()
        self.notes += book.notes
        if draft.is_new():
            happened = [*copying(book.copied, book.inspection), self._happened(source)]
            representations = [new_representation(draft, name, source) for name in new]
            record_events(draft, happened, representations=representations)
            point(draft, None, [], [], new)
            draft.finish()

    def _happened(self, source: str) -> Happened:
        detail = (
            f"{'; '.join(in_words(self.changes))}; made of {source}: JPEG of quality"
            f" {jpeg.QUALITY}, at most {jpeg.LONGEST} pixels, by {self.programs}"
        )
        if self.wanted.reason:
            detail += f"; {self.wanted.reason}"
        about = (representation_id(ACCESS), representation_id(source))
        return Happened(EventType.CREATION, f"{detail} (preserva {__version__})", objects=about)

    def _outdated(self, pages: list[ContentFile], source: str) -> list[ContentFile]:
        """The pages without an access copy, or with one that was made here of an older scan."""
        copies = {
            file.page: file
            for file in self.book.book.files.get(ACCESS, ())
            if file.page is not None
        }
        derived = self._derived_at()

        def is_outdated(file: ContentFile) -> bool:
            copy = None if file.page is None else copies.get(file.page)
            if copy is None:
                return True
            return copy.created in derived and (copy.created or "") < (file.created or "")

        return [file for file in pages if source != ACCESS and is_outdated(file)]

    def _derived_at(self) -> set[str]:
        """The times at which access copies were made here: no file of these times was supplied."""
        own = representation_id(ACCESS)
        return {
            event.when
            for event in read_events(self.draft.stream(PREMIS))
            if event.type is EventType.CREATION and own in event.objects
        }

    def _counted(self, pages: list[ContentFile]) -> Iterator[ContentFile]:
        """The pages, one after another, for those who wait."""
        subject = WholePackage(self.draft.package)
        return counted("derive", subject, pages, len(pages), self.observer)

    def _copies(self, pages: Iterable[ContentFile], scratch: Path) -> Iterator[tuple[int, Jpeg]]:
        """The access copy of each page that can be decoded; the others are noted."""
        for file in pages:
            image = self._copy(file, scratch)
            if image is not None and file.page is not None:
                yield file.page, image

    def _copy(self, file: ContentFile, scratch: Path) -> Jpeg | None:
        try:
            with self._on_disk(file, scratch) as place:
                limit = self.draft.archive.config.images.max_pixels
                return jpeg.access_copy(place, scratch / f"{file.page:06}.jpg", limit)
        except NotDecodedError as error:
            self.notes.append(Finding(Code.NOT_DERIVED, file.file.path, seen=str(error)))
            return None

    def _pdf_pages(
        self, pages: Iterable[ContentFile], made: dict[int, Jpeg], scratch: Path
    ) -> Iterator[pdf.PdfPage]:
        """The pages of the PDF: of access copies that are JPEG, or made for it alone."""
        files = self.book.book.files
        copies = {file.page: file for file in files.get(ACCESS, ()) if file.page is not None}
        texts = {
            file.page: file
            for file in sorted(files.get(_TEXT, ()), key=_is_plain, reverse=True)
            if file.page is not None
        }
        for file in pages:
            if file.page is None:
                continue
            image = made.get(file.page)
            if image is None:
                image = self._for_pdf(copies.get(file.page), file, scratch)
            if image is None:
                continue
            text = texts.get(file.page)
            words = [] if text is None else self._words(text)
            resolution = None if file.image is None else file.image.resolution
            dpi = None if resolution is None else resolution.dpi()
            yield pdf.PdfPage(image, None if dpi is None else float(dpi), words, file.label)

    def _for_pdf(self, copy: ContentFile | None, file: ContentFile, scratch: Path) -> Jpeg | None:
        """The access copy as it is, or a copy that only the PDF has. Held for one batch."""
        if copy is not None and copy.format.mime == "image/jpeg":
            place = scratch / f"{copy.page:06}-stored.jpg"
            try:
                with self._on_disk(copy, scratch) as stored:
                    stored.rename(place)
                    width = None if file.image is None else file.image.width
                    return jpeg.read_jpeg(place, width)
            except NotDecodedError:
                pass  # CMYK, or damaged before it came to us: a copy is made
        return self._copy(file, scratch)

    def _words(self, text: ContentFile) -> list[PlacedText]:
        return placed_text(self.draft.content(self.draft.base + text.file.path))

    @contextmanager
    def _on_disk(self, file: ContentFile, scratch: Path) -> Iterator[Path]:
        """A stored file, copied out and proved to be what was stored. Raises Damaged."""
        path = self.draft.base + file.file.path
        place = scratch / f"source{Path(file.file.path).suffix}"
        hashes = MultiHash([self.draft.algorithm])
        with place.open("wb") as stream:
            for chunk in self.draft.chunks(path):
                hashes.update(chunk)
                stream.write(chunk)
        if hashes.digests()[self.draft.algorithm] != self.draft.before[path]:
            message = _("{path} has changed since it was stored, so nothing was updated")
            raise Damaged(message.format(path=path))
        try:
            yield place
        finally:
            place.unlink(missing_ok=True)

    @staticmethod
    def _arrival(reader: SourceReader, name: str, page: int | None, original: str) -> ArrivedFile:
        size = reader.size(name)
        return ArrivedFile(ACCESS, page, reader, SourceFile(name, name, size, page), original)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A temporary folder. Raises StorageError for what cannot be written there."""
    with writing("TMPDIR"):
        place = tempfile.gettempdir()
    with writing(place), tempfile.TemporaryDirectory(dir=place) as scratch:
        yield Path(scratch)


def _is_plain(file: ContentFile) -> bool:
    """Whether a text has no places: of two texts of a page, the other one counts."""
    return file.format.mime == "text/plain"


def _name(book: BookRevision, page: int) -> str:
    """The original name of a derived page: that of its master, with another ending."""
    files = (file for name in _IMAGES for file in book.book.files.get(name, ()))
    return f"{stem(next(file.original_name for file in files if file.page == page))}.jpg"
