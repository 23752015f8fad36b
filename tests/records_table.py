"""What each real record of the folder beside the project becomes, as rows for the manual.

    python -m tests.records_table > docs/reference/records-seen.md

Where a record cannot be read, its row says so. A test compares the page with reality.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from preserva.core.values.report import Finding
from preserva.describe.record import Record, read_records, to_mods
from tests.conftest import SHARED
from tests.support.xsd import schema

NO_RECORDS = {"README.md", "RUSMARC20151123.xml", "TEST1.txt"}
"""A description of the folder, one of a format, and a dump for people."""

NATIVE = {".mst", ".xrf"}
"""IRBIS databases themselves: not read, an export of them is."""

HEAD = """\
# Real records, one by one

What became of each sample record that the tests read. The titles are not ours to print: their
length, script and the beginning of their SHA-256 show whether a letter was lost.
`python -m tests.records_table` makes this page, and a test compares it with what the code does.
[Catalogue records](records.md) explains the columns.

| Record | Dialect | Character set | Title | MODS | Findings |
|---|---|---|---|---|---|
"""


def page(shared: Path) -> str:
    """The whole page."""
    return HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in rows(shared))


def rows(shared: Path) -> Iterator[tuple[str, ...]]:
    """The cells for each record, file by file in the order of their names."""
    folder = shared / "data/records"
    mods = schema(shared, "mods-3.8.xsd")
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name in NO_RECORDS or path.suffix in NATIVE:
            continue
        name = path.relative_to(folder).as_posix()
        for number, one in enumerate(read_records(path.read_bytes(), name=path.name), 1):
            yield (f"{name}#{number}", *_cells(one, mods))


def _cells(one: Record | Finding, mods: etree.XMLSchema) -> tuple[str, ...]:
    if isinstance(one, Finding):
        return ("", "", "", "", str(one.code.value))
    valid = "valid" if mods.validate(etree.fromstring(to_mods(one))) else "not valid"
    notes = ", ".join(sorted({str(note.code.value) for note in one.notes}))
    return (one.dialect.value, one.charset, _seen(one.title), valid, notes)


def _seen(title: str) -> str:
    """A title without its words, which are not ours: script, length, and a digest to compare."""
    scripts = {
        unicodedata.name(one, "").partition(" ")[0].title() for one in title if one.isalpha()
    }
    known = sorted(scripts & {"Cyrillic", "Latin"}) + ["other"] * bool(
        scripts - {"Cyrillic", "Latin"}
    )
    digest = hashlib.sha256(title.encode()).hexdigest()[:8]
    return f"{len(title)} {' and '.join(known)}, {digest}"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a TextIOWrapper here
    sys.stdout.write(page(SHARED))
