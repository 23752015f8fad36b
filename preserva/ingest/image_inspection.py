"""Inspection of the images of a source while they are packaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from preserva.archive.staging import Staging
from preserva.core.book.image import Image
from preserva.core.book.scans import ImageRules, Undecodable
from preserva.core.eark.aip import representation_id
from preserva.core.eark.premis import Identifier
from preserva.core.eark.vocabulary import EventOutcome, EventType
from preserva.core.values.codes import Severity
from preserva.core.values.report import Finding
from preserva.describe.characterization.image.characterise import characterise, is_characterised

_MASTER = "master"


@dataclass(frozen=True, slots=True)
class Happened:
    """The facts of an event: its type, its outcome, and its object if not the book."""

    type: EventType
    detail: str
    outcome: EventOutcome = EventOutcome.SUCCESS
    objects: tuple[Identifier, ...] = ()


@dataclass(slots=True)
class Inspection:
    """The results for the images of one source.

    `problems` prevent a package; `notes` are warnings.
    """

    rules: ImageRules
    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    _described: int = 0
    _whole: int = 0
    _by: set[str] = field(default_factory=set)
    _broken: list[tuple[str, Finding]] = field(default_factory=list)
    _unknown: int = 0

    def look(
        self, staging: Staging, path: str, mime: str, representation: str, source: str
    ) -> Image | None:
        """The image written to `path`; None if it is not an image or cannot be identified."""
        if not is_characterised(mime):
            return None
        with staging.on_disk(path) as place, place.open("rb") as stream:
            size = staging.files[path].size
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
            if representation == _MASTER:
                self.notes += self.rules.scan.findings(source, verdict.image)
        return verdict.image

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
            yield Happened(EventType.METADATA_EXTRACTION, f"{self._described} images, as MIX 2.0")
        if self._whole:
            detail = f"{self._whole} files read to their end by {'; '.join(sorted(self._by))}"
            yield Happened(EventType.VALIDATION, detail)
        if self._unknown:
            detail = f"{self._unknown} images could not be decoded here; nothing else was checked"
            yield Happened(EventType.VALIDATION, detail, EventOutcome.WARNING)
        for representation, finding in self._broken:
            about = (representation_id(representation),)
            yield Happened(EventType.VALIDATION, finding.record(), EventOutcome.FAIL, about)
