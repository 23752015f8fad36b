"""Any byte that is changed, put in or taken out of a bag changes the verdict from valid.

What cannot matter is proved to: the changed bag, read by an independent reader, is the same bag.
PRESERVA_LONG=1 runs many more.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from preserva.bag.open import open_bag
from preserva.bag.validate import BagReport, BagVerdict, validate_source
from preserva.errors import StorageError
from tests.support.strategies import VERSIONS, Bag, container_bytes, write_folder

ROUNDS = 250 if os.environ.get("PRESERVA_LONG") == "1" else 15
PAYLOAD = {
    "data/a.txt": b"first\n",
    "data/sub/b%25.bin": bytes(range(256)),
    "data/sub/line\nend": b"x",
    "data/Мой Ёў.txt": b"",
}
INFO = (("Source-Organization", "Амурская областная"), ("External-Description", "two\n  lines"))


def bag(version: str) -> Bag:
    """A bag with two manifests and a tag manifest."""
    return Bag(
        PAYLOAD, version, algorithms=("sha256", "sha512"), tag_algorithms=("sha256",), info=INFO
    )


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The data with one byte flipped to another, put in or taken out."""
    place, byte = dice.randrange(len(data) + 1), bytes([dice.randrange(256)])
    how = dice.choice(["flip", "flip", "insert", "remove"])
    if how == "insert" or place == len(data):
        return data[:place] + byte + data[place:]
    if how == "remove":
        return data[:place] + data[place + 1 :]
    return data[:place] + bytes([data[place] ^ dice.randrange(1, 256)]) + data[place + 1 :]


def said(report: BagReport) -> tuple[BagVerdict, list[str]]:
    """Verdict and findings."""
    return report.verdict, sorted(finding.message() for finding in report.findings)


def sense(data: bytes) -> list[tuple[bytes, bytes]]:
    """What a tag manifest says: nothing protects these files but their own sense.

    Equal are: digests in either case, spaces and tabs between digest and path in any number, and
    the three kinds of line ends, the last of which may be absent.
    """
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    parted = [line.replace(b"\t", b" ").partition(b" ") for line in lines]
    return [(digest.lower(), path.lstrip(b" \t")) for digest, _space, path in parted]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_folder(version: str, tmp_path: Path) -> None:
    dice = random.Random(version)
    files = bag(version).files()
    folder = write_folder(files, tmp_path / "bag")
    expected = said(validate_source(open_bag(folder)))
    assert expected == (BagVerdict.VALID, [])
    for path, content in files.items():
        for _round in range(ROUNDS):
            changed = mutated(content, dice)
            if changed == content or (
                path.startswith("tagman") and sense(content) == sense(changed)
            ):
                continue
            (folder / path).write_bytes(changed)
            assert said(validate_source(open_bag(folder))) != expected, (path, changed)
        (folder / path).write_bytes(content)


View = list[tuple[str, object]]


def independent_view(data: bytes, form: str) -> View | None:
    """What Python's own readers see in a container, None if they refuse it."""
    try:
        if form == ".zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return _view((one.orig_filename, archive.read(one)) for one in archive.infolist())
        plain = gzip.decompress(data) if form == ".tar.gz" else data
        with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
            return _view((one.name, _content(tar, one)) for one in tar)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError):
        return None
    except (NotImplementedError, RuntimeError):
        return None


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    return stream.read() if stream is not None and member.isreg() else b"not a file"


def _view(members: Iterable[tuple[str, bytes]]) -> View:
    found: View = [(name, sense(data) if "tagman" in name else data) for name, data in members]
    return sorted(found, key=lambda one: one[0])


@pytest.mark.parametrize("form", [".tar", ".tar.gz", ".zip"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_container(version: str, form: str) -> None:
    dice = random.Random(version + form)
    files = bag(version).files()
    data = container_bytes(files, form)
    sound = independent_view(data, form)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"bag{form}")
        path.write_bytes(data)
        expected = said(validate_source(open_bag(path)))
        assert expected == (BagVerdict.VALID, [])
        for _round in range(ROUNDS * 4):
            changed = mutated(data, dice)
            path.write_bytes(changed)
            try:
                seen = said(validate_source(open_bag(path)))
            except StorageError:
                continue
            if seen == expected:
                assert independent_view(changed, form) == sound
