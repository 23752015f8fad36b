"""Our validator of packages: nothing on a sound one, and each kind of damage by its name."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.core.eark.aip import ContentFile, RepresentationSpec
from preserva.core.eark.check import check_package
from preserva.core.eark.verdicts import Verdicts, digest_of_part, parts_of
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.errors import StorageError
from tests.mutations import (
    MASTER_PREMIS,
    MODS_PATH,
    ROOT,
    Files,
    Kind,
    damaged,
    findings,
    kinds,
    package,
)
from tests.support.aips import ALTO, MODS, PACKAGE, metadata, observed, spec


def test_a_sound_package_has_no_findings() -> None:
    assert findings(package()) == []


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.name)
def test_damage_is_found_and_named(kind: Kind) -> None:
    assert {(one.code.value, one.path) for one in findings(damaged(kind))} == kind.expected


def judged(files: Files, verdicts: Verdicts) -> list[Finding]:
    """What is found by one who judged other packages before."""
    seen = {path: observed(path, content) for path, content in files.items()}
    parts = {}
    for folder, paths in parts_of(seen).items():
        digest = digest_of_part(paths, lambda path: repr(seen[path]).encode())
        assert digest is not None
        parts[folder] = digest
    return list(
        check_package(
            lambda path: io.BytesIO(files[path]),
            seen,
            folder=PACKAGE.portable,
            verdicts=verdicts,
            parts=parts,
        )
    )


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.name)
def test_what_was_judged_before_hides_no_damage_and_invents_none(kind: Kind) -> None:
    wrong = damaged(kind)
    verdicts = Verdicts()
    assert judged(package(), verdicts) == []
    assert judged(wrong, verdicts) == findings(wrong)
    assert judged(wrong, verdicts) == findings(wrong)
    assert judged(package(), verdicts) == []
    after_damage = Verdicts()
    assert judged(wrong, after_damage) == findings(wrong)
    assert judged(package(), after_damage) == []


def test_a_representation_found_sound_is_not_read_again() -> None:
    files = package()
    read: list[str] = []
    seen = {path: observed(path, content) for path, content in files.items()}
    parts = {folder: folder for folder in parts_of(seen)}
    verdicts = Verdicts()

    def open_file(path: str) -> BinaryIO:
        read.append(path)
        return io.BytesIO(files[path])

    for _turn in range(2):
        found = check_package(
            open_file, seen, folder=PACKAGE.portable, verdicts=verdicts, parts=parts
        )
        assert list(found) == []
    within = [path for path in read if path.startswith("representations/")]
    assert len(within) == len(set(within))
    assert {path for path in read if path not in within} >= {ROOT, MODS_PATH}


def test_one_digest_tells_files_apart() -> None:
    def digest(facts: dict[str, bytes]) -> str | None:
        return digest_of_part(facts, facts.get)

    assert digest({"a": b"1", "b": b"2"}) == digest({"b": b"2", "a": b"1"})
    assert digest({"a": b"1\n1 1\nb2"}) != digest({"a": b"1", "b": b"2"})
    assert digest({"a": b"1b", "b": b"2"}) != digest({"a": b"1", "bb": b"2"})
    assert digest_of_part(["a"], lambda _path: None) is None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_changed_byte_goes_unseen_and_none_stops_the_check(data: st.DataObject) -> None:
    files = package()
    path = data.draw(st.sampled_from(sorted(set(files) - {ROOT})))
    content = bytearray(files[path])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    files[path] = bytes(content)
    assert {one.code for one in findings(files) if one.path == path} >= {Code.METS_DIGEST}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_change_of_the_first_document_stops_the_check(data: st.DataObject) -> None:
    files = package()
    content = files[ROOT]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 300)))
    new = data.draw(st.binary(max_size=5))
    files[ROOT] = content[:start] + new + content[end:]
    for one in findings(files):
        assert one.message()


def test_a_document_that_cannot_be_read_is_unknown_not_wrong() -> None:
    files = package()
    seen = {path: observed(path, content) for path, content in files.items()}

    def open_file(path: str) -> BinaryIO:
        if path == MASTER_PREMIS:
            raise StorageError("a bad sector")
        return io.BytesIO(files[path])

    found = list(check_package(open_file, seen, folder=PACKAGE.portable))
    assert found == [Finding(Code.UNREADABLE, MASTER_PREMIS, seen="a bad sector")]


def test_the_folder_has_the_package_name() -> None:
    files = package()
    seen = {path: observed(path, content) for path, content in files.items()}
    found = list(check_package(lambda path: io.BytesIO(files[path]), seen, folder="other"))
    assert found == [Finding(Code.OBJID_WRONG, ROOT, "other", PACKAGE.portable)]


def test_names_that_need_escaping_are_followed() -> None:
    path = "representations/text/data/0001_a b+й\udcff.txt"
    content = ContentFile(observed(path, b"text"), ALTO, "1\x01.txt", 1, "[1]")
    facts = replace(spec(1), representations=(RepresentationSpec("text", (content,)),))
    files = {**metadata(facts), MODS_PATH: MODS, path: b"text"}
    assert findings(files) == []
