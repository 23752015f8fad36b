"""Zeros behind the end of a compressed tar are nothing there, and any number here."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path
from typing import IO, cast

import pytest

from preserva.bag.container import tar_format
from preserva.bag.container.tar_format import TarDamagedError, TarReader


def tar(zeros: int) -> bytes:
    """A small tar with so many zeros at its end."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        made.addfile(tarfile.TarInfo("bag/a"))
    return buffer.getvalue() + bytes(zeros)


@pytest.mark.parametrize("zeros", [0, 512, 1 << 20])
def test_padding_is_read(zeros: int) -> None:
    """As tapes have it."""
    assert [member.name for member in TarReader(io.BytesIO(tar(zeros))).members()] == ["bag/a"]


def test_zeros_without_end_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading stops at the limit, however many follow."""
    monkeypatch.setattr(tar_format, "_MOST_ZEROS", 1 << 20)
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(tar(64 << 20)))
    with gzip.open(path) as content:
        with pytest.raises(TarDamagedError, match="too many zeros"):
            list(TarReader(cast("IO[bytes]", content)).members())
        assert content.tell() < 4 << 20
