"""One replica's trouble is its own: whatever fails there, and when, the others get their copies.

Its lock, its disk, its rights, its key: each error at some request to it, and at all that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.cli.main import status_of
from preserva.core.policy.judgement import State
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import Locked, PreservaError, StorageError, StorageFull, Unfit, Unreachable
from preserva.fixity.audit import audit
from preserva.replication.replicate import replicate
from preserva.reporting.overview import copy_states
from preserva.storage.wrappers.forward import Forwarding
from tests.support.books import make_book

BOOKS = [PackageId("aonb", f"kp-{number}") for number in range(3)]
ERRORS: dict[str, Callable[[], PreservaError]] = {
    "a full disk": lambda: StorageFull("no space is left", path="staging"),
    "denied rights": lambda: StorageError("Permission denied", path="staging"),
    "a wrong key": lambda: Unreachable("the server did not let us in"),
    "another writer": lambda: Locked("another process is writing"),
    "a server that cannot": lambda: Unfit("the server ignores conditions"),
}
MOMENTS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)


class _Troubled:
    """A storage of which some request, and every later one, fails; any method is a request."""

    def __init__(self, inner: Any, at: int, error: Callable[[], PreservaError]) -> None:
        self._inner = Forwarding(inner)
        self._at = at
        self._error = error
        self._numbers = count(1)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value) or name in {"close", "limitations"}:
            return value

        def called(*arguments: Any, **options: Any) -> Any:
            error = self._error()
            of_lock = isinstance(error, Locked)
            if next(self._numbers) >= self._at and (name == "lock" or not of_lock):
                raise error
            return value(*arguments, **options)

        return called


@pytest.fixture
def place(three_books: Path) -> Path:
    """The archive with a second replica, which comes after the one in trouble; both lack books."""
    path = three_books / config.NAME
    with path.open("a", encoding="utf-8") as file:
        file.write(
            '\n[storages.third]\ninstitution = "nlb"\nurl = "storages/third"\nrole = "replica"\n'
        )
    create_archive(config.load(path))
    record = make_book(three_books / "new", pages=2, seed=9)
    command = ["--config", str(path), "package", str(three_books / "new"), "--record", str(record)]
    assert status_of([*command, "--id", "kp-9"]) == 0
    return path


def _troubled(archive: ArchivalStorage, at: int, error: Callable[[], PreservaError]) -> None:
    store = archive.store("nlb-copy")
    storage: Any = _Troubled(store.storage, at, error)
    archive._stores["nlb-copy"] = replace(store, storage=storage, asked=[])


def _whole(archive: ArchivalStorage, storage: str) -> bool:
    states = [copy for copy in copy_states(archive) if copy.storage == storage]
    return len(states) == 4 and {copy.state for copy in states} <= {State.SOUND, State.NEVER}


@pytest.fixture(params=MOMENTS)
def moment(request: pytest.FixtureRequest) -> Iterator[int]:
    """The number of the request that fails first."""
    yield request.param


@pytest.mark.parametrize("kind", ERRORS)
def test_the_others_get_their_copies_and_the_next_run_serves_this_one(
    kind: str, moment: int, place: Path
) -> None:
    with open_archive(place) as archive:
        _troubled(archive, moment, ERRORS[kind])
        done = replicate(archive)
        assert _whole(archive, "third")
        told = [one for one in done if one.to == "nlb-copy" and one.outcome is not Outcome.PASS]
        late = kind == "another writer" and moment > 1  # after the lock was given to us
        assert told or late, "its trouble is reported"
        assert all(one.outcome is Outcome.PASS for one in done if one.to == "third")
    with open_archive(place) as archive:
        again = replicate(archive)
        assert {one.outcome for one in again} == {Outcome.PASS}
        audit(archive)  # a copy that could not be read is due, and its trouble ends by a reading
        assert _whole(archive, "nlb-copy")
        assert archive.ledger.verify() == []
