"""Validation of bags: each rule with the smallest bag that breaks it."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preserva.bag.open import open_bag
from preserva.bag.source import Limits
from preserva.bag.validate import BagReport, BagVerdict, validate_source
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry
from preserva.core.values.report import Advanced, Outcome, Progress, Started
from preserva.errors import NotAFile, NotFound
from tests.support.strategies import Bag, container_bytes, write_folder

Files = dict[str, bytes]
BAG = Bag({"data/a": b"first", "data/b": b"second"})


def findings(report: BagReport) -> list[str]:
    """Code and path of each finding, sorted."""
    return sorted(f"{finding.code.value} {finding.path}" for finding in report.findings)


def changed(change: Callable[[Files], object], bag: Bag = BAG) -> Files:
    """The files of a bag without tag manifests, after a change."""
    files = {path: data for path, data in bag.files().items() if not path.startswith("tagm")}
    change(files)
    return files


def line(path: str, content: bytes = b"") -> bytes:
    """A line of a SHA-512 manifest."""
    return f"{hashlib.sha512(content).hexdigest()}  {path}\n".encode()


def add(path: str, data: bytes) -> Callable[[Files], object]:
    """A change that appends to a file or makes it."""
    return lambda files: files.update({path: files.get(path, b"") + data})


def drop(path: str) -> Callable[[Files], object]:
    """A change that removes a file."""
    return lambda files: files.pop(path)


MANIFEST, INFO, FETCH = "manifest-sha512.txt", "bag-info.txt", "fetch.txt"
BROKEN: list[tuple[Callable[[Files], object], BagVerdict, list[str]]] = [
    (drop("data/a"), BagVerdict.INVALID, ["E101 data/a", f"E153 {INFO}"]),
    (add("data/c", b""), BagVerdict.INVALID, ["E102 data/c", f"E153 {INFO}"]),
    (add("data/a", b"x"), BagVerdict.INVALID, ["E103 data/a", f"E153 {INFO}"]),
    (drop("bagit.txt"), BagVerdict.INVALID, ["E110 bagit.txt"]),
    (drop(MANIFEST), BagVerdict.INVALID, ["E121 None"]),
    (add("manifest-SHA256.txt", b""), BagVerdict.INVALID, ["E131 manifest-SHA256.txt"]),
    (add("manifest-foo999.txt", b""), BagVerdict.UNKNOWN, ["U103 manifest-foo999.txt"]),
    (add("manifest-md5.txt", b""), BagVerdict.INVALID, ["E135 data/a", "E135 data/b"]),
    (add(MANIFEST, line(INFO)), BagVerdict.INVALID, [f"E132 {MANIFEST}"]),
    (add(MANIFEST, line("data")), BagVerdict.INVALID, [f"E133 {MANIFEST}"]),
    (add(MANIFEST, line("data/a", b"first")), BagVerdict.INVALID, [f"E134 {MANIFEST}"]),
    (add(MANIFEST, line("data/a", b"other")), BagVerdict.INVALID, [f"E134 {MANIFEST}"]),
    (add(MANIFEST, b"\n"), BagVerdict.VALID_WITH_WARNINGS, [f"W132 {MANIFEST}"]),
    (add("tagmanifest-md5.txt", b""), BagVerdict.INVALID, ["E140 tagmanifest-md5.txt"]),
    (add("x/~", b""), BagVerdict.VALID, []),
    (add(INFO, b"Bag-Size: 1\nBag-Size: 1\n"), BagVerdict.VALID_WITH_WARNINGS, [f"W150 {INFO}"]),
    (add(INFO, b"\xff"), BagVerdict.INVALID, [f"E114 {INFO}", f"E150 {INFO}"]),
    (add(FETCH, b"http://a/ 5 data/a\n"), BagVerdict.VALID, []),
    (add(FETCH, b"http://a/ 9 data/a\n"), BagVerdict.VALID_WITH_WARNINGS, ["W162 data/a"]),
    (add(FETCH, b"http://a/ - data/z\n"), BagVerdict.INVALID, ["E161 data/z"]),
    (add(FETCH, b"http://a/ - data/a\n" * 2), BagVerdict.VALID_WITH_WARNINGS, ["W160 data/a"]),
]


@pytest.mark.parametrize(("change", "verdict", "expected"), BROKEN)
def test_each_rule(
    change: Callable[[Files], object], verdict: BagVerdict, expected: list[str], tmp_path: Path
) -> None:
    report = validate_source(open_bag(write_folder(changed(change), tmp_path / "bag")))
    assert (report.verdict, findings(report)) == (verdict, expected)


def test_tag_manifests_list_tag_files_only(tmp_path: Path) -> None:
    bad = line("data/a", b"first") + line("tagmanifest-md5.txt") + line("gone.txt")
    files = BAG.files()
    files["tagmanifest-sha512.txt"] += bad
    report = validate_source(open_bag(write_folder(files, tmp_path / "bag")))
    name = "tagmanifest-sha512.txt"
    assert findings(report) == ["E101 gone.txt", f"E141 {name}", f"E141 {name}"]


def test_a_hole_is_incomplete_and_its_neighbours_are_read(tmp_path: Path) -> None:
    files = changed(add(FETCH, b"http://a/ 5 data/a\n"))
    del files["data/a"]
    report = validate_source(open_bag(write_folder(files, tmp_path / "bag")))
    assert (report.verdict, report.outcome) == (BagVerdict.INCOMPLETE, Outcome.FAIL)
    assert (findings(report), report.listed, report.checked) == (["E104 data/a"], 2, 1)


def test_before_1_0_an_encoded_line_end_may_be_the_name_itself(tmp_path: Path) -> None:
    bag = Bag({"data/a%0Ab": b"x", "data/\r/%0a": b"y"}, version="0.97")
    report = validate_source(open_bag(write_folder(bag.files(), tmp_path / "bag")))
    assert (report.verdict, findings(report)) == (
        BagVerdict.VALID_WITH_WARNINGS,
        ["W136 data/\r/%0a", "W136 data/a%0Ab"],
    )


@pytest.mark.parametrize(
    ("version", "verdict", "expected"),
    [
        ("1.3", BagVerdict.UNKNOWN, ["U102 bagit.txt"]),
        ("3.0", BagVerdict.UNKNOWN, ["U102 bagit.txt"]),
    ],
)
def test_versions_of_the_future_are_not_judged(
    version: str, verdict: BagVerdict, expected: list[str], tmp_path: Path
) -> None:
    files = BAG.files() | {"bagit.txt": BAG.files()["bagit.txt"].replace(b"1.0", version.encode())}
    files = {path: data for path, data in files.items() if not path.startswith("tagm")}
    report = validate_source(open_bag(write_folder(files, tmp_path / "bag")))
    assert (report.verdict, report.outcome) == (verdict, Outcome.UNKNOWN)
    assert [one for one in findings(report) if one != "U106 None"] == expected


def test_completeness_proves_no_content(tmp_path: Path) -> None:
    folder = write_folder(changed(lambda _files: None), tmp_path / "bag")
    (folder / "data" / "a").write_bytes(b"fIrst")
    report = validate_source(open_bag(folder), completeness=True)
    assert (report.verdict, report.outcome) == (BagVerdict.COMPLETE, Outcome.UNKNOWN)
    assert (findings(report), report.checked) == (["U106 None"], 0)


@pytest.mark.parametrize(
    ("payload", "oxum", "verdict", "expected"),
    [
        ({"data/a": b"1"}, True, BagVerdict.UNKNOWN, ["U106 None"]),
        ({}, True, BagVerdict.UNKNOWN, ["U106 None"]),
        ({"data/a": b"1"}, False, BagVerdict.UNKNOWN, ["U106 None"]),
    ],
)
def test_fast_never_passes(
    payload: Files, oxum: bool, verdict: BagVerdict, expected: list[str], tmp_path: Path
) -> None:
    folder = write_folder(Bag(payload, oxum=oxum).files(), tmp_path / "bag")
    report = validate_source(open_bag(folder), fast=True)
    assert (report.verdict, report.outcome, findings(report)) == (
        verdict,
        Outcome.UNKNOWN,
        expected,
    )


def test_fast_sees_a_wrong_size(tmp_path: Path) -> None:
    folder = write_folder(BAG.files(), tmp_path / "bag")
    (folder / "data" / "a").write_bytes(b"")
    report = validate_source(open_bag(folder), fast=True)
    assert (report.verdict, findings(report)) == (BagVerdict.INVALID, [f"E153 {INFO}", "U106 None"])


def test_links_fifos_and_sockets_are_refused_and_never_opened(tmp_path: Path) -> None:
    folder = write_folder(BAG.files(), tmp_path / "bag")
    (folder / "data" / "a").unlink()
    (folder / "data" / "a").symlink_to(folder / "data" / "b")
    os.mkfifo(folder / "data" / "fifo")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "s"))
    report = validate_source(open_bag(folder))
    expected = ["E122 data/a", "E122 data/fifo", "E122 s", f"E153 {INFO}"]
    assert (report.verdict, findings(report)) == (BagVerdict.INVALID, expected)


def test_a_folder_that_cannot_be_read_is_unknown_not_missing(tmp_path: Path) -> None:
    bag = Bag({"data/sub/a": b"1"}, oxum=False, tag_algorithms=())
    folder = write_folder(bag.files(), tmp_path / "bag")
    source = open_bag(folder)
    found = source.entries()

    def entries() -> Iterator[object]:
        for entry in found:
            if isinstance(entry, Entry) and entry.path == "data/sub":
                (folder / "data" / "sub").rename(folder.parent / "away")
                (folder / "data" / "sub").symlink_to(folder.parent / "away")
            yield entry

    source.entries = entries  # type: ignore[assignment,method-assign]
    report = validate_source(source)
    assert (report.verdict, findings(report)) == (BagVerdict.UNKNOWN, ["U101 data/sub"])


def test_names_in_other_systems(tmp_path: Path) -> None:
    composed, parted = "data/\u0439", "data/\u0438\u0306"
    bag = Bag({composed: b"1", parted: b"2", "data/x": b"", "data/X": b"", "data/con": b""})
    folder = write_folder(bag.files(), tmp_path / "bag")
    (folder / "data" / "empty").mkdir()
    report = validate_source(open_bag(folder))
    twins = {finding.code for finding in report.findings}
    assert report.verdict is BagVerdict.VALID_WITH_WARNINGS
    assert twins == {
        Code.FORM_TWINS,
        Code.CASE_TWINS,
        Code.WINDOWS_NAME,
        Code.EMPTY_BAG_FOLDER,
    }


def test_a_name_that_is_no_unicode_is_shown_and_unlisted(tmp_path: Path) -> None:
    folder = write_folder(BAG.files(), tmp_path / "bag")
    Path(os.fsdecode(os.fsencode(folder / "data") + b"/\xff")).write_bytes(b"")
    report = validate_source(open_bag(folder))
    assert findings(report) == ["E102 data/\udcff", f"E153 {INFO}"]
    assert "\\udcff" in report.findings[0].message()


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(files=3), ["U104 None"]),
        (Limits(path=5), ["U104 bag-info.txt", "U104 bagit.txt"]),
        (Limits(manifest=100), [f"U104 {MANIFEST}"]),
        (Limits(tag_file=10), [f"U104 {INFO}"]),
    ],
)
def test_limits_are_findings(limits: Limits, expected: list[str], tmp_path: Path) -> None:
    folder = write_folder(BAG.files(), tmp_path / "bag")
    report = validate_source(open_bag(folder, limits=limits), limits=limits)
    assert report.verdict in {BagVerdict.UNKNOWN, BagVerdict.INVALID}
    assert set(expected) <= set(findings(report))


def packed(tmp_path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """A sound bag in a tar, with more members at its end."""
    path = tmp_path / "bag.container.tar"
    path.write_bytes(container_bytes(BAG.files(), ".tar"))
    with tarfile.open(path, "a") as tar:
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    """A member of a tar."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "bag/data/a"
    return info


@pytest.mark.parametrize(
    ("info", "content", "expected"),
    [
        (member("bag/data/a"), b"first", ["E124 data/a"]),
        (member("bag/data/l", tarfile.LNKTYPE), b"", ["E102 data/l", "E153 bag-info.txt"]),
        (member("bag/data/l", tarfile.SYMTYPE), b"", ["E122 data/l"]),
        (member("bag/d", tarfile.CHRTYPE), b"", ["E122 d"]),
        (member("bag/../x"), b"", ["E123 bag/../x"]),
        (member("/etc/x"), b"", ["E123 /etc/x"]),
        (member("beside"), b"", ["E126 beside"]),
        (member("bag/s", tarfile.GNUTYPE_SPARSE), b"", ["U107 None"]),
        (member("bag/data/" + "x/" * 3000 + "y"), b"", None),
    ],
)
def test_members_that_do_not_belong(
    info: tarfile.TarInfo, content: bytes, expected: list[str] | None, tmp_path: Path
) -> None:
    report = validate_source(open_bag(packed(tmp_path, (info, content))))
    assert report.verdict in {BagVerdict.INVALID, BagVerdict.UNKNOWN}
    codes = {finding.code for finding in report.findings}
    assert findings(report) == expected if expected else codes == {Code.LIMIT_REACHED}


@pytest.mark.parametrize("tail", [b"", b"\0" * 512, b"x"])
def test_a_tar_must_end_as_a_tar_ends(tail: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bag.container.tar"
    data = container_bytes(BAG.files(), ".tar").rstrip(b"\0")
    whole = data + b"\0" * (-len(data) % 512)
    path.write_bytes(whole + (b"\0" * 1024 + tail if tail == b"x" else tail))
    report = validate_source(open_bag(path))
    expected = {b"": ["W148 None"], b"\0" * 512: [], b"x": ["E125 None"]}
    assert findings(report) == expected[tail]


@pytest.mark.parametrize("form", [".tar.gz", ".zip"])
def test_a_bomb_is_not_unpacked(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"bag{form}"
    path.write_bytes(container_bytes(Bag({"data/zeros": bytes(80 << 20)}).files(), form))
    report = validate_source(open_bag(path))
    assert (report.verdict, "U104 None" in findings(report)) == (BagVerdict.UNKNOWN, True)


def test_an_unusual_algorithm_after_the_payload_takes_a_second_pass(tmp_path: Path) -> None:
    files = Bag({"data/a": b"x" * 600_000}, algorithms=("sha384",)).files()
    path = tmp_path / "bag.container.tar.gz"
    path.write_bytes(container_bytes(dict(reversed(files.items())), ".tar.gz"))
    report = validate_source(open_bag(path))
    assert (report.verdict, report.listed, report.checked) == (BagVerdict.VALID, 4, 4)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda data: data.replace(b"x" * 64, b"x" * 63 + b"y", 1), {"E103 data/big"}),
        (lambda data: data[: len(data) // 2], {"E101 data/big", "E120 None", "E125 None"}),
        (lambda data: data + b"\0", {"E125 None"}),
    ],
)
def test_large_files_in_a_plain_tar_are_read_in_place(
    spoil: Callable[[bytes], bytes], expected: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "bag.container.tar"
    files = Bag({"data/big": b"x" * 3_000_000, "data/small": b"y"}, oxum=False).files()
    path.write_bytes(spoil(container_bytes(files, ".tar")))
    report = validate_source(open_bag(path))
    assert (report.verdict, set(findings(report)) - {"E101 data/small"}) == (
        BagVerdict.INVALID,
        expected,
    )


@pytest.mark.parametrize("form", [".tar", ".tar.gz", ".zip"])
def test_a_container_that_is_written_to_is_unknown(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"bag{form}"
    path.write_bytes(container_bytes(BAG.files(), form))

    def meddle(progress: Progress) -> None:
        if isinstance(progress, Advanced):
            os.utime(path, ns=(1, 1))

    report = validate_source(open_bag(path), observer=meddle)
    assert (report.verdict, findings(report)) == (BagVerdict.UNKNOWN, ["U105 None"])


def test_there_must_be_something_to_open(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_bag(tmp_path / "nothing")
    (tmp_path / "text").write_bytes(b"hello")
    with pytest.raises(NotAFile):
        open_bag(tmp_path / "text")


@pytest.mark.parametrize("form", ["folder", ".tar", ".zip"])
def test_progress_adds_up_to_what_was_read(form: str, tmp_path: Path) -> None:
    files = Bag({"data/big": b"x" * 700_000, "data/small": b"y"}).files()
    path = tmp_path / f"bag{form}"
    if form == "folder":
        write_folder(files, path)
    else:
        path.write_bytes(container_bytes(files, form))
    heard: list[Progress] = []
    report = validate_source(open_bag(path), observer=heard.append)
    total = sum(map(len, files.values()))
    assert report.outcome is Outcome.PASS
    assert sum(one.size for one in heard if isinstance(one, Advanced)) == total
    started = [one for one in heard if isinstance(one, Started)]
    assert [one.step for one in started] == ["validate", "digest"]
