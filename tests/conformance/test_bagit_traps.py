"""The trap bags, in a folder and in every container, are judged as their list says."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from preserva.bag.open import open_bag
from preserva.bag.validate import BagReport, BagVerdict, validate_source

VERDICTS = {
    "valid": BagVerdict.VALID,
    "warn": BagVerdict.VALID_WITH_WARNINGS,
    "invalid": BagVerdict.INVALID,
    "incomplete": BagVerdict.INCOMPLETE,
}
GREY = {  # what the list leaves open; the reasons are in docs/reference/bagit.md
    "decl-trailing-blank-line": BagVerdict.INVALID,
    "decl-version-1.1": BagVerdict.UNKNOWN,
    "struct-symlink-file-inside": BagVerdict.INVALID,
    "alg-sha3-256-normalized": BagVerdict.VALID,
    "man-dotdot-inside": BagVerdict.INVALID,
    "man-blank-line": BagVerdict.VALID_WITH_WARNINGS,
    "info-empty-value": BagVerdict.VALID,
    "fetch-blank-line": BagVerdict.VALID_WITH_WARNINGS,
}
TAR = {".tar": ["-cf"], ".pax.tar": ["--format=pax", "--sort=name", "-cf"], ".tar.gz": ["-czf"]}


@pytest.fixture(scope="module")
def traps(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trap bags, unpacked by tar: they hold links, a FIFO and odd names."""
    folder = tmp_path_factory.mktemp("traps")
    archive = shared / "data" / "bagit-traps.tar.gz"
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(folder)], check=True)
    return folder / "bagit-traps"


def cases(traps: Path) -> dict[str, BagVerdict]:
    """The verdict that each trap bag deserves."""
    listed = json.loads((traps / "cases.json").read_text("utf-8"))
    assert len(listed) == 92
    return {case["name"]: VERDICTS.get(case["expect"]) or GREY[case["name"]] for case in listed}


def said(report: BagReport) -> tuple[BagVerdict, list[str], int, int]:
    """All that a report says but the name of the bag."""
    messages = sorted(finding.message() for finding in report.findings)
    return report.verdict, messages, report.listed, report.checked


def make_zip(bag: Path, target: Path) -> None:
    """The bag in a zip, links as links."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(bag.rglob("*")):
            name = f"{bag.name}/{path.relative_to(bag)}"
            if path.is_symlink():
                info = zipfile.ZipInfo(name)
                info.create_system, info.external_attr = 3, 0o120777 << 16
                archive.writestr(info, str(path.readlink()))
            else:
                archive.write(path, name)


def test_every_trap_is_judged_as_listed(traps: Path) -> None:
    expected = cases(traps)
    assert {name: validate_source(open_bag(traps / name)).verdict for name in expected} == expected


def test_containers_are_judged_as_their_folders(traps: Path, tmp_path: Path) -> None:
    for name in cases(traps):
        folder = said(validate_source(open_bag(traps / name)))
        for suffix, options in TAR.items():
            target = tmp_path / f"{name}{suffix}"
            subprocess.run(["tar", "-C", str(traps), *options, str(target), name], check=True)
            assert said(validate_source(open_bag(target))) == folder, target.name
        if name != "struct-fifo-listed":  # a zip cannot hold a FIFO
            target = tmp_path / f"{name}.zip"
            make_zip(traps / name, target)
            assert said(validate_source(open_bag(target))) == folder, target.name
