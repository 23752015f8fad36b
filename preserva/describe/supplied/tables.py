"""What people write about a book in addition to its record: tables in TOML or CSV, read with care.

A value is asked for by its key; every error becomes a finding that names the file, the place in it
and the key, so that all are reported at once. A table in CSV is the same as one in TOML: a column
is a key, an empty cell is a key that is not given.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

from preserva.core.book.words import folded
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.mods.xml_text import has_forbidden
from preserva.describe.supplied.csv_text import csv_text
from preserva.describe.supplied.headings import key_of
from preserva.i18n import _, joined

_LONGEST = 4096
_DATE = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?[?~%]?"
    r"(/(\d{4}(-\d\d(-\d\d)?)?[?~%]?)?)?"
)
"""Dates of level 0 and 1 of EDTF (ISO 8601-2) as librarians need them: 2026, 2026-05?, 1890/1895"""

_DAY = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")

_RUSSIAN_DATE = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})")
"""12.05.2026 or 5.5.2026, as spreadsheets in Russian and Belarusian write a date."""

_Choice = TypeVar("_Choice", bound=Enum)


@dataclass(slots=True)
class SuppliedTable:
    """The keys of one table. `where` is its place, `prefix` what stands before a key in a place.

    `problems` are shared by all tables of a file; rows of CSV share `unknown`, so that a column is
    named once, and have `headings` that say how the keys are written there. After asking for every
    permitted key, call `end`: all other keys are unknown.
    """

    where: str
    prefix: str
    values: Mapping[str, object]
    problems: list[Finding]
    unknown: set[str] = field(default_factory=set)
    headings: Mapping[str, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def at(self, key: str) -> str:
        """The place of a key, for people."""
        return self.prefix + self.headings.get(key, key)

    def below(self, place: str, values: Mapping[str, object]) -> SuppliedTable:
        """A table inside this one."""
        where = self.at(place)
        return SuppliedTable(where, f"{where}.", values, self.problems)

    def text(self, key: str, *, needed: bool = False) -> str | None:
        """A text that XML can hold, neither empty nor too long; None if not given."""
        value = self._value(key, needed=needed)
        if value is None:
            return None
        text = value.strip() if isinstance(value, str) else ""
        if not 0 < len(text) <= _LONGEST or has_forbidden(text):
            self._wrong(key, value)
            return None
        return text

    def date(self, key: str, *, needed: bool = False) -> str | None:
        """A date, a time or an interval as EDTF writes it; None where it is not given."""
        value = self._value(key, needed=needed)
        if isinstance(value, date | datetime):
            return value.isoformat()
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            return None
        text = _RUSSIAN_DATE.sub(_iso, value.strip()) if isinstance(value, str) else ""
        if not _DATE.fullmatch(text) or not all(map(_is_there, _DAY.findall(text))):
            self._wrong(key, value, "2026-05-12")
            return None
        return text

    def page(self, key: str, *, needed: bool = False) -> int | str | None:
        """A page by its number, or by its file's name; None where it is not given."""
        value = self._value(key, needed=needed)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if not isinstance(value, str) or not value.strip():
            self._wrong(key, value)
            return None
        text = value.strip()
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else text

    def number(self, key: str) -> int | None:
        """A number from 1; None where it is not given."""
        value = self._value(key)
        if value is None:
            return None
        text = "" if isinstance(value, bool) else str(value).strip()
        if not re.fullmatch("[1-9][0-9]{0,8}", text):
            self._wrong(key, value, "1, 2, 3 ...")
            return None
        return int(text)

    def level(self, key: str) -> int:
        """A level from 1; 1 where it is not given."""
        value = self._value(key)
        text = "1" if value is None else str(value).strip()
        if not re.fullmatch("[1-9][0-9]?", text):
            self._wrong(key, value, "1, 2, 3 ...")
            return 1
        return int(text)

    def choice(
        self,
        key: str,
        kind: type[_Choice],
        meant: Mapping[str, str] = MappingProxyType({}),
        shown: Callable[[str], str] = str,
        *,
        needed: bool = False,
    ) -> _Choice | None:
        """A member of an enumeration by the word for it; None where it is not given.

        `meant` gives the English words for those of other languages, folded; `shown` gives each as
        people read it.
        """
        value = self._value(key, needed=needed)
        if value is None:
            return None
        words = {word_of(choice): choice for choice in kind}
        word = value.strip().casefold() if isinstance(value, str) else ""
        word = meant.get(folded(word), word)
        if word not in words:
            near = difflib.get_close_matches(folded(word), [*words, *meant], 1)
            self._wrong(key, value, near[0] if near else joined(", ", map(shown, words)))
            return None
        return words[word]

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; a single one may be written without brackets."""
        value = self._value(key)
        if value is None:
            return ()
        items: list[object] = value if isinstance(value, list) else [value]
        texts = tuple(item.strip() for item in items if isinstance(item, str))
        if len(texts) < len(items) or not all(texts) or any(map(has_forbidden, texts)):
            self._wrong(key, value)
            return ()
        return texts

    def tables(self, key: str) -> list[SuppliedTable]:
        """The tables of a list."""
        value = self._value(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(key, value, f"[[{key}]]")
            return []
        return [self.below(f"{key}[{number}]", item) for number, item in enumerate(value, 1)]

    def named(self, key: str) -> dict[str, SuppliedTable]:
        """The tables of a table, by name."""
        value = self._value(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(
            isinstance(item, dict) for item in value.values()
        ):
            self._wrong(key, value, f"[{key}.NAME]")
            return {}
        return {name: self.below(f"{key}.{name}", item) for name, item in value.items()}

    def end(self) -> None:
        """Every key that nobody asked for is a problem."""
        for key in self.values:
            if key not in self._asked | self.unknown:
                self.unknown.add(key)
                near = difflib.get_close_matches(key, self._asked, 1)
                known = near or sorted(self._asked) if self.headings else near
                self.problems.append(
                    Finding(Code.DETAILS_KEY, self.at(key), ", ".join(known) or None)
                )

    def _value(self, key: str, *, needed: bool = False) -> object:
        self._asked.add(key)
        value = self.values.get(key)
        if value is None and needed:
            self.problems.append(Finding(Code.DETAILS_MISSING, self.at(key)))
        return value

    def _wrong(self, key: str, value: object, expected: str | None = None) -> None:
        self.problems.append(Finding(Code.DETAILS_VALUE, self.at(key), expected, f"{value}"[:100]))


def _iso(day: re.Match[str]) -> str:
    return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"


def _is_there(day: tuple[str, str, str]) -> bool:
    """Whether the calendar has a day, or a month."""
    year, month, number = day
    try:
        date(int(year), int(month), int(number or 1))
    except ValueError:
        return False
    return True


def word_of(member: Enum) -> str:
    """The word by which people name a member: the English label of a vocabulary's term."""
    return str(getattr(member, "label", member.value))


def is_csv(name: str) -> bool:
    """Is this file, by its name, a table in CSV?"""
    return name.lower().endswith((".csv", ".tsv"))


def read_toml(data: bytes, name: str, problems: list[Finding]) -> SuppliedTable:
    """The table that a TOML document is; an empty one, and a problem, for anything else."""
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        problems.append(Finding(Code.DETAILS_UNREADABLE, name, seen=str(error)))
        values = {}
    return SuppliedTable(name, f"{name}: ", values, problems)


def read_csv(data: bytes, name: str, problems: list[Finding]) -> Iterator[SuppliedTable]:
    """The rows of a CSV document, as `csv_text` understands it.

    The first line names the columns. Rows without any value are left out.
    """
    try:
        text, delimiter = csv_text(data)
    except UnicodeDecodeError as error:
        problems.append(Finding(Code.DETAILS_UNREADABLE, name, seen=str(error)))
        return
    unknown: set[str] = set()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        written = [heading.strip() for heading in next(reader, [])]
        columns = [key_of(heading) for heading in written]
        headings = dict(zip(columns, written, strict=True))
        for cells in reader:
            where = f"{name}: " + _("line {number}").format(number=reader.line_num)
            if len(cells) > len(columns) and any(map(str.strip, cells[len(columns) :])):
                problems.append(Finding(Code.DETAILS_KEY, where, seen=cells[len(columns)]))
            pairs = zip(columns, cells, strict=False)
            values = {column: cell for column, cell in pairs if cell.strip()}
            if values:
                yield SuppliedTable(where, where + ", ", values, problems, unknown, headings)
    except csv.Error as error:
        where = f"{name}: " + _("line {number}").format(number=reader.line_num)
        problems.append(Finding(Code.DETAILS_UNREADABLE, where, seen=str(error)))
