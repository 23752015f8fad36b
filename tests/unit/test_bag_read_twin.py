"""Two processes for many small files: the same results, whatever becomes of the second one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from preserva.bag.hashing import digest_stream
from preserva.bag.open import open_bag
from preserva.bag.twin import BATCH, with_twin
from preserva.bag.validate import Verdict, validate_source
from preserva.core.codes import Code
from tests.strategies import Bag, write_folder

COUNTS = [0, 1, BATCH, BATCH + 1, 2 * BATCH, 5 * BATCH + 7]


def who(number: int) -> tuple[int, int]:
    """The number and the process that saw it."""
    return number, os.getpid()


def dying(first: int) -> Callable[[int], tuple[int, int]]:
    """Work that the second process does not survive."""

    def work(number: int) -> tuple[int, int]:
        if os.getpid() != first:
            os._exit(1)
        return who(number)

    return work


@pytest.mark.parametrize("count", COUNTS)
def test_results_keep_their_order(count: int) -> None:
    found = list(with_twin(iter(range(count)), who))
    assert [(item, number) for item, (number, _process) in found] == [(n, n) for n in range(count)]
    assert len({process for _item, (_number, process) in found}) == min(2, -(-count // BATCH))


@pytest.mark.parametrize("count", COUNTS)
def test_the_death_of_the_second_process_costs_nothing(count: int) -> None:
    here = os.getpid()
    found = list(with_twin(iter(range(count)), dying(here)))
    assert found == [(n, (n, here)) for n in range(count)]


def test_an_interrupt_leaves_no_process() -> None:
    results = with_twin(iter(range(10**9)), who)
    for _round in range(3 * BATCH):
        next(results)
    assert isinstance(results, Generator)
    results.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_no_fork_beside_other_threads() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        found = list(with_twin(iter(range(3 * BATCH)), who))
    finally:
        over.set()
        thread.join()
    assert {process for _item, (_number, process) in found} == {os.getpid()}


def test_damage_is_named_whichever_process_reads_it(tmp_path: Path) -> None:
    payload = {f"data/{n:05}": b"%d" % n for n in range(2000)}
    folder = write_folder(Bag(payload).files(), tmp_path / "bag")
    damaged = [f"data/{n:05}" for n in range(1, 2000, 200)]
    for path in damaged:
        (folder / path).write_bytes(b"x" * len(payload[path]))
    (folder / "data" / "01900").unlink()
    os.mkfifo(folder / "data" / "01900")
    report = validate_source(open_bag(folder, jobs=2))
    wrong = {finding.path for finding in report.findings if finding.code is Code.DIGEST_MISMATCH}
    assert (report.verdict, wrong, report.checked) == (Verdict.INVALID, set(damaged), 2002)


def test_a_pipe_is_digested_like_a_file() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    os.close(writing)
    with os.fdopen(reading, "rb", 0) as stream:
        size, digests = digest_stream(stream, ["md5"])
    assert (size, digests) == (3, {"md5": "900150983cd24fb0d6963f7d28e17f72"})
