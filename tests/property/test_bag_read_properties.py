"""What holds for every bag and for every sequence of bytes that is given out as one."""

from __future__ import annotations

import codecs
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preserva.bag.open import open_bag
from preserva.bag.validate import BagReport, BagVerdict, validate_source
from preserva.core.formats import bagit
from preserva.core.formats.charsets import CHARSETS
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from tests.support.strategies import CONTAINERS, Bag, bags, container_bytes, paths, write_folder

SOUND = {BagVerdict.VALID, BagVerdict.VALID_WITH_WARNINGS}
_LABEL = st.text(st.characters(codec="utf-8", exclude_characters=":"), min_size=1, max_size=20)
_VALUE = st.text(st.characters(codec="utf-8"), max_size=40)


def validate_files(files: dict[str, bytes], form: str = "folder") -> BagReport:
    """The report on files in a folder or container."""
    with tempfile.TemporaryDirectory() as name:
        if form == "folder":
            return validate_source(open_bag(write_folder(files, Path(name, "bag"))))
        path = Path(name, f"bag{form}")
        path.write_bytes(container_bytes(files, form))
        return validate_source(open_bag(path))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bag=bags(), form=st.sampled_from(CONTAINERS))
def test_every_sound_bag_is_valid_in_every_container(bag: Bag, form: str) -> None:
    if form != "folder" and not bag.payload:
        return  # our containers have no members for folders
    report = validate_files(bag.files(), form)
    assert report.verdict in SOUND, [finding.message() for finding in report.findings]
    assert report.checked == report.listed
    assert report.version == bag.version


@given(path=paths())
def test_a_path_survives_a_manifest(path: str) -> None:
    found: list[Finding] = []
    lines = bagit.read_lines(
        [bagit.manifest_line(path, "ab" * 16)], "UTF-8", "m", found.append, 999
    )
    parsed = list(bagit.parse_manifest(lines, "m", "md5", strict=True, report=found.append))
    assert (parsed, found) == ([(path, bagit.encode_path(path), b"\xab" * 16)], [])


@given(st.text(st.sampled_from("%0125AaDd\r\nx"), max_size=30))
def test_encoding_is_undone_by_decoding(text: str) -> None:
    assert bagit.decode_path(bagit.encode_path(text)) == text


@given(st.lists(st.tuples(_LABEL, _VALUE), max_size=6))
def test_bag_info_is_read_as_written_or_refused(fields: list[tuple[str, str]]) -> None:
    writable = []
    for one in fields:
        try:
            bagit.serialise_bag_info([one])
        except ValueError:
            continue
        writable.append(one)
    found: list[Finding] = []
    data = bagit.serialise_bag_info(writable)
    lines = bagit.read_lines([data], "UTF-8", "bag-info.txt", found.append, 9999)
    parsed = bagit.parse_bag_info(lines, "bag-info.txt", strict=True, report=found.append)
    assert (parsed, found) == (writable, [])


@given(
    text=st.text(max_size=80), size=st.integers(1, 5), encoding=st.sampled_from(sorted(CHARSETS))
)
def test_lines_do_not_depend_on_the_size_of_pieces(text: str, size: int, encoding: str) -> None:
    data = codecs.encode(text, CHARSETS[encoding], "ignore")
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    found: list[Finding] = []
    whole = list(bagit.read_lines([data], encoding, "x", found.append, 9999))
    assert list(bagit.read_lines(pieces, encoding, "x", found.append, 9999)) == whole


@settings(max_examples=300)
@given(
    data=st.binary(max_size=200),
    encoding=st.sampled_from(sorted(CHARSETS)),
    strict=st.booleans(),
    cut=st.integers(0, 200),
)
def test_parsers_find_and_never_raise(data: bytes, encoding: str, strict: bool, cut: int) -> None:
    found: list[Finding] = []
    report = found.append

    def lines() -> list[str]:
        return list(bagit.read_lines([data[:cut], data[cut:]], encoding, "x", report, 100))

    bagit.parse_declaration(data, report)
    for algorithm in ("md5", "sha512"):
        list(bagit.parse_manifest(lines(), "x", algorithm, strict=strict, report=report))
    fields = bagit.parse_bag_info(lines(), "x", strict=strict, report=report)
    bagit.check_bag_info(fields, "x", strict=strict, report=report)
    bagit.parse_fetch(lines(), strict=strict, report=report)
    assert all(finding.code in Code and finding.message() for finding in found)


@settings(max_examples=150, deadline=None)
@given(
    form=st.sampled_from(CONTAINERS[1:]),
    start=st.integers(0, 4000),
    junk=st.binary(min_size=1, max_size=40),
)
def test_a_broken_container_is_a_finding(form: str, start: int, junk: bytes) -> None:
    data = container_bytes(Bag({"data/a": b"content" * 20}).files(), form)
    start %= len(data)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"bag{form}")
        path.write_bytes(data[:start] + junk)
        report = validate_source(open_bag(path))
    assert report.verdict not in SOUND


@settings(max_examples=150, deadline=None)
@given(form=st.sampled_from(CONTAINERS[1:]), data=st.binary(max_size=1500))
def test_any_bytes_can_be_looked_at(form: str, data: bytes) -> None:
    head = {".tar": b"", ".tar.gz": b"\x1f\x8b\x08", ".zip": b"PK\x03\x04"}[form]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"bag{form}")
        path.write_bytes(head + data)
        assert validate_source(open_bag(path)).verdict is BagVerdict.INVALID
