"""When the jobs that must be done again and again last did all of their work.

One small file for each, beside the ledger: what is needed to watch over them, and no evidence of
anything. Lost with the disk, they are made anew by the next runs. Others say how long a work took.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from statistics import median_low

from preserva.config import Config
from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.policy.health import Job
from preserva.errors import StorageError
from preserva.storage.base import read_all
from preserva.storage.local import LocalStorage

_LARGEST = 1 << 12
_REMEMBERED = 7
"""How many of the last times say how long a work usually takes."""


def note_success(config: Config, job: Job, time: datetime, subject: str | None = None) -> None:
    """Note that a job has done all of its work; `subject` is the storage that it was about.

    Raises StorageError.
    """
    data = json.dumps({"succeeded": time.isoformat()}).encode() + b"\n"
    LocalStorage(_folder(config)).replace(_name(job, subject), data)


def last_success(config: Config, job: Job, subject: str | None = None) -> datetime | None:
    """When a job last did all of its work; None if it never has, or nobody can tell."""
    storage = LocalStorage(_folder(config))
    try:
        noted = read_json(read_all(storage, _name(job, subject), _LARGEST))
        time = datetime.fromisoformat(noted["succeeded"])
    except (StorageError, JSONError, KeyError, TypeError, ValueError):
        return None
    finally:
        storage.close()
    return time if time.tzinfo is not None else None


def note_seconds(config: Config, work: str, seconds: int) -> None:
    """Note how long a work took that came to its end. Raises StorageError."""
    newest = [*_seconds(config, work), seconds][-_REMEMBERED:]
    data = json.dumps({"seconds": newest}).encode() + b"\n"
    LocalStorage(_folder(config)).replace(_durations(work), data)


def usual_seconds(config: Config, work: str) -> int | None:
    """How long a work usually takes: the median of the last times; None if nothing is known."""
    return median_low(times) if (times := _seconds(config, work)) else None


def _seconds(config: Config, work: str) -> list[int]:
    storage = LocalStorage(_folder(config))
    try:
        noted = read_json(read_all(storage, _durations(work), _LARGEST))["seconds"]
    except (StorageError, JSONError, KeyError, TypeError):
        return []
    finally:
        storage.close()
    whole = isinstance(noted, list) and all(type(time) is int and time >= 0 for time in noted)
    return noted[-_REMEMBERED:] if whole else []


def _durations(work: str) -> str:
    return f"durations.{work.replace(' ', '-')}.json"


def _folder(config: Config) -> Path:
    return config.ledger.parent / f"{config.ledger.stem}-runs"


def _name(job: Job, subject: str | None) -> str:
    name = job.value.replace(" ", "-")
    return f"{name}.json" if subject is None else f"{name}.{subject}.json"
