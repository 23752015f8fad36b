"""Logging: silent until it is asked for, useful then, and never a secret in it."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

import preserva
from preserva.logs import redacted
from preserva.retry import retry
from tests.support.books import make_book


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sftp://anna@host/srv", "sftp://…@host/srv"),
        ("s3://key:secret@host/b: no answer", "s3://…@host/b: no answer"),
        ("s3://key:a/b@c@host/b", "s3://…@host/b"),
        ("s3://bucket/p?secret_key=1 and more", "s3://bucket/p?… and more"),
        ("/srv/a@b?c", "/srv/a@b?c"),
    ],
)
def test_no_credentials(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_a_run_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What a report of a fault needs: the archive, each step, each entry of the ledger."""
    config = preserva.write_config(tmp_path / "preserva.toml")
    preserva.create_archive(config)
    record = make_book(tmp_path / "scans")
    with caplog.at_level(logging.INFO, "preserva"), preserva.open_archive(config) as archive:
        archive.package(tmp_path / "scans", record)
    messages = [line.getMessage() for line in caplog.records]
    assert messages[0] == (
        f"archive of aonb: configuration {config}, ledger {tmp_path / 'ledger.sqlite'}"
        " with 5 entries"
    )
    assert messages[1:] == [
        f"storage at {tmp_path / 'storages/aonb-main'}",
        "writing to aonb-main",
        "package begins: urn:preserva:aonb:kp-7",
        "package ended: urn:preserva:aonb:kp-7",
        "entry 6 of the ledger: ingestion start, success;"
        " package urn:preserva:aonb:kp-7, version v1, storage aonb-main",
        "entry 7 of the ledger: ingestion end, success;"
        " package urn:preserva:aonb:kp-7, version v1, storage aonb-main",
        "entry 8 of the ledger: storage description, success;"
        " package -, version -, storage aonb-main",
    ]


def test_retries_are_told_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """Each attempt that failed, and when the next one comes."""
    failures = [ValueError("sftp://anna:1@host is away"), ValueError("still away")]

    def act() -> str:
        if failures:
            raise failures.pop(0)
        return "done"

    with caplog.at_level(logging.WARNING, "preserva"):
        result = retry(
            act,
            ValueError,
            attempts=3,
            delay=lambda failed, _error: 2.0 * failed,
            sleep=lambda _seconds: None,
        )
    assert result == "done"
    assert [line.getMessage() for line in caplog.records] == [
        "attempt 1 failed, again in 2 seconds: sftp://…@host is away",
        "attempt 2 failed, again in 4 seconds: still away",
    ]


def test_silent_by_default(tmp_path: Path) -> None:
    """Not even a warning reaches the standard error: Python's last resort finds our handler."""
    script = "import preserva, preserva.logs as logs; logs.get_logger('preserva.x').warning('boo')"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (ran.stdout, ran.stderr) == (b"", b"")
