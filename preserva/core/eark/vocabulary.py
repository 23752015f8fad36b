"""The terms of the Library of Congress preservation vocabularies that preserva writes.

Every enum is one vocabulary of http://id.loc.gov/vocabulary/preservation/ and is named after it
(`EventType` is `eventType`). A member's value is the term's code, the last part of its URI.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Self

BASE = "http://id.loc.gov/vocabulary/preservation/"


class Term(Enum):
    """A term: its code as `value`, its English name as `label`."""

    label: str

    def __new__(cls, code: str, label: str) -> Self:
        """Each member's value is its code."""
        member = object.__new__(cls)
        member._value_ = code
        member.label = label
        return member

    @classmethod
    def vocabulary(cls) -> str:
        """The vocabulary's name, as the Library of Congress writes it."""
        return cls.__name__[0].lower() + cls.__name__[1:]

    @property
    def uri(self) -> str:
        """The term's URI."""
        return f"{BASE}{self.vocabulary()}/{self.value}"

    def authority(self) -> Mapping[str, str]:
        """The three attributes with which PREMIS 3.0 identifies the source of a term."""
        name = self.vocabulary()
        return {"authority": name, "authorityURI": BASE + name, "valueURI": self.uri}

    @classmethod
    def by_label(cls, label: str) -> Self | None:
        """The member with this English name; None where the vocabulary, as used here, has none."""
        return next((term for term in cls if term.label == label), None)


class EventType(Term):
    """What was done."""

    ACCESSION = ("acc", "accession")
    CAPTURE = ("cap", "capture")
    CREATION = ("cre", "creation")
    DELETION = ("del", "deletion")
    FIXITY_CHECK = ("fix", "fixity check")
    FORMAT_IDENTIFICATION = ("for", "format identification")
    IMAGING = ("ima", "imaging")
    INFORMATION_PACKAGE_CREATION = ("ipc", "information package creation")
    INGESTION = ("ing", "ingestion")
    MESSAGE_DIGEST_CALCULATION = ("mes", "message digest calculation")
    METADATA_EXTRACTION = ("mee", "metadata extraction")
    METADATA_MODIFICATION = ("mem", "metadata modification")
    MIGRATION = ("mig", "migration")
    MODIFICATION = ("mod", "modification")
    NORMALIZATION = ("nor", "normalization")
    PACKING = ("pac", "packing")
    QUARANTINE = ("qua", "quarantine")
    RECOVERY = ("rec", "recovery")
    REPLICATION = ("rep", "replication")
    TRANSFER = ("tra", "transfer")
    UNPACKING = ("unp", "unpacking")
    VALIDATION = ("val", "validation")
    VIRUS_CHECK = ("vir", "virus check")


class EventOutcome(Term):
    """How it ended."""

    SUCCESS = ("suc", "success")
    FAIL = ("fai", "fail")
    WARNING = ("war", "warning")


class EventRelatedAgentRole(Term):
    """What an agent did in an event."""

    EXECUTING_PROGRAM = ("exe", "executing program")
    IMPLEMENTER = ("imp", "implementer")


class AgentType(Term):
    """What an agent is."""

    HARDWARE = ("har", "hardware")
    ORGANIZATION = ("org", "organization")
    PERSON = ("per", "person")
    SOFTWARE = ("sof", "software")


class RightsBasis(Term):
    """On what ground rights are stated."""

    COPYRIGHT = ("cop", "copyright")
    INSTITUTIONAL_POLICY = ("ins", "institutional policy")
    LICENSE = ("lic", "license")
    OTHER = ("oth", "other")
    STATUTE = ("sta", "statute")


class CopyrightStatus(Term):
    """Whether a work is protected by copyright."""

    COPYRIGHTED = ("cpr", "copyrighted")
    PUBLIC_DOMAIN = ("pub", "public domain")
    UNKNOWN = ("unk", "unknown")


class RelationshipType(Term):
    """How objects hang together."""

    DERIVATION = ("der", "derivation")
    LOGICAL = ("log", "logical")
    REPLACEMENT = ("rep", "replacement")
    STRUCTURAL = ("str", "structural")


class RelationshipSubType(Term):
    """How objects hang together, more exactly."""

    HAS_PART = ("hsp", "has Part")
    HAS_SIBLING = ("hsi", "has Sibling")
    HAS_SOURCE = ("hss", "has Source")
    IS_INCLUDED_IN = ("isi", "is Included In")
    IS_PART_OF = ("isp", "is Part Of")
    IS_SUPERSEDED_BY = ("iss", "is Superseded By")
    REPRESENTS = ("rep", "represents")
    SUPERSEDES = ("sup", "supersedes")


class CryptographicHashFunctions(Term):
    """Digest algorithms; `label` is also what METS CHECKSUMTYPE calls them."""

    MD5 = ("md5", "MD5")
    SHA1 = ("sha1", "SHA-1")
    SHA256 = ("sha256", "SHA-256")
    SHA384 = ("sha384", "SHA-384")
    SHA512 = ("sha512", "SHA-512")
