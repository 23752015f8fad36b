"""Whatever the names are: what we write is read back by three tools, or refused by name."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import bagit
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from preserva.bag.container.tar_write import folder_members, write_tar
from preserva.bag.create.create import create_bag
from preserva.bag.create.source_folder import examine
from preserva.bag.folder import FolderSource
from preserva.bag.update import update_bag
from preserva.bag.validate import BagVerdict, validate_source
from preserva.errors import PackageError

SOUND = {BagVerdict.VALID, BagVerdict.VALID_WITH_WARNINGS}

HARD = [
    *"aB9 .~*#%-_'\"\\:\t\r\n\x0b\x1c\x7f\x85\xa0\u2028\ufeff\u3000йёўІİß𝄞",
    *("и\u0306", "е\u0308", "у\u0306"),
]
characters = st.sampled_from(HARD) | st.characters(
    exclude_categories=["Cs"], exclude_characters="/\0"
)
names = (
    st.lists(characters, min_size=1, max_size=6)
    .map("".join)
    .filter(lambda name: name not in {".", ".."} and len(name.encode()) < 200)
)
paths = (
    st.lists(names, min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda path: path.partition("/")[0] != "bagit.txt")
)
trees = st.dictionaries(paths, st.binary(max_size=20), max_size=4)


def plant(folder: Path, tree: dict[str, bytes]) -> None:
    """The files; a tree that no file system can hold is not an example."""
    folder.mkdir()
    for path, content in tree.items():
        file = os.path.join(folder, path)  # noqa: PTH118 - pathlib would tidy the path up
        try:
            os.makedirs(os.path.dirname(file), exist_ok=True)  # noqa: PTH103, PTH120
            with open(file, "xb") as output:  # noqa: PTH123
                output.write(content)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            assume(False)


def payload_of(bag: Path) -> dict[str, bytes]:
    root = os.fspath(bag / "data")
    return {
        os.path.relpath(os.path.join(folder, name), root): Path(folder, name).read_bytes()  # noqa: PTH118
        for folder, _folders, files in os.walk(root)
        for name in files
    }


def sums_agree(bag: Path, algorithm: str) -> bool:
    command = [f"{algorithm}sum", "--strict", "--quiet", "-c", f"manifest-{algorithm}.txt"]
    return subprocess.run(command, cwd=bag, capture_output=True, check=False).returncode == 0


@settings(max_examples=150, deadline=None)
@given(trees)
def test_three_tools_read_what_we_write_or_we_say_why_not(tree: dict[str, bytes]) -> None:
    here = Path(tempfile.mkdtemp())
    try:
        plant(here / "source", tree)
        try:
            create_bag(here / "source", here / "bag", bag_info=[("Title", "ё")])
        except PackageError as error:
            named = examine(here / "source").problems
            assert named and len(error.problems) == len(named)
            assert [path.name for path in here.iterdir()] == ["source"]
            return
        assert payload_of(here / "bag") == tree
        assert validate_source(FolderSource(here / "bag")).verdict in SOUND
        bagit.Bag(str(here / "bag")).validate()
        if tree:  # sha512sum calls an empty list an error
            assert sums_agree(here / "bag", "sha512")
            assert sums_agree(here / "bag", "sha256")
    finally:
        shutil.rmtree(here)


@settings(max_examples=60, deadline=None)
@given(trees)
def test_with_encoded_names_our_reader_takes_all_that_is_not_refused(
    tree: dict[str, bytes],
) -> None:
    here = Path(tempfile.mkdtemp())
    try:
        plant(here / "source", tree)
        assume(not examine(here / "source", encode_names=True).problems)
        create_bag(here / "source", here / "bag", encode_names=True, algorithms=["sha512"])
        assert validate_source(FolderSource(here / "bag")).verdict in SOUND
        updated = update_bag(here / "bag", algorithms=["sha256"])
        assert updated.report.verdict in SOUND
        create_bag(here / "source", here / "other", encode_names=True)
        tars = []
        for bag in ("bag", "other"):
            stream = io.BytesIO()
            write_tar(folder_members(here / bag), stream, top="bag", mtime=0)
            tars.append(stream.getvalue())
        assert tars[0] == tars[1]  # a bag is the same bag however its digests came
    finally:
        shutil.rmtree(here)
