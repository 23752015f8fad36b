"""A file that was cut off, at whatever byte: nothing is deleted or replaced, and it is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.catalogue.database import Database
from preserva.catalogue.import_records import import_file
from preserva.catalogue.index import Index
from preserva.core.values.report import Outcome
from preserva.errors import PreservaError, Refused
from preserva.ingest.submission import choose_record
from tests.support.marc_records import iso2709

TITLES = ("Сказание о городе", "Кніга пра раку", "Повѣсть о полѣ")


def _marc(number: int, title: str) -> bytes:
    return iso2709((("001", f"n{number}"), ("101", "0 $arus"), ("200", f"1 $a{title}$fА. Б."),
                    ("801", " 0$aRU$bX")))  # fmt: skip


def _xml(record: str, root: str) -> bytes:
    records = "".join(
        record.format(number=number, title=title) for number, title in enumerate(TITLES)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}{records}</c>\n'.encode()


MARCXML = _xml(
    '<record><controlfield tag="001">n{number}</controlfield><datafield tag="200" ind1="1"'
    ' ind2=" "><subfield code="a">{title}</subfield></datafield></record>',
    '<c xmlns="http://www.loc.gov/MARC21/slim">',
)
MODS = _xml(
    "<m:mods><m:titleInfo><m:title>{title}</m:title></m:titleInfo><m:recordInfo>"
    "<m:recordIdentifier>n{number}</m:recordIdentifier></m:recordInfo></m:mods>",
    '<c xmlns:m="http://www.loc.gov/mods/v3">',
)
IRBIS = "".join(
    f"#920: PAZK\r\n#200: ^A{title}^FА. Б.\r\n#903: n{number}\r\n#101: rus\r\n*****\r\n"
    for number, title in enumerate(TITLES)
).encode()
TABLE = (
    "identifier,title,holder\r\n"
    + "".join(
        f'n{number},"{title}\r\nвторая строка",АОНБ\r\n' for number, title in enumerate(TITLES)
    )
).encode()
FILES = {
    "a.iso": b"".join(_marc(number, title) for number, title in enumerate(TITLES)),
    "a.txt": IRBIS,
    "marc.xml": MARCXML,
    "mods.xml": MODS,
    "a.csv": TABLE,
}
ENDS = {"a.iso": rb"\x1d", "a.txt": rb"\*{5}", "a.csv": "(?:АОНБ|holder)\r\n".encode()}
"""After what these match the rest of such a file is a file: nobody can see that it was longer."""

LAST = {"a.iso": b"\x1d", "a.txt": b"*****", "marc.xml": b"</record>", "mods.xml": b"</m:mods>"}
"""With what a record ends."""


@contextmanager
def _filled(folder: Path, name: str) -> Iterator[Database]:
    """A catalogue with the records of the whole file, read in a time before."""
    database = Database(folder / "catalogue.sqlite")
    (folder / name).write_bytes(FILES[name])
    assert import_file(database, folder / name, "aonb", 100).changed == len(TITLES)
    try:
        yield database
    finally:
        database.close()


def _looks_whole(name: str, at: int) -> bool:
    if name not in ENDS:
        return not FILES[name][at:].strip()
    piece = FILES[name][:at]
    ends = {match.end() for match in re.finditer(ENDS[name], FILES[name])} | {0}
    return (at if name == "a.csv" else len(piece.rstrip())) in ends


def _state(database: Database) -> list[tuple[str, bytes]]:
    known = Index(database).changed_since()
    return sorted((record.uri, record.original.strip()) for record in known)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("complete", [True, False])
def test_a_cut_file_deletes_nothing_replaces_nothing_and_is_named(
    name: str, complete: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    with _filled(folder, name) as database:
        before = _state(database)

        @settings(max_examples=70, deadline=None)
        @given(at=st.integers(0, len(FILES[name]) - 1))
        def cut(at: int) -> None:
            (folder / name).write_bytes(FILES[name][:at])
            try:
                imported = import_file(database, folder / name, "aonb", 200, complete=complete)
            except Refused:
                assert complete
            else:
                assert imported.outcome is not Outcome.PASS or _looks_whole(name, at)
                assert imported.deleted == 0
            assert _state(database) == before

        cut()


@pytest.mark.parametrize("name", [name for name in FILES if name != "a.csv"])
@settings(max_examples=70, deadline=None)
@given(data=st.data())
def test_a_cut_record_makes_no_package(name: str, data: st.DataObject) -> None:
    """The last record of the file, unless the cut is behind it."""
    at = data.draw(st.integers(0, len(FILES[name]) - 1))
    piece = FILES[name][:at]
    if piece.count(LAST[name]) == FILES[name].count(LAST[name]):
        assert choose_record(piece, Path(name), len(TITLES), None).title
        return
    with pytest.raises(PreservaError):
        choose_record(piece, Path(name), len(TITLES), None)
