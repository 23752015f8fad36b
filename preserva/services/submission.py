"""What is handed over to become a package (OAIS: SIP): a folder of scans, a catalogue record."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from preserva.core import sip
from preserva.core.model import PackageId
from preserva.core.report import Finding
from preserva.core.sip import Arrangement
from preserva.describe.record import Record, read_record
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.services.source import list_source, refuse

_LARGEST_RECORD = 16 << 20


@dataclass(frozen=True, slots=True)
class Submission:
    """A source as it was looked at: its folder, its files in order, its record, its identifier."""

    folder: Path
    arrangement: Arrangement
    record: Record
    package: PackageId


def submit(folder: Path, record: Path, institution: str, local: str | None = None) -> Submission:
    """Look at a source without reading its pages. Raises PackageError with every problem."""
    if not folder.is_dir():
        raise UsageError(_("{path} is not a folder").format(path=folder))
    folder = folder.resolve()
    try:
        with record.open("rb") as stream:
            data = stream.read(_LARGEST_RECORD + 1)
    except OSError as error:
        raise UsageError(
            _("the record {path} cannot be read: {reason}").format(
                path=record, reason=error.strerror
            )
        ) from error
    if len(data) > _LARGEST_RECORD:
        raise UsageError(_("the record {path} is too large").format(path=record))
    entries = list_source(folder)
    if record.resolve().is_relative_to(folder):
        own = record.resolve().relative_to(folder).as_posix()
        entries = [entry for entry in entries if entry.path != own]
    arrangement = sip.arrange(entries)
    refuse(folder, list(arrangement.problems))
    described = read_record(data, name=record.name)
    if isinstance(described, Finding):
        refuse(record, [described])
        raise AssertionError("a finding is a problem, and a problem is refused")
    try:
        package = PackageId(institution, local or _local_id(described.identifier or folder.name))
    except ValueError as error:
        message = _("{name} cannot be the local part of an identifier")
        raise UsageError(
            message.format(name=local or folder.name),
            hint=_("Give one with --id: small Latin letters, digits, dots and hyphens."),
        ) from error
    return Submission(folder, arrangement, described, package)


def _local_id(name: str) -> str:
    """A control number or folder name as the local part of an identifier, always the same one."""
    plain = unicodedata.normalize("NFKD", name.translate(_LATIN)).casefold().translate(_LATIN)
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")[:100]


_LATIN = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфхцыьъэ", "abvgdeziiklmnoprstufhcy''e", strict=True)),
        "ж": "zh",
        "ч": "ch",
        "ш": "sh",
        "щ": "shch",
        "ю": "iu",
        "я": "ia",
        "ё": "e",
        "і": "i",
        "ў": "u",
        "ґ": "g",
        "ѣ": "e",
        "ѳ": "f",
        "ѵ": "i",
        "\\": "-",
        "/": "-",
    }
)
"""Only to make an identifier that can be typed; the names themselves are kept as they are."""
