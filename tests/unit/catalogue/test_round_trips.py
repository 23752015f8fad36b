"""What is exported in any form and imported again changes nothing, whatever form it came in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from preserva.catalogue.database import Database
from preserva.catalogue.entry import CatalogueEntry
from preserva.catalogue.export import ExportFormat, export_catalogue
from preserva.catalogue.import_records import Imported, import_file
from preserva.catalogue.index import Index
from preserva.describe.marc.iso2709_write import iso2709
from preserva.describe.record import Record, read_records
from tests.conftest import SHARED
from tests.records_table import NATIVE, NO_RECORDS

_FOLDER = SHARED / "data" / "records"
FILES = [
    path.relative_to(_FOLDER).as_posix()
    for path in sorted(_FOLDER.rglob("*"))
    if path.is_file() and path.name not in NO_RECORDS and path.suffix not in NATIVE
]
_ENDINGS = {ExportFormat.MARC: "mrc", ExportFormat.CSV: "csv"}
_MODS = """<modsCollection xmlns="http://www.loc.gov/mods/v3"><mods>
<titleInfo><title>{title}</title></titleInfo>
<recordInfo><recordIdentifier>1</recordIdentifier></recordInfo></mods></modsCollection>"""
_MARC = """<collection xmlns="http://www.loc.gov/MARC21/slim"><record>
<leader>00000nam a2200000 a 4500</leader><controlfield tag="001">1</controlfield>
<datafield tag="245" ind1="0" ind2="0"><subfield code="a">{title}</subfield></datafield>
<datafield tag="500" ind1=" " ind2=" "><subfield code="a">A note</subfield></datafield>
</record></collection>"""


@contextmanager
def _catalogue(path: Path) -> Iterator[Database]:
    database = Database(path)
    try:
        yield database
    finally:
        database.close()


def _records(database: Database) -> dict[str, tuple[bytes, CatalogueEntry | None, int]]:
    return {
        record.uri: (record.original, record.entry, record.changed)
        for record in Index(database).changed_since()
    }


def _there_and_back(database: Database, place: Path) -> list[tuple[ExportFormat, Imported]]:
    """What each form that the records can be written in does on its way back."""
    returned = []
    for form in ExportFormat:
        file = place / f"{form.value}.{_ENDINGS.get(form, 'xml')}"
        file.unlink(missing_ok=True)
        if export_catalogue(database, file, form).written:
            returned.append((form, import_file(database, file, "aonb", 200)))
    return returned


@pytest.mark.parametrize("name", FILES)
def test_no_form_changes_a_real_record(name: str, tmp_path: Path) -> None:
    with _catalogue(tmp_path / "catalogue") as database:
        import_file(database, _FOLDER / name, "aonb", 100)
        before = _records(database)
        returned = _there_and_back(database, tmp_path)
        assert _records(database) == before
    for form, imported in returned:
        assert (imported.changed, imported.left_out, imported.findings) == (0, 0, []), form


@pytest.mark.parametrize("name", ["pymarc/1251.dat", "pymarc/bad_records.mrc",
                                  "irbis_test1/records.txt", "rusmarc_loge/ur.iso"])  # fmt: skip
@pytest.mark.parametrize("form", list(ExportFormat))
def test_what_came_in_any_form_comes_back_in_every_form(
    form: ExportFormat, name: str, shared: Path, tmp_path: Path
) -> None:
    """As the same record: the identifiers of the second catalogue are those of the first."""
    file = tmp_path / f"first.{_ENDINGS.get(form, 'xml')}"
    with _catalogue(tmp_path / "first") as database:
        import_file(database, shared / "data" / "records" / name, "aonb", 100)
        identifiers = set(_records(database))
        written = export_catalogue(database, file, form).written
    if not written:
        assert form in (ExportFormat.MARC, ExportFormat.MARCXCHANGE)
        assert name.startswith("irbis")
        return
    with _catalogue(tmp_path / "second") as database:
        import_file(database, file, "aonb", 100)
        before = _records(database)
        returned = _there_and_back(database, tmp_path)
        assert _records(database) == before
    assert set(before) == identifiers
    assert [imported.changed for _form, imported in returned] == [0] * len(returned)


def _imported(database: Database, file: Path, text: str) -> tuple[int, list[str]]:
    file.write_text(text)
    imported = import_file(database, file, "aonb", 100)
    return imported.changed, [str(finding.code.value) for finding in imported.findings]


def test_mods_never_replaces_marc_and_marc_replaces_mods(tmp_path: Path) -> None:
    with _catalogue(tmp_path / "catalogue") as database:
        assert _imported(database, tmp_path / "a.xml", _MODS.format(title="A")) == (1, [])
        assert _imported(database, tmp_path / "b.xml", _MARC.format(title="A")) == (1, [])
        assert _imported(database, tmp_path / "c.xml", _MODS.format(title="A")) == (0, ["W822"])
        assert _imported(database, tmp_path / "d.xml", _MODS.format(title="B")) == (0, ["W822"])
        assert _imported(database, tmp_path / "e.xml", _MARC.format(title="B")) == (1, [])
        ((original, entry, _changed),) = _records(database).values()
    assert entry is not None
    assert entry.title == "B" and b"A note" in original


def test_marc_in_another_character_set_or_wrapping_is_the_same(tmp_path: Path) -> None:
    (record,) = read_records(_MARC.format(title="Кніга").encode(), name="a")
    assert isinstance(record, Record)
    with _catalogue(tmp_path / "catalogue") as database:
        _imported(database, tmp_path / "a.xml", _MARC.format(title="Кніга"))
        before = _records(database)
        (tmp_path / "a.mrc").write_bytes(iso2709(record) or b"")
        imported = import_file(database, tmp_path / "a.mrc", "aonb", 300)
        assert _records(database) == before
    assert (imported.read, imported.changed, imported.findings) == (1, 0, [])
