"""Records in ISO 2709, from bytes to fields."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.catalogue_record import Field, Record, Subfield, Syntax
from preserva.describe.marc import dialect, iso2709, marc8
from preserva.describe.marc.charset import MARC8, Charset, decide

_EMBEDDED = re.compile(r"(00\d)(.*)|(\d{3})(..)", re.DOTALL)


def read(data: bytes, name: str, charset: str | None = None) -> Iterator[Record | Finding]:
    """Each record of a file, or a finding in its place."""
    for position, piece in enumerate(iso2709.split(data), 1):
        yield read_one(piece, name, position, charset)


def read_one(
    piece: bytes, name: str, position: int, charset: str | None = None
) -> Record | Finding:
    """One record; a finding if there is none in the bytes."""
    where = f"{name}#{position}"
    raw = iso2709.take_apart(piece, where)
    if isinstance(raw, Finding):
        return raw
    decided = decide(raw, where, charset)
    fields, notes = _fields(raw, decided, where)
    leader = decided.decode(raw.leader)
    return Record(
        name=name,
        position=position,
        syntax=Syntax.ISO2709,
        dialect=dialect.detect(fields),
        charset=decided.name,
        leader=leader,
        fields=fields,
        original=piece,
        notes=(*raw.notes, *decided.notes, *_leader_notes(leader, where), *notes),
    )


def embed(tag: str, indicators: str, subfields: Sequence[Subfield]) -> Field:
    """The field, with the fields that it holds in its subfields $1, if all of these begin one.

    UNIMARC Manual, 4-- block: $1 holds the tag and the indicators of a data field, whose
    subfields follow, or the tag and the data of a control field.
    """
    starts = [subfield for subfield in subfields if subfield.code == "1"]
    if not starts or not all(_EMBEDDED.fullmatch(subfield.value) for subfield in starts):
        return Field(tag, indicators, tuple(subfields))
    own: list[Subfield] = []
    groups: list[tuple[Subfield, list[Subfield]]] = []
    for subfield in subfields:
        if subfield.code == "1":
            groups.append((subfield, []))
        elif groups:
            groups[-1][1].append(subfield)
        else:
            own.append(subfield)
    return Field(tag, indicators, tuple(own), embedded=tuple(_embedded(*group) for group in groups))


def _embedded(start: Subfield, subfields: Sequence[Subfield]) -> Field:
    if start.value.startswith("00"):
        return Field(start.value[:3], "", tuple(subfields), start.value[3:])
    return Field(start.value[:3], start.value[3:], tuple(subfields))


def _leader_notes(leader: str, where: str) -> Iterator[Finding]:
    if not leader.isascii():
        yield Finding(Code.RECORD_LEADER, where, seen=leader)


def _fields(
    raw: iso2709.RawRecord, charset: Charset, where: str
) -> tuple[tuple[Field, ...], list[Finding]]:
    fields: list[Field] = []
    unusual: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    mended: Counter[str] = Counter()
    for tag, raw_value in raw.fields:
        value, count = marc8.mend(raw_value) if charset.name == MARC8 else (raw_value, 0)
        mended[tag] += count
        field, usual = _field(tag, value, charset)
        fields.append(field)
        unusual[tag] += not usual
        lost[tag] += _count_lost(field) - value.count(b"\xef\xbf\xbd")
    counts = (
        (Code.RECORD_FIELD, unusual),
        (Code.RECORD_CHARACTERS_LOST, lost),
        (Code.RECORD_CHARACTER_MENDED, mended),
    )
    return tuple(fields), [
        Finding(code, where, seen=_listed(count)) for code, count in counts if +count
    ]


def _field(tag: str, value: bytes, charset: Charset) -> tuple[Field, bool]:
    """The field, and whether it has the usual form: two indicators and subfields with codes."""
    if iso2709.DELIMITER not in value:
        return Field(tag, value=charset.decode(value)), tag.startswith("00")
    # each piece is decoded alone: MARC-8 begins anew after every delimiter
    indicators, *pieces = [charset.decode(piece) for piece in value.split(iso2709.DELIMITER)]
    usual = len(indicators) == 2 and all(pieces)
    return embed(
        tag, indicators, [Subfield(piece[0], piece[1:]) for piece in pieces if piece]
    ), usual


def _count_lost(field: Field) -> int:
    own = sum((subfield.code + subfield.value).count("\ufffd") for subfield in field.subfields)
    return own + field.value.count("\ufffd") + sum(map(_count_lost, field.embedded))


def _listed(count: Counter[str]) -> str:
    """Tags with their number of occurrences, such as `100 200(2)`."""
    return " ".join(f"{tag}({n})" if n > 1 else tag for tag, n in sorted((+count).items()))
