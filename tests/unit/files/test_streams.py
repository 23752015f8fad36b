"""Digests of what passes in one stream, and of what lies in one file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from preserva.core.values.model import Observed
from preserva.files.opening import CHUNK, SMALL
from preserva.files.streams import StreamDigester
from tests.support.contents import BOTH, SIZES, content, left_over, observed

FILES = {str(size): content(size) for size in SIZES}


def pieces(data: bytes) -> list[bytes]:
    return [data[start : start + SMALL + 1] for start in range(0, len(data), SMALL + 1)]


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("ahead", [1, 32])
def test_one_file_after_the_other(jobs: int, ahead: int) -> None:
    with StreamDigester(jobs, ahead=ahead) as digester:
        for path, data in FILES.items():
            digester.digest(path, pieces(data), BOTH)
    results = {result.path: result for result in digester.done()}
    assert results == {path: observed(path, data) for path, data in FILES.items()}
    assert list(digester.done()) == []


def test_files_that_pass_at_the_same_time() -> None:
    with StreamDigester(2) as digester:
        passing = {path: digester.begin(path, BOTH) for path in FILES}
        for path, data in FILES.items():
            for piece in pieces(data):
                passing[path].update(piece)
        for one in passing.values():
            one.end()
    assert {result.path: result for result in digester.done()} == {
        path: observed(path, data) for path, data in FILES.items()
    }


def test_a_file_without_digests_has_its_size() -> None:
    with StreamDigester(2) as digester:
        digester.digest("a", pieces(content(CHUNK)), [])
    assert list(digester.done()) == [Observed("a", CHUNK, {})]


def test_small_files_are_done_at_once() -> None:
    with StreamDigester(2) as digester:
        digester.digest("a", [b"abc", b"def"], BOTH)
        assert list(digester.done()) == [observed("a", b"abcdef")]


def test_an_error_on_the_way_drops_the_rest_and_ends_all_threads() -> None:
    def damaged() -> Iterator[bytes]:
        yield content(CHUNK)
        raise ValueError("the stream is damaged")

    before = left_over()
    with pytest.raises(ValueError, match="damaged"), StreamDigester(2) as digester:
        digester.digest("a", damaged(), BOTH)
    assert list(digester.done()) == []
    assert left_over() == before


@pytest.fixture
def container(tmp_path: Path) -> Iterator[tuple[int, dict[str, tuple[int, int]]]]:
    """A descriptor of a file in which others lie, and where each begins, with its size."""
    places, whole = dict[str, tuple[int, int]](), b""
    for number in range(6):
        for path, data in FILES.items():
            places[f"{number}/{path}"] = len(whole), len(data)
            whole += data
    (tmp_path / "container").write_bytes(whole)
    fd = os.open(tmp_path / "container", os.O_RDONLY)
    yield fd, places
    os.close(fd)


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_files_that_lie_in_another(
    container: tuple[int, dict[str, tuple[int, int]]], jobs: int
) -> None:
    fd, places = container
    results = list[Observed]()
    with StreamDigester(jobs) as digester:
        for path, (start, size) in places.items():
            digester.digest_range(path, fd, start, size, BOTH)
            results += digester.done()
    results += digester.done()
    assert sorted(results, key=str) == sorted(
        (observed(path, content(size)) for path, (_start, size) in places.items()), key=str
    )


def test_each_part_gets_the_digests_that_were_asked_for(
    container: tuple[int, dict[str, tuple[int, int]]],
) -> None:
    fd, places = container
    wanted = {path: ("md5", "sha1")[number % 2] for number, path in enumerate(places)}
    with StreamDigester(2) as digester:
        for path, (start, size) in places.items():
            digester.digest_range(path, fd, start, size, [wanted[path]])
    assert {result.path: result.digests for result in digester.done()} == {
        path: {wanted[path]: hashlib.new(wanted[path], content(size)).hexdigest()}
        for path, (_start, size) in places.items()
    }


def test_of_a_part_that_is_not_there_nothing_comes_out(
    container: tuple[int, dict[str, tuple[int, int]]],
) -> None:
    fd, _places = container
    end = os.fstat(fd).st_size
    with StreamDigester(2) as digester:
        digester.digest_range("small", fd, end - 5, 10, BOTH)
        digester.digest_range("large", fd, end - CHUNK, 2 * CHUNK, BOTH)
        digester.digest_range("beyond", fd, end + 5, CHUNK, BOTH)
        digester.digest_range("whole", fd, end - 1, 1, BOTH)
    assert [result.path for result in digester.done()] == ["whole"]


def test_a_container_that_cannot_be_read_gives_nothing(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    with StreamDigester(2) as digester:
        for size in (1, CHUNK):
            digester.digest_range(str(size), fd, 0, size, BOTH)
    os.close(fd)
    assert list(digester.done()) == []


def test_an_error_while_parts_are_read_ends_all_threads(
    container: tuple[int, dict[str, tuple[int, int]]],
) -> None:
    fd, places = container
    before = left_over()
    with pytest.raises(KeyboardInterrupt), StreamDigester(2) as digester:
        for path, (start, size) in places.items():
            digester.digest_range(path, fd, start, size, BOTH)
        raise KeyboardInterrupt
    assert left_over() == before
