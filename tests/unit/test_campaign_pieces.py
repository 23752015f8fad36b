"""A long campaign goes in pieces, each of which continues where the one before ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns import pieces


def test_a_piece_continues_where_the_one_before_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is the seed's; a point at which the campaign failed is tried again."""
    monkeypatch.setenv("PRESERVA_RESULTS", str(tmp_path / "done.jsonl"))
    monkeypatch.setenv("PRESERVA_SEED", "7")
    first: list[int] = []
    for point in pieces.left("sftp, package", range(1, 21)):
        if len(first) == 8:
            break  # it fails at this one
        first.append(point)
    second = list(pieces.left("sftp, package", range(1, 21)))
    assert sorted(first + second) == list(range(1, 21))
    assert first != sorted(first)
    assert list(pieces.left("sftp, package", range(1, 21))) == []
    assert sorted(pieces.left("s3, package", range(1, 4))) == [1, 2, 3]


def test_a_piece_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the next point."""
    monkeypatch.delenv("PRESERVA_RESULTS", raising=False)
    monkeypatch.setenv("PRESERVA_MINUTES", "0")
    assert list(pieces.left("sftp, package", range(1, 4))) == []
