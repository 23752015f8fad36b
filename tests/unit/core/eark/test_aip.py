"""The layout of a package: every file, every link, the same bytes every time."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from preserva.core.eark.aip import (
    ContentFile,
    DescriptiveFile,
    DescriptiveType,
    OtherFile,
    RepresentationSpec,
    entity_id,
    file_id,
    representation_id,
)
from preserva.core.eark.mets import Division
from preserva.core.eark.premis import Identifier, LinkedAgent
from preserva.core.eark.premis_read import read_events
from tests.support.aips import ALTO, LIBRARY, PACKAGE, PDF, SOFTWARE, TIFF, metadata, observed, spec
from tests.support.xsd import schema

METS = "{http://www.loc.gov/METS/}"
PREMIS = "{http://www.loc.gov/premis/v3}"
HREF = "{http://www.w3.org/1999/xlink}href"


def documents(files: dict[str, bytes], name: str) -> dict[str, etree._Element]:
    """The documents whose file name begins so, parsed, by path."""
    return {
        path: etree.fromstring(content)
        for path, content in files.items()
        if path.rsplit("/", 1)[-1].startswith(name)
    }


def dangling(mets: etree._Element) -> list[str]:
    """References inside a METS document that lead nowhere, and identifiers given twice."""
    seen = Counter(str(element.get("ID")) for element in mets.iter() if element.get("ID"))
    wrong = [identifier for identifier, count in seen.items() if count > 1]
    references = [
        reference
        for element in mets.iter()
        for name in ("ADMID", "DMDID", "FILEID")
        for reference in str(element.get(name, "")).split()
    ]
    for element in mets.iter(f"{METS}smLink"):
        references += [str(value) for value in element.attrib.values()]
    references += [
        str(element.get("{http://www.w3.org/1999/xlink}title"))
        for element in mets.iter(f"{METS}mptr")
    ]
    return wrong + [reference for reference in references if reference not in seen]


def premis_links(roots: list[etree._Element]) -> Iterator[str]:
    """Identifiers that PREMIS documents link to, but that none of them describes."""
    described = {
        (kind, root_value(element, f"{kind}Identifier"))
        for root in roots
        for kind in ("object", "agent", "event")
        for element in root.iter(f"{PREMIS}{kind}Identifier")
    }
    for root in roots:
        for kind, name in (
            ("object", "relatedObjectIdentifier"),
            ("object", "linkingObjectIdentifier"),
            ("agent", "linkingAgentIdentifier"),
        ):
            for element in root.iter(f"{PREMIS}{name}"):
                if (kind, root_value(element, name)) not in described:
                    yield str(root_value(element, name))


def root_value(element: etree._Element, name: str) -> tuple[str | None, str | None]:
    return element.findtext(f"{PREMIS}{name}Type"), element.findtext(f"{PREMIS}{name}Value")


def test_a_package_has_these_files_in_this_order() -> None:
    expected = ["documentation/README.txt", "schemas/standards.xml"]
    for name in ("master", "access", "text"):
        expected += [
            f"representations/{name}/metadata/preservation/premis.xml",
            f"representations/{name}/METS.xml",
        ]
    expected += ["metadata/preservation/premis.xml", "METS.xml"]
    assert list(metadata(spec(3))) == expected


@pytest.mark.parametrize(
    ("pages", "shards"),
    [
        (1000, ["premis.xml"]),
        (1001, ["premis-0001.xml", "premis-0002.xml"]),
        (2000, ["premis-0001.xml", "premis-0002.xml"]),
        (2001, ["premis-0001.xml", "premis-0002.xml", "premis-0003.xml"]),
    ],
)
def test_a_thousand_files_to_a_premis_document(pages: int, shards: list[str]) -> None:
    facts = spec(pages)
    files = metadata(replace(facts, representations=facts.representations[:1]))
    folder = "representations/master/metadata/preservation/"
    found = {
        path.removeprefix(folder): len(etree.fromstring(content))
        for path, content in files.items()
        if path.startswith(folder)
    }
    assert list(found) == shards
    assert sum(found.values()) == pages
    assert max(found.values()) <= 1000


@pytest.mark.parametrize("pages", [1, 12, 1001])
def test_everything_is_valid_and_every_link_leads_somewhere(shared: Path, pages: int) -> None:
    files = metadata(spec(pages))
    mets = documents(files, "METS")
    premis = documents(files, "premis")
    assert len(mets) == 4
    for root in mets.values():
        schema(shared, "mets-1.12.1.xsd").assertValid(root)
        assert dangling(root) == []
    for root in premis.values():
        schema(shared, "premis-3.0.xsd").assertValid(root)
    assert list(premis_links(list(premis.values()))) == []


def test_every_file_is_referenced_once_with_its_size_and_digest() -> None:
    facts = spec(12)
    files = metadata(facts)
    expected = {path: observed(path, content) for path, content in files.items()}
    expected.update({item.file.path: item.file for item in facts.descriptive})
    for representation in facts.representations:
        expected.update({item.file.path: item.file for item in representation.files})
    del expected["METS.xml"]
    found: dict[str, tuple[int, str]] = {}
    for path, root in documents(files, "METS").items():
        folder = path.removesuffix("METS.xml")
        for element in root.iter(f"{METS}mdRef", f"{METS}FLocat"):
            facts_of = element if element.tag == f"{METS}mdRef" else element.getparent()
            assert facts_of is not None
            target = folder + unquote(str(element.get(HREF)))
            assert target not in found
            assert facts_of.get("CHECKSUMTYPE") == "SHA-512"
            found[target] = int(str(facts_of.get("SIZE"))), str(facts_of.get("CHECKSUM"))
    assert found == {path: (file.size, file.digests["sha512"]) for path, file in expected.items()}


def test_mets_and_premis_name_files_alike() -> None:
    files = metadata(spec(12))
    for name in ("master", "access", "text"):
        folder = f"representations/{name}/"
        mets = etree.fromstring(files[folder + "METS.xml"])
        premis = etree.fromstring(files[folder + "metadata/preservation/premis.xml"])
        listed = {
            (element.get("ID"), element[0].get(HREF), element.get("SIZE"), element.get("CHECKSUM"))
            for element in mets.iter(f"{METS}file")
        }
        described = {
            (
                item.findtext(f"{PREMIS}objectIdentifier/{PREMIS}objectIdentifierValue"),
                item.findtext(f".//{PREMIS}contentLocationValue"),
                item.findtext(f".//{PREMIS}size"),
                item.findtext(f".//{PREMIS}messageDigest"),
            )
            for item in premis.iter(f"{PREMIS}object")
        }
        assert len(listed) == 12
        assert listed == described


def test_the_same_facts_are_the_same_bytes() -> None:
    assert metadata(spec(12)) == metadata(spec(12))


def test_the_package_mets_does_not_grow_with_the_pages() -> None:
    sizes = [len(metadata(spec(pages))["METS.xml"]) for pages in (5, 900)]
    assert sizes[1] - sizes[0] < 20  # digits of sizes


def test_history_names_the_book_where_an_event_names_nothing() -> None:
    facts = spec(1)
    files = metadata(facts)
    events = list(read_events(io.BytesIO(files["metadata/preservation/premis.xml"])))
    book = (entity_id(PACKAGE),)
    assert events == [replace(event, objects=book) for event in facts.events]


def test_an_event_may_name_a_representation() -> None:
    facts = spec(1)
    (event, *_) = facts.events
    named = replace(event, objects=(representation_id("text"),))
    files = metadata(replace(facts, events=(named,)))
    assert list(read_events(io.BytesIO(files["metadata/preservation/premis.xml"]))) == [named]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"agents": (SOFTWARE,)}, "agent-aonb"),
        ({"agents": ()}, "agent-preserva"),
        ({"representations": [*spec(1).representations] * 2}, "master"),
        ({"representations": (RepresentationSpec("Мастер", ()),)}, "Мастер"),
        ({"representations": (RepresentationSpec("../x", ()),)}, "../x"),
    ],
)
def test_what_does_not_hang_together_is_refused(changed: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        metadata(replace(spec(1), **changed))  # type: ignore[arg-type]


def test_a_link_to_an_unknown_object_is_refused() -> None:
    facts = spec(1)
    stray = replace(facts.events[0], objects=(Identifier("local", "elsewhere"),))
    with pytest.raises(ValueError, match="elsewhere"):
        metadata(replace(facts, events=(stray,)))
    right = replace(facts.rights[0], objects=(Identifier("local", "elsewhere"),))
    with pytest.raises(ValueError, match="elsewhere"):
        metadata(replace(facts, rights=(right,)))
    nobody = replace(facts.events[0], agents=(LinkedAgent(Identifier("local", "nobody")),))
    with pytest.raises(ValueError, match="nobody"):
        metadata(replace(facts, events=(nobody,)))


def test_all_kinds_of_files_have_their_place(shared: Path) -> None:
    """Whole-book files, two files to a page, names that need escaping, every descriptive type."""
    page = "representations/text/data/0001"
    content = (
        ContentFile(observed("representations/text/data/book.pdf", b"pdf"), PDF, "книга.pdf"),
        ContentFile(observed(f"{page}.xml", b"alto"), ALTO, "1.xml", 1, "[1]"),
        ContentFile(observed(f"{page}_a b+й.txt", b"text"), TIFF, "1\x01.txt", 1, "[1]"),
    )
    descriptive = tuple(
        DescriptiveFile(observed(f"metadata/descriptive/{kind.name}", b"x"), "text/xml", kind)
        for kind in DescriptiveType
    )
    facts = replace(
        spec(1),
        representations=(RepresentationSpec("text", content, Division("monograph", pages=(1,))),),
        descriptive=descriptive,
        documentation=(OtherFile(observed("documentation/letter.pdf", b"x"), "application/pdf"),),
        schemas=(OtherFile(observed("schemas/local.xsd", b"x"), "text/xml"),),
        agents=(SOFTWARE, LIBRARY),
    )
    files = metadata(facts)
    root = etree.fromstring(files["METS.xml"])
    text = etree.fromstring(files["representations/text/METS.xml"])
    for mets in (root, text):
        schema(shared, "mets-1.12.1.xsd").assertValid(mets)
        assert dangling(mets) == []
    types = [(item.get("MDTYPE"), item.get("OTHERMDTYPE")) for item in root.iter(f"{METS}mdRef")]
    assert types == [
        ("MODS", None),
        ("DC", None),
        ("MARC", None),
        ("OTHER", "MARCXCHANGE"),
        ("OTHER", "source record"),
        ("PREMIS", None),
    ]
    assert [item.get(HREF) for item in text.iter(f"{METS}FLocat")] == [
        "data/book.pdf",
        "data/0001.xml",
        "data/0001_a%20b%2B%D0%B9.txt",
    ]
    pages = text.findall(f"{METS}structMap")[1][0]
    assert [child.tag.removeprefix(METS) for child in pages] == ["fptr", "div"]
    assert [item.get("FILEID") for item in pages.iter(f"{METS}fptr")] == [
        "ID-text.book.pdf",
        "ID-text.0001.xml",
        "ID-text.0001_5fa_20b_2b_d0_b9.txt",
    ]
    assert pages[1].get("ORDER") == "1"
    assert pages[1].get("ORDERLABEL") == "[1]"


@given(
    st.lists(
        st.text(st.characters(codec=None, exclude_characters="\x00"), min_size=1, max_size=8),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_two_files_never_share_an_identifier(paths: list[str]) -> None:
    first, second = (file_id("master", path) for path in paths)
    assert first != second
    assert etree.fromstring(f'<a xml:id="{first}"/>').get(
        "{http://www.w3.org/XML/1998/namespace}id"
    )


def test_readme_tells_the_reader_what_this_is_in_three_languages() -> None:
    text = metadata(spec(1))["documentation/README.txt"].decode()
    assert text.startswith("Апостол\nurn:preserva:aonb:kp-000123\n")
    for phrase in ("What this is", "Что это", "Што гэта"):
        assert phrase in text
    assert text.count("sha512sum -c manifest-sha512.txt") == 3
    assert text.count("data/aonb-kp-000123/") == 3
    assert max(map(len, text.splitlines())) <= 100
