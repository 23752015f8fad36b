"""PREMIS as a stream: valid, complete, and read back as it was written."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from preserva.core.book.image import Image
from preserva.core.book.rights import Rights
from preserva.core.eark.premis import (
    NAME_NOTE,
    NAMESPACE,
    Agent,
    Event,
    FileObject,
    Format,
    Identifier,
    IntellectualEntity,
    LinkedAgent,
    Object,
    Relationship,
    Representation,
    carried_name,
    event_document,
    write_premis,
)
from preserva.core.eark.premis_read import ObjectFacts, read_events, read_premis
from preserva.core.eark.rights import RightsStatement
from preserva.core.eark.vocabulary import (
    AgentType,
    CopyrightStatus,
    EventOutcome,
    EventRelatedAgentRole,
    EventType,
    RelationshipSubType,
    RelationshipType,
    RightsBasis,
    Term,
)
from preserva.core.xml.safe import UnsafeXMLError
from tests.support.xsd import schema

BOOK = Identifier("URI", "urn:preserva:nlb:bk-7")
MASTER = Identifier("local", "representation-master")
SOFTWARE = Agent(
    Identifier("local", "agent-preserva"), "preserva", AgentType.SOFTWARE, "0.1.0", "a note"
)
SCAN = Image(31, 23, (8,), "BlackIsZero", "Uncompressed")
PAGE = FileObject(
    Identifier("local", "ID-master.0001.tif"),
    14592,
    {"sha512": "ab" * 64, "sha256": "cd" * 32},
    Format("Tagged Image File Format", "image/tiff", "6.0", "fmt/353", "by its header"),
    "Лист й ё ў.tif",
    "data/0001.tif",
    SCAN,
    (Relationship(RelationshipType.STRUCTURAL, RelationshipSubType.IS_INCLUDED_IN, (MASTER,)),),
)
EVENT = Event(
    Identifier("UUID", "2f6b6d0e-6f0b-4d7e-9b0a-5d2a0a7f0001"),
    EventType.INGESTION,
    "2026-11-23T08:00:00Z",
    EventOutcome.SUCCESS,
    "took in 12 files",
    "all of them",
    (LinkedAgent(SOFTWARE.identifier, EventRelatedAgentRole.EXECUTING_PROGRAM),),
    (BOOK, MASTER),
)
BARE_EVENT = Event(
    Identifier("local", "ocr"), "transcription", "1999", "partly legible", agents=(), objects=()
)


RIGHTS = (
    Rights(RightsBasis.COPYRIGHT, CopyrightStatus.UNKNOWN, "ru"),
    Rights(
        RightsBasis.COPYRIGHT,
        CopyrightStatus.PUBLIC_DOMAIN,
        "by",
        determined="2026-11-23",
        start="1654",
        end="2026",
        note="the author died in 1583",
        uri="http://rightsstatements.org/vocab/NoC-NC/1.0/",
        acts=("publish", "disseminate"),
        restrictions=("not for sale", "name the library"),
    ),
    Rights(RightsBasis.LICENSE, terms="CC BY 4.0", uri="https://x.test/", note="n", start="2020"),
    Rights(RightsBasis.LICENSE, uri="https://x.test/"),
    Rights(RightsBasis.LICENSE, terms="by letter"),
    Rights(
        RightsBasis.STATUTE,
        jurisdiction="ru",
        citation="78-ФЗ",
        determined="2026",
        note="обязательный экземпляр",
        uri="https://x.test/",
        start="1994",
        acts=("replicate",),
    ),
    Rights(RightsBasis.INSTITUTIONAL_POLICY, note="reading room only", uri="x:y", start="2020"),
    Rights(RightsBasis.OTHER, note="donor"),
)


def written(
    objects: Iterable[Object],
    events: Iterable[Event] = (),
    agents: Iterable[Agent] = (),
    rights: Iterable[RightsStatement] = (),
) -> bytes:
    stream = io.BytesIO()
    write_premis(stream, objects=objects, events=events, agents=agents, rights=rights)
    return stream.getvalue()


def texts(document: bytes, path: str) -> list[str | None]:
    root = etree.fromstring(document)
    return [element.text for element in root.iterfind(path, {"": NAMESPACE})]


def test_everything_is_valid_against_the_official_schema(shared: Path) -> None:
    everything = written(
        (
            IntellectualEntity((BOOK, Identifier("local", "nlb-bk-7")), "a\x00b"),
            Representation(MASTER, "Сканы", PAGE.relationships),
            PAGE,
            FileObject(Identifier("local", "x"), 0, {}, Format("unknown", "text/plain")),
        ),
        (EVENT, BARE_EVENT),
        (SOFTWARE, Agent(Identifier("local", "p"), "Иванова", AgentType.PERSON)),
        tuple(
            RightsStatement(
                Identifier("local", f"r{number}"), rights, (BOOK,) if number > 1 else ()
            )
            for number, rights in enumerate(RIGHTS)
        ),
    )
    schema(shared, "premis-3.0.xsd").assertValid(etree.fromstring(everything))


def test_a_file_object_says_all_that_is_known() -> None:
    document = written((PAGE,))
    assert texts(document, "object/objectIdentifier/objectIdentifierValue") == [
        "ID-master.0001.tif"
    ]
    characteristics = "object/objectCharacteristics"
    assert texts(document, f"{characteristics}/fixity/messageDigestAlgorithm") == [
        "SHA-512",
        "SHA-256",
    ]
    assert texts(document, f"{characteristics}/fixity/messageDigest") == ["ab" * 64, "cd" * 32]
    assert texts(document, f"{characteristics}/size") == ["14592"]
    assert texts(document, f"{characteristics}/format//formatName") == ["Tagged Image File Format"]
    assert texts(document, f"{characteristics}/format//formatVersion") == ["6.0"]
    assert texts(document, f"{characteristics}/format//formatRegistryKey") == ["fmt/353"]
    assert texts(document, f"{characteristics}/format/formatNote") == ["by its header"]
    assert texts(document, "object/originalName") == ["Лист й ё ў.tif"]
    assert texts(document, "object//contentLocationValue") == ["data/0001.tif"]
    assert texts(document, "object//relatedObjectIdentifierValue") == ["representation-master"]
    facts = [fact for fact in read_premis(io.BytesIO(document)) if isinstance(fact, ObjectFacts)]
    assert [fact.image for fact in facts] == [SCAN]


def test_terms_carry_their_authority() -> None:
    root = etree.fromstring(written((PAGE,), (EVENT,), (SOFTWARE,)))
    kind = root.find(f"{{{NAMESPACE}}}event/{{{NAMESPACE}}}eventType")
    assert kind is not None
    assert {str(name): str(value) for name, value in kind.attrib.items()} == {
        "authority": "eventType",
        "authorityURI": "http://id.loc.gov/vocabulary/preservation/eventType",
        "valueURI": "http://id.loc.gov/vocabulary/preservation/eventType/ing",
    }


def test_the_vocabularies_are_those_of_the_library_of_congress(shared: Path) -> None:
    official = json.loads((shared / "data/premis_vocab.json").read_text("utf-8"))
    ours = {kind.vocabulary(): {t.value: t.label for t in kind} for kind in Term.__subclasses__()}
    del ours["eventRelatedAgentRole"]  # is not in that file
    assert ours == {
        name: {code: official[name].get(code) for code in terms} for name, terms in ours.items()
    }


def test_events_are_read_as_they_were_written() -> None:
    document = written((IntellectualEntity((BOOK,)), PAGE), (EVENT, BARE_EVENT), (SOFTWARE,))
    assert list(read_events(io.BytesIO(document))) == [EVENT, BARE_EVENT]


def test_one_event_is_a_document(shared: Path) -> None:
    document = event_document(EVENT, (SOFTWARE,), (IntellectualEntity((BOOK,)),))
    schema(shared, "premis-3.0.xsd").assertValid(etree.fromstring(document))
    assert list(read_events(io.BytesIO(document))) == [EVENT]


def test_an_event_document_with_an_entity_is_refused() -> None:
    bomb = b'<!DOCTYPE p [<!ENTITY a "b">]><premis xmlns="' + NAMESPACE.encode() + b'">&a;</premis>'
    with pytest.raises(UnsafeXMLError):
        list(read_events(io.BytesIO(bomb)))


def test_the_same_facts_are_the_same_bytes() -> None:
    assert written((PAGE,), (EVENT,)) == written((PAGE,), (EVENT,))


@pytest.mark.parametrize("name", ["й", "й", "ё ў.tif", "a\tb\nc", "100%", "\U0001f4d6"])
def test_an_ordinary_name_stays(name: str) -> None:
    assert carried_name(name) == (name, False)
    assert texts(written((Representation(MASTER, name),)), "object/originalName") == [name]


def test_a_name_that_xml_cannot_carry_is_encoded_and_says_so() -> None:
    document = written((Representation(MASTER, "лист\x07%\udcff"),))
    assert texts(document, "object/originalName") == ["%D0%BB%D0%B8%D1%81%D1%82%07%25%FF"]
    assert texts(document, "object/significantProperties/*") == [NAME_NOTE, "percent-encoded"]


@given(st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_no_name_is_lost(name: str) -> None:
    carried, encoded = carried_name(name)
    (read,) = texts(written((Representation(MASTER, name),)), "object/originalName")
    assert (read or "") == carried
    raw = unquote_to_bytes(carried) if encoded else carried.encode()
    assert raw == name.encode("utf-8", "surrogateescape")


def test_other_text_that_xml_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="XML"):
        written((PAGE,), agents=(Agent(MASTER, "bell \x07", AgentType.PERSON),))
