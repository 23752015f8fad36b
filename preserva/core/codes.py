"""The registry of everything that a check can find. A code never changes its meaning.

E: wrong. W: sound, but someone should look. U: could not be established.
1xx bags (RFC 8493), 2xx storage roots and objects (OCFL 1.1), 3xx what the ledger recorded,
4xx sources that are to become a package.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from preserva.i18n import N_


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"


_SEVERITIES = {"E": Severity.ERROR, "W": Severity.WARNING, "U": Severity.UNKNOWN}


class Code(Enum):
    """A finding's stable code, the sentence for people, and where the rule stands."""

    message: str
    source: str

    def __new__(cls, code: str, message: str, source: str) -> Code:
        """Each member's value is its code; message and source are its attributes."""
        member = object.__new__(cls)
        member._value_ = code
        member.message = message
        member.source = source
        return member

    @property
    def severity(self) -> Severity:
        """From the first letter of the code."""
        return _SEVERITIES[str(self.value)[0]]

    # bags
    DIGEST_MISMATCH = ("E103", N_("the content has changed"), "RFC 8493 3")
    MISSING_FILE = ("E101", N_("listed in a manifest, but not there"), "RFC 8493 3")
    UNLISTED_FILE = ("E102", N_("there, but not listed in any manifest"), "RFC 8493 3")
    UNREADABLE = ("U101", N_("could not be read, so nothing is known of it"), "design rule 1")

    # storage roots and objects
    OBJECT_FILE_MISSING = ("E201", N_("the inventory lists this file, but it is not there"), "OCFL 1.1 E092")
    OBJECT_FILE_EXTRA = ("E202", N_("this file is not in the inventory"), "OCFL 1.1 E023")
    OBJECT_DIGEST_MISMATCH = ("E203", N_("the content has changed since it was stored"), "OCFL 1.1 E092")
    INVENTORY_SIDECAR = ("E204", N_("the inventory does not match its digest file"), "OCFL 1.1 E060")
    INVENTORY_INVALID = ("E205", N_("the inventory breaks a rule of OCFL"), "OCFL 1.1 3.5")
    OBJECT_DECLARATION = ("E206", N_("the object's declaration is missing or wrong"), "OCFL 1.1 E003")
    VERSION_INVENTORY = ("E207", N_("this version's inventory contradicts the object's"), "OCFL 1.1 E066")
    NOT_A_FILE = ("E208", N_("a link or device, where only files and folders may be"), "OCFL 1.1 E089")
    EMPTY_FOLDER = ("E209", N_("an empty folder, which OCFL does not allow"), "OCFL 1.1 E024")
    MISPLACED_OBJECT = ("E210", N_("the object is not where the storage layout puts it"), "OCFL 1.1 4.2")
    ROOT_DECLARATION = ("E211", N_("the storage root's declaration is missing or wrong"), "OCFL 1.1 E069")
    VERSION_UNFINISHED = (
        "W212",
        N_("a version was written but not yet entered; the next command that writes finishes it"),
        "design rule 3",
    )

    # what the ledger recorded
    NOT_AS_RECORDED = (
        "E301",
        N_("this is not the package that was recorded when it was stored"),
        "design rule 5",
    )
    COPY_MISSING = ("E302", N_("the ledger records a copy here, but there is none"), "design rule 5")
    NOT_RECORDED = (
        "U303",
        N_("the ledger has no record of this package to compare with"),
        "design rule 5",
    )
    DIVERGED = ("E304", N_("the copy has a version that its owner never made"), "design rule 5")
    STORAGE_UNREACHABLE = ("U305", N_("the storage could not be reached"), "design rule 1")
