"""The safe XML parser: what it reads, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.core.xml.safe import UnsafeXMLError, iterparse, parse

BOMB = b'<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;">]><a b="&m;">&m;</a>'

REFUSED = {
    "empty": b"",
    "blank": b"  \n",
    "text": "Книга".encode(),
    "cut": b"<a><b/>",
    "two roots": b"<a/><b/>",
    "doctype": b"<!DOCTYPE a><a/>",
    "doctype in UTF-16": "<!DOCTYPE a><a/>".encode("utf-16"),
    "internal entities": BOMB,
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "external DTD": b'<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://localhost/p">%p;]><a/>',
    "undeclared entity": b"<a>&x;</a>",
    "unknown encoding": b'<?xml version="1.0" encoding="nope"?><a/>',
    "bytes that are not UTF-8": b"<a>\xff</a>",
    "too deep": b"<a>" * 201 + b"</a>" * 201,
    "far too deep": b"<a>" * 100_000,
    "a control character": b"<a>\x01</a>",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    with pytest.raises(UnsafeXMLError):
        parse(REFUSED[name])


def test_refuses_more_bytes_than_allowed() -> None:
    with pytest.raises(UnsafeXMLError, match="11 bytes of XML; the limit for one document is 10"):
        parse(b"<a>text</a>", max_size=10)


def test_reads_legacy_encodings_and_the_deepest_allowed() -> None:
    document = '<?xml version="1.0" encoding="windows-1251"?><a>Ўсё</a>'
    assert parse(document.encode("cp1251")).text == "Ўсё"
    assert parse("<a>Ўсё</a>".encode("utf-16")).text == "Ўсё"
    assert parse(b"<a>" * 200 + b"</a>" * 200).tag == "a"


@given(size=st.integers(1, 40))
@settings(max_examples=30)
def test_the_same_events_whatever_the_chunks(size: int) -> None:
    document = b"<?x y?><a><b>1</b><!-- c --><d e='f'/></a>\n<!-- g -->"
    chunks = [document[start : start + size] for start in range(0, len(document), size)]
    assert [
        (event, element.tag) for event, element in iterparse(chunks, events=("start", "end"))
    ] == [
        ("start", "a"),
        ("start", "b"),
        ("end", "b"),
        ("start", "d"),
        ("end", "d"),
        ("end", "a"),
    ]


@given(data=st.binary(max_size=200) | st.text("<>&;a/!DOCTYPE[]\"' ", max_size=80).map(str.encode))
@settings(max_examples=150)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        root = parse(data)
    except UnsafeXMLError:
        return
    assert root.getparent() is None
