"""What became of each name in each real record of the folder beside the project.

    python -m tests.names_table > docs/reference/names-seen.md

Each field with a name is converted alone and with its whole record. A name that is dropped, split
or changed on the way would show here. A test compares the page with reality.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from preserva.catalogue.entry_from_mods import entry_of
from preserva.catalogue.roles import role
from preserva.describe.catalogue_record import Dialect, Field, Record
from preserva.describe.mods import reading
from preserva.describe.record import mods_of, read_records, to_dc
from preserva.describe.xml_record import DC
from tests.conftest import SHARED
from tests.records_table import NATIVE, NO_RECORDS

HEAD = """\
# Names and roles, one by one

What became of each name in the sample records that the tests read: the field and its roles as the
record has them; the roles in MODS; the element of Dublin Core; what the catalogue prints. The names
are not ours to print: the beginning of their SHA-256 shows whether a letter was lost. Forms of one
name in two scripts are one name. `python -m tests.names_table` makes this page, and a test compares
it with what the code does; it also fails where a name is dropped or split, or where MODS, Dublin
Core and the catalogue disagree. Records without names, and repeated rows, are left out.

| Record | Field | Roles in it | Name | MODS | Dublin Core | Printed |
|---|---|---|---|---|---|---|
"""

_TAGS = {
    Dialect.MARC21: {"100", "110", "111", "700", "710", "711"},
    Dialect.IRBIS: {"700", "701", "702", "710", "711", "961"},
}
_USUAL = {f"7{kind}{rank}" for kind in "012" for rank in "0123"}
_ROLE = {Dialect.MARC21: ("e", "j", "4"), Dialect.IRBIS: ("4",)}


@dataclass(frozen=True)
class Row:
    """A name: where it is, and what it becomes."""

    record: str
    field: str
    said: str
    name: str
    mods: str
    dublin_core: str
    printed: str

    def line(self) -> str:
        """As a row of the table."""
        cells = (self.field, self.said, self.name, self.mods, self.dublin_core, self.printed)
        return f"| {self.record} | {' | '.join(cells)} |\n"


def page(shared: Path) -> str:
    """The whole page."""
    return HEAD + "".join(row.line() for row in dict.fromkeys(rows(shared)))


def records(shared: Path) -> Iterator[tuple[str, Record]]:
    """Every sample record that can be read, with its name and number."""
    folder = shared / "data/records"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in NO_RECORDS and path.suffix not in NATIVE:
            found = read_records(path.read_bytes(), name=path.name)
            name = path.relative_to(folder).as_posix()
            yield from (
                (f"{name}#{number}", one)
                for number, one in enumerate(found, 1)
                if isinstance(one, Record)
            )


def fields(record: Record) -> list[Field]:
    """The fields with names of persons and bodies that had to do with the book."""
    tags = _TAGS.get(record.dialect, _USUAL)
    return [field for field in record.fields if field.tag in tags and field.subfields]


def rows(shared: Path) -> Iterator[Row]:
    """A row for each name of each record."""
    for where, record in records(shared):
        for field in fields(record):
            (name,) = alone(record, field)
            said = [text for code in _ROLE.get(record.dialect, ("4",)) for text in field.all(code)]
            yield Row(
                where,
                field.tag,
                ", ".join(said),
                hashlib.sha256(name.text.encode()).hexdigest()[:8],
                ", ".join(name.roles),
                "creator" if name.creates else "contributor",
                ", ".join(map(role, name.roles)),
            )


def alone(record: Record, field: Field) -> list[reading.Name]:
    """The names that one field makes."""
    return reading.names(mods_of(replace(record, fields=(field,))))


def disagreements(shared: Path) -> Iterator[str]:
    """Where a name is dropped or split, or MODS, Dublin Core and the catalogue differ."""
    for where, record in records(shared):
        for field in fields(record):
            if len(alone(record, field)) != 1:
                yield f"{where}: {field.tag} makes {len(alone(record, field))} names"
        mods = reading.names(mods_of(record))
        apart = [name for field in fields(record) for name in alone(record, field)]
        if Counter((name.text, name.roles) for name in mods) != Counter(
            (name.text, name.roles) for name in apart
        ):
            yield f"{where}: the names of the record are not those of its fields"
        expected = {
            (("creator" if name.creates else "contributor"), text)
            for name in mods
            for text in (name.text, *name.scripts)
        }
        if expected != set(_dublin_core(record)):
            yield f"{where}: Dublin Core has other names"
        shown = [(agent.name, agent.roles) for agent in entry_of(record).agents]
        if shown != [(name.text, name.roles) for name in mods]:
            yield f"{where}: the catalogue has other names"


def _dublin_core(record: Record) -> Iterator[tuple[str, str]]:
    for kind in ("creator", "contributor"):
        for node in etree.fromstring(to_dc(record)).iter(f"{{{DC}}}{kind}"):
            yield kind, node.text or ""


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a TextIOWrapper here
    sys.stdout.write(page(SHARED))
