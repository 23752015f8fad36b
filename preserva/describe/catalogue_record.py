"""The values of catalogue records: fields as every MARC dialect has them, and the record.

ISO 2709 (Information and documentation - Format for information exchange) names the parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from preserva.core.values.report import Finding


class Syntax(StrEnum):
    """How the bytes of a record are arranged."""

    ISO2709 = "ISO 2709"
    MARCXML = "MARCXML"
    MARCXCHANGE = "MarcXchange"
    IRBIS_TEXT = "IRBIS text"
    MODS = "MODS"
    DC = "Dublin Core"


class Dialect(StrEnum):
    """Which format's tags the record has: what field 200 or 245 means."""

    MARC21 = "MARC21"
    UNIMARC = "UNIMARC"
    RUSMARC = "RUSMARC"
    BELMARC = "BELMARC"
    IRBIS = "IRBIS"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Subfield:
    """One subfield: its code, one character, and its value."""

    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field. A control field has a `value` and no subfields.

    `embedded` are the whole fields that a linking field (4XX of the UNIMARC family) holds in its
    subfields $1; `subfields` are then only those before the first $1.
    """

    tag: str
    indicators: str = ""
    subfields: tuple[Subfield, ...] = ()
    value: str = ""
    embedded: tuple[Field, ...] = ()

    def all(self, codes: str) -> tuple[str, ...]:
        """Values of the subfields with any of these codes, in the order of the record."""
        return tuple(subfield.value for subfield in self.subfields if subfield.code in codes)

    def first(self, code: str) -> str:
        """The first value with this code, or an empty string."""
        return next(iter(self.all(code)), "")


_MIME = {Syntax.ISO2709: "application/marc", Syntax.IRBIS_TEXT: "text/plain"}
_EXTENSION = {Syntax.ISO2709: ".mrc", Syntax.IRBIS_TEXT: ".txt"}
_METADATA_TYPE = {
    Syntax.MODS: "MODS",
    Syntax.DC: "DC",
    Syntax.IRBIS_TEXT: "OTHER:IRBIS",
    Syntax.MARCXCHANGE: "OTHER:MARCXCHANGE",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One record: how it was written, what it says, and exactly its original bytes.

    `position` counts the records of the file `name` from 1. `fields` are empty for MODS and Dublin
    Core. `notes` hold every decision against the record's own declaration, and every repair: a
    record that matches its declaration has none. `title` to `language` are what a list of records
    shows; each is empty where the record does not say.
    """

    name: str
    position: int
    syntax: Syntax
    dialect: Dialect
    charset: str
    leader: str
    fields: tuple[Field, ...]
    original: bytes
    notes: tuple[Finding, ...] = ()
    title: str = ""
    identifier: str = ""
    creators: tuple[str, ...] = ()
    date: str = ""
    language: str = ""

    @property
    def mime(self) -> str:
        """The media type of the original (RFC 2220 for ISO 2709)."""
        return _MIME.get(self.syntax, "application/xml")

    @property
    def extension(self) -> str:
        """The extension for a file of the original."""
        return _EXTENSION.get(self.syntax, ".xml")

    @property
    def metadata_type(self) -> str:
        """MDTYPE of the original in METS; `OTHER:` stands before an OTHERMDTYPE."""
        return _METADATA_TYPE.get(self.syntax, "MARC")

    def all(self, *tags: str) -> tuple[Field, ...]:
        """The fields with any of these tags, in the order of the record."""
        return tuple(field for field in self.fields if field.tag in tags)

    def first(self, *tags: str) -> Field | None:
        """The first field with any of these tags."""
        return next(iter(self.all(*tags)), None)

    def control(self, tag: str) -> str:
        """The value of a control field, or an empty string."""
        field = self.first(tag)
        return field.value if field else ""
