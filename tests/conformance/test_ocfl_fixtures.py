"""preserva and ocfl-py agree on the official fixtures of OCFL 1.0 and 1.1, and on more."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ocfl.validator import Validator

from preserva.core.values.codes import Code, Severity
from preserva.core.values.report import Finding, Outcome, Report
from preserva.core.values.subjects import Named
from preserva.fixity.ocfl_judge import judge_object
from preserva.fixity.validate import validate
from preserva.storage.local import LocalStorage


@pytest.fixture(scope="session")
def fixtures(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixtures of the OCFL editors."""
    place = tmp_path_factory.mktemp("ocfl")
    with tarfile.open(shared / "data/ocfl-fixtures.tar.gz") as archive:
        archive.extractall(place, filter="data")
    return place / "ocfl-fixtures"


def judged(folder: Path) -> Report:
    return judge_object(LocalStorage(folder), "", Named(folder.name)).report


def rules(report: Report) -> set[str]:
    """The codes of the specification that were named."""
    return {one.source.split()[-1] for one in report.findings}


def accepted_by_ocfl_py(folder: Path) -> tuple[bool, set[str]]:
    """Whether ocfl-py accepts the object, and the codes that it names."""
    validator = Validator(log_warnings=True)
    valid = validator.validate_object(str(folder))
    return valid, set(re.findall(r"\[([EW]\d{3})", validator.status_str()))


def objects(fixtures: Path, kind: str) -> list[Path]:
    found = sorted(path for path in fixtures.glob(f"1.[01]/{kind}-objects/*") if path.is_dir())
    assert len(found) > 20
    return found


def test_good_objects_are_good(fixtures: Path) -> None:
    for folder in objects(fixtures, "good"):
        report = judged(folder)
        errors = [
            one.message() for one in report.findings if one.code.severity is not Severity.WARNING
        ]
        assert (report.outcome, errors) == (Outcome.PASS, []), folder
        assert accepted_by_ocfl_py(folder)[0]


def test_objects_that_deserve_a_warning_get_it(fixtures: Path) -> None:
    for folder in objects(fixtures, "warn"):
        report = judged(folder)
        expected = set(re.findall(r"W\d{3}", folder.name))
        assert report.outcome is Outcome.PASS, (folder, [one.message() for one in report.findings])
        assert expected <= rules(report), folder


NAMED_OTHERWISE = {
    # that a number outgrew its padding is E011 here; ocfl-py names neither of both codes
    "E011_E013_invalid_padded_head_version": {"E013"},
    # the folder of a version that the inventory has is not there: both call it E046
    "E010_missing_versions": {"E010"},
    # another content directory than the first version has: both call it E020
    "E019_inconsistent_content_dir": {"E019"},
}
"""Codes in names of fixtures that are not ours, and why: docs/reference/ocfl.md has the list."""


def test_bad_objects_are_bad_for_the_reasons_in_their_names(fixtures: Path) -> None:
    for folder in objects(fixtures, "bad"):
        report = judged(folder)
        valid, _named = accepted_by_ocfl_py(folder)
        expected = set(re.findall(r"E\d{3}", folder.name)) - NAMED_OTHERWISE.get(folder.name, set())
        assert (valid, report.outcome) == (False, Outcome.FAIL), folder
        assert expected <= rules(report), (folder, rules(report))


def an_object(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _d: None) -> Path:
    """A small object of two versions, whose inventory was changed before it was sealed."""
    contents = {
        "v1/content/a.txt": b"one",
        "v1/content/b.txt": b"two",
        "v2/content/c.txt": b"three",
    }
    digest = {path: hashlib.sha512(data).hexdigest() for path, data in contents.items()}
    user = {"name": "A", "address": "mailto:a@example.org"}
    block = {"created": "2026-01-02T03:04:05Z", "message": "m", "user": user}
    first = {digest["v1/content/a.txt"]: ["a.txt"], digest["v1/content/b.txt"]: ["b.txt"]}
    second = first | {digest["v2/content/c.txt"]: ["c.txt"]}
    document: dict[str, Any] = {
        "id": "urn:x:1",
        "type": "https://ocfl.io/1.1/spec/#inventory",
        "digestAlgorithm": "sha512",
        "head": "v2",
        "manifest": {digest[path]: [path] for path in contents},
        "versions": {"v1": {**block, "state": first}, "v2": {**block, "state": second}},
    }
    for path, data in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "0=ocfl_object_1.1").write_text("ocfl_object_1.1\n")
    earlier = document | {
        "head": "v1",
        "manifest": {key: paths for key, paths in document["manifest"].items() if key in first},
        "versions": {"v1": document["versions"]["v1"]},
    }
    change(document)
    for place, content in (("", document), ("v2/", document), ("v1/", earlier)):
        data = json.dumps(content).encode()
        (folder / f"{place}inventory.json").write_bytes(data)
        line = f"{hashlib.sha512(data).hexdigest()} inventory.json\n"
        (folder / f"{place}inventory.json.sha512").write_text(line)
    return folder


MD5 = {path: hashlib.md5(data).hexdigest() for path, data in {"a": b"one", "b": b"two"}.items()}


def fixity(algorithm: str, block: object) -> Callable[[dict[str, Any]], object]:
    return lambda document: document.update({"fixity": {algorithm: block}})


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda _document: None,
    "fixity": fixity("md5", {MD5["a"]: ["v1/content/a.txt"]}),
    "fixity wrong": fixity("md5", {"0" * 32: ["v1/content/a.txt"]}),
    "fixity of nothing": fixity("md5", {MD5["a"]: ["v1/content/none"]}),
    "fixity no object": lambda document: document.update({"fixity": []}),
    "fixity short": fixity("md5", {"00": ["v1/content/a.txt"]}),
    "fixity blake": fixity("blake2b-256", {"0" * 64: ["v1/content/b.txt"]}),
    "a key more": lambda document: document.update({"extra": 1}),
    "no versions": lambda document: document.update({"versions": {}}),
    "a day that is none": lambda document: document["versions"]["v2"].update(
        {"created": "2026-02-30T00:00:00Z"}
    ),
    "an address": lambda document: document["versions"]["v2"]["user"].update({"address": 7}),
    "a path twice": lambda document: next(
        iter(document["versions"]["v2"]["state"].values())
    ).append("c.txt"),
    "another history": lambda document: document["versions"]["v1"].update({"message": "n"}),
    "an id that is none": lambda document: document.update({"id": 5}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_both_agree_on_inventories(change: str, tmp_path: Path) -> None:
    folder = an_object(tmp_path / "object", CHANGES[change])
    valid, named = accepted_by_ocfl_py(folder)
    report = judged(folder)
    assert (report.outcome is Outcome.PASS) == valid, [one.message() for one in report.findings]
    assert named <= rules(report)


def put(*files: str) -> Callable[[Path], None]:
    """A change that adds files, or folders where a name ends in a slash."""

    def change(folder: Path) -> None:
        for name in files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                path.mkdir()
            else:
                path.write_text("x")

    return change


def lose(pattern: str) -> Callable[[Path], None]:
    """A change that removes files."""

    def change(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.unlink()

    return change


def from_the_future(folder: Path) -> None:
    (folder / "0=ocfl_object_1.1").rename(folder / "0=ocfl_object_9.9")


FILES: dict[str, Callable[[Path], None]] = {
    "no version inventory": lose("v1/inventory.json*"),
    "a file in the root": put("README"),
    "a folder in the root": put("notes/"),
    "logs": put("logs/any"),
    "an extension": put("extensions/0005-mutable-head/head/"),
    "a file in extensions": put("extensions/x"),
    "a file beside the content": put("v1/x"),
    "a file that is not named": put("v1/content/x"),
    "an empty folder": put("v1/content/x/"),
    "a lost file": lose("v1/content/a.txt"),
    "a changed file": put("v1/content/a.txt"),
    "two declarations": put("0=ocfl_object_1.0"),
    "a declaration of the future": from_the_future,
    "a sidecar of another kind": put("inventory.json.sha256"),
}


@pytest.mark.parametrize("change", FILES)
def test_both_agree_on_files(change: str, tmp_path: Path) -> None:
    folder = an_object(tmp_path / "object")
    FILES[change](folder)
    valid, named = accepted_by_ocfl_py(folder)
    report = judged(folder)
    assert (report.outcome is Outcome.PASS) == valid, [one.message() for one in report.findings]
    assert {code for code in named if code[0] == "E"} <= rules(report)
    if change == "an extension":
        assert Code.MUTABLE_HEAD in {one.code for one in report.findings}


def test_a_fixity_algorithm_that_nobody_knows_is_unknown(tmp_path: Path) -> None:
    """ocfl-py calls it invalid (E056b); an extension of the root may define it."""
    change = fixity("whirlpool", {"00": ["v1/content/a.txt"]})
    report = judged(an_object(tmp_path / "object", change))
    assert report.outcome is Outcome.UNKNOWN
    assert [one.code for one in report.findings] == [Code.FIXITY_UNKNOWN]


@pytest.mark.parametrize(
    ("name", "outcome", "expected"),
    [
        ("o-plain", Outcome.PASS, {"W219"}),
        ("p-plain", Outcome.PASS, {"W219"}),
        ("p-fixwrong", Outcome.FAIL, {"E221"}),
    ],
)
def test_objects_that_were_met(
    name: str, outcome: Outcome, expected: set[str], shared: Path, tmp_path: Path
) -> None:
    with tarfile.open(shared / "cases/packages.tar.gz") as cases:
        members = [one for one in cases.getmembers() if name in one.name.split("/")]
        cases.extractall(tmp_path, members, filter="data")
    (folder,) = (one.parent for one in tmp_path.rglob("0=ocfl_object_*"))
    (report,) = validate(folder)
    assert (report.outcome, {one.code.value for one in report.findings}) == (outcome, expected)


@pytest.mark.parametrize("specification", ["1.0", "1.1"])
def test_a_root_of_others(specification: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    an_object(root / "urn:x:1")
    (root / f"0=ocfl_{specification}").write_text(f"ocfl_{specification}\n")
    (root / "README.md").write_text("ignored: E087")
    own, report = validate(root)
    assert [one.code for one in own.findings] == [Code.LAYOUT_UNKNOWN]
    newer = [Code.OBJECT_TOO_NEW] if specification == "1.0" else []
    assert [one.code for one in report.findings] == [Code.NOT_OUR_PACKAGE, *newer]
    described = {"extension": "0002-flat-direct-storage-layout", "description": "flat"}
    (root / "ocfl_layout.json").write_text(json.dumps(described))
    own, report = validate(root)
    assert own.findings == []
    (root / "urn:x:1").rename(root / "other")
    _own, report = validate(root)
    assert Finding(Code.MISPLACED_OBJECT, "other", "urn:x:1") in report.findings
    (root / "ocfl_layout.json").write_text(json.dumps({"extension": 1}))
    own, _report = validate(root)
    assert [(one.code, one.source) for one in own.findings] == [
        (Code.LAYOUT_INVALID, f"OCFL {specification} E070")
    ]
