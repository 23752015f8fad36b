"""The tables of codes, letters and schemas: every code that packages have is in them."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import fields
from importlib import resources
from pathlib import Path

import pytest

from preserva.archive.guide import _known_codes
from preserva.core.guide.codes import charsets_csv, codes_csv, schemas_csv
from preserva.core.values.codes import Code
from preserva.core.values.fact import FactFields
from preserva.core.values.facts import BY_TYPE, RecordedFinding
from preserva.describe.characterization import identify, identify_text
from preserva.describe.marc.charset import CODECS, Charset, tables
from preserva.describe.mods.crosswalk import crosswalk
from tests.conftest import require

_NO_LETTERS = {"UTF-8", "unknown"}


def rows(data: bytes) -> list[tuple[str, ...]]:
    """The rows of a table, without its headings."""
    text = data.decode("utf-8-sig")
    return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))][1:]


def codes() -> dict[str, dict[str, str]]:
    """The codes and meanings of each list."""
    found: dict[str, dict[str, str]] = {}
    relators, registers = crosswalk().relators, crosswalk().registers
    for name, code, meaning in rows(codes_csv(_known_codes(), relators, registers, {"aonb": "A"})):
        assert code not in found.setdefault(name, {}), code
        assert meaning
        found[name][code] = meaning
    return found


def test_every_code_has_its_meaning() -> None:
    found = codes()
    assert found["UNIMARC relator ($4)"]["440"] == "illustrator (MARC relator ill)"
    assert found["UNIMARC relator ($4)"].keys() == crosswalk().relators.keys()
    assert found["register of book monuments"] == dict(crosswalk().registers)
    assert found["library"] == {"aonb": "A"}
    assert set(found["ledger entry"]) == set(BY_TYPE)
    kinds: list[type[FactFields]] = [*BY_TYPE.values(), RecordedFinding]
    facts = {field.metadata["name"] for kind in kinds for field in fields(kind)}
    assert set(found["ledger fact"]) == facts
    assert set(found["finding"]) == {code.value for code in Code}
    rules = (rule for family in crosswalk().rules.values() for rule in family)
    assert {rule.role for rule in rules if rule.role} <= found["MARC relator"].keys()


def test_every_format_that_we_recognise_has_its_name() -> None:
    sources = "".join(
        Path(str(module.__file__)).read_text("utf-8") for module in (identify, identify_text)
    )
    recognised = set(re.findall(r"(?:x-)?fmt/\d+", sources))
    assert len(recognised) > 40
    assert codes()["PRONOM format"].keys() == recognised


def test_the_letters_are_those_that_we_decode() -> None:
    written: dict[str, dict[int, str]] = {}
    for name, byte, number, _shown in rows(charsets_csv(tables())):
        written.setdefault(name, {})[int(byte, 16)] = chr(int(number[2:], 16))
    assert written.keys() >= set(CODECS) - _NO_LETTERS | {"ISO 5426", "MARC-8 N (basic Cyrillic)"}
    for name in set(CODECS) - _NO_LETTERS:
        for value, letter in written[name].items():
            assert Charset(name).decode(bytes([value])) == letter
    ansel, cyrillic = written["MARC-8 E (ANSEL)"], written["MARC-8 N (basic Cyrillic)"]
    for value, letter in ansel.items():
        assert letter in Charset("MARC-8").decode(bytes([value | 0x80]))
    for value, letter in cyrillic.items():
        assert Charset("MARC-8").decode(b"\x1b(N" + bytes([value])) == letter


def test_a_mark_is_shown_on_a_circle_and_a_control_not_at_all() -> None:
    table = rows(charsets_csv({"x": {0xC1: "\u0300", 0xA0: "\u00a0", 0x80: "А"}}))
    assert table == [
        ("x", "80", "U+0410", "А"),
        ("x", "A0", "U+00A0", ""),
        ("x", "C1", "U+0300", "\u25cc\u0300"),
    ]


def test_schemas_have_the_digest_by_which_a_copy_is_recognised(shared: Path) -> None:
    found = {
        name: (address, digest)
        for name, _edition, _url, _ns, address, digest in rows(schemas_csv())
    }
    digests = {address: digest for address, digest in found.values() if digest}
    assert len(digests) == 6
    require((shared / "data/xsd").is_dir(), "the folder ../shared with official schemas")
    catalog = (shared / "data/xsd/catalog.xml").read_text("utf-8")
    places = dict(re.findall(r'systemId="([^"]+)" uri="([^"]+)"', catalog))
    for address, digest in digests.items():
        data = (shared / "data/xsd" / places[address]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest, address


@pytest.mark.parametrize("name", ["README.en.txt", "README.ru.txt", "README.be.txt"])
def test_the_readme_names_all_that_lies_there(name: str) -> None:
    text = resources.files("preserva.archive").joinpath("on_disk", name).read_text("utf-8")
    assert all(
        f"  {folder}" in text
        for folder in ("ocfl/", "ledgers/", "staging/", "quarantine/", "tombstones/")
    )
