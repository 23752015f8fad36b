"""Containers as other programs write them: read rightly, or said what is the matter."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from preserva.bag.open import open_bag
from preserva.bag.source import Limits
from preserva.bag.validate import BagReport, BagVerdict, validate_source
from preserva.core.policy.name_encodings import ENCODINGS, spell
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.errors import NotAFile
from tests.support.containers import undeclared_zip
from tests.support.strategies import Bag, container_bytes

BAG = Bag({"data/a": b"first" * 300, "data/b": b"second" * 300})
END = 1024  # bytes of the end mark of a tar


def plain(data: bytes) -> bytes:
    return data


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    ".tar": plain,
    ".tar.gz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
}


def judged(data: bytes, name: str, folder: Path, limits: Limits | None = None) -> BagReport:
    path = folder / name
    path.write_bytes(data)
    return validate_source(open_bag(path, limits=limits or Limits()), limits=limits or Limits())


def said(report: BagReport) -> list[tuple[str, str | None]]:
    return sorted((one.code.value, one.path) for one in report.findings)


def cut(data: bytes) -> bytes:
    """A tar up to its last member, without what marks its end."""
    content = data.rstrip(b"\0")
    return content + b"\0" * (-len(content) % 512)


def with_members(data: bytes, *members: tuple[str, bytes], first: bool = False) -> bytes:
    """A tar with more files, before the others or after them."""
    stream = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as old,
        tarfile.open(fileobj=stream, mode="w") as tar,
    ):
        here = [(one, old.extractfile(one)) for one in old.getmembers()]
        for name, content in members if first else ():
            _add(tar, name, content)
        for member, opened in here:
            tar.addfile(member, opened)
        for name, content in () if first else members:
            _add(tar, name, content)
    return stream.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def linked(files: dict[str, bytes], links: dict[str, str]) -> bytes:
    """A tar in which some files are hard links to others, which come before them."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path, content in files.items():
            if path not in links:
                _add(tar, f"bag/{path}", content)
        for path, target in links.items():
            member = tarfile.TarInfo(f"bag/{path}")
            member.type, member.linkname = tarfile.LNKTYPE, f"bag/{target}"
            tar.addfile(member)
    return stream.getvalue()


@pytest.mark.parametrize("packing", PACKINGS)
class TestEveryPacking:
    """Plain and packed alike."""

    def test_sound(self, packing: str, tmp_path: Path) -> None:
        data = PACKINGS[packing](container_bytes(BAG.files(), ".tar"))
        report = judged(data, f"bag{packing}", tmp_path)
        assert (report.verdict, report.checked, said(report)) == (BagVerdict.VALID, 5, [])

    def test_no_end_mark_is_a_warning_where_manifests_prove_the_rest(
        self, packing: str, tmp_path: Path
    ) -> None:
        data = PACKINGS[packing](cut(container_bytes(BAG.files(), ".tar")))
        report = judged(data, f"bag{packing}", tmp_path)
        assert (report.verdict, said(report)) == (BagVerdict.VALID_WITH_WARNINGS, [("W148", None)])

    def test_no_end_mark_proves_nothing_without_a_tag_manifest(
        self, packing: str, tmp_path: Path
    ) -> None:
        files = {path: data for path, data in BAG.files().items() if not path.startswith("tag")}
        data = PACKINGS[packing](cut(container_bytes(files, ".tar")))
        report = judged(data, f"bag{packing}", tmp_path)
        assert (report.outcome, said(report)) == (Outcome.UNKNOWN, [("U109", None), ("W148", None)])

    def test_a_member_that_is_cut_is_damage(self, packing: str, tmp_path: Path) -> None:
        data = PACKINGS[packing](cut(container_bytes(BAG.files(), ".tar"))[:-700])
        report = judged(data, f"bag{packing}", tmp_path)
        assert report.verdict is BagVerdict.INVALID
        assert ("E125", None) in said(report)

    def test_a_hard_link_is_a_file(self, packing: str, tmp_path: Path) -> None:
        bag = Bag({"data/a": b"same", "data/b": b"same", "data/sub/c": b"same"})
        links = {"data/b": "data/a", "data/sub/c": "data/b"}
        data = PACKINGS[packing](linked(bag.files(), links))
        report = judged(data, f"bag{packing}", tmp_path)
        assert (report.verdict, report.checked, said(report)) == (BagVerdict.VALID, 6, [])

    def test_a_tag_file_may_be_a_link_to_the_payload(self, packing: str, tmp_path: Path) -> None:
        declaration = BAG.files()["bagit.txt"]
        bag = Bag({"data/inner/bagit.txt": declaration})
        files = dict(sorted(bag.files().items(), reverse=True))
        data = PACKINGS[packing](linked(files, {"bagit.txt": "data/inner/bagit.txt"}))
        report = judged(data, f"bag{packing}", tmp_path)
        assert (report.verdict, said(report)) == (BagVerdict.VALID, [])

    def test_a_link_to_what_is_not_there_is_a_link(self, packing: str, tmp_path: Path) -> None:
        data = PACKINGS[packing](linked(BAG.files(), {"data/b": "data/none"}))
        report = judged(data, f"bag{packing}", tmp_path)
        assert ("E122", "data/b") in said(report)


@pytest.mark.parametrize("packing", [".tar.gz", ".tar.bz2", ".tar.xz"])
@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: data + b"rest"])
def test_a_packing_that_is_not_whole_is_damage(
    packing: str, damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    data = damage(PACKINGS[packing](container_bytes(BAG.files(), ".tar")))
    report = judged(data, f"bag{packing}", tmp_path)
    assert (report.verdict, ("E125", None) in said(report)) == (BagVerdict.INVALID, True)


@pytest.mark.parametrize("packing", [".tar.bz2", ".tar.xz"])
def test_packed_streams_may_follow_one_another(packing: str, tmp_path: Path) -> None:
    data = container_bytes(BAG.files(), ".tar")
    pack = PACKINGS[packing]
    report = judged(pack(data[:700]) + pack(data[700:]), f"bag{packing}", tmp_path)
    assert report.verdict is BagVerdict.VALID


@pytest.mark.parametrize("packing", [".tar.bz2", ".tar.xz"])
def test_a_bomb_is_not_unpacked(packing: str, tmp_path: Path) -> None:
    data = container_bytes(Bag({"data/zeros": bytes(80 << 20)}).files(), ".tar")
    report = judged(PACKINGS[packing](data), f"bag{packing}", tmp_path)
    assert (report.verdict, ("U104", None) in said(report)) == (BagVerdict.UNKNOWN, True)


def test_links_are_no_way_around_the_limits(tmp_path: Path) -> None:
    payload = {f"data/{n}": b"x" * (1 << 20) for n in range(300)}
    links = {path: "data/0" for path in payload if path != "data/0"}
    report = judged(linked(Bag(payload).files(), links), "bag.tar", tmp_path)
    assert (report.outcome, ("U104", None) in said(report)) == (Outcome.UNKNOWN, True)


def test_unpacking_has_no_more_memory_than_it_may(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    data = bytearray(
        lzma.compress(b"x", lzma.FORMAT_XZ, filters=[{**filters[0], "dict_size": 4096}])
    )
    start = data.index(0x21, 12)  # the filter, the length of its properties, the size
    data[start + 2] = 36
    size = (data[12] + 1) * 4
    import zlib

    data[12 + size - 4 : 12 + size] = zlib.crc32(data[12 : 12 + size - 4]).to_bytes(4, "little")
    report = judged(bytes(data), "bag.tar.xz", tmp_path)
    assert (report.outcome, ("U104", None) in said(report)) == (Outcome.FAIL, True)


@pytest.mark.parametrize("name", ["._bag", "__MACOSX/._bag", "PaxHeaders.17/bag", ".DS_Store"])
@pytest.mark.parametrize("form", [".tar", ".zip"])
def test_a_stray_first_member_is_not_the_bag(name: str, form: str, tmp_path: Path) -> None:
    if form == ".tar":
        data = with_members(container_bytes(BAG.files(), ".tar"), (name, b"x"), first=True)
    else:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(name, b"x")
            for path, content in BAG.files().items():
                archive.writestr(f"bag/{path}", content)
        data = stream.getvalue()
    report = judged(data, f"bag{form}", tmp_path)
    assert (said(report), report.checked) == ([("E126", name)], 5)


@pytest.mark.parametrize(
    ("mark", "name"), [(b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07\x01\x00", "RAR")]
)
def test_what_is_not_read_is_called_by_its_name(mark: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / "bag.zip"
    path.write_bytes(mark + bytes(600))
    with pytest.raises(NotAFile, match=name) as refusal:
        open_bag(path)
    assert "Unpack it first" in (refusal.value.advice() or "")


def test_a_unicode_path_of_another_name_is_not_believed(tmp_path: Path) -> None:
    data = undeclared_zip(Bag({"data/акт": b"x"}).files(), "cp866", unicode_path=True)
    field = data.rindex("bag/data/акт".encode())
    broken = data[: field - 4] + b"\0\0\0\0" + data[field:]
    report = judged(broken, "bag.zip", tmp_path)
    assert (report.verdict, said(report)) == (BagVerdict.VALID_WITH_WARNINGS, [("W147", None)])


def test_names_are_told_by_what_lists_them() -> None:
    def raw(name: str, encoding: str) -> str:
        return name.encode(encoding).decode("utf-8", "surrogateescape")

    names = ["data/Акт", "data/опись"]
    for encoding in ("cp866", "cp1251", "koi8-r", "mac-cyrillic"):
        spelling = spell([raw(name, encoding) for name in names], names)
        assert (list(spelling.names.values()), spelling.unsure) == (names, set())
        assert spelling.encodings == [encoding]
    assert spell([raw("data/акт", "cp866")], ["data/иное"]).unsure == {raw("data/акт", "cp866")}
    assert "cp1131" in ENCODINGS
    belarusian = b"data/\xf9\xad\xe8\xeb".decode("utf-8", "surrogateescape")
    assert spell([belarusian], ["data/іншы"]).names == {belarusian: "data/іншы"}


def test_a_file_that_nothing_lists_is_called_as_its_neighbours_are(tmp_path: Path) -> None:
    files = Bag({"data/акт": b"x"}).files() | {"data/опись": b"y"}
    report = judged(undeclared_zip(files, "cp866"), "bag.zip", tmp_path)
    assert ("E102", "data/опись") in said(report)
    assert report.outcome is Outcome.FAIL
    assert Code.NAME_UNKNOWN not in {one.code for one in report.findings}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("infozip-C.UTF-8.zip", [("W147", None)]),
        ("utf8noflag.zip", [("W147", None)]),
        ("cp1252.zip", [("W147", None)]),
        ("noeof.tar", [("W148", None)]),
        ("mac.tar", [("E126", "._bag")]),
    ],
)
def test_containers_that_were_met(
    name: str, expected: list[tuple[str, str | None]], tmp_path: Path, shared: Path
) -> None:
    with tarfile.open(shared / "cases/packages.tar.gz") as cases:
        member = next(one for one in cases.getmembers() if one.name.endswith(name))
        opened = cases.extractfile(member)
        assert opened is not None
        report = judged(opened.read(), name, tmp_path)
    assert said(report) == expected
    assert report.checked == report.listed > 0
