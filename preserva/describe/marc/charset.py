"""The character set that the bytes of a record are in, whatever the record declares.

In this order: the caller's choice; valid UTF-8; the record's declaration, if the resulting letters
are those of a language; the Cyrillic set whose letters are; a set with separate accents, if every
accent is on a letter that can have it. Sets of Latin letters with accents are never guessed: they
differ too little. Every deviation from the declaration is a finding. Declarations: UNIMARC 100
$a/26-29, MARC 21 leader/9.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.describe.marc import iso5426, letters, marc8, non_sorting
from preserva.describe.marc.iso2709 import RawRecord
from preserva.errors import UsageError
from preserva.i18n import _

UTF8 = "UTF-8"
MARC8 = "MARC-8"
ISO5426 = "ISO 5426"
UNKNOWN = "unknown"

CODECS: Mapping[str, str] = {
    UTF8: "utf-8",
    "windows-1251": "cp1251",
    "IBM866": "cp866",
    "KOI8-R": "koi8-r",
    "windows-1250": "cp1250",
    "windows-1252": "cp1252",
    "ISO-8859-1": "iso8859-1",
    "ISO-8859-2": "iso8859-2",
    UNKNOWN: "ascii",
}
"""Python's codecs by our names of character sets, which are those of IANA."""

_ALIASES = {
    "utf8": UTF8,
    "cp1251": "windows-1251",
    "win1251": "windows-1251",
    "1251": "windows-1251",
    "cp866": "IBM866",
    "866": "IBM866",
    "koi8": "KOI8-R",
    "cp1250": "windows-1250",
    "win1250": "windows-1250",
    "1250": "windows-1250",
    "cp1252": "windows-1252",
    "win1252": "windows-1252",
    "1252": "windows-1252",
    "latin1": "ISO-8859-1",
    "88591": "ISO-8859-1",
    "latin2": "ISO-8859-2",
    "88592": "ISO-8859-2",
    "5426": ISO5426,
    "ansel": MARC8,
} | {
    re.sub(r"[-_ ]", "", name.lower()): name
    for name in (*CODECS, MARC8, ISO5426)
    if name != UNKNOWN
}

_UNIMARC_CODES = {
    "50": UTF8,
    "79": "IBM866",
    "89": "windows-1251",
    "99": "KOI8-R",
    "03": ISO5426,
}
_SEPARATE_ACCENTS = {MARC8: marc8.decode, ISO5426: iso5426.decode}
_CYRILLIC = ("windows-1251", "IBM866", "KOI8-R")

_USUAL = "windows-1251"
_FEW = 12
_SHORT = 24
_SEVERAL = 3
_SUBFIELD_CODE = re.compile(rb"[\x1f^].")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Charset:
    """The decision: the name of the character set, and findings where it was not as declared."""

    name: str
    notes: tuple[Finding, ...] = ()

    def decode(self, data: bytes) -> str:
        """The text; U+FFFD for each byte that is no character here. Never raises."""
        if self.name == UTF8:
            return data.decode("utf-8", "replace")
        return non_sorting.decode(data, self._decode)

    def _decode(self, data: bytes) -> str:
        if self.name in _SEPARATE_ACCENTS:
            return _SEPARATE_ACCENTS[self.name](data)
        return data.decode(CODECS[self.name], "replace")


def tables() -> dict[str, dict[int, str]]:
    """The character of each byte above ASCII in the sets of one byte, by their names.

    Those of MARC-8 have a table for each set that an escape sequence names.
    """
    of_one_byte = {
        name: {byte: letter for byte in range(0x80, 0x100) if (letter := _letter(byte, codec))}
        for name, codec in CODECS.items()
        if name not in (UTF8, UNKNOWN)
    }
    return of_one_byte | {ISO5426: dict(iso5426.TABLE)} | marc8.tables()


def _letter(byte: int, codec: str) -> str:
    return bytes([byte]).decode(codec, "ignore")


def named(name: str) -> str:
    """Our name for a character set that a person wrote in any usual way. Raises UsageError."""
    known = _ALIASES.get(re.sub(r"[-_ ]", "", name.lower()))
    if known is None:
        raise UsageError(
            _("unknown character set: {name}; known ones are {known}").format(
                name=name, known=", ".join(sorted(set(_ALIASES.values())))
            )
        )
    return known


def decide(raw: RawRecord, where: str, override: str | None = None) -> Charset:
    """The character set of one ISO 2709 record."""
    data = b"\n".join(value for _tag, value in raw.fields)
    if override is not None:
        return Charset(named(override))
    declared = _declared(raw)
    plain = non_sorting.without_marks(data)
    if plain.isascii():
        return Charset(_of_ascii(plain, declared, marked=plain != data))
    charset = _of_bytes(data, declared)
    if charset == UNKNOWN:
        return Charset(UNKNOWN, (Finding(Code.RECORD_CHARSET_UNKNOWN, where, declared),))
    notes = []
    if declared is not None and declared != charset:
        notes.append(Finding(Code.RECORD_CHARSET_LIE, where, declared, charset))
    if charset in _CYRILLIC and declared != charset:
        notes.append(Finding(Code.RECORD_CHARSET_GUESSED, where, seen=charset))
    return Charset(charset, tuple(notes))


def decide_text(data: bytes, where: str, override: str | None = None) -> Charset:
    """The character set of a text without any declaration."""
    if override is not None:
        return Charset(named(override))
    charset = _of_bytes(data, None)
    if charset == UNKNOWN:
        return Charset(UNKNOWN, (Finding(Code.RECORD_CHARSET_UNKNOWN, where),))
    notes = (Finding(Code.RECORD_CHARSET_GUESSED, where, seen=charset),) if charset != UTF8 else ()
    return Charset(charset, notes)


def _declared(raw: RawRecord) -> str | None:
    """What the record says: a name of ours, other codes of UNIMARC as they stand, or None."""
    for tag, value in raw.fields:
        start = value.find(b"\x1fa")
        if tag == "100" and re.fullmatch(
            rb"[0-9]{8}.{18}[0-9]{2}.*", value[start + 2 :], re.DOTALL
        ):
            codes = value[start + 28 : start + 32].decode("ascii", "replace").strip()
            pairs = {codes[at : at + 2] for at in (0, 2)}
            known = [name for code, name in _UNIMARC_CODES.items() if code in pairs]
            return known[0] if known else codes
    if any(tag == "245" for tag, _value in raw.fields):
        return UTF8 if raw.leader[9:10] == b"a" else MARC8
    return None


def _of_ascii(data: bytes, declared: str | None, *, marked: bool) -> str:
    if b"\x1b" in data and declared != UTF8:
        return MARC8
    known = declared if declared in (*CODECS, *_SEPARATE_ACCENTS) else None
    if marked and known in (None, UTF8):
        return ISO5426  # any set in which the marks are single bytes will do
    return known or UTF8


def _of_bytes(data: bytes, declared: str | None) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return UTF8
    data = non_sorting.without_marks(data)
    if _mostly_utf8(data):
        return UTF8
    if declared == MARC8 and (b"\x1b(" in data or (_isolated(data) and _fits(data, MARC8))):
        return MARC8
    words = _SUBFIELD_CODE.sub(b" ", data)
    scores = {name: letters.likeness(words.decode(CODECS[name], "replace")) for name in _CYRILLIC}
    count = sum(byte >= 0x80 for byte in data)
    best = max(scores, key=lambda name: scores[name])
    if best == "KOI8-R" and count < _SHORT:
        # a shelfmark in capitals would be one in small letters there, and as likely
        usual = words.decode(CODECS[_USUAL], "replace")
        best = _USUAL if letters.begin_with_capitals(usual) else best
    # a few letters prove nothing against the declaration
    if (
        declared in scores
        and scores[declared] > 0
        and (count < _FEW or scores[declared] * 2 > scores[best])
    ):
        return declared
    if scores[best] > 0:
        return best
    return _with_separate_accents(data, declared)


def _with_separate_accents(data: bytes, declared: str | None) -> str:
    """MARC-8 or ISO 5426 where that is certain: the declared one, or the only possible one."""
    if declared in _SEPARATE_ACCENTS and _fits(data, declared):
        return declared
    certain = [name for name in _SEPARATE_ACCENTS if _fits(data, name, certainly=True)]
    return certain[0] if len(certain) == 1 else UNKNOWN


def _fits(data: bytes, name: str, *, certainly: bool = False) -> bool:
    """True if accents stand on letters that have them; certain if all do, and are several."""
    pieces = _SUBFIELD_CODE.split(data)
    decoded = (letters.accents(_SEPARATE_ACCENTS[name](piece)) for piece in pieces)
    seen = sum(decoded, letters.Accents())
    if certainly:
        return seen.certain >= _SEVERAL and not seen.strange
    return seen.strange * 3 <= seen.known


def _mostly_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - lost > 2 * lost


def _isolated(data: bytes) -> bool:
    """True where bytes above 0x7F stand alone or in pairs, as accents do, not in whole words."""
    runs = [len(run) for run in _HIGH_RUN.findall(data)]
    return sum(length for length in runs if length <= 2) * 2 > sum(runs)
