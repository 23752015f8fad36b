"""Bags read through a storage, and tars compressed with Zstandard: as good as on this disk."""

from __future__ import annotations

import builtins
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from preserva.bag.create.create import create_bag
from preserva.bag.open import open_bag
from preserva.bag.source import Source
from preserva.bag.validate import BagReport, BagVerdict, validate_source
from preserva.cli.main import status_of
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.errors import NotAFile, NotFound, UsageError
from preserva.fixity.remote_bag import open_stored_bag
from preserva.fixity.validate import validate_remote
from preserva.storage.base import Reader
from preserva.storage.local import LocalStorage

OURS = "https://example.org/profile.json"


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A bag with small, large and oddly named files."""
    source = tmp_path / "source"
    (source / "том 1").mkdir(parents=True)
    for n in range(40):
        (source / f"том 1/лист {n}й.txt").write_bytes(f"{n}".encode() * n)
    (source / "large.bin").write_bytes(bytes(range(256)) * 8000)
    create_bag(source, tmp_path / "bag", bag_info=[("BagIt-Profile-Identifier", OURS)])
    return tmp_path / "bag"


def tar(bag: Path) -> Path:
    packed = bag.with_suffix(".tar")
    subprocess.run(["tar", "-C", bag.parent, "-cf", packed, bag.name], check=True)
    return packed


def gzipped(bag: Path) -> Path:
    packed = bag.with_suffix(".tar.gz")
    subprocess.run(["tar", "-C", bag.parent, "-czf", packed, bag.name], check=True)
    return packed


def zipped(bag: Path) -> Path:
    packed = bag.with_suffix(".tar.zst")
    packed.write_bytes(zstd.compress(tar(bag).read_bytes()))
    return packed


def spoil(bag: Path) -> list[tuple[str, str | None]]:
    """Damage it, and what has to be found."""
    (bag / "data/large.bin").write_bytes(bytes(range(255, -1, -1)) * 8000)
    (bag / "data/том 1/лист 7й.txt").unlink()
    (bag / "data/more").write_bytes(b"nobody lists me")
    return sorted(
        [
            (Code.DIGEST_MISMATCH.value, "data/large.bin"),
            (Code.DIGEST_MISMATCH.value, "data/large.bin"),
            (Code.MISSING_FILE.value, "data/том 1/лист 7й.txt"),
            (Code.UNLISTED_FILE.value, "data/more"),
            (Code.OXUM_MISMATCH.value, "bag-info.txt"),
        ]
    )


def said(report: BagReport) -> list[tuple[str, str | None]]:
    return sorted((one.code.value, one.path) for one in report.findings)


@pytest.mark.parametrize("packed", [lambda bag: bag, tar, gzipped, zipped])
def test_a_bag_in_a_storage_gets_the_verdict_of_the_same_bag_here(
    bag: Path, packed: Callable[[Path], Path]
) -> None:
    for damaged in (False, True):
        expected = spoil(bag) if damaged else []
        path = packed(bag)
        for report in (
            validate_source(open_bag(path)),
            validate_source(open_stored_bag(LocalStorage(path.parent), path.name)),
            validate_remote(f"file://{path}"),
        ):
            assert said(report) == expected
            assert report.verdict is (BagVerdict.INVALID if damaged else BagVerdict.VALID)
            assert (report.checked, report.media_type) == (
                report.listed - damaged,
                None if path == bag else validate_source(open_bag(path)).media_type,
            )


@pytest.mark.parametrize("cut", [1, 30, 5000])
def test_a_packed_tar_that_ends_early_is_damaged(bag: Path, cut: int) -> None:
    path = zipped(bag)
    path.write_bytes(path.read_bytes()[:-cut])
    report = validate_source(open_bag(path))
    assert Code.CONTAINER_DAMAGED in {one.code for one in report.findings}
    assert report.verdict is BagVerdict.INVALID


def test_a_packed_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.zst"
    block = b"a/data/b".ljust(100, b"\0") + b"0000644\0" * 3 + b"77777777777\0" + b"0" * 11 + b"\0"
    block = block.ljust(148, b"\0") + b" " * 8 + b"0" + b"\0" * 100 + b"ustar\x0000"
    block = block.ljust(512, b"\0")
    block = block[:148] + f"{sum(block):06o}\0 ".encode() + block[156:]
    path.write_bytes(zstd.compress(block + bytes(1 << 24)))
    report = validate_source(open_bag(path))
    assert Code.LIMIT_REACHED in {one.code for one in report.findings}


def test_without_its_package_a_packed_tar_says_what_to_install(
    bag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(bag)
    real = builtins.__import__

    def without(name: str, *more: object) -> object:
        if name == "backports":
            raise ImportError(name)
        return real(name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"preserva\[zst\]"):
        validate_source(open_bag(path))


class Falling(LocalStorage):
    """A storage that cannot read one of its files, and changes while it is read."""

    def open(self, path: str, *, bypass_cache: bool = False) -> Reader:  # type: ignore[override]
        if path.endswith("large.bin"):
            raise NotFound("gone", path=path)
        return super().open(path, bypass_cache=bypass_cache)


def test_what_a_storage_cannot_read_is_unknown(bag: Path) -> None:
    source: Source = open_stored_bag(Falling(bag.parent), "bag")
    report = validate_source(source)
    assert said(report) == [(Code.UNREADABLE.value, "data/large.bin")]
    assert report.verdict is BagVerdict.UNKNOWN


class Growing(LocalStorage):
    """A storage that changes while it is read."""

    looks = 0

    def stat(self, path: str) -> Entry | None:
        self.looks += 1
        return Entry(path, Kind.FILE, self.looks)


def test_a_tar_that_changes_in_a_storage_is_unknown(bag: Path) -> None:
    path = tar(bag)
    report = validate_source(open_stored_bag(Growing(path.parent), path.name))
    assert said(report) == [(Code.CHANGED_WHILE_READ.value, None)]
    assert report.verdict is BagVerdict.UNKNOWN


def test_what_is_no_bag_in_a_storage_is_said(bag: Path) -> None:
    storage = LocalStorage(bag)
    with pytest.raises(NotFound, match="nothing"):
        open_stored_bag(storage, "nothing")
    with pytest.raises(NotAFile, match="bagit"):
        open_stored_bag(storage, "bagit.txt")
    with pytest.raises(UsageError, match="gopher"):
        validate_remote("gopher://example.org/bag")


def test_a_kept_profile_is_used_by_the_bags_that_name_it(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "theirs.json"
    profile.write_text(
        json.dumps(
            {
                "BagIt-Profile-Info": {
                    "BagIt-Profile-Identifier": OURS,
                    "BagIt-Profile-Version": "1.4.0",
                    "Source-Organization": "Somebody",
                    "External-Description": "For tests",
                    "Version": "1",
                },
                "Bag-Info": {"Shelfmark": {"required": True}},
                "Serialization": "optional",
                "Accept-Serialization": ["application/x-tar"],
                "Accept-BagIt-Version": ["1.0"],
            }
        )
    )
    cache = tmp_path / "cache"
    empty = ["validate", str(bag), "--profile-cache", str(cache), "--json"]
    assert status_of(empty) == 3
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert [one["code"] for one in report["findings"]] == ["U180"]
    assert status_of(["bag", "profile", str(profile), "--cache", str(cache), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["identifier"] == OURS
    assert [path.stem for path in cache.iterdir()] == [document["digest"]]
    assert status_of(empty) == 1
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert [(one["code"], one["expected"]) for one in report["findings"]] == [("E181", "Shelfmark")]
    assert status_of(["bag", "profile", str(bag / "bagit.txt"), "--cache", str(cache)]) == 2
