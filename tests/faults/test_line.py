"""The line to a storage fails in the middle of a replication; the next run finishes it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from preserva import config
from preserva.archive import create_archive
from preserva.core.report import Outcome
from preserva.errors import Unreachable
from preserva.services.package import package
from preserva.services.replicate import replicate
from preserva.services.validate import validate_stored
from preserva.storage.sftp import SftpStorage
from tests.books import an_archive, make_book
from tests.servers import Sshd

_WRITES = ("create", "flush", "publish", "replace", "discard")


@pytest.mark.parametrize("verb", _WRITES)
@pytest.mark.parametrize("at", [1, 2, 5])
def test_a_server_that_is_killed_leaves_nothing_wrong(
    verb: str, at: int, sftp_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the n-th call of each kind that writes: status unfinished, then finished."""
    monkeypatch.setenv("PRESERVA_SSH_CONFIG", str(sftp_server.ssh_config))
    place = tmp_path / "archive"
    place.mkdir()
    url = sftp_server.url(tmp_path / "minsk")
    text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{url}"')
    (place / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(place / config.NAME))
    record = make_book(tmp_path / "book", pages=1)
    with an_archive(place) as archive:
        done = package(tmp_path / "book", record, archive)
    calls = 0
    plain = getattr(SftpStorage, verb)

    def cut(self: SftpStorage, path: str, *rest: Iterable[bytes]) -> object:
        nonlocal calls
        calls += 1
        if calls == at:
            for session in sftp_server.sessions():
                os.kill(session, signal.SIGKILL)
        return plain(self, path, *rest)

    with monkeypatch.context() as patch, an_archive(place) as archive:
        patch.setattr(SftpStorage, verb, cut)
        try:
            first, *_ledger = replicate(archive)
            assert first.report.findings or first.acknowledged == ["v1"]
        except Unreachable:  # while the lock was taken: nothing had begun
            assert archive.ledger.last(storage="nlb-copy") is None
        archive.store("nlb-copy").storage.close()
    with an_archive(place) as archive:
        replicate(archive)
        reports = validate_stored(archive, done.package)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
        archive.store("nlb-copy").storage.close()
