"""A MARC record as ISO 2709 in UTF-8."""

from __future__ import annotations

from preserva.describe.catalogue_record import Dialect, Field, Record, Subfield
from preserva.describe.marc.iso2709 import DELIMITER, FIELD_END, RECORD_END
from preserva.describe.marc.marcxchange import leader_in_unicode, with_charset

_LONGEST_FIELD = 9_999
_LONGEST_RECORD = 99_999
_MARKS = str.maketrans({"\x1d": " ", "\x1e": " ", "\x1f": " "})


def iso2709(record: Record) -> bytes | None:
    """The record; None if it is not MARC, or too long for ISO 2709 (4.3, 4.4)."""
    if not record.fields or record.dialect is Dialect.IRBIS:
        return None
    directory, data = b"", b""
    for field in record.fields:
        content = _content(with_charset(field, record)) + FIELD_END
        if len(content) > _LONGEST_FIELD or len(field.tag) != 3 or not field.tag.isascii():
            return None
        directory += f"{field.tag}{len(content):04}{len(data):05}".encode()
        data += content
    base = 24 + len(directory) + 1
    size = base + len(data) + 1
    if size > _LONGEST_RECORD:
        return None
    leader = leader_in_unicode(record) or "00000nam  2200000   4500"
    head = f"{size:05}{leader[5:12]}{base:05}{leader[17:]}"
    return head.encode() + directory + FIELD_END + data + RECORD_END


def _content(field: Field) -> bytes:
    if not field.subfields and not field.embedded and not field.indicators:
        return _encoded(field.value)
    parts = [_subfields(field.subfields)]
    for inner in field.embedded:
        start = inner.value if inner.tag.startswith("00") else inner.indicators
        parts.append(_subfields((Subfield("1", inner.tag + start), *inner.subfields)))
    own = _subfields((Subfield("a", field.value),)) if field.value else b""
    return _encoded(field.indicators.ljust(2)[:2]) + own + b"".join(parts)


def _subfields(subfields: tuple[Subfield, ...]) -> bytes:
    return b"".join(DELIMITER + _encoded(subfield.code + subfield.value) for subfield in subfields)


def _encoded(text: str) -> bytes:
    return text.translate(_MARKS).encode("utf-8", "replace")
