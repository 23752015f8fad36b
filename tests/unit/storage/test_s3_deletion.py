"""A deletion is never sent after the lock was lost, however often it is repeated."""

from __future__ import annotations

import obstore
import pytest
from obstore.exceptions import GenericError
from obstore.store import MemoryStore, S3Store

from preserva.errors import LockLost, Unreachable
from preserva.storage.lease import Lease
from preserva.storage.s3.deletion import delete
from tests.unit.storage.test_lease import Files

BROKEN = "no answer\n\nDebug source:\nHttpError {\n    kind: Timeout,\n}"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The keys of each request; none of them is answered."""
    requests: list[list[str]] = []

    def ask(_store: object, keys: list[str]) -> None:
        requests.append(keys)
        raise GenericError(BROKEN)

    monkeypatch.setattr(obstore, "delete", ask)
    return requests


def test_a_deletion_without_an_answer_is_repeated_while_the_lock_is_ours(
    sent: list[list[str]],
) -> None:
    lease = Lease(Files())
    with lease.held("me"), pytest.raises(Unreachable):
        delete(MemoryStore(), ["ocfl/a"], "s3://books", lease, sleep=lambda _seconds: None)  # type: ignore[arg-type]
    assert sent == [["ocfl/a"]] * 4


def test_a_deletion_is_not_repeated_when_another_writer_has_followed(
    sent: list[list[str]],
) -> None:
    """As after an hour's suspension in the middle of the request."""
    files = Files()
    lease = Lease(files)
    waited: list[float] = []
    with lease.held("me"), pytest.raises(LockLost):
        files.words[2] = b"they"
        delete(MemoryStore(), ["ocfl/a"], "s3://books", lease, sleep=waited.append)  # type: ignore[arg-type]
    assert (sent, waited) == ([["ocfl/a"]], [])


def test_many_objects_go_in_several_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    names = [f"a/{number:04}" for number in range(2_500)]
    for name in names:
        obstore.put(store, name, b"")
    sizes: list[int] = []
    plain = obstore.delete

    def ask(where: S3Store, keys: list[str]) -> None:
        sizes.append(len(keys))
        plain(where, keys)

    monkeypatch.setattr(obstore, "delete", ask)
    lease = Lease(Files())
    with lease.held("me"):
        delete(store, names, "s3://books", lease)  # type: ignore[arg-type]
    assert sizes == [1000, 1000, 500]
    assert obstore.list(store).collect() == []
