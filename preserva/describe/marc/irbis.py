"""Records of IRBIS64 in its text export: `#TAG: ^Asubfield^Bsubfield`, records parted by `*****`.

Subfield codes are the same in both cases and become lower case. IRBIS' own tags are not those of
RUSMARC; `dialect.detect` tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.catalogue_record import Field, Record, Subfield, Syntax
from preserva.describe.marc import dialect
from preserva.describe.marc.charset import Charset, decide_text

_SEPARATOR = re.compile(rb"^\*{5}[ \t]*(?:\r?\n|\r?\Z)", re.MULTILINE)
_LINE = re.compile(r"(#?)(\d{1,5})(:?)(?: (.*)|$)", re.DOTALL)
_START = re.compile(rb"\s*#\d{1,5}:")


def looks_like(head: bytes) -> bool:
    """Whether the bytes begin with a field of the text export."""
    return _START.match(head) is not None


def read(data: bytes, name: str, charset: str | None = None) -> Iterator[Record | Finding]:
    """Each record of a file, or a finding in its place."""
    position = 0
    start = 0
    ends = [match.end() for match in _SEPARATOR.finditer(data)]
    for end in [*ends, len(data)]:
        piece = data[start:end]
        start = end
        if piece.strip():
            position += 1
            yield read_one(piece, name, position, charset)


def read_one(
    piece: bytes, name: str, position: int, charset: str | None = None
) -> Record | Finding:
    """One record; a finding if there is no field in the bytes."""
    where = f"{name}#{position}"
    decided = decide_text(piece, where, charset)
    fields, unusual = _fields(decided, _SEPARATOR.sub(b"", piece))
    if not fields:
        return Finding(Code.RECORD_UNREADABLE, where, seen=f"{piece[:40]!r}"[2:-1])
    if not _SEPARATOR.search(piece):
        return Finding(Code.RECORD_NOT_ENDED, where)
    notes = [Finding(Code.RECORD_FIELD, where, "#TAG: ", line[:80]) for line in unusual]
    lost = sum(subfield.value.count("\ufffd") for field in fields for subfield in field.subfields)
    if lost and b"\xef\xbf\xbd" not in piece:
        notes.append(Finding(Code.RECORD_CHARACTERS_LOST, where, seen=str(lost)))
    return Record(
        name=name,
        position=position,
        syntax=Syntax.IRBIS_TEXT,
        dialect=dialect.detect(fields),
        charset=decided.name,
        leader="",
        fields=fields,
        original=piece,
        notes=(*decided.notes, *notes),
    )


def _fields(charset: Charset, piece: bytes) -> tuple[tuple[Field, ...], list[str]]:
    """The fields, and lines that are not quite fields: read as far as they can be."""
    lines: list[tuple[str, str]] = []
    unusual: list[str] = []
    for line in charset.decode(piece).lstrip("\ufeff").splitlines():
        match = _LINE.fullmatch(line)
        if match and (match[1] or match[3]):
            lines.append((match[2], match[4] or ""))
            if not (match[1] and match[3]):
                unusual.append(line)
        elif line.strip():
            unusual.append(line)
            if lines:
                lines[-1] = (lines[-1][0], f"{lines[-1][1]}\n{line}")
    return tuple(_field(tag, value) for tag, value in lines), unusual


def _field(tag: str, text: str) -> Field:
    value, *pieces = text.split("^")
    subfields = tuple(Subfield(piece[0].lower(), piece[1:].strip()) for piece in pieces if piece)
    return Field(tag, subfields=subfields, value=value.strip())
