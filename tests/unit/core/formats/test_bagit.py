"""The tag files of a bag: what is written, what is read, what is found."""

from __future__ import annotations

import re

import pytest

from preserva.core.formats import bagit
from preserva.core.formats.bagit import Declaration, FetchEntry
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from tests.conftest import ROOT

MD5 = "00" * 16


def codes(found: list[Finding]) -> list[str]:
    """The codes of findings."""
    return [str(finding.code.value) for finding in found]


def declare(data: bytes) -> tuple[Declaration | None, list[str]]:
    """The declaration and the codes of what is wrong with it."""
    found: list[Finding] = []
    return bagit.parse_declaration(data, found.append), codes(found)


def test_our_own_declaration_is_read() -> None:
    assert declare(bagit.DECLARATION) == (Declaration((1, 0), "UTF-8"), [])


ENCODING = b"\nTag-File-Character-Encoding: UTF-8\n"


@pytest.mark.parametrize(
    ("data", "version", "expected"),
    [
        (b"BagIt-Version: 0.97" + ENCODING, (0, 97), []),
        (b"BagIt-Version : 0.97 \r\nTag-File-Character-Encoding:UTF-8", (0, 97), []),
        (b"BagIt-version: 1.0" + ENCODING, (1, 0), ["W152"]),
        (b"BagIt-Version : 1.0" + ENCODING, (1, 0), ["E111"]),
        (b"BagIt-Version:  1.0" + ENCODING, (1, 0), ["E111"]),
        (b"BagIt-Version: 1.0 " + ENCODING, (1, 0), ["E111"]),
        (b"BagIt-Version: 1.0" + ENCODING + b"\n", (1, 0), ["E111"]),
        (b"\xef\xbb\xbfBagIt-Version: 1.0" + ENCODING, (1, 0), ["E113"]),
        (b"BagIt-Version: 1.0\nTag-File-Character-Encoding: rot13\n", (1, 0), ["E112"]),
        (b"BagIt-Version: 2.7" + ENCODING, (2, 7), []),
    ],
)
def test_declarations(data: bytes, version: tuple[int, int], expected: list[str]) -> None:
    assert declare(data) == (Declaration(version, "UTF-8"), expected)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BagIt-Version: 1.0\n",
        b"BagIt-Version: 1" + ENCODING,
        b"BagIt-Version: -1.0" + ENCODING,
        b"BagIt-Version: 1.0.0" + ENCODING,
        b"BagIt-Version: .97" + ENCODING,
    ],
)
def test_declarations_that_say_too_little(data: bytes) -> None:
    assert declare(data) == (None, ["E111"])


def test_a_declaration_that_is_no_text() -> None:
    assert declare(b"\xff" + bagit.DECLARATION) == (None, ["E114"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [("data/a%b", b"data/a%25b"), ("data/a%0A\n", b"data/a%250A%0A"), ("data/a\r", b"data/a%0D")],
)
def test_manifest_lines_encode_percent_first(path: str, expected: bytes) -> None:
    assert bagit.manifest_line(path, MD5) == MD5.encode() + b"  " + expected + b"\n"


@pytest.mark.parametrize(
    ("path", "digest"), [("", MD5), ("a", "AB"), ("a", ""), ("a", "0"), ("\udcff", MD5)]
)
def test_manifest_lines_that_cannot_be_written(path: str, digest: str) -> None:
    with pytest.raises(ValueError):
        bagit.manifest_line(path, digest)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("", "x"),
        ("a:b", "x"),
        (" a", "x"),
        ("a", " x"),
        ("a", "x\n\ny"),
        ("a", "x\ry"),
        ("a\nb", "x"),
        ("a", "x\u2028y"),
        ("a", "x\x00"),
        ("a", "x\n y"),
        ("a", "\udc00"),
    ],
)
def test_bag_info_that_cannot_be_written(label: str, value: str) -> None:
    with pytest.raises(ValueError):
        bagit.serialise_bag_info([(label, value)])


def test_bag_info_keeps_order_repeats_and_line_ends() -> None:
    fields = [("B", "2"), ("A", "one\ntwo"), ("B", "1"), ("Empty", "")]
    assert bagit.serialise_bag_info(fields) == b"B: 2\nA: one\n  two\nB: 1\nEmpty: \n"


def lines(path: str, text: str, *, strict: bool = True) -> tuple[list[tuple[str, str]], list[str]]:
    """Path and raw path of each line of an MD5 manifest, and codes."""
    found: list[Finding] = []
    parsed = bagit.parse_manifest(text.split("\n"), path, "md5", strict=strict, report=found.append)
    return [(name, raw) for name, raw, _digest in parsed], codes(found)


@pytest.mark.parametrize(
    ("line", "strict", "name", "expected"),
    [
        (f"{MD5} data/a", True, "data/a", []),
        (f"{MD5.upper()}\t \tdata/a ", True, "data/a ", []),
        (f"{MD5}  data/a%25b%0a", True, "data/a%b\n", []),
        (f"{MD5}  data/a%25b%0a", False, "data/a%25b\n", []),
        (f"{MD5}  data/a%b", True, "data/a%b", ["E136"]),
        (f"{MD5}  data/a%b", False, "data/a%b", []),
        (f"{MD5} *data/a", True, "data/a", ["W131"]),
        (f"{MD5}  ./data/a", True, "data/a", ["W131"]),
        (f"{MD5}  data/a\u2028\v", True, "data/a\u2028\v", []),
        (f"{MD5}  data/../a", True, None, ["E123"]),
        (f"{MD5}  /a", True, None, ["E123"]),
        (f"{MD5}  data/a/", True, None, ["E133"]),
        (f" {MD5}  data/a", True, None, ["E130"]),
        (f"\\{MD5}  data/a", True, None, ["E130"]),
        (f"{MD5}00  data/a", True, None, ["E130"]),
        (MD5, True, None, ["E130"]),
        ("# a comment", True, None, ["E130"]),
        (" ", True, None, ["W132"]),
    ],
)
def test_manifest_lines(line: str, strict: bool, name: str | None, expected: list[str]) -> None:
    parsed, seen = lines("manifest-md5.txt", line, strict=strict)
    assert ([path for path, _raw in parsed], seen) == ([name] if name else [], expected)


@pytest.mark.parametrize(
    ("text", "strict", "fields", "expected"),
    [
        ("A: x\nA: y\na: z", True, [("A", "x"), ("A", "y"), ("a", "z")], []),
        ("A: x\n  y\n\tz", True, [("A", "x\ny\nz")], []),
        ("A: b: c", True, [("A", "b: c")], []),
        ("A: ", True, [("A", "")], []),
        ("A:  x", True, [("A", " x")], ["W151"]),
        ("A:x", True, [], ["E150"]),
        ("A : x", True, [], ["E150"]),
        ("A : x ", False, [("A", "x")], []),
        ("no colon", False, [], ["E150"]),
        (": x", False, [], ["E150"]),
        (" x", True, [], ["E150"]),
        ("A: x\n\nB: y", True, [("A", "x"), ("B", "y")], ["W132"]),
    ],
)
def test_bag_info(
    text: str, strict: bool, fields: list[tuple[str, str]], expected: list[str]
) -> None:
    found: list[Finding] = []
    parsed = bagit.parse_bag_info(text.split("\n"), "x", strict=strict, report=found.append)
    assert (parsed, codes(found)) == (fields, expected)


@pytest.mark.parametrize(
    ("fields", "strict", "oxum", "expected"),
    [
        ([("Payload-Oxum", "12.3")], True, (12, 3), []),
        ([("payload-OXUM", "12.3")], True, (12, 3), []),
        ([("Payload-Oxum", "12")], True, None, ["E151"]),
        ([("Payload-Oxum", "१.१")], True, None, ["E151"]),
        ([("Payload-Oxum", "1.1")] * 2, True, (1, 1), ["E152"]),
        ([("Payload-Oxum", "1.1")] * 2, False, (1, 1), ["W150"]),
        ([("Payload-Oxum", "1.1"), ("Payload-Oxum", "1.2")], False, (1, 1), ["E152"]),
        ([("Bagging-Date", "x"), ("bagging-date", "y")], True, None, ["W150"]),
    ],
)
def test_reserved_elements(
    fields: list[tuple[str, str]], strict: bool, oxum: tuple[int, int] | None, expected: list[str]
) -> None:
    found: list[Finding] = []
    seen = bagit.check_bag_info(fields, "bag-info.txt", strict=strict, report=found.append)
    assert (seen, codes(found)) == (oxum, expected)


@pytest.mark.parametrize(
    ("line", "entry", "expected"),
    [
        ("http://a/b 5 data/x", FetchEntry("http://a/b", 5, "data/x"), []),
        ("urn:x:y\t-\tdata/x%25 ", FetchEntry("urn:x:y", None, "data/x% "), []),
        ("file:///x 5 data/x", FetchEntry("file:///x", 5, "data/x"), ["W161"]),
        ("http://a/b 5 data/%", FetchEntry("http://a/b", 5, "data/%"), ["E136"]),
        ("http://a/b 5 bag-info.txt", None, ["E162"]),
        ("http://a/b 5 data/../x", None, ["E123"]),
        ("http://a/b five data/x", None, ["E160"]),
        ("http://a/b data/x", None, ["E160"]),
        ("/no/scheme 5 data/x", None, ["E160"]),
        ("", None, ["W132"]),
    ],
)
def test_fetch(line: str, entry: FetchEntry | None, expected: list[str]) -> None:
    found: list[Finding] = []
    parsed = bagit.parse_fetch([line], strict=True, report=found.append)
    assert (parsed, codes(found)) == ([entry] if entry else [], expected)


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16BE", "UTF-32", "windows-1251", "KOI8-R"])
def test_other_encodings(encoding: str) -> None:
    found: list[Finding] = []
    data = "Ёж\rна\r\nёлке".encode(encoding)
    assert list(bagit.read_lines([data], encoding, "x", found.append, 99)) == ["Ёж", "на", "ёлке"]
    assert found == []


def test_bytes_that_are_no_text_are_reported_once() -> None:
    found: list[Finding] = []
    read = list(bagit.read_lines([b"a\xffb\n", b"\xfec"], "UTF-8", "x", found.append, 99))
    assert (read, codes(found)) == (["a\ufffdb", "\ufffdc"], ["E114"])


def test_utf_16_without_a_mark_is_big_endian() -> None:
    found: list[Finding] = []
    assert list(bagit.read_lines(["ё".encode("utf-16-be")], "UTF-16", "x", found.append, 9)) == [
        "ё"
    ]


def test_an_endless_line_is_not_kept() -> None:
    found: list[Finding] = []
    pieces = (b"x" * 1000 for _ in range(10**9))
    assert list(bagit.read_lines(pieces, "UTF-8", "x", found.append, 5000)) == []
    assert codes(found) == ["U104"]


def test_the_reference_page_has_every_code() -> None:
    page = (ROOT / "docs" / "reference" / "bagit.md").read_text("utf-8")
    rows = {
        f"| `{code.value}` | {code.message} | {code.source} |" for code in Code if of_bags(code)
    }
    assert {row for row in page.splitlines() if re.match(r"\| `[EWU]1\d\d` \|", row)} == rows


def of_bags(code: Code) -> bool:
    """Whether the code is about reading bags."""
    return 100 < int(str(code.value)[1:]) < 170
