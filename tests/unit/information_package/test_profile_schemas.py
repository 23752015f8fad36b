"""The profile's grammars and rules: nothing on what we write, each fault by line or by rule."""

from __future__ import annotations

import io
import re

import pytest

from preserva.core.values.report import Finding
from preserva.core.xml.safe import UnsafeXMLError
from preserva.information_package.profile_schemas import check_schemas
from preserva.resources import schema_file
from tests.mutations import BOMB, EXTERNAL, MASTER_METS, MASTER_PREMIS, PREMIS, ROOT
from tests.support.aips import metadata, spec

LONG = 1100
"""More pages than two runs hold."""


def check(path: str, document: bytes) -> list[Finding]:
    return list(check_schemas(path, io.BytesIO(document)))


@pytest.fixture(scope="module")
def long() -> dict[str, bytes]:
    """The metadata of a long book."""
    return metadata(spec(LONG))


@pytest.fixture(scope="module")
def short() -> dict[str, bytes]:
    """The metadata of a short book."""
    return metadata(spec(3))


_OF_LENGTH = [1, 2, 499, 500, 501, LONG]


@pytest.mark.parametrize("pages", _OF_LENGTH)
def test_what_we_write_follows_our_profile(pages: int) -> None:
    documents = {path: text for path, text in metadata(spec(pages)).items() if ".xml" in path}
    assert [one for item in documents.items() for one in check(*item)] == []


@pytest.mark.parametrize("page", [1, 499, 500, 501, 1000, LONG])
@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (
            MASTER_METS,
            'ORDER="{n}"',
            'ORDER="x{n}"',
        ),
        (
            MASTER_METS,
            'xlink:to="page-{n:05}"',
            'xlink:to=""',
        ),
        (
            f"{MASTER_PREMIS.removesuffix('.xml')}-000{{shard}}.xml",
            "<objectIdentifierValue>ID-master.{n:04}.tif</objectIdentifierValue>",
            "<objectIdentifierValue/>",
        ),
    ],
)
def test_a_fault_in_a_long_document_is_found_wherever_it_is(
    long: dict[str, bytes], path: str, old: str, new: str, page: int
) -> None:
    page = min(page, 5) if "xlink" in old else page  # the chapter has five pages
    path = path.format(shard=1 + (page - 1) // 1000)
    before = long[path].decode()
    old = old.format(n=page)
    assert old in before
    after = before.replace(old, new.format(n=page), 1)
    line = before[: before.index(old)].count("\n") + 1
    (first, *_others) = check(path, after.encode())
    assert (first.code.value, first.path) == ("E433", path)
    assert abs(int(str(first.seen).partition(":")[0]) - line) <= 1


RULES = [
    ('LABEL="aonb-kp-000123"', 'LABEL="x"', "structMap CSIP: div/@LABEL = mets/@OBJID"),
    ('MDTYPEVERSION="3.0"', 'MDTYPEVERSION="2.2"', "AIPM7: "),
    ('xlink:title="grp-representation-text"', 'xlink:title="grp-schemas"', "CSIP110: "),
    ('ROLE="PRESERVATION"', 'ROLE="EDITOR"', "metsHdr/agent PRESERVATION ORGANIZATION"),
    ('ROLE="CREATOR"', 'ROLE="EDITOR"', "CSIP10: "),
    ('MDTYPE="MODS"', 'MDTYPE="OTHER"', "mdRef[@MDTYPE='OTHER']/@OTHERMDTYPE"),
    ('altRecordID TYPE="URI"', 'altRecordID TYPE="local"', "AIPM1: "),
    ('STATUS="CURRENT"', 'STATUS="SUPERSEDED"', "AIPM4: "),
    ('USE="Documentation"', 'USE="Documents"', "CSIP60: "),
    ('USE="Schemas"', 'USE="Schema"', "CSIP113: "),
]


@pytest.mark.parametrize(("old", "new", "rule"), RULES)
def test_a_broken_rule_is_named(short: dict[str, bytes], old: str, new: str, rule: str) -> None:
    document = short[ROOT].decode()
    assert old in document
    (found,) = check(ROOT, document.replace(old, new, 1).encode())
    assert (found.code.value, found.path) == ("E434", ROOT)
    assert str(found.expected).startswith(rule)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (ROOT, "<metsHdr", "<techMD/><metsHdr"),
        (ROOT, 'CREATEDATE="2026-11-23T08:00:00Z"', 'CREATEDATE="yesterday"'),
        (ROOT, 'ID="ID-schema-1"', 'ID="schema-1"'),
        (ROOT, 'CHECKSUMTYPE="SHA-512"', 'CHECKSUMTYPE="MD5"'),
        (MASTER_METS, ' MIMETYPE="image/tiff"', ""),
        (PREMIS, "<eventType ", "<eventKind "),
        (PREMIS, "<rightsBasis ", '<rightsBasis lang="ru" '),
        (MASTER_PREMIS, "<size>9</size>", ""),
        (MASTER_PREMIS, 'xsi:type="file"', 'xsi:type="bitstream"'),
    ],
)
def test_a_foreign_shape_is_found(short: dict[str, bytes], path: str, old: str, new: str) -> None:
    document = short[path].decode()
    assert old in document
    changed = document.replace(old, new, 1)
    if new == "<eventKind ":
        changed = changed.replace("</eventType>", "</eventKind>", 1)
    found = check(path, changed.encode())
    assert {(one.code.value, one.path) for one in found} == {("E433", path)}


def test_errors_are_counted_to_a_limit_only(long: dict[str, bytes]) -> None:
    document = re.sub(rb'ORDER="(\d+)"', rb'ORDER="x\1"', long[MASTER_METS])
    assert len(check(MASTER_METS, document)) == 20


def test_other_documents_are_not_judged() -> None:
    assert check("mods.xml", b'<mods xmlns="http://www.loc.gov/mods/v3"/>') == []


@pytest.mark.parametrize("document", [BOMB, EXTERNAL, b"<a>" * 100_000, b"", b"<a>"])
def test_hostile_xml_is_refused(document: bytes) -> None:
    with pytest.raises(UnsafeXMLError):
        check(ROOT, document)


def test_no_schema_of_ours_names_another_document() -> None:
    for name in ("mets-profile.rng", "premis-profile.rng", "mets-profile.sch"):
        text = schema_file(name).read_text("utf-8")
        for word in ("document(", "include", "externalRef", "DOCTYPE", "ENTITY", "unparsed"):
            assert word not in text, (name, word)
