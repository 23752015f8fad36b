"""A single document of a stored package, for programs that need a description but no book."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from lxml import etree

from preserva.access.handover import UNSTATED, Handover, record_export
from preserva.archive.archive import ArchivalStorage
from preserva.archive.staging import beside
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.digest import digest_bytes
from preserva.core.values.model import PackageId
from preserva.core.xml.safe import parse
from preserva.errors import Damaged, UsageError
from preserva.files.disk import publish, write_file
from preserva.i18n import _
from preserva.storage.base import read_all

_LARGEST = 1 << 28
_MARCXCHANGE = "{info:lc/xmlns/marcxchange-v2}"
_MARCXML = "{http://www.loc.gov/MARC21/slim}"


class Document(StrEnum):
    """The documents of a package that can be exported by themselves."""

    MODS = "mods"
    DC = "dc"
    MARCXML = "marcxml"
    METS = "mets"
    PREMIS = "premis"
    RECORD = "record"  # as exported by the catalogue


_PLACES = {
    Document.MODS: "metadata/descriptive/mods.xml",
    Document.DC: "metadata/descriptive/dc.xml",
    Document.MARCXML: "metadata/descriptive/marcxchange.xml",
    Document.METS: "METS.xml",
    Document.PREMIS: "metadata/preservation/premis.xml",
    Document.RECORD: "metadata/descriptive/source.",
}


def read_document(
    archive: ArchivalStorage,
    package: PackageId,
    document: Document,
    *,
    version: str | None = None,
    storage: str | None = None,
) -> bytes:
    """The document as it was stored; for MARCXML, the MarcXchange in the namespace of MARC 21.

    Raises NotFound, UsageError for a version or a document that the package does not have, Damaged
    or StorageError if it is not what the ledger recorded.
    """
    store = archive.store(storage) if storage else archive.primary
    stored = StoredCopy(archive, store, package).read_recorded()
    chosen = stored.version(version)
    start = f"data/{package.portable}/{_PLACES[document]}"
    located = stored.inventory.locate(chosen)
    path = next((name for name in sorted(located) if name.startswith(start)), None)
    if path is None:
        message = _("{id} has no {document}: its record is of another kind")
        raise UsageError(message.format(id=package, document=document.value))
    data = read_all(store.storage, f"{stored.path}/{located[path]}", _LARGEST)
    algorithm = stored.inventory.algorithm
    expected = stored.inventory.versions[chosen].files()[path]
    if digest_bytes(data, [algorithm])[algorithm] != expected:
        raise Damaged(_("{path} has changed since it was stored").format(path=located[path]))
    return _as_marcxml(data) if document is Document.MARCXML else data


def export_document(
    archive: ArchivalStorage,
    package: PackageId,
    document: Document,
    destination: Path,
    *,
    version: str | None = None,
    storage: str | None = None,
    handover: Handover = UNSTATED,
) -> Path:
    """Write the document to a new file; the ledger records that with its `handover`.

    Raises what `read_document` does, Refused, StorageFull.
    """
    data = read_document(archive, package, document, version=version, storage=storage)
    with beside(destination) as scratch:
        write_file(scratch / destination.name, data)
        publish(scratch / destination.name, destination)
    copy = StoredCopy(archive, archive.store(storage) if storage else archive.primary, package)
    chosen = copy.read_recorded().version(version)
    record_export(copy, chosen, document.value, handover)
    return destination


def _as_marcxml(data: bytes) -> bytes:
    """MarcXchange (ISO 25577) and MARCXML have the same elements in two namespaces."""
    old = parse(data)
    root = etree.Element(_marcxml_name(old), nsmap={None: _MARCXML[1:-1]})  # type: ignore[dict-item]  # as lxml documents it
    pairs = [(old, root)]
    for source, target in pairs:
        target.attrib.update({k: v for k, v in source.attrib.items() if k != "format"})
        target.text, target.tail = source.text, source.tail
        pairs += [(child, etree.SubElement(target, _marcxml_name(child))) for child in source]
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _marcxml_name(element: etree._Element) -> str:
    return str(element.tag).replace(_MARCXCHANGE, _MARCXML)
