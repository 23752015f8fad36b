"""The types and outcomes of the ledger's entries: PREMIS event types, and a few steps of ours."""

from __future__ import annotations

from preserva.core.eark.vocabulary import EventOutcome, EventType

START = "ingestion start"
END = "ingestion end"
FIXITY_CHECK = EventType.FIXITY_CHECK.label
ACCESSION = EventType.ACCESSION.label
EVENT_FOUND = "event found"
RECOVERY_START = "recovery start"
RECOVERY = EventType.RECOVERY.label
REPLICATION = EventType.REPLICATION.label
VERIFICATION = "ledger verification"
DECISION = "incident decision"
DECISION_REQUESTED = "decision requested"
DECISION_CONFIRMED = "decision confirmed"
DECISION_REFUSED = "decision refused"
DECISION_DONE = "decision carried out"
EXPORT = "dissemination"
WITHDRAWAL = "withdrawal"
REMOVAL_START = "removal start"
REMOVAL = EventType.DELETION.label
RETIREMENT = "retirement"
RELATION = "relation"
NOTIFICATION = "notification"
REBUILT = "ledger rebuilt"
BAG_MADE = "bag made"
LEDGER_IDENTITY = "ledger identity"
STORAGE_IDENTITY = "storage identity"
STORAGE_DESCRIPTION = "storage description"

ARRIVALS = (END, REPLICATION, ACCESSION)
"""The types of entries by which a version is acknowledged in a storage."""

SUCCESS = EventOutcome.SUCCESS.label
FAIL = EventOutcome.FAIL.label
UNKNOWN = "unknown"
"""An unfinished check: something could not be read."""
