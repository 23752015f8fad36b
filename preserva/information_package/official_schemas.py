"""Whether XML is valid against the official schemas, from a folder that the user keeps.

The folder has an OASIS XML catalog, `catalog.xml`, which maps the addresses in schema imports to
files of the folder. Nothing else is read, and the network is not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import quoteattr

from lxml import etree

from preserva.core.eark.mets import CSIP
from preserva.core.eark.mets import NAMESPACE as METS
from preserva.core.eark.mix import NAMESPACE as MIX
from preserva.core.eark.premis import NAMESPACE as PREMIS
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.core.xml.safe import InvalidXMLError, UnsafeXMLError, parse, validated
from preserva.core.xml.stream import chunks, release
from preserva.errors import ConfigError
from preserva.i18n import _

CATALOG = "catalog.xml"
_OASIS = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}"
_XS = "http://www.w3.org/2001/XMLSchema"
_NEEDED = (METS, PREMIS)
_USED = (
    *_NEEDED,
    CSIP,
    MIX,
    "http://www.loc.gov/mods/v3",
    "http://www.openarchives.org/OAI/2.0/oai_dc/",
)


@dataclass(frozen=True, slots=True)
class OfficialSchemas:
    """One compiled schema for all `namespaces` that the folder has and our packages use."""

    namespaces: frozenset[str]
    schema: etree.XMLSchema

    def check(self, path: str, stream: BinaryIO) -> Iterator[Finding]:
        """The schema violations of a document; none for documents in other namespaces.

        Only the first error is reported: later ones are often its consequences. Memory does not
        grow with the document. Raises UnsafeXMLError if it is not XML that is safe to read.
        """
        try:
            for event, element in validated(chunks(stream), self.schema):
                if event == "end":
                    release(element)
                elif etree.QName(element).namespace not in self.namespaces:
                    return
        except InvalidXMLError as error:
            yield Finding(Code.OFFICIAL_SCHEMA, path, seen=str(error))


def load_schemas(folder: Path) -> OfficialSchemas:
    """The schemas of a folder, compiled. Raises ConfigError if it is not usable."""
    try:
        files = _catalog(folder)
        namespaces = _namespaces(dict.fromkeys(files.values()))
        if missing := [namespace for namespace in _NEEDED if namespace not in namespaces]:
            raise ConfigError(
                _("{folder} has no schema for {namespaces}; its {catalog} must name one").format(
                    folder=folder, namespaces=", ".join(missing), catalog=CATALOG
                )
            )
        parser = etree.XMLParser(no_network=True, resolve_entities=False)
        parser.resolvers.add(_OnlyFolder(folder, files))
        schema = etree.XMLSchema(etree.fromstring(_driver(namespaces), parser))
    except (OSError, UnsafeXMLError, etree.LxmlError) as error:
        message = _("the schemas in {folder} cannot be used: {reason}")
        raise ConfigError(message.format(folder=folder, reason=error)) from error
    return OfficialSchemas(frozenset(namespaces), schema)


def _catalog(folder: Path) -> dict[str, Path]:
    """The files by the addresses that the catalog gives them. Raises ConfigError."""
    root = parse((folder / CATALOG).read_bytes())
    files: dict[str, Path] = {}
    for entry in root.iter(f"{_OASIS}system", f"{_OASIS}uri"):
        name = str(entry.get("uri") or "")
        address = entry.get("systemId") or entry.get("name")
        files.setdefault(str(address), _inside(folder, folder / name))
    return files


def _inside(folder: Path, path: Path) -> Path:
    real = path.resolve()
    if not real.is_relative_to(folder.resolve()):
        message = _("{folder}: {path} is outside of the folder; only schemas inside it are read")
        raise ConfigError(message.format(folder=folder, path=path))
    return real


def _namespaces(files: dict[Path, None]) -> dict[str, Path]:
    """The first file of each namespace that is used."""
    schemas: dict[str, Path] = {}
    for path in files:
        target = str(parse(path.read_bytes()).get("targetNamespace"))
        if target in _USED:
            schemas.setdefault(target, path)
    return schemas


def _driver(namespaces: dict[str, Path]) -> bytes:
    imports = (
        f"<xs:import namespace={quoteattr(namespace)} schemaLocation={quoteattr(path.as_uri())}/>"
        for namespace, path in namespaces.items()
    )
    return f'<xs:schema xmlns:xs="{_XS}">{"".join(imports)}</xs:schema>'.encode()


class _OnlyFolder(etree.Resolver):
    """Lets libxml2 open the files of the folder, by any of their addresses, and nothing else."""

    def __init__(self, folder: Path, files: dict[str, Path]) -> None:
        super().__init__()
        self._folder = folder
        self._files = files

    def resolve(  # type: ignore[override]  # the stubs forgot lxml's third argument
        self, system_url: str, public_id: str, context: Any
    ) -> Any:
        path = self._files.get(system_url)
        if path is None:
            parts = urlsplit(system_url)
            if parts.scheme not in ("", "file"):
                message = _("{folder} has no schema for {address}; its {catalog} must name one")
                raise ConfigError(
                    message.format(folder=self._folder, address=system_url, catalog=CATALOG)
                )
            path = _inside(self._folder, Path(unquote(parts.path)))
        return self.resolve_string(path.read_bytes(), context, base_url=path.as_uri())
