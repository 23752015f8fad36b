"""Files for whatever reads them: sizes at which something else happens, bytes and their digests."""

from __future__ import annotations

import gc
import hashlib
import os
import threading
from pathlib import Path

from preserva.core.values.model import Observed
from preserva.files.opening import CHUNK, SMALL

SIZES = (0, 1, SMALL, SMALL + 1, 3 * SMALL, CHUNK + 1)
BOTH = frozenset({"sha512", "sha256"})


def content(size: int) -> bytes:
    """Bytes that differ from each other."""
    return bytes(n % 251 for n in range(251)) * (size // 251) + b"z" * (size % 251)


def digests(data: bytes) -> dict[str, str]:
    """Both digests of some bytes."""
    return {name: hashlib.new(name, data).hexdigest() for name in sorted(BOTH)}


def observed(path: str, data: bytes) -> Observed:
    """What a file with these bytes is."""
    return Observed(path, len(data), digests(data))


def left_over() -> tuple[list[str], int]:
    """The names of threads that read or digest, and how many descriptors are open."""
    gc.collect()  # folders of earlier tests stay open until nobody uses them
    names = [thread.name for thread in threading.enumerate() if thread.name in {"read", "digest"}]
    return names, len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def plant(folder: Path, sizes: dict[str, int]) -> None:
    """Files of these sizes."""
    for path, size in sizes.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content(size))
