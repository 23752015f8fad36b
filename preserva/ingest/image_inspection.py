"""Inspection of the files of a source, each by itself and all together, on their way to a package.

The same inspection serves the real run, the dry run and `check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO

from preserva.core.book.file_names import BOOKS, ending, is_image, is_unsupported
from preserva.core.book.folder_roles import is_put_aside
from preserva.core.book.image import Image
from preserva.core.book.scans import ImageRules, Undecodable, unlikely_resolution
from preserva.core.book.set_checks import SeenScan, repeated, stored_elsewhere
from preserva.core.book.submission import SourceFile
from preserva.core.eark.aip import representation_id
from preserva.core.eark.vocabulary import EventOutcome, EventType
from preserva.core.values.codes import Code, Severity
from preserva.core.values.report import Finding
from preserva.describe.characterization.image.characterise import (
    PILLOW_FORMATS,
    characterise,
    is_characterised,
)
from preserva.ingest.happened import Happened, number_of

_MASTER = "master"

StoredScans = Callable[[Iterable[str]], Mapping[str, int | None]]
"""How many of these scans, by their SHA-512, each stored package has, by its identifier."""


@dataclass(slots=True)
class Inspection:
    """The results for the files of one source.

    `problems` prevent a package; `notes` are warnings.
    """

    rules: ImageRules
    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    _scans: list[SeenScan] = field(default_factory=list)
    _likenesses: dict[str, int] = field(default_factory=dict)
    _described: int = 0
    _whole: int = 0
    _by: set[str] = field(default_factory=set)
    _broken: list[tuple[str, Finding]] = field(default_factory=list)
    _unknown: int = 0

    def look(
        self,
        opened: AbstractContextManager[BinaryIO],
        size: int,
        mime: str,
        representation: str,
        source: str,
    ) -> Image | None:
        """The image in a file of `size` bytes; None if it is none or cannot be identified."""
        if not is_characterised(mime):
            return None
        with opened as stream:
            verdict = characterise(stream, size, mime, self.rules.max_pixels)
        if verdict is None:
            return None
        if verdict.code is not None:
            finding = Finding(verdict.code, source, seen=verdict.seen)
            self._take(finding, representation)
        if verdict.code is None or verdict.code.severity is Severity.WARNING:
            self._whole += 1
            self._by.add(verdict.by)
        if verdict.image is not None:
            self._described += 1
            self.say(unlikely_resolution(source, verdict.image))
            if representation == _MASTER:
                self.say(self.rules.scan.findings(source, verdict.image))
        if verdict.frames > 1:
            self.say([Finding(Code.SCAN_FRAMES, source, "1", str(verdict.frames))])
        if verdict.likeness is not None:
            self._likenesses[source] = verdict.likeness
        return verdict.image

    def saw(
        self, representation: str, file: SourceFile, sha512: str | None, ending: Finding | None
    ) -> None:
        """Remember a page for the checks of the whole set; `ending` contradicts its content."""
        if ending is not None:
            self.say([ending])
        if sha512 is not None and file.page is not None and representation != "text":
            likeness = self._likenesses.get(file.source)
            self._scans.append(SeenScan(file.source, representation, sha512, likeness))

    def miss(self, file: SourceFile, mime: str) -> None:
        """Tell an image that only its name keeps from being a page: the book would lack it."""
        path = file.source
        named = is_image(path) or is_unsupported(path) or ending(path) in BOOKS
        if mime in PILLOW_FORMATS and file.page is None and not named and not is_put_aside(path):
            self.say([Finding(Code.SCAN_NAMELESS, path)])

    def conclude(self, stored: StoredScans | None, kept: Iterable[SeenScan] = ()) -> None:
        """Check all pages together: with each other, with those that stay, with what is stored."""
        self.say(repeated(self._scans, kept))
        if stored is not None:
            self.compare({scan.sha512 for scan in self._scans}, stored)

    def compare(self, digests: Set[str], stored: StoredScans) -> None:
        """Find the pages, by their SHA-512, that other packages have."""
        if digests:
            self.say(stored_elsewhere(stored(digests), len(digests)))

    def say(self, findings: Iterable[Finding]) -> None:
        """Take findings as the institution's policy has them: refuse, warn or ignore."""
        refused, said = self.rules.policy.divide(findings)
        self.problems += refused
        self.notes += said

    def _take(self, finding: Finding, representation: str) -> None:
        if finding.code.severity is Severity.ERROR:
            if self.rules.undecodable is Undecodable.REFUSE:
                self.problems.append(finding)
                return
            self._broken.append((representation, finding))
        elif finding.code.severity is Severity.UNKNOWN:
            self._unknown += 1
        self.notes.append(finding)

    def happened(self) -> Iterator[Happened]:
        """The events: one for all sound images, one for each damaged image."""
        if self._described:
            detail = f"{number_of(self._described, 'image')}, as MIX 2.0"
            yield Happened(EventType.METADATA_EXTRACTION, detail)
        if self._whole:
            detail = (
                f"{number_of(self._whole, 'file')} found whole by {'; '.join(sorted(self._by))}"
            )
            yield Happened(EventType.VALIDATION, detail)
        if self._unknown:
            images = number_of(self._unknown, "image")
            detail = f"{images} could not be decoded here; nothing else was checked"
            yield Happened(EventType.VALIDATION, detail, EventOutcome.WARNING)
        for representation, finding in self._broken:
            about = (representation_id(representation),)
            yield Happened(EventType.VALIDATION, finding.record(), EventOutcome.FAIL, about)
