"""Whether a process that left its mark has certainly ended: it ran on this machine, and is gone.

A mark names the machine, its present run since it was switched on, the process and when it began,
so another process of the same number, or the same one after a restart, is not taken for it. Of a
process on another machine nothing is known.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STARTED = 19  # the field of /proc/PID/stat, after the name in parentheses, that says when it began


def process_mark() -> str:
    """The mark of this process, without spaces; "" where the system tells too little."""
    try:
        return "/".join([*_machine(), str(os.getpid()), _began(os.getpid())])
    except OSError:
        return ""


def has_ended(mark: str) -> bool:
    """Whether the process that left a mark is certainly gone."""
    try:
        host, names, boot, number, began = mark.split("/")
        own_host, own_names, own_boot = _machine()
        if host != own_host:
            return False
        if boot != own_boot:
            return True
        return names == own_names and _is_gone(int(number), began)
    except (OSError, ValueError):
        return False


def _machine() -> tuple[str, str, str]:
    """The host, the space of its process numbers (a container has its own), and its present run."""
    names = Path("/proc/self/ns/pid").readlink().name
    host = socket.gethostname().replace("/", "_").replace("\n", "_")
    return host, names, _BOOT.read_text("ascii").strip()


def _is_gone(number: int, began: str) -> bool:
    try:
        return _began(number) != began
    except (FileNotFoundError, ProcessLookupError):
        return True


def _began(number: int) -> str:
    """When a process began, in ticks of the system's clock. Raises OSError."""
    text = Path(f"/proc/{number}/stat").read_text("utf-8", "replace")
    return text.rpartition(")")[2].split()[_STARTED]
