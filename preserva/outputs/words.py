"""The fixed words of results in the reader's language: states, outcomes, reasons, types of entry.

JSON, the ledger and PREMIS contain these words themselves, the same in every language.
"""

from __future__ import annotations

from preserva.catalogue.entry import Facet
from preserva.core.values.languages import LANGUAGE_NAMES
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
    NP_("state of a copy", "withdrawn"): "state of a copy",
    NP_("state of a copy", "removed"): "state of a copy",
    NP_("state of a copy", "retired"): "state of a copy",
    NP_("state of a copy", "unread"): "state of a copy",
    NP_("state of a copy", "unreachable"): "state of a copy",
    NP_("state of a copy", "unrecorded"): "state of a copy",
    NP_("state of a copy", "missing"): "state of a copy",
    NP_("state of a copy", "damaged"): "state of a copy",
    NP_("state of a decision", "waiting"): "state of a decision",
    NP_("state of a decision", "confirmed"): "state of a decision",
    NP_("state of a decision", "refused"): "state of a decision",
    NP_("state of a decision", "expired"): "state of a decision",
    NP_("state of a decision", "done"): "state of a decision",
    NP_("what people do", "packaged"): "what people do",
    NP_("what people do", "corrected"): "what people do",
    NP_("what people do", "received"): "what people do",
    NP_("what people do", "replicated"): "what people do",
    NP_("what people do", "checked"): "what people do",
    NP_("what people do", "repaired"): "what people do",
    NP_("what people do", "exported"): "what people do",
    NP_("what people do", "decided"): "what people do",
    NP_("what people do", "withdrawal undone"): "what people do",
    NP_("what people do", "related"): "what people do",
    NP_("what people do", "retired"): "what people do",
    NP_("what people do", "retirement undone"): "what people do",
    NP_("relation of packages", "volume of"): "relation of packages",
    NP_("relation of packages", "has volume"): "relation of packages",
    NP_("relation of packages", "same edition as"): "relation of packages",
    NP_("relation of packages", "replaces"): "relation of packages",
    NP_("relation of packages", "replaced by"): "relation of packages",
    NP_("relation of packages", "bound with"): "relation of packages",
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
    NP_("job", "audit"): "job",
    NP_("job", "replicate"): "job",
    NP_("job", "receive"): "job",
    NP_("job", "ledger copy"): "job",
    NP_("job", "ledger backup"): "job",
    NP_("entry of the ledger", "accession"): "entry of the ledger",
    NP_("entry of the ledger", "decision carried out"): "entry of the ledger",
    NP_("entry of the ledger", "decision confirmed"): "entry of the ledger",
    NP_("entry of the ledger", "decision refused"): "entry of the ledger",
    NP_("entry of the ledger", "decision requested"): "entry of the ledger",
    NP_("entry of the ledger", "dissemination"): "entry of the ledger",
    NP_("entry of the ledger", "deletion"): "entry of the ledger",
    NP_("entry of the ledger", "event found"): "entry of the ledger",
    NP_("entry of the ledger", "fixity check"): "entry of the ledger",
    NP_("entry of the ledger", "incident decision"): "entry of the ledger",
    NP_("entry of the ledger", "ingestion end"): "entry of the ledger",
    NP_("entry of the ledger", "ingestion start"): "entry of the ledger",
    NP_("entry of the ledger", "ledger rebuilt"): "entry of the ledger",
    NP_("entry of the ledger", "ledger verification"): "entry of the ledger",
    NP_("entry of the ledger", "recovery"): "entry of the ledger",
    NP_("entry of the ledger", "recovery start"): "entry of the ledger",
    NP_("entry of the ledger", "relation"): "entry of the ledger",
    NP_("entry of the ledger", "removal start"): "entry of the ledger",
    NP_("entry of the ledger", "replication"): "entry of the ledger",
    NP_("entry of the ledger", "retirement"): "entry of the ledger",
    NP_("entry of the ledger", "bag made"): "entry of the ledger",
    NP_("entry of the ledger", "ledger identity"): "entry of the ledger",
    NP_("entry of the ledger", "notification"): "entry of the ledger",
    NP_("entry of the ledger", "storage description"): "entry of the ledger",
    NP_("entry of the ledger", "storage identity"): "entry of the ledger",
    NP_("entry of the ledger", "withdrawal"): "entry of the ledger",
    NP_("part of a record", "agent"): "part of a record",
    NP_("part of a record", "copy"): "part of a record",
    NP_("part of a record", "date"): "part of a record",
    NP_("part of a record", "fingerprint"): "part of a record",
    NP_("part of a record", "imprint"): "part of a record",
    NP_("part of a record", "number"): "part of a record",
    NP_("part of a record", "package"): "part of a record",
    NP_("part of a record", "place"): "part of a record",
    NP_("part of a record", "publisher"): "part of a record",
    NP_("part of a record", "subject"): "part of a record",
    NP_("part of a record", "title"): "part of a record",
}
"""Each word with its context, for translators. The part of a record is where a word was found, or
what agrees with another record."""


def original(text: str) -> str:
    """The word of CONTEXTS that is shown as this text, or the text itself."""
    shown = text.casefold()
    return next((neutral for neutral in CONTEXTS if word(neutral).casefold() == shown), text)


def word(neutral: str) -> str:
    """Translate one of CONTEXTS; any other word is returned unchanged."""
    context = CONTEXTS.get(neutral)
    return neutral if context is None else pgettext(context, neutral)


_FACETS = {
    Facet.HOLDER: NP_("facet", "library"),
    Facet.CENTURY: NP_("facet", "century"),
    Facet.LANGUAGE: NP_("facet", "language"),
    Facet.PLACE: NP_("facet", "place of publication"),
    Facet.KIND: NP_("facet", "kind"),
    Facet.FORMAT: NP_("facet", "form"),
}

_KINDS = (
    NP_("facet value", "single"),
    NP_("facet value", "collection"),
    NP_("facet value", "cartographic"),
    NP_("facet value", "mixed material"),
    NP_("facet value", "notated music"),
    NP_("facet value", "sound recording"),
    NP_("facet value", "still image"),
    NP_("facet value", "text"),
)
"""Kinds and forms (typeOfResource of MODS) that a search counts."""


def facet_name(facet: Facet) -> str:
    """What a facet is called; its option keeps its name."""
    return pgettext("facet", _FACETS[facet])


def facet_value(facet: Facet, value: str) -> str:
    """A value as people read it, followed by what they type: белорусский (bel)."""
    if facet is Facet.LANGUAGE and value in LANGUAGE_NAMES:
        return f"{pgettext('language', LANGUAGE_NAMES[value])} ({value})"
    if facet in (Facet.KIND, Facet.FORMAT) and value in _KINDS:
        name = pgettext("facet value", value)
        return name if name == value else f"{name} ({value})"
    return value
