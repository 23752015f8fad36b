"""A storage root and every object in it: OCFL 1.0 and 1.1, whoever made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from preserva.core.formats import inventory as formats
from preserva.core.formats import layout, layouts
from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.formats.inventory import InventoryError
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Observer, Outcome, Report
from preserva.core.values.subjects import Named
from preserva.errors import NotFound, StorageError
from preserva.fixity.ocfl_judge import judge_object
from preserva.fixity.ocfl_object import check_object
from preserva.information_package.official_schemas import OfficialSchemas
from preserva.storage.base import read_all
from preserva.storage.local import LocalStorage
from preserva.storage.ocfl import OcflRoot

_LAYOUT = "ocfl_layout.json"
_LARGEST = 1 << 20
_OURS = "urn:preserva:"
_FIXITY = frozenset({Code.FIXITY_MISMATCH, Code.FIXITY_UNKNOWN, Code.INVENTORY_INVALID})


def check_root(
    storage: LocalStorage, official: OfficialSchemas | None, observer: Observer
) -> list[Report]:
    """Check a storage root and every object in it; the root's own report comes first."""
    own = Report(Named(str(storage.root)))
    reports = [own]
    places = _Places(storage, own)
    for item in OcflRoot(storage).survey(""):
        if isinstance(item, Finding):
            own.add([item])
        else:
            checked = check_any_object(storage, item, official, observer)
            checked.report.add(places.findings(item, checked))
            reports.append(checked.report)
    return reports


@dataclass(slots=True)
class AnyObject:
    """The report on an object, with its id and version of OCFL, where these could be read."""

    report: Report
    identifier: str | None = None
    specification: str | None = None


def check_any_object(
    storage: LocalStorage, path: str, official: OfficialSchemas | None, observer: Observer
) -> AnyObject:
    """Check an object: as a package of ours, if it is one, otherwise by the rules of OCFL.

    Raises StorageError.
    """
    subject = Named(str(storage.root / path))
    inventory, has_fixity = _our_inventory(storage, path)
    if inventory is not None:
        checked = check_object(storage, path, subject=subject, official=official, observer=observer)
        if has_fixity:
            judged = judge_object(storage, path, subject).report
            checked.report.add(finding for finding in judged.findings if finding.code in _FIXITY)
        return AnyObject(checked.report, inventory, "1.1")
    result = judge_object(storage, path, subject, observer)
    if result.report.outcome is Outcome.PASS:
        result.report.add([Finding(Code.NOT_OUR_PACKAGE)])
    if result.inventory is None:
        return AnyObject(result.report)
    return AnyObject(result.report, result.inventory.identifier, result.inventory.specification)


def _our_inventory(storage: LocalStorage, path: str) -> tuple[str | None, bool]:
    """The id of an object that we wrote, or None; and whether its inventory has a fixity block."""
    name = f"{path}/{formats.NAME}" if path else formats.NAME
    try:
        data = read_all(storage, name, formats.LARGEST)
        inventory = formats.parse(data)
    except (StorageError, InventoryError):
        return None, False
    if not inventory.identifier.startswith(_OURS):
        return None, False
    return inventory.identifier, b'"fixity"' in data


@dataclass(slots=True)
class _Places:
    """Where the root's own description places objects."""

    storage: LocalStorage
    report: Report
    extension: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    specification: str = "1.1"

    def __post_init__(self) -> None:
        if (self.storage.root / layout.ROOT_DECLARATIONS[0]).exists():
            self.specification = "1.0"
        described = self._read(_LAYOUT, "E070")
        if described is None:
            self.report.add([Finding(Code.LAYOUT_UNKNOWN, _LAYOUT)])
            return
        extension, description = described.get("extension"), described.get("description")
        if not isinstance(extension, str) or not isinstance(description, str):
            self._find(Code.LAYOUT_INVALID, "E070", _LAYOUT)
        elif not layouts.known(extension):
            self.report.add([Finding(Code.LAYOUT_UNKNOWN, _LAYOUT, seen=extension)])
        else:
            self.extension = extension
            self.settings = self._read(f"extensions/{extension}/config.json", "E071") or {}

    def _find(self, code: Code, rule: str, path: str, seen: str | None = None) -> None:
        source = f"OCFL {self.specification} {rule}"
        self.report.add([Finding(code, path, seen=seen, rule=source)])

    def _read(self, path: str, rule: str) -> Mapping[str, object] | None:
        """A JSON object in the root; None if there is none, with a finding if it is not valid."""
        try:
            document = read_json(read_all(self.storage, path, _LARGEST))
        except NotFound:
            return None
        except (StorageError, JSONError) as error:
            self._find(Code.LAYOUT_INVALID, rule, path, str(error))
            return {}
        if not isinstance(document, dict):
            self._find(Code.LAYOUT_INVALID, rule, path)
            return {}
        return document

    def findings(self, path: str, checked: AnyObject) -> list[Finding]:
        """The findings about the place of an object, or its being here at all."""
        findings = []
        if checked.specification is not None and checked.specification > self.specification:
            expected, seen = self.specification, checked.specification
            findings.append(Finding(Code.OBJECT_TOO_NEW, path, expected, seen))
        if self.extension is None or checked.identifier is None:
            return findings
        try:
            expected = layouts.object_path(self.extension, self.settings, checked.identifier)
        except layouts.LayoutError as error:
            findings.append(Finding(Code.LAYOUT_INVALID, path, seen=str(error)))
        else:
            if expected != path:
                findings.append(Finding(Code.MISPLACED_OBJECT, path, expected))
        return findings
