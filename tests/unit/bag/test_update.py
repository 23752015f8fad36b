"""Extending bags: new digests and bag-info, and that damage is never blessed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import bagit
import pytest

from preserva.bag.create.create import create_bag
from preserva.bag.folder import FolderSource
from preserva.bag.update import changed_fields, update_bag
from preserva.bag.validate import BagVerdict, validate_source
from preserva.core.values.codes import Code
from preserva.errors import NotAFile, Refused, UsageError

Tree = dict[str, bytes]


def tree_of(folder: Path) -> Tree:
    """Every file below a folder, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def verdict_of(bag: Path) -> BagVerdict:
    return validate_source(FolderSource(bag)).verdict


def lines(name: str, tree: Tree, prefix: str = "") -> bytes:
    """The manifest of these files."""
    found = sorted(path for path in tree if path.startswith(prefix))
    return "".join(
        f"{hashlib.new(name, tree[path]).hexdigest()}  {path}\n" for path in found
    ).encode()


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A bag with SHA-512 only."""
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "a").write_bytes(b"one")
    (source / "sub/ё").write_bytes(b"x" * 300_000)
    create_bag(
        source,
        tmp_path / "bag",
        algorithms=["sha512"],
        bag_info=[("Title", "Old"), ("Note", "1"), ("Note", "2")],
    )
    (tmp_path / "bag/extra").mkdir()
    (tmp_path / "bag/extra/free.txt").write_bytes(b"not listed")
    return tmp_path / "bag"


def test_digests_are_added_and_all_else_stays(bag: Path) -> None:
    before = tree_of(bag)
    updated = update_bag(bag, algorithms=["sha256", "sha512"])
    assert updated.written == (
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "tagmanifest-sha512.txt",
    )
    assert updated.report.verdict is BagVerdict.VALID
    expected = before | {"manifest-sha256.txt": lines("sha256", before, "data/")}
    listed = {
        path: content
        for path, content in expected.items()
        if "/" not in path and not path.startswith("tagmanifest")
    }
    expected |= {f"tagmanifest-{name}.txt": lines(name, listed) for name in ("sha256", "sha512")}
    assert tree_of(bag) == expected
    assert verdict_of(bag) is BagVerdict.VALID
    bagit.Bag(str(bag)).validate()
    assert sorted(path.name for path in bag.parent.iterdir()) == ["bag", "source"]


def test_nothing_to_do_is_nothing_done(bag: Path) -> None:
    before = tree_of(bag)
    edit = changed_fields(put=[("Title", "Old")], remove=["Missing"])
    assert update_bag(bag, algorithms=["sha512"], edit=edit).written == ()
    assert tree_of(bag) == before


def test_a_dry_run_says_what_it_would_write(bag: Path) -> None:
    before = tree_of(bag)
    updated = update_bag(bag, algorithms=["sha3256"], dry_run=True)
    assert updated.written == (
        "manifest-sha3256.txt",
        "tagmanifest-sha3256.txt",
        "tagmanifest-sha512.txt",
    )
    assert tree_of(bag) == before


def test_bag_info_keeps_its_order_where_nobody_asked(bag: Path) -> None:
    edit = changed_fields(put=[("NOTE", "3"), ("New", "ў")], add=[("Title", "Too")])
    update_bag(bag, edit=edit)
    assert (bag / "bag-info.txt").read_text() == (
        "Title: Old\nNOTE: 3\nPayload-Oxum: 300003.2\nNew: ў\nTitle: Too\n"
    )
    assert verdict_of(bag) is BagVerdict.VALID
    update_bag(bag, edit=changed_fields(remove=["title"]))
    assert (bag / "bag-info.txt").read_text() == "NOTE: 3\nPayload-Oxum: 300003.2\nNew: ў\n"
    assert changed_fields() is None


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda bag: (bag / "data/a").write_bytes(b"onE"), Code.DIGEST_MISMATCH),
        (lambda bag: (bag / "data/a").unlink(), Code.MISSING_FILE),
        (lambda bag: (bag / "data/b").touch(), Code.UNLISTED_FILE),
        (lambda bag: (bag / "bag-info.txt").write_bytes(b"A: b\n"), Code.DIGEST_MISMATCH),
        (lambda bag: (bag / "manifest-sha512.txt").unlink(), Code.NO_MANIFEST),
        (lambda bag: (bag / "bagit.txt").unlink(), Code.DECLARATION_MISSING),
        (lambda bag: (bag / "data/l").symlink_to("a"), Code.NOT_REGULAR),
    ],
)
def test_damage_is_named_and_never_blessed(bag: Path, damage: Any, code: Code) -> None:
    damage(bag)
    before = tree_of(bag)
    updated = update_bag(bag, algorithms=["sha256"], edit=changed_fields(add=[("A", "b")]))
    assert updated.written == ()
    assert code in {finding.code for finding in updated.report.findings}
    assert tree_of(bag) == before
    assert {path.name for path in bag.parent.iterdir()} == {"bag", "source"}


def old_bag(folder: Path, version: str, tree: Tree, *, encoding: str = "UTF-8") -> Path:
    """A bag of an older version, with one MD5 manifest and no tag manifest."""
    info = "package-info.txt" if version == "0.95" else "bag-info.txt"
    declaration = f"BagIt-Version: {version}\nTag-File-Character-Encoding: {encoding}\n"
    whole = {f"data/{path}": content for path, content in tree.items()} | {
        "bagit.txt": declaration.encode(),
        info: b"Title :  Old\n",
    }
    whole["manifest-md5.txt"] = lines("md5", whole, "data/")
    for path, content in whole.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("version", "info"),
    [("0.95", "package-info.txt"), ("0.97", "bag-info.txt"), ("0.96", "bag-info.txt")],
)
def test_an_old_bag_gets_strong_digests_in_its_own_version(
    tmp_path: Path, version: str, info: str
) -> None:
    bag = old_bag(tmp_path / "bag", version, {"й": b"1", "b": b""})
    before = tree_of(bag)
    updated = update_bag(bag, algorithms=["sha512"], edit=changed_fields(add=[("A", "b")]))
    assert set(updated.written) == {info, "manifest-sha512.txt", "tagmanifest-sha512.txt"}
    after = tree_of(bag)
    assert after == before | {
        info: b"Title: Old\nA: b\n",
        "manifest-sha512.txt": lines("sha512", before, "data/"),
        "tagmanifest-sha512.txt": after["tagmanifest-sha512.txt"],
    }
    assert verdict_of(bag) is BagVerdict.VALID


def test_a_bag_whose_rules_we_do_not_write_by_is_refused(tmp_path: Path) -> None:
    percent = old_bag(tmp_path / "percent", "0.97", {"100%": b"1"})
    latin = old_bag(tmp_path / "latin", "0.97", {"a": b"1"}, encoding="ISO-8859-1")
    before = tree_of(tmp_path)
    for bag in (percent, latin):
        with pytest.raises(Refused):
            update_bag(bag, algorithms=["sha512"])
    assert tree_of(tmp_path) == before


@pytest.mark.parametrize(
    "arguments",
    [
        {"algorithms": ["md5"]},
        {"algorithms": ["nonsense"]},
        {"edit": changed_fields(put=[("Payload-Oxum", "1.1")])},
        {"edit": changed_fields(remove=["payload-oxum"])},
        {"edit": changed_fields(add=[("A", "b\x00")])},
    ],
)
def test_wrong_arguments_change_nothing(bag: Path, arguments: dict[str, Any]) -> None:
    before = tree_of(bag.parent)
    with pytest.raises(UsageError):
        update_bag(bag, **arguments)
    assert tree_of(bag.parent) == before


def test_only_folders_are_updated(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "missing"):
        with pytest.raises(NotAFile):
            update_bag(tmp_path / name, algorithms=["sha512"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_tag_files_that_were_listed_stay_listed(bag: Path) -> None:
    extra = (bag / "extra/free.txt").read_bytes()
    (bag / "fetch.txt").write_text("https://example.org/a 3 data/a\n")
    manifest = bag / "tagmanifest-sha512.txt"
    line = f"{hashlib.sha512(extra).hexdigest()}  extra/free.txt\n"
    manifest.write_text(manifest.read_text() + line)
    update_bag(bag, algorithms=["sha256"])
    rows = (bag / "tagmanifest-sha256.txt").read_text().splitlines()
    listed = [row.split("  ")[1] for row in rows]
    assert listed == [
        "bag-info.txt",
        "bagit.txt",
        "extra/free.txt",
        "fetch.txt",
        "manifest-sha256.txt",
        "manifest-sha512.txt",
    ]
    assert verdict_of(bag) in {BagVerdict.VALID, BagVerdict.VALID_WITH_WARNINGS}
