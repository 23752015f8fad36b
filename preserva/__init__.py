"""preserva keeps digitised books for good: packages, stores, proves, replicates and repairs them.

The public API, re-exported; docs/reference/api.md describes it. Names are loaded when they are
first used, so that importing preserva costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from preserva.version import __version__

if TYPE_CHECKING:
    from preserva.access.export import export
    from preserva.archive.archive import Archive, create_archive, open_archive
    from preserva.catalogue.decisions import MatchVerdict
    from preserva.catalogue.edition_view import shown
    from preserva.catalogue.entry import Facet
    from preserva.catalogue.export import ExportFormat, export_catalogue
    from preserva.catalogue.import_records import import_file, import_packages, open_catalogue
    from preserva.catalogue.matching import Matching
    from preserva.catalogue.search import Search
    from preserva.config import Config, load
    from preserva.core.values.codes import Code, Severity
    from preserva.core.values.model import PackageId
    from preserva.core.values.report import Finding, Observer, Outcome, Report
    from preserva.errors import PreservaError
    from preserva.exhibition.build import build_exhibition
    from preserva.fixity.audit import Budget, audit
    from preserva.fixity.validate import validate, validate_stored
    from preserva.ingest.bag import store
    from preserva.ingest.package import package, package_bag
    from preserva.ingest.revision import Change, update
    from preserva.ingest.supplied import Details
    from preserva.ingest.transfer import accept
    from preserva.replication.accession import receive
    from preserva.replication.rebuild import rebuild_ledger, rebuild_storage
    from preserva.replication.repair import Repair, repair
    from preserva.replication.replicate import replicate
    from preserva.reporting.status import list_packages, status

_PLACES = {
    "Archive": "archive.archive",
    "Budget": "fixity.audit",
    "Change": "ingest.revision",
    "Code": "core.values.codes",
    "Config": "config",
    "Details": "ingest.supplied",
    "ExportFormat": "catalogue.export",
    "Facet": "catalogue.entry",
    "Finding": "core.values.report",
    "MatchVerdict": "catalogue.decisions",
    "Matching": "catalogue.matching",
    "Observer": "core.values.report",
    "Outcome": "core.values.report",
    "PackageId": "core.values.model",
    "PreservaError": "errors",
    "Repair": "replication.repair",
    "Report": "core.values.report",
    "Search": "catalogue.search",
    "Severity": "core.values.codes",
    "accept": "ingest.transfer",
    "audit": "fixity.audit",
    "build_exhibition": "exhibition.build",
    "create_archive": "archive.archive",
    "export": "access.export",
    "export_catalogue": "catalogue.export",
    "import_file": "catalogue.import_records",
    "import_packages": "catalogue.import_records",
    "list_packages": "reporting.status",
    "load": "config",
    "open_archive": "archive.archive",
    "open_catalogue": "catalogue.import_records",
    "package": "ingest.package",
    "package_bag": "ingest.package",
    "rebuild_ledger": "replication.rebuild",
    "rebuild_storage": "replication.rebuild",
    "receive": "replication.accession",
    "repair": "replication.repair",
    "replicate": "replication.replicate",
    "shown": "catalogue.edition_view",
    "status": "reporting.status",
    "store": "ingest.bag",
    "update": "ingest.revision",
    "validate": "fixity.validate",
    "validate_stored": "fixity.validate",
}

__all__ = [
    "Archive",
    "Budget",
    "Change",
    "Code",
    "Config",
    "Details",
    "ExportFormat",
    "Facet",
    "Finding",
    "MatchVerdict",
    "Matching",
    "Observer",
    "Outcome",
    "PackageId",
    "PreservaError",
    "Repair",
    "Report",
    "Search",
    "Severity",
    "__version__",
    "accept",
    "audit",
    "build_exhibition",
    "create_archive",
    "export",
    "export_catalogue",
    "import_file",
    "import_packages",
    "list_packages",
    "load",
    "open_archive",
    "open_catalogue",
    "package",
    "package_bag",
    "rebuild_ledger",
    "rebuild_storage",
    "receive",
    "repair",
    "replicate",
    "shown",
    "status",
    "store",
    "update",
    "validate",
    "validate_stored",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module 'preserva' has no attribute {name!r}")
    return getattr(import_module(f"preserva.{_PLACES[name]}"), name)
