"""Findings, reports and progress.

Three outcomes. A report passes only if everything listed was read and matched. What could not be
read is neither damaged nor sound: it is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from preserva.core.values.codes import Code, Severity
from preserva.core.values.subjects import Subject
from preserva.i18n import Message, _, english, joined

T = TypeVar("T")


class Outcome(StrEnum):
    """The outcome of a check."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"

    @classmethod
    def worst(cls, outcomes: Iterable[Outcome]) -> Outcome:
        """FAIL if any is, otherwise UNKNOWN if any is, otherwise PASS; also PASS for none."""
        seen = set(outcomes)
        return next((outcome for outcome in (cls.FAIL, cls.UNKNOWN) if outcome in seen), cls.PASS)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Outcome:
        """FAIL if anything is wrong, otherwise UNKNOWN if anything is not established, or PASS."""
        severities = {finding.code.severity for finding in findings}
        if Severity.ERROR in severities:
            return cls.FAIL
        return cls.UNKNOWN if Severity.UNKNOWN in severities else cls.PASS


@dataclass(frozen=True, slots=True)
class BookPage:
    """A page of a book: which one it is, from 1, and what is printed on it, such as xiv."""

    number: int
    label: str | None = None

    def message(self) -> str:
        """Such as "page 6 (iv)"."""
        if not self.label:
            return _("page {number}").format(number=self.number)
        return _("page {number} ({label})").format(number=self.number, label=printable(self.label))


@dataclass(frozen=True, slots=True)
class Finding:
    """A single problem: where it is, what was expected, what was found.

    It is data, the same in every language: a sentence in one of its texts is in English, and
    translated where `message` shows it to a person. `rule` is the place in the standard, where it
    is another than that of the code. `page` is the page of the book that a file of a package is
    about, where that is known.
    """

    code: Code
    path: str | None = None
    expected: str | None = None
    seen: str | None = None
    rule: str | None = None
    page: BookPage | None = None

    def __post_init__(self) -> None:
        for name in ("path", "expected", "seen"):
            text = getattr(self, name)
            if isinstance(text, Message):
                object.__setattr__(self, name, text.english)

    @property
    def source(self) -> str:
        """Where the rule stands."""
        return self.rule or self.code.source

    def message(self) -> str:
        """The finding as a sentence in the reader's language."""
        parts: list[str] = [f"{self.code.value} "]
        if self.page is not None:
            parts += [self.page.message(), ", "]
        if self.path is not None:
            parts += [printable(self.path), ": "]
        parts.append(_(self.code.message))
        if self.expected is not None:
            parts += ["; ", _("expected {value}").format(value=printable(self.expected))]
        if self.seen is not None:
            parts += ["; ", _("seen {value}").format(value=printable(self.seen))]
        return joined("", parts)

    def record(self) -> str:
        """The finding as a sentence in English, for what is stored: the same in every language."""
        return english(self.message())


@dataclass(slots=True)
class Report:
    """The result of a check. `listed` files should have been read; `checked` were, to the end.

    `versions` are the digests of the inventories that were read, of a stored package.
    """

    subject: Subject
    findings: list[Finding] = field(default_factory=list)
    listed: int = 0
    checked: int = 0
    bytes_read: int = 0
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """FAIL if anything is wrong, otherwise UNKNOWN if anything is not established, or PASS."""
        read = Outcome.UNKNOWN if self.checked < self.listed else Outcome.PASS
        return Outcome.worst((Outcome.of(self.findings), read))

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings."""
        self.findings.extend(findings)


@dataclass(frozen=True, slots=True)
class Started:
    """A step begins; it will process `files` files of `size` bytes, if known.

    With `files` alone, progress is counted in files, or in whatever else the step has many of.
    """

    step: str
    subject: Subject
    files: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Advanced:
    """Progress in bytes; `path` is given at the end of a file, or of whatever a step counts."""

    size: int
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The step has ended."""

    step: str
    subject: Subject


Progress = Started | Advanced | Ended
Observer = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """The observer that does nothing."""


def unheard(result: object) -> None:
    """Takes each result as it comes, for those who wait for all of them together."""


def counted(
    step: str, subject: Subject, items: Iterable[T], total: int, observer: Observer
) -> Iterator[T]:
    """The items of a step that counts them; each is done when the next one is asked for."""
    observer(Started(step, subject, total))
    for item in items:
        yield item
        observer(Advanced(0, ""))
    observer(Ended(step, subject))


def printable(text: str) -> str:
    """The text with every character shown that a terminal or a reader could misread."""
    if isinstance(text, Message):
        return text.with_arguments(printable)
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text
    )
