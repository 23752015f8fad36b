"""When the jobs that must be done again and again last did all of their work.

One small file for each, beside the ledger: what is needed to watch over them, and no evidence of
anything. Lost with the disk, they are made anew by the next runs.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from preserva.config import Config
from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.policy.health import Job
from preserva.errors import StorageError
from preserva.storage.base import read_all
from preserva.storage.local import LocalStorage

_LARGEST = 1 << 12


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


def _folder(config: Config) -> Path:
    return config.ledger.parent / f"{config.ledger.stem}-runs"


def _name(job: Job, subject: str | None) -> str:
    name = job.value.replace(" ", "-")
    return f"{name}.json" if subject is None else f"{name}.{subject}.json"
