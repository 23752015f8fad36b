"""Small files over several processes: the same answers as one careful reading, whatever happens."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva.bag.folder import FolderSource
from preserva.bag.validate import validate_source
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind, Observed
from preserva.core.values.report import Finding
from preserva.files import small_file_pool
from preserva.files.small_file_pool import SmallFiles
from preserva.files.small_file_worker import Files

Helper = small_file_pool._Helper[small_file_pool._Batch]


COUNT = 3000
LONG_AGO = 1_000_000_000
ALGORITHMS = frozenset({"sha512", "md5", "blake2b512"})


def content(n: int) -> bytes:
    return f"page {n} ".encode() * (n % 50)


def expected(path: str, data: bytes) -> Observed:
    digests = {name: hashlib.new(name.removesuffix("512"), data) for name in ("md5", "blake2b512")}
    digests["sha512"] = hashlib.sha512(data)
    return Observed(path, len(data), {name: one.hexdigest() for name, one in digests.items()})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of some bytes in a few folders, written long ago."""
    top = tmp_path_factory.mktemp("small")
    for n in range(COUNT):
        file = top / path_of(n)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content(n))
        os.utime(file, (LONG_AGO, LONG_AGO))
    return top


def path_of(n: int) -> str:
    name = os.fsdecode(b"\xd1\x91-\xff") if n % 100 == 7 else "лист"
    return f"data/том {n // 700}/глубже/{name}-{n}"


@pytest.fixture
def top(folder: Path) -> Iterator[int]:
    fd = os.open(folder, os.O_RDONLY)
    yield fd
    os.close(fd)


def listed() -> list[Entry]:
    return [Entry(path_of(n), Kind.FILE, len(content(n))) for n in range(COUNT)]


def everything() -> list[Observed]:
    return sorted(expected(path_of(n), content(n)) for n in range(COUNT))


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_every_file_is_answered_once(top: int, jobs: int) -> None:
    reader = SmallFiles(top, ALGORITHMS, jobs)
    assert sorted(reader.read(listed())) == everything()
    reader.close()


@pytest.mark.parametrize("wanted", [COUNT, COUNT // 3])
def test_what_was_read_early_is_answered_only_if_asked(top: int, wanted: int) -> None:
    reader = SmallFiles(top, ALGORITHMS, 2)
    reader.read_early(listed())
    found = list(reader.read(listed()[:wanted]))
    reader.close()
    assert sorted(found) == sorted(expected(path_of(n), content(n)) for n in range(wanted))


@pytest.mark.parametrize("early", [True, False])
def test_files_in_doubt_come_back_as_they_were_given(tmp_path: Path, early: bool) -> None:
    entries = list[Entry]()
    for n in range(COUNT):
        file = tmp_path / f"{n}"
        if n % 300 == 11:
            os.mkfifo(file)
        elif n % 300 == 22:
            file.symlink_to("0")
        elif n % 300 != 33:  # is not there
            file.write_bytes(content(n))
            changed = LONG_AGO if n % 300 != 44 else 4 * LONG_AGO  # after the reading began
            os.utime(file, (changed, changed))
        entries.append(Entry(file.name, Kind.FILE, len(content(n)) + (n % 300 == 55)))
    doubtful = {n for n in range(COUNT) if n % 300 in {11, 22, 33, 44, 55}}
    fd = os.open(tmp_path, os.O_RDONLY)
    reader = SmallFiles(fd, ALGORITHMS, 2)
    if early:
        reader.read_early(entries)
    found = list(reader.read(entries))
    reader.close()
    os.close(fd)
    assert {one for one in found if isinstance(one, Entry)} == {entries[n] for n in doubtful}
    sound = [one for one in found if isinstance(one, Observed)]
    rest = [expected(f"{n}", content(n)) for n in range(COUNT) if n not in doubtful]
    assert sorted(sound) == sorted(rest)


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("early", [True, False])
def test_a_process_that_dies_loses_nothing(
    top: int, after: int, early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = 0
    give = small_file_pool._Helper.give

    def give_and_kill(
        self: Helper,
        batch: small_file_pool._Batch,
        asked: Files,
    ) -> None:
        nonlocal given
        given += 1
        if given == after:
            self._process.kill()
            self._process.wait()
        give(self, batch, asked)

    monkeypatch.setattr(small_file_pool._Helper, "give", give_and_kill)
    reader = SmallFiles(top, ALGORITHMS, 2)
    if early:
        reader.read_early(listed())
    found = list(reader.read(listed()))
    reader.close()
    assert given >= after
    entries = {one for one in found if isinstance(one, Entry)}
    assert entries
    assert entries <= set(listed())
    answered = {one.path: one for one in found if isinstance(one, Observed)}
    assert len(answered) + len(entries) == len(found) == COUNT
    assert all(answered[one.path] == one for one in everything() if one.path in answered)


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A bag of many small files, of which some are wrong."""
    lines = list[str]()
    for n in range(COUNT):
        file = tmp_path / f"data/{n // 500}/{n}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        data = content(n)
        lines.append(f"{hashlib.sha256(data).hexdigest()}  data/{n // 500}/{n}.txt\n")
        file.write_bytes(data.swapcase() if n % 501 == 37 else data)
        os.utime(file, (LONG_AGO, LONG_AGO))
    (tmp_path / "manifest-sha256.txt").write_text("".join(lines))
    (tmp_path / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    return tmp_path


def test_a_bag_of_small_files_gets_the_same_report_from_any_number_of_processes(bag: Path) -> None:
    reports = [validate_source(FolderSource(bag, jobs=jobs)) for jobs in (1, 2, 3)]
    wrong = [f"data/{n // 500}/{n}.txt" for n in range(37, COUNT, 501)]
    for report in reports:
        assert [(one.code, one.path) for one in sorted_(report.findings)] == [
            (Code.DIGEST_MISMATCH, path) for path in wrong
        ]
        assert (report.checked, report.listed) == (COUNT, COUNT)


def sorted_(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: int(Path(one.path or "").stem))


def test_no_process_is_left_when_a_validation_ends(
    bag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = list[Helper]()
    begin = small_file_pool._Helper.__init__

    def note(self: Helper, arguments: list[str], fd: int) -> None:
        begin(self, arguments, fd)
        started.append(self)

    monkeypatch.setattr(small_file_pool._Helper, "__init__", note)
    validate_source(FolderSource(bag, jobs=2))
    (bag / "bagit.txt").write_text("nonsense")  # the reading ends before content is asked for
    validate_source(FolderSource(bag, jobs=2))
    assert len(started) == 2
    assert [one._process.returncode for one in started] == [-9, -9]
