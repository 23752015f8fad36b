"""The Library of Congress conformance suite: every bag is judged as its folder says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from preserva.bag.open import open_bag
from preserva.bag.validate import BagReport, BagVerdict, validate_source

ACCEPTED = {BagVerdict.VALID, BagVerdict.VALID_WITH_WARNINGS}
EXPECTED = {
    "valid": ACCEPTED,
    "warning": {BagVerdict.VALID_WITH_WARNINGS},
    "invalid": {BagVerdict.INVALID},
    "linux-only": {BagVerdict.INVALID},
    "windows-only": {BagVerdict.INVALID},
}
DISSENT = {
    # The reasons are in docs/reference/bagit.md: in both, a listed file is not there.
    "v0.97/warning/duplicate-file-with-different-case": ["E101 data/HELLO.txt"],
    "v0.97/warning/special-system-files": ["E101 data/.DS_Store", "E153 bag-info.txt"],
}


@pytest.fixture(scope="module")
def suite(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suite, unpacked."""
    folder = tmp_path_factory.mktemp("suite")
    archive = shared / "data" / "bagit-conformance-suite.tar.gz"
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(folder)], check=True)
    return folder / "bagit-conformance-suite"


def findings(report: BagReport) -> list[str]:
    """Code and path of each finding."""
    return sorted(f"{finding.code.value} {finding.path}" for finding in report.findings)


def test_every_case_is_judged_as_its_folder_says(suite: Path) -> None:
    cases = sorted(path for path in suite.glob("v*/*/*") if path.is_dir())
    assert len(cases) == 60
    wrong: dict[str, list[str]] = {}
    for case in cases:
        report = validate_source(open_bag(case))
        if report.verdict not in EXPECTED[case.parent.name]:
            wrong[str(case.relative_to(suite))] = findings(report)
    assert wrong == DISSENT


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("v0.97/warning/made-with-md5sum-tools", {"W130", "W131"}),
        ("v0.97/warning/relative-path", {"W131"}),
        ("v0.97/warning/same-filename-listed-twice-with-different-normalization", {"W144"}),
        ("v0.97/warning/same-filename-listed-twice-with-the-same-hash", {"W134"}),
    ],
)
def test_warnings_name_their_reason(suite: Path, case: str, expected: set[str]) -> None:
    report = validate_source(open_bag(suite / case))
    assert {finding.code.value for finding in report.findings} == expected
