"""preserva keeps digitised books for good: packages, stores, proves, replicates and repairs them.

The public API, re-exported; docs/reference/api.md describes it. Names are loaded when they are
first used, so that importing preserva costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from preserva.version import __version__

if TYPE_CHECKING:
    from preserva.archive import Archive, create_archive, open_archive
    from preserva.catalogue.matching import Matching
    from preserva.catalogue.search import Search
    from preserva.config import Config, load
    from preserva.core.catalogue.decisions import Verdict
    from preserva.core.catalogue.model import Facet
    from preserva.core.codes import Code, Severity
    from preserva.core.model import PackageId
    from preserva.core.report import Finding, Observer, Outcome, Report
    from preserva.errors import PreservaError
    from preserva.services.accept import accept
    from preserva.services.audit import Budget, audit
    from preserva.services.catalogue import import_file, import_packages, open_catalogue
    from preserva.services.catalogue_export import Form, export_catalogue
    from preserva.services.catalogue_show import shown
    from preserva.services.details import Details
    from preserva.services.exhibit import build_exhibition
    from preserva.services.export import export
    from preserva.services.package import package, package_bag
    from preserva.services.rebuild import rebuild_ledger, rebuild_storage
    from preserva.services.receive import receive
    from preserva.services.repair import Repair, repair
    from preserva.services.replicate import replicate
    from preserva.services.status import list_packages, status
    from preserva.services.store import store
    from preserva.services.update import Change, update
    from preserva.services.validate import validate, validate_stored

_PLACES = {
    "Archive": "archive",
    "Budget": "services.audit",
    "Change": "services.update",
    "Code": "core.codes",
    "Config": "config",
    "Details": "services.details",
    "Facet": "core.catalogue.model",
    "Finding": "core.report",
    "Form": "services.catalogue_export",
    "Matching": "catalogue.matching",
    "Observer": "core.report",
    "Outcome": "core.report",
    "PackageId": "core.model",
    "PreservaError": "errors",
    "Repair": "services.repair",
    "Report": "core.report",
    "Search": "catalogue.search",
    "Severity": "core.codes",
    "Verdict": "core.catalogue.decisions",
    "accept": "services.accept",
    "audit": "services.audit",
    "build_exhibition": "services.exhibit",
    "create_archive": "archive",
    "export": "services.export",
    "export_catalogue": "services.catalogue_export",
    "import_file": "services.catalogue",
    "import_packages": "services.catalogue",
    "list_packages": "services.status",
    "load": "config",
    "open_archive": "archive",
    "open_catalogue": "services.catalogue",
    "package": "services.package",
    "package_bag": "services.package",
    "rebuild_ledger": "services.rebuild",
    "rebuild_storage": "services.rebuild",
    "receive": "services.receive",
    "repair": "services.repair",
    "replicate": "services.replicate",
    "shown": "services.catalogue_show",
    "status": "services.status",
    "store": "services.store",
    "update": "services.update",
    "validate": "services.validate",
    "validate_stored": "services.validate",
}

__all__ = [
    "Archive",
    "Budget",
    "Change",
    "Code",
    "Config",
    "Details",
    "Facet",
    "Finding",
    "Form",
    "Matching",
    "Observer",
    "Outcome",
    "PackageId",
    "PreservaError",
    "Repair",
    "Report",
    "Search",
    "Severity",
    "Verdict",
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
