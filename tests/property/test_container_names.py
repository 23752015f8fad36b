"""Whichever encoding names the members of a container, the manifest's verdict is the same."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.bag.open import open_bag
from preserva.bag.validate import BagReport, validate_source
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from tests.support.containers import old_tar, undeclared_zip
from tests.support.strategies import Bag

Files = dict[str, bytes]
CYRILLIC = "АБВабвгдежзийклмнопрстуфхцчшщъыьэюяЁё"
REGION = ("cp866", "cp1251", "koi8-r", "mac-cyrillic", "iso8859-5", "cp855", "utf-8")
WESTERN = ("cp1252", "cp437", "cp850", "mac-roman", "utf-8")


def sound(files: Files) -> Files:
    return files


def with_a_loss(files: Files) -> Files:
    gone = max(path for path in files if path.startswith("data/"))
    return {path: data for path, data in files.items() if path != gone}


def with_a_stranger(files: Files) -> Files:
    return {**files, "data/чужой файл": b"x"}


def with_a_change(files: Files) -> Files:
    path = min(path for path in files if path.startswith("data/"))
    return {**files, path: files[path] + b"x"}


DAMAGES: list[Callable[[Files], Files]] = [sound, with_a_loss, with_a_stranger, with_a_change]


def report_on(data: bytes, suffix: str) -> BagReport:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"bag{suffix}")
        path.write_bytes(data)
        return validate_source(open_bag(path))


def verdict(report: BagReport) -> tuple[Outcome, set[tuple[Code, str | None]]]:
    """What is said of the bag, but for the warning on undeclared names."""
    findings = {(one.code, one.path) for one in report.findings}
    return report.outcome, {one for one in findings if one[0] is not Code.NAMES_UNDECLARED}


def payloads(letters: str) -> st.SearchStrategy[Mapping[str, bytes]]:
    name = st.text(st.sampled_from(letters + "a1 "), min_size=1, max_size=10).map(
        lambda text: f"data/{letters[0]}{text}." + "txt"
    )
    return st.dictionaries(name, st.binary(max_size=20), min_size=2, max_size=6)


@given(payloads(CYRILLIC), st.sampled_from(REGION), st.sampled_from(DAMAGES))
def test_a_zip_is_judged_alike_in_every_encoding(
    payload: Mapping[str, bytes], encoding: str, damage: Callable[[Files], Files]
) -> None:
    files = damage(Bag(payload).files())
    declared = report_on(undeclared_zip(files, encoding, unicode_path=True), ".zip")
    undeclared = report_on(undeclared_zip(files, encoding), ".zip")
    assert verdict(undeclared) == verdict(declared)
    assert Code.NAMES_UNDECLARED in {one.code for one in undeclared.findings}
    assert Code.NAMES_UNDECLARED not in {one.code for one in declared.findings}


@given(payloads("éüœñ"), st.sampled_from(WESTERN))
def test_so_is_one_from_the_west(payload: Mapping[str, bytes], encoding: str) -> None:
    payload = {path.replace("œ", "o"): data for path, data in payload.items()}
    report = report_on(undeclared_zip(Bag(payload).files(), encoding), ".zip")
    assert report.outcome is Outcome.PASS
    assert {one.code for one in report.findings} == {Code.NAMES_UNDECLARED}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
@given(
    payload=payloads(CYRILLIC), encoding=st.sampled_from(REGION), damage=st.sampled_from(DAMAGES)
)
def test_so_is_an_old_tar(
    form: int, payload: Mapping[str, bytes], encoding: str, damage: Callable[[Files], Files]
) -> None:
    files = damage(Bag(payload).files())
    report = report_on(old_tar(files, encoding, form), ".tar")
    assert verdict(report) == verdict(report_on(old_tar(files, "utf-8"), ".tar"))
    warned = Code.NAMES_UNDECLARED in {one.code for one in report.findings}
    assert warned == (encoding != "utf-8")


@given(payloads(CYRILLIC), st.data())
def test_a_zip_that_was_added_to_elsewhere(
    payload: Mapping[str, bytes], data: st.DataObject
) -> None:
    encodings = {path: data.draw(st.sampled_from(("cp866", "cp1251", "utf-8"))) for path in payload}
    report = report_on(undeclared_zip(Bag(payload).files(), encodings), ".zip")
    codes = {one.code for one in report.findings}
    if report.outcome is Outcome.PASS:
        assert codes <= {Code.NAMES_UNDECLARED}
    else:  # the bytes of two names are each the other's in another encoding
        assert (report.outcome, Code.NAME_UNKNOWN in codes) == (Outcome.UNKNOWN, True)


@given(payloads(CYRILLIC))
def test_bytes_in_no_encoding_prove_no_damage(payload: Mapping[str, bytes]) -> None:
    report = report_on(undeclared_zip(_lossy(Bag(payload).files()), "cp866"), ".zip")
    assert report.outcome is Outcome.UNKNOWN
    assert {one.code for one in report.findings} == {Code.NAME_UNKNOWN}


def _lossy(files: Files) -> Files:
    """Names as a program leaves them that cannot write the letters: others in their place."""
    return {path.replace("А", "▒").replace("а", "░"): data for path, data in files.items()}
