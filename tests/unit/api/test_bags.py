"""Bags without an archive, with paths as strings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import preserva
from preserva import bags
from tests.conftest import ROOT

TIME = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def bag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bag in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("scans").mkdir()
    Path("scans/page 1.txt").write_text("one")
    made = bags.create("scans", "bag", algorithms=["sha256"], info=[("Source-Organization", "A")])
    assert (made.files, made.size) == (1, 3)
    return "bag"


def test_a_bag_is_created_checked_and_updated(bag: str) -> None:
    (report,) = bags.validate(bag)
    assert isinstance(report, preserva.BagReport)
    assert report.verdict is preserva.BagVerdict.VALID
    updated = bags.update(
        bag,
        algorithms=["sha512"],
        replace=[("Source-Organization", "B")],
        add=[("Contact-Name", "Anna")],
    )
    assert "manifest-sha512.txt" in updated.written
    (report,) = bags.validate(Path(bag))
    assert isinstance(report, preserva.BagReport)
    assert report.algorithms == ("sha256", "sha512")
    assert report.bag_info[0] == ("Source-Organization", "B")
    assert ("Contact-Name", "Anna") in report.bag_info


def test_a_folder_becomes_a_bag_in_place(bag: str) -> None:
    bags.create("scans", in_place=True)
    assert Path("scans/data/page 1.txt").read_text() == "one"


def test_a_bag_is_read_by_its_url(bag: str) -> None:
    (report,) = bags.validate(f"file://{Path.cwd()}/{bag}")
    assert report.outcome is preserva.Outcome.PASS


def test_a_profile_is_kept_and_used(bag: str) -> None:
    profile = ROOT / "schemas" / "preserva-bagit-profile.json"
    kept = bags.keep_profile(str(profile), cache="profiles")
    assert Path("profiles", f"{kept.digest}.json").read_bytes() == profile.read_bytes()
    (report,) = bags.validate(bag, profiles=str(profile), profile_cache="profiles")
    assert report.outcome is preserva.Outcome.FAIL, "it is a bag, but none of our packages"


def test_nothing_is_fetched_from_where_it_is_not_allowed(bag: str) -> None:
    Path(bag, "tagmanifest-sha256.txt").unlink()
    Path(bag, "data/page 1.txt").unlink()
    Path(bag, "fetch.txt").write_text("https://files.example/1 3 data/page 1.txt\n")
    fetched = bags.fetch(bag, allow_hosts=["other.example"], dry_run=True)
    assert fetched.paths == ()
    assert [finding.path for finding in fetched.report.findings] == ["data/page 1.txt"]


def test_a_tar_is_the_same_each_time(bag: str) -> None:
    first = bags.write_tar(bag, "1.tar", time=TIME)
    second = bags.write_tar(Path(bag), Path("2.tar"), time=TIME)
    assert first.read_bytes() == second.read_bytes()
    assert bags.validate("1.tar")[0].outcome is preserva.Outcome.PASS
    with pytest.raises(preserva.Refused):
        bags.write_tar(bag, "1.tar", time=TIME)
