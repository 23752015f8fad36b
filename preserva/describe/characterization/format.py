"""The format of a file, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.core.values.report import Finding


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format: `puid` is None where PRONOM has none or it is not certain, `version` where unknown.

    `note` says that the name of the file promises another format.
    """

    name: str
    mime: str
    puid: str | None = None
    version: str | None = None
    note: Finding | None = None
