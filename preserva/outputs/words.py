"""The fixed words of results in the reader's language: states, outcomes, reasons, types of entry.

JSON, the ledger and PREMIS contain these words themselves, the same in every language.
"""

from __future__ import annotations

from preserva.i18n import N_, _

WORDS = (
    # outcomes of checks and of entries
    N_("pass"),
    N_("fail"),
    N_("success"),
    N_("unknown"),
    N_("warning"),
    # states of a copy
    N_("sound"),
    N_("incomplete"),
    N_("absent"),
    N_("unread"),
    N_("unreachable"),
    N_("unrecorded"),
    N_("missing"),
    N_("damaged"),
    # states of a decision of two persons
    N_("waiting"),
    N_("confirmed"),
    N_("refused"),
    N_("expired"),
    N_("done"),
    # what people do
    N_("packaged"),
    N_("corrected"),
    N_("received"),
    N_("replicated"),
    N_("checked"),
    N_("repaired"),
    N_("exported"),
    N_("decided"),
    # verdicts on a bag
    N_("complete"),
    N_("valid"),
    N_("valid with warnings"),
    N_("invalid"),
    # why a copy is due
    N_("never checked"),
    N_("due"),
    N_("event"),
    N_("early"),
    # what was received
    N_("a bag"),
    N_("an E-ARK package"),
    N_("an AIP of Archivematica in a bag"),
    N_("a SIP of preserva"),
    N_("an AIP of preserva"),
    # types of the ledger's entries
    N_("accession"),
    N_("decision carried out"),
    N_("decision confirmed"),
    N_("decision refused"),
    N_("decision requested"),
    N_("dissemination"),
    N_("event found"),
    N_("fixity check"),
    N_("incident decision"),
    N_("ingestion end"),
    N_("ingestion start"),
    N_("ledger rebuilt"),
    N_("ledger verification"),
    N_("recovery"),
    N_("recovery start"),
    N_("replication"),
    # the part of a record in which a word was found, or that agrees with another record
    N_("agent"),
    N_("copy"),
    N_("date"),
    N_("fingerprint"),
    N_("imprint"),
    N_("number"),
    N_("package"),
    N_("place"),
    N_("publisher"),
    N_("subject"),
    N_("title"),
)


def original(text: str) -> str:
    """The word of WORDS that is shown as this text, or the text itself."""
    return next((neutral for neutral in WORDS if _(neutral).casefold() == text.casefold()), text)


def word(neutral: str) -> str:
    """Translate one of WORDS; any other word is returned unchanged."""
    return _(neutral)
