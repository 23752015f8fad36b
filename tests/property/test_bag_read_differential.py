"""preserva and bagit-python 1.9.0 agree on every bag, or the difference is one that we can name."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import bagit
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from preserva.bag.open import open_bag
from preserva.bag.validate import BagVerdict, validate_source
from preserva.core.values.names import folded
from tests.support.strategies import Bag, bags, write_folder

Files = dict[str, bytes]
ACCEPTED = {BagVerdict.VALID, BagVerdict.VALID_WITH_WARNINGS}


def bagit_accepts(folder: Path) -> bool:
    """Whether bagit-python validates the bag."""
    logging.disable(logging.CRITICAL)
    try:
        bagit.Bag(str(folder)).validate()
    except (bagit.BagError, UnicodeError, OSError, ValueError, KeyError):
        return False
    finally:
        logging.disable(logging.NOTSET)
    return True


def as_it_is(files: Files, _bag: Bag) -> Files:
    """No damage."""
    return files


def lose_payload(files: Files, bag: Bag) -> Files:
    """The first payload file is gone."""
    return {path: files[path] for path in files if path != min(bag.payload, default="")}


def add_payload(files: Files, _bag: Bag) -> Files:
    """A file that no manifest lists."""
    return {**files, "data/unlisted": b""}


def change_payload(files: Files, bag: Bag) -> Files:
    """Another content of the same size, if there is any content."""
    path = max(bag.payload, default="bagit.txt")
    return {**files, path: bytes(byte ^ 1 for byte in files[path])}


def change_info(files: Files, _bag: Bag) -> Files:
    """One letter of the bag's metadata."""
    path = next(path for path in files if path.endswith("-info.txt"))
    return {**files, path: files[path].replace(b"T", b"P")}


def shorten_manifest(files: Files, bag: Bag) -> Files:
    """The first of the payload manifests, in a bag without tag manifests, lists nothing."""
    path = f"manifest-{min(bag.algorithms)}.txt"
    return {name: files[name] for name in files if "tagmanifest" not in name} | {path: b""}


DAMAGES = [as_it_is, lose_payload, add_payload, change_payload, change_info, shorten_manifest]


def differences(bag: Bag, damage: Callable[[Files, Bag], Files]) -> set[str]:
    """The reasons for which the two may differ on this bag, as in docs/reference/bagit.md."""
    found: set[str] = set()
    text = "\n".join(path.replace("\r", "%0D").replace("\n", "%0A") for path in bag.payload)
    if "%" in "".join(bag.payload):
        found.add("2.1.3: bagit-python does not decode %25, and takes %0A in a name for a line end")
    if any(path != path.strip() for path in bag.payload):
        found.add("2.1.3: bagit-python strips white space from the end of a name")
    if re.search("[\v\f\x1c-\x1e\x85\u2028\u2029]", text):
        found.add("2.3: bagit-python parts lines at separators that are neither CR nor LF")
    if any(path.count(end) > 2 for path in bag.payload for end in "\r\n"):
        found.add("2.1.3: bagit-python decodes two line ends of a name only")
    if len({folded(path) for path in bag.payload}) < len(bag.payload):
        found.add("6.1.1.3: bagit-python takes names in two Unicode forms for one")
    if "$" in text or "~" in text:
        found.add("5.1: bagit-python expands $ and ~ and finds such names unsafe")
    if bag.version == "1.0" and damage is shorten_manifest:
        found.add("2.1.3: bagit-python does not ask that each manifest lists each file")
    if bag.version < "0.97" and damage in {change_info, change_payload}:
        found.add("3: bagit-python does not look at tag manifests before 0.97")
    return found


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bag=bags(), damage=st.sampled_from(DAMAGES))
@example(bag=Bag({"data/a%b": b""}), damage=as_it_is)
@example(
    bag=Bag({"data/a": b"", "data/b": b""}, algorithms=("md5", "sha1")), damage=shorten_manifest
)
@example(bag=Bag({"data/a": b"1"}, version="0.96"), damage=change_info)
def test_both_agree_or_the_difference_is_known(
    bag: Bag, damage: Callable[[Files, Bag], Files]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = write_folder(damage(bag.files(), bag), Path(name, "bag"))
        report = validate_source(open_bag(folder))
        ours, theirs = report.verdict in ACCEPTED, bagit_accepts(folder)
    if ours != theirs:
        known = differences(bag, damage)
        event("difference")
        assert known, (ours, theirs, [finding.message() for finding in report.findings])
