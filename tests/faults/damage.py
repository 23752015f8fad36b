"""Kinds of damage to a stored package, each with the findings that name it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from preserva.archive.store import Store
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId

PACKAGE = PackageId("aonb", "kp-7")
PAGE = "v1/content/data/aonb-kp-7/representations/master/data/000{}.tif"
COPIES = ["aonb-main", "nlb-copy"]


def folder(store: Store) -> Path:
    """The object's folder in a storage."""
    return Path(store.storage.url) / store.root.path_of(PACKAGE.uri)


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(one: Path, other: Path) -> None:
    """Exchange two files."""
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def replace_by_link(path: Path) -> None:
    """Put a link to the same content in the place of a file."""
    target = path.parents[6] / "elsewhere"
    path.rename(target)
    path.symlink_to(target)


def litter(one: Path) -> None:
    """Put a folder with the name of a version into the object."""
    (one / "v3").mkdir()
    (one / "v3" / "x").write_bytes(b"")


def older(one: Path) -> None:
    """Take the object's inventory away."""
    (one / "inventory.json").unlink()


Damage = Callable[[Path], object]
P1, P2 = PAGE.format(1), PAGE.format(2)
MANIFEST = "v1/content/manifest-sha512.txt"
CASES: dict[str, tuple[Damage, set[tuple[Code, str]]]] = {
    "a flipped bit": (lambda o: flip(o / P1), {(Code.OBJECT_DIGEST_MISMATCH, P1)}),
    "a deleted file": (lambda o: (o / P1).unlink(), {(Code.OBJECT_FILE_MISSING, P1)}),
    "an added file": (
        lambda o: (o / "v1/content/data/new").write_bytes(b""),
        {(Code.OBJECT_FILE_EXTRA, "v1/content/data/new")},
    ),
    "a version that nobody made": (
        litter,
        {(Code.OBJECT_FILE_EXTRA, "v3/x")},
    ),
    "a swapped pair": (
        lambda o: swap(o / P1, o / P2),
        {(Code.OBJECT_DIGEST_MISMATCH, P1), (Code.OBJECT_DIGEST_MISMATCH, P2)},
    ),
    "a truncated file": (lambda o: os.truncate(o / P1, 5), {(Code.OBJECT_DIGEST_MISMATCH, P1)}),
    "a grown file": (
        lambda o: (o / P1).write_bytes((o / P1).read_bytes() + b"x"),
        {(Code.OBJECT_DIGEST_MISMATCH, P1)},
    ),
    "a damaged manifest": (
        lambda o: flip(o / MANIFEST),
        {(Code.OBJECT_DIGEST_MISMATCH, MANIFEST)},
    ),
    "a link in place of a file": (lambda o: replace_by_link(o / P1), {(Code.NOT_A_FILE, P1)}),
    "an empty folder": (
        lambda o: (o / "v1/content/empty").mkdir(),
        {(Code.EMPTY_FOLDER, "v1/content/empty")},
    ),
    "a lost inventory": (older, {(Code.OBJECT_FILE_MISSING, "inventory.json")}),
    "a damaged digest file": (
        lambda o: flip(o / "inventory.json.sha512"),
        {(Code.INVENTORY_SIDECAR, "inventory.json")},
    ),
    "a lost declaration": (
        lambda o: (o / "0=ocfl_object_1.1").unlink(),
        {(Code.OBJECT_FILE_MISSING, "0=ocfl_object_1.1")},
    ),
    "a lost copy": (shutil.rmtree, {(Code.COPY_MISSING, "")}),
}
