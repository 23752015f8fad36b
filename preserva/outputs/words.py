"""The fixed words of results in the reader's language: states, outcomes, reasons, types of entry.

JSON, the ledger and PREMIS contain these words themselves, the same in every language.
"""

from __future__ import annotations

from preserva.i18n import NP_, pgettext

CONTEXTS = {
    NP_("outcome", "pass"): "outcome",
    NP_("outcome", "fail"): "outcome",
    NP_("outcome", "success"): "outcome",
    NP_("outcome", "unknown"): "outcome",
    NP_("outcome", "warning"): "outcome",
    NP_("state of a copy", "sound"): "state of a copy",
    NP_("state of a copy", "incomplete"): "state of a copy",
    NP_("state of a copy", "absent"): "state of a copy",
    NP_("state of a copy", "unread"): "state of a copy",
    NP_("state of a copy", "unreachable"): "state of a copy",
    NP_("state of a copy", "unrecorded"): "state of a copy",
    NP_("state of a copy", "missing"): "state of a copy",
    NP_("state of a copy", "damaged"): "state of a copy",
    NP_("verdict on a bag", "complete"): "verdict on a bag",
    NP_("verdict on a bag", "valid"): "verdict on a bag",
    NP_("verdict on a bag", "valid with warnings"): "verdict on a bag",
    NP_("verdict on a bag", "invalid"): "verdict on a bag",
    NP_("why a copy is due", "never checked"): "why a copy is due",
    NP_("why a copy is due", "due"): "why a copy is due",
    NP_("why a copy is due", "event"): "why a copy is due",
    NP_("why a copy is due", "early"): "why a copy is due",
    NP_("what was received", "a bag"): "what was received",
    NP_("what was received", "an E-ARK package"): "what was received",
    NP_("what was received", "an AIP of Archivematica in a bag"): "what was received",
    NP_("what was received", "a SIP of preserva"): "what was received",
    NP_("what was received", "an AIP of preserva"): "what was received",
    NP_("entry of the ledger", "accession"): "entry of the ledger",
    NP_("entry of the ledger", "event found"): "entry of the ledger",
    NP_("entry of the ledger", "fixity check"): "entry of the ledger",
    NP_("entry of the ledger", "incident decision"): "entry of the ledger",
    NP_("entry of the ledger", "ingestion end"): "entry of the ledger",
    NP_("entry of the ledger", "ingestion start"): "entry of the ledger",
    NP_("entry of the ledger", "ledger rebuilt"): "entry of the ledger",
    NP_("entry of the ledger", "ledger verification"): "entry of the ledger",
    NP_("entry of the ledger", "recovery"): "entry of the ledger",
    NP_("entry of the ledger", "recovery start"): "entry of the ledger",
    NP_("entry of the ledger", "replication"): "entry of the ledger",
    NP_("part of a record", "agent"): "part of a record",
    NP_("part of a record", "copy"): "part of a record",
    NP_("part of a record", "date"): "part of a record",
    NP_("part of a record", "fingerprint"): "part of a record",
    NP_("part of a record", "imprint"): "part of a record",
    NP_("part of a record", "number"): "part of a record",
    NP_("part of a record", "place"): "part of a record",
    NP_("part of a record", "publisher"): "part of a record",
    NP_("part of a record", "subject"): "part of a record",
    NP_("part of a record", "title"): "part of a record",
}
"""Each word with what it is; a translator sees that. The part of a record is where a word was
found, or what agrees with another record."""


def word(neutral: str) -> str:
    """Translate one of CONTEXTS; any other word is returned unchanged."""
    context = CONTEXTS.get(neutral)
    return neutral if context is None else pgettext(context, neutral)
