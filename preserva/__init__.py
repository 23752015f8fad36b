"""preserva keeps digitised books for good: packages, stores, proves, replicates and repairs them.

The public API; docs/reference/api.md describes it. Names are loaded when they are first used, so
that importing preserva costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from preserva.version import __version__

if TYPE_CHECKING:
    from preserva import bags
    from preserva.access.document import Document
    from preserva.api.archive import (
        Archive,
        check_storages,
        create_archive,
        load_config,
        open_archive,
        package_bag,
        rebuild_config,
        rebuild_ledger,
        write_config,
    )
    from preserva.api.arguments import StrPath
    from preserva.api.catalogue import (
        Catalogue,
        HarvestSummary,
        backup_catalogue,
        open_catalogue,
        restore_catalogue,
    )
    from preserva.api.demo import run_demo
    from preserva.api.drill import run_drill
    from preserva.api.ingest import Stored
    from preserva.api.ledger import ArchiveLedger, backup_ledger, open_ledger, restore_ledger
    from preserva.api.pages import StaffPages, open_pages
    from preserva.api.reporting import Levels, PackageHistory
    from preserva.archive.archive import Clock, Identifiers
    from preserva.archive.ledger_backup import BackupMade
    from preserva.archive.ledger_proof import Proof as LedgerProof
    from preserva.archive.removal import CopyRemoval
    from preserva.archive.withdrawal import RemovedCopy, Tombstone
    from preserva.bag.create.create import Made as BagCreated
    from preserva.bag.fetch import Fetched as BagFetched
    from preserva.bag.report import BagReport, BagVerdict
    from preserva.bag.update import BagUpdated
    from preserva.bags import KeptProfile
    from preserva.batch.outcome import BatchResult, RowResult, RowState
    from preserva.batch.record_list import ListedRecord
    from preserva.catalogue.agreement import Agreement
    from preserva.catalogue.backup import CatalogueBackupMade
    from preserva.catalogue.decision_files import Decided as DecisionsImported
    from preserva.catalogue.decisions import MatchDecision, MatchVerdict
    from preserva.catalogue.decisions import Undone as DecisionUndone
    from preserva.catalogue.edition_view import EditionView
    from preserva.catalogue.entry import CatalogueEntry, Contributor, Facet, Item, TypedNumber
    from preserva.catalogue.export import Exported as RecordsExported
    from preserva.catalogue.export import ExportFormat
    from preserva.catalogue.import_records import Imported as RecordsImported
    from preserva.catalogue.import_records import Retitled
    from preserva.catalogue.index import Catalogued as CatalogueRecord
    from preserva.catalogue.matching import Proposal
    from preserva.catalogue.oai.protocol import Prefix as OaiFormat
    from preserva.catalogue.oai.receiver import HarvestResult
    from preserva.catalogue.search import Hit, MatchedWord, ResultPage
    from preserva.config import (
        Config,
        Institution,
        Mail,
        PackageClass,
        PageSettings,
        Pings,
        Policy,
        Role,
        StorageConfig,
    )
    from preserva.core.book.page_changes import PageChange, PageDeed
    from preserva.core.book.rights import Rights
    from preserva.core.book.scan_policy import ScanAction, ScanPolicy
    from preserva.core.book.scans import Colours, ImageRules, ScanProfile, Undecodable
    from preserva.core.book.structure import PageFacts, Structure
    from preserva.core.book.submission import Arrangement, FolderPages, SourceFile
    from preserva.core.eark.mets import Division, PackageType
    from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis
    from preserva.core.formats.bagit import FetchEntry
    from preserva.core.policy.audit import AuditedCopy, Due, Forecast
    from preserva.core.policy.audit import Reason as DueReason
    from preserva.core.policy.completeness import Table as BagTable
    from preserva.core.policy.drill import Drill, DrillVerb, ExerciseResult
    from preserva.core.policy.drill import Trouble as DrillTrouble
    from preserva.core.policy.health import Aspect as HealthAspect
    from preserva.core.policy.health import Health, HealthCheck, HealthLimits
    from preserva.core.policy.health import Job as HealthJob
    from preserva.core.policy.judgement import State, StorageTally, Tally
    from preserva.core.policy.levels import Area as LevelsArea
    from preserva.core.policy.levels import Demand as LevelsDemand
    from preserva.core.policy.levels import Evidence as LevelsEvidence
    from preserva.core.policy.levels import LevelsVerdict
    from preserva.core.policy.levels import Requirement as LevelsRequirement
    from preserva.core.policy.overview import (
        CopyState,
        HistoryEntry,
        Incident,
        Overview,
        StorageState,
    )
    from preserva.core.policy.overview import Decision as IncidentDecision
    from preserva.core.policy.overview import Month as ReportMonth
    from preserva.core.policy.overview import Year as ReportYear
    from preserva.core.policy.relations import Relation, RelationKind
    from preserva.core.policy.testimony import Custody
    from preserva.core.policy.two_persons import (
        DecisionAnswer,
        DecisionState,
        JointDecision,
        Matter,
    )
    from preserva.core.policy.work import Deed, Work, WorkKind
    from preserva.core.policy.work import Sum as WorkSum
    from preserva.core.values.codes import Code, Severity
    from preserva.core.values.facts import RecordedFinding
    from preserva.core.values.limitations import Limitation
    from preserva.core.values.model import PackageId
    from preserva.core.values.people import Person
    from preserva.core.values.report import (
        Advanced,
        BookPage,
        Ended,
        Finding,
        Observer,
        Outcome,
        Progress,
        Report,
        Started,
    )
    from preserva.core.values.subjects import (
        CopyInStorage,
        LedgerInStorage,
        ObjectInStorage,
        ObjectToStorage,
        Subject,
        WholePackage,
        WholeStorage,
    )
    from preserva.core.values.subjects import Named as NamedSubject
    from preserva.demo import DemoFailedError
    from preserva.drill.drill import DrillError
    from preserva.drill.exercises import NotMendedError, NotPlantedError
    from preserva.errors import (
        ArchiveNotFound,
        AwaitsConfirmation,
        ConfigError,
        Damaged,
        LedgerError,
        Locked,
        LockLost,
        NotAFile,
        NotFound,
        NotInPlace,
        PackageError,
        PreservaError,
        Refused,
        StorageError,
        StorageFull,
        TooLarge,
        Unfit,
        Unreachable,
        UsageError,
        WrongLedger,
        WrongStorage,
    )
    from preserva.exhibition.build import Built as ExhibitionBuilt
    from preserva.files.dated_backups import Backup
    from preserva.fixity.audit_run import Audit
    from preserva.ingest.check import CheckedScans
    from preserva.ingest.package import Packaged
    from preserva.ingest.revised import Revised
    from preserva.ingest.transfer_result import Accepted as Transferred
    from preserva.ingest.transfer_result import Form as TransferForm
    from preserva.ledger import LedgerEntry
    from preserva.replication.accepted_storage import AcceptedStorage
    from preserva.replication.accession import Receipt
    from preserva.replication.repair import Brought, Repair
    from preserva.replication.replicate import Replication
    from preserva.reporting.find import Wanted
    from preserva.reporting.status import CopyStatus, Listed, Listing, Status
    from preserva.reporting.storages import Reached
    from preserva.web.people import PageAccount, PageRole

_PLACES = {
    "bags": "bags",
    "Document": "access.document:Document",
    "Archive": "api.archive:Archive",
    "check_storages": "api.archive:check_storages",
    "create_archive": "api.archive:create_archive",
    "load_config": "api.archive:load_config",
    "open_archive": "api.archive:open_archive",
    "package_bag": "api.archive:package_bag",
    "rebuild_config": "api.archive:rebuild_config",
    "rebuild_ledger": "api.archive:rebuild_ledger",
    "write_config": "api.archive:write_config",
    "StrPath": "api.arguments:StrPath",
    "Catalogue": "api.catalogue:Catalogue",
    "HarvestSummary": "api.catalogue:HarvestSummary",
    "open_catalogue": "api.catalogue:open_catalogue",
    "run_demo": "api.demo:run_demo",
    "run_drill": "api.drill:run_drill",
    "Stored": "api.ingest:Stored",
    "ArchiveLedger": "api.ledger:ArchiveLedger",
    "backup_catalogue": "api.catalogue:backup_catalogue",
    "restore_catalogue": "api.catalogue:restore_catalogue",
    "backup_ledger": "api.ledger:backup_ledger",
    "open_ledger": "api.ledger:open_ledger",
    "restore_ledger": "api.ledger:restore_ledger",
    "StaffPages": "api.pages:StaffPages",
    "open_pages": "api.pages:open_pages",
    "PackageHistory": "api.reporting:PackageHistory",
    "Levels": "api.reporting:Levels",
    "Clock": "archive.archive:Clock",
    "Identifiers": "archive.archive:Identifiers",
    "Backup": "files.dated_backups:Backup",
    "BackupMade": "archive.ledger_backup:BackupMade",
    "CatalogueBackupMade": "catalogue.backup:CatalogueBackupMade",
    "LedgerProof": "archive.ledger_proof:Proof",
    "BagCreated": "bag.create.create:Made",
    "BagFetched": "bag.fetch:Fetched",
    "BagReport": "bag.report:BagReport",
    "BagVerdict": "bag.report:BagVerdict",
    "BagUpdated": "bag.update:BagUpdated",
    "KeptProfile": "bags:KeptProfile",
    "BatchResult": "batch.outcome:BatchResult",
    "RowResult": "batch.outcome:RowResult",
    "RowState": "batch.outcome:RowState",
    "ListedRecord": "batch.record_list:ListedRecord",
    "DecisionsImported": "catalogue.decision_files:Decided",
    "MatchDecision": "catalogue.decisions:MatchDecision",
    "DecisionUndone": "catalogue.decisions:Undone",
    "MatchVerdict": "catalogue.decisions:MatchVerdict",
    "EditionView": "catalogue.edition_view:EditionView",
    "RecordsExported": "catalogue.export:Exported",
    "ExportFormat": "catalogue.export:ExportFormat",
    "CatalogueRecord": "catalogue.index:Catalogued",
    "RecordsImported": "catalogue.import_records:Imported",
    "Retitled": "catalogue.import_records:Retitled",
    "Agreement": "catalogue.agreement:Agreement",
    "Proposal": "catalogue.matching:Proposal",
    "Contributor": "catalogue.entry:Contributor",
    "CatalogueEntry": "catalogue.entry:CatalogueEntry",
    "Item": "catalogue.entry:Item",
    "TypedNumber": "catalogue.entry:TypedNumber",
    "Facet": "catalogue.entry:Facet",
    "HarvestResult": "catalogue.oai.harvester:HarvestResult",
    "OaiFormat": "catalogue.oai.protocol:Prefix",
    "Hit": "catalogue.search:Hit",
    "ResultPage": "catalogue.search:ResultPage",
    "MatchedWord": "catalogue.search:MatchedWord",
    "Config": "config:Config",
    "Institution": "config:Institution",
    "Mail": "config:Mail",
    "PackageClass": "config:PackageClass",
    "PageSettings": "config:PageSettings",
    "Pings": "config:Pings",
    "Policy": "config:Policy",
    "Role": "config:Role",
    "StorageConfig": "config:StorageConfig",
    "Rights": "core.book.rights:Rights",
    "Colours": "core.book.scans:Colours",
    "ImageRules": "core.book.scans:ImageRules",
    "ScanProfile": "core.book.scans:ScanProfile",
    "Undecodable": "core.book.scans:Undecodable",
    "PageFacts": "core.book.structure:PageFacts",
    "Structure": "core.book.structure:Structure",
    "Arrangement": "core.book.submission:Arrangement",
    "FolderPages": "core.book.submission:FolderPages",
    "ScanAction": "core.book.scan_policy:ScanAction",
    "ScanPolicy": "core.book.scan_policy:ScanPolicy",
    "SourceFile": "core.book.submission:SourceFile",
    "Division": "core.eark.mets:Division",
    "PackageType": "core.eark.mets:PackageType",
    "CopyrightStatus": "core.eark.vocabulary:CopyrightStatus",
    "RightsBasis": "core.eark.vocabulary:RightsBasis",
    "FetchEntry": "core.formats.bagit:FetchEntry",
    "AuditedCopy": "core.policy.audit:AuditedCopy",
    "Due": "core.policy.audit:Due",
    "DueReason": "core.policy.audit:Reason",
    "Forecast": "core.policy.audit:Forecast",
    "BagTable": "core.policy.completeness:Table",
    "LevelsArea": "core.policy.levels:Area",
    "LevelsDemand": "core.policy.levels:Demand",
    "LevelsEvidence": "core.policy.levels:Evidence",
    "LevelsRequirement": "core.policy.levels:Requirement",
    "LevelsVerdict": "core.policy.levels:LevelsVerdict",
    "Drill": "core.policy.drill:Drill",
    "ExerciseResult": "core.policy.drill:ExerciseResult",
    "DrillTrouble": "core.policy.drill:Trouble",
    "DrillVerb": "core.policy.drill:DrillVerb",
    "Health": "core.policy.health:Health",
    "HealthAspect": "core.policy.health:Aspect",
    "HealthCheck": "core.policy.health:HealthCheck",
    "HealthJob": "core.policy.health:Job",
    "HealthLimits": "core.policy.health:HealthLimits",
    "State": "core.policy.judgement:State",
    "StorageTally": "core.policy.judgement:StorageTally",
    "Tally": "core.policy.judgement:Tally",
    "CopyState": "core.policy.overview:CopyState",
    "IncidentDecision": "core.policy.overview:Decision",
    "HistoryEntry": "core.policy.overview:HistoryEntry",
    "Incident": "core.policy.overview:Incident",
    "ReportMonth": "core.policy.overview:Month",
    "Overview": "core.policy.overview:Overview",
    "StorageState": "core.policy.overview:StorageState",
    "ReportYear": "core.policy.overview:Year",
    "Custody": "core.policy.testimony:Custody",
    "Code": "core.values.codes:Code",
    "Severity": "core.values.codes:Severity",
    "Limitation": "core.values.limitations:Limitation",
    "DecisionAnswer": "core.policy.two_persons:DecisionAnswer",
    "DecisionState": "core.policy.two_persons:DecisionState",
    "JointDecision": "core.policy.two_persons:JointDecision",
    "Matter": "core.policy.two_persons:Matter",
    "Person": "core.values.people:Person",
    "CopyRemoval": "archive.removal:CopyRemoval",
    "RemovedCopy": "archive.withdrawal:RemovedCopy",
    "Tombstone": "archive.withdrawal:Tombstone",
    "Relation": "core.policy.relations:Relation",
    "RelationKind": "core.policy.relations:RelationKind",
    "Deed": "core.policy.work:Deed",
    "Work": "core.policy.work:Work",
    "WorkKind": "core.policy.work:WorkKind",
    "WorkSum": "core.policy.work:Sum",
    "PackageId": "core.values.model:PackageId",
    "RecordedFinding": "core.values.facts:RecordedFinding",
    "Advanced": "core.values.report:Advanced",
    "BookPage": "core.values.report:BookPage",
    "Ended": "core.values.report:Ended",
    "Finding": "core.values.report:Finding",
    "Observer": "core.values.report:Observer",
    "Outcome": "core.values.report:Outcome",
    "Progress": "core.values.report:Progress",
    "Report": "core.values.report:Report",
    "Started": "core.values.report:Started",
    "CopyInStorage": "core.values.subjects:CopyInStorage",
    "LedgerInStorage": "core.values.subjects:LedgerInStorage",
    "ObjectInStorage": "core.values.subjects:ObjectInStorage",
    "ObjectToStorage": "core.values.subjects:ObjectToStorage",
    "Subject": "core.values.subjects:Subject",
    "WholePackage": "core.values.subjects:WholePackage",
    "WholeStorage": "core.values.subjects:WholeStorage",
    "NamedSubject": "core.values.subjects:Named",
    "DemoFailedError": "demo:DemoFailedError",
    "DrillError": "drill.drill:DrillError",
    "NotMendedError": "drill.exercises:NotMendedError",
    "NotPlantedError": "drill.exercises:NotPlantedError",
    "ArchiveNotFound": "errors:ArchiveNotFound",
    "AwaitsConfirmation": "errors:AwaitsConfirmation",
    "ConfigError": "errors:ConfigError",
    "Damaged": "errors:Damaged",
    "LedgerError": "errors:LedgerError",
    "Locked": "errors:Locked",
    "LockLost": "errors:LockLost",
    "NotAFile": "errors:NotAFile",
    "NotInPlace": "errors:NotInPlace",
    "NotFound": "errors:NotFound",
    "PackageError": "errors:PackageError",
    "PreservaError": "errors:PreservaError",
    "Refused": "errors:Refused",
    "StorageError": "errors:StorageError",
    "StorageFull": "errors:StorageFull",
    "TooLarge": "errors:TooLarge",
    "Unfit": "errors:Unfit",
    "Unreachable": "errors:Unreachable",
    "UsageError": "errors:UsageError",
    "WrongLedger": "errors:WrongLedger",
    "WrongStorage": "errors:WrongStorage",
    "ExhibitionBuilt": "exhibition.build:Built",
    "Audit": "fixity.audit_run:Audit",
    "CheckedScans": "ingest.check:CheckedScans",
    "Packaged": "ingest.package:Packaged",
    "PageChange": "core.book.page_changes:PageChange",
    "PageDeed": "core.book.page_changes:PageDeed",
    "Wanted": "reporting.find:Wanted",
    "Revised": "ingest.revised:Revised",
    "Transferred": "ingest.transfer_result:Accepted",
    "TransferForm": "ingest.transfer_result:Form",
    "LedgerEntry": "ledger:LedgerEntry",
    "AcceptedStorage": "replication.accepted_storage:AcceptedStorage",
    "Receipt": "replication.accession:Receipt",
    "Brought": "replication.repair:Brought",
    "Repair": "replication.repair:Repair",
    "Replication": "replication.replicate:Replication",
    "CopyStatus": "reporting.status:CopyStatus",
    "Listed": "reporting.status:Listed",
    "Listing": "reporting.status:Listing",
    "Reached": "reporting.storages:Reached",
    "Status": "reporting.status:Status",
    "PageAccount": "web.people:PageAccount",
    "PageRole": "web.people:PageRole",
}
"""Where each name is: a module, and the name that the thing has there."""

# fmt: off
__all__ = [
    "AcceptedStorage", "Advanced", "Agreement", "Archive", "ArchiveLedger", "ArchiveNotFound",
    "Arrangement", "Audit", "AuditedCopy", "AwaitsConfirmation", "Backup", "BackupMade",
    "BagCreated", "BagFetched", "BagReport", "BagTable", "BagUpdated", "BagVerdict", "BatchResult",
    "BookPage", "Brought", "Catalogue", "CatalogueBackupMade", "CatalogueEntry", "CatalogueRecord",
    "CheckedScans", "Clock", "Code", "Colours", "Config", "ConfigError", "Contributor",
    "CopyInStorage", "CopyRemoval", "CopyState", "CopyStatus", "CopyrightStatus", "Custody",
    "Damaged", "DecisionAnswer", "DecisionState", "DecisionUndone", "DecisionsImported", "Deed",
    "DemoFailedError", "Division", "Document", "Drill", "DrillError", "DrillTrouble", "DrillVerb",
    "Due", "DueReason", "EditionView", "Ended", "ExerciseResult", "ExhibitionBuilt", "ExportFormat",
    "Facet", "FetchEntry", "Finding", "FolderPages", "Forecast", "HarvestResult", "HarvestSummary",
    "Health", "HealthAspect", "HealthCheck", "HealthJob", "HealthLimits", "HistoryEntry", "Hit",
    "Identifiers", "ImageRules", "Incident", "IncidentDecision", "Institution", "Item",
    "JointDecision", "KeptProfile", "LedgerEntry", "LedgerError", "LedgerInStorage", "LedgerProof",
    "Levels", "LevelsArea", "LevelsDemand", "LevelsEvidence", "LevelsRequirement", "LevelsVerdict",
    "Limitation", "Listed", "ListedRecord", "Listing", "LockLost", "Locked", "Mail",
    "MatchDecision", "MatchVerdict", "MatchedWord", "Matter", "NamedSubject", "NotAFile",
    "NotFound", "NotInPlace", "NotMendedError", "NotPlantedError", "OaiFormat", "ObjectInStorage",
    "ObjectToStorage", "Observer", "Outcome", "Overview", "PackageClass", "PackageError",
    "PackageHistory", "PackageId", "PackageType", "Packaged", "PageAccount", "PageChange",
    "PageDeed", "PageFacts", "PageRole", "PageSettings", "Person", "Pings", "Policy",
    "PreservaError", "Progress", "Proposal", "Reached", "Receipt", "RecordedFinding",
    "RecordsExported", "RecordsImported", "Refused", "Relation", "RelationKind", "RemovedCopy",
    "Repair", "Replication", "Report", "ReportMonth", "ReportYear", "ResultPage", "Retitled",
    "Revised", "Rights", "RightsBasis", "Role", "RowResult", "RowState", "ScanAction", "ScanPolicy",
    "ScanProfile", "Severity", "SourceFile", "StaffPages", "Started", "State", "Status",
    "StorageConfig", "StorageError", "StorageFull", "StorageState", "StorageTally", "Stored",
    "StrPath", "Structure", "Subject", "Tally", "Tombstone", "TooLarge", "TransferForm",
    "Transferred", "TypedNumber", "Undecodable", "Unfit", "Unreachable", "UsageError", "Wanted",
    "WholePackage", "WholeStorage", "Work", "WorkKind", "WorkSum", "WrongLedger", "WrongStorage",
    "__version__", "backup_catalogue", "backup_ledger", "bags", "check_storages", "create_archive",
    "load_config", "open_archive", "open_catalogue", "open_ledger", "open_pages", "package_bag",
    "rebuild_config", "rebuild_ledger", "restore_catalogue", "restore_ledger", "run_demo",
    "run_drill", "write_config",
]
# fmt: on


def __getattr__(name: str) -> object:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module 'preserva' has no attribute {name!r}")
    module, _colon, attribute = _PLACES[name].partition(":")
    loaded = import_module(f"preserva.{module}")
    value: object = getattr(loaded, attribute) if attribute else loaded
    globals()[name] = value  # found at once from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
