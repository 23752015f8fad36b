"""The union catalogue for harvesters: OAI-PMH 2.0.

Nothing is kept between two requests: a token holds what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

from lxml import etree

from preserva.archive.archive import utc_now
from preserva.catalogue.database import Database
from preserva.catalogue.decision_files import lines
from preserva.catalogue.entry import library_of
from preserva.catalogue.import_records import record_of
from preserva.catalogue.index import Catalogued, Index
from preserva.catalogue.oai import protocol
from preserva.catalogue.oai.protocol import NAMESPACE, OaiError, Prefix, Problem, Request
from preserva.core.xml.safe import parse
from preserva.core.xml.write import XSI
from preserva.describe.record import Record, to_dc, to_marcxchange, to_mods
from preserva.errors import Damaged, NotFound, UsageError

PAGE = 100
"""Records of one answer."""

DIGITISED = "digitised"
COLLECTIONS = "collections"
LIBRARY = "library"

_NAMESPACES = cast("dict[str, str]", {None: NAMESPACE, "xsi": XSI})
_FORMATS = {
    Prefix.DC: (
        "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
        "http://www.openarchives.org/OAI/2.0/oai_dc/",
    ),
    Prefix.MODS: (
        "http://www.loc.gov/standards/mods/v3/mods-3-8.xsd",
        "http://www.loc.gov/mods/v3",
    ),
    Prefix.MARCXCHANGE: (
        "http://www.loc.gov/standards/iso25577/marcxchange-2-0.xsd",
        "info:lc/xmlns/marcxchange-v2",
    ),
    Prefix.METS: ("http://www.loc.gov/standards/mets/mets.xsd", "http://www.loc.gov/METS/"),
}
_MAKERS: dict[Prefix, Callable[[Record], bytes | None]] = {
    Prefix.DC: to_dc,
    Prefix.MODS: to_mods,
    Prefix.MARCXCHANGE: to_marcxchange,
}

ReadMets = Callable[[str], bytes]
"""The METS document of a package. Raises PreservaError."""


@dataclass(frozen=True, slots=True)
class About:
    """How the repository presents itself."""

    base_url: str
    email: str
    name: str = "preserva"


class Repository:
    """The answers of a catalogue to harvesters."""

    def __init__(
        self,
        database: Database,
        about: About,
        read_mets: ReadMets,
        *,
        clock: Callable[[], int] = lambda: int(utc_now().timestamp()),
        page: int = PAGE,
    ) -> None:
        self._database = database
        self._index = Index(database)
        self._about = about
        self._read_mets = read_mets
        self._clock = clock
        self._page = page

    def answer(self, pairs: Sequence[tuple[str, str]]) -> bytes:
        """The answer to a request with these arguments: a document valid by OAI-PMH.xsd.

        Raises StorageError where the catalogue or a package cannot be read at the moment.
        """
        root = etree.Element(f"{{{NAMESPACE}}}OAI-PMH", nsmap=_NAMESPACES)
        root.set(f"{{{XSI}}}schemaLocation", protocol.LOCATION)
        _add(root, "responseDate", protocol.stamp(self._clock()))
        echo = _add(root, "request", self._about.base_url)
        try:
            request = protocol.parse(pairs)
            for name, value in request.arguments:
                echo.set(name, value)
            root.append(self._answered(request))
        except OaiError as error:
            if error.problem not in (Problem.VERB, Problem.ARGUMENT):
                for name, value in pairs:
                    echo.set(name, value)
            _add(root, "error", str(error)).set("code", error.problem.value)
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True)

    def decisions(self) -> bytes:
        """What people decided of editions, as JSON lines; the protocol has no place for it."""
        return b"".join(lines(self._database))

    def _answered(self, request: Request) -> etree._Element:
        answer = etree.Element(f"{{{NAMESPACE}}}{request.verb}")
        {
            "Identify": self._identify,
            "ListMetadataFormats": self._formats,
            "ListSets": self._sets,
            "GetRecord": self._get,
            "ListIdentifiers": self._list,
            "ListRecords": self._list,
        }[request.verb](answer, request)
        return answer

    def pages(self) -> int:
        """About how many pages a list of all records has."""
        return -(-self._index.count() // self._page)

    def _identify(self, answer: etree._Element, _request: Request) -> None:
        first = next(self._index.changed_since(limit=1), None)
        for name, text in (
            ("repositoryName", self._about.name),
            ("baseURL", self._about.base_url),
            ("protocolVersion", "2.0"),
            ("adminEmail", self._about.email),
            ("earliestDatestamp", protocol.stamp(first.changed if first else self._clock())),
            ("deletedRecord", "persistent"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ):
            _add(answer, name, text)

    def _formats(self, answer: etree._Element, request: Request) -> None:
        record = self._existing(request.identifier) if request.identifier else None
        for prefix, (schema, namespace) in _FORMATS.items():
            if record is None or record.entry is None or self._metadata(record, prefix) is not None:
                element = _add(answer, "metadataFormat")
                _add(element, "metadataPrefix", prefix.value)
                _add(element, "schema", schema)
                _add(element, "metadataNamespace", namespace)

    def _sets(self, answer: etree._Element, _request: Request) -> None:
        for spec, name in self._parts():
            element = _add(answer, "set")
            _add(element, "setSpec", spec)
            _add(element, "setName", name)

    def _parts(self) -> Iterator[tuple[str, str]]:
        yield LIBRARY, "by library"
        for library in self._index.libraries():
            yield f"{LIBRARY}:{library}", library
        yield DIGITISED, "copies that are digitised"
        yield COLLECTIONS, "collections described as a whole"

    def _get(self, answer: etree._Element, request: Request) -> None:
        assert request.prefix is not None, "the protocol requires it"
        record = self._existing(request.identifier)
        metadata = self._metadata(record, request.prefix)
        if metadata is None and record.entry is not None:
            raise OaiError(Problem.FORMAT, "the record is not to be had in this format")
        self._record(answer, record, metadata)

    def _list(self, answer: etree._Element, request: Request) -> None:
        """One page, and the token for the next: empty on the last of several."""
        matching = self._matching(request)
        page = list(islice(matching, self._page))
        if not page:
            raise OaiError(Problem.NOTHING, "nothing matches")
        for record, metadata in page:
            if request.verb == "ListRecords":
                self._record(answer, record, metadata)
            else:
                self._header(answer, record)
        last, _metadata = page[-1]
        if next(matching, None) is not None:
            after = (last.changed, last.id)
            token = protocol.token(request, after, request.cursor + len(page))
        elif request.cursor:
            token = ""
        else:
            return
        _add(answer, "resumptionToken", token).set("cursor", str(request.cursor))

    def _matching(self, request: Request) -> Iterator[tuple[Catalogued, etree._Element | None]]:
        assert request.prefix is not None, "the protocol requires it"
        part = request.part
        if part is not None and part not in dict(self._parts()):
            raise OaiError(Problem.NOTHING, "there is no such set")
        library = part.partition(":")[2] if part and part.startswith(f"{LIBRARY}:") else None
        for record in self._index.changed_since(
            request.start or 0,
            until=request.end,
            after=request.after,
            library=library,
            digitised=part == DIGITISED or request.prefix is Prefix.METS,
            collections=part == COLLECTIONS,
        ):
            metadata = self._metadata(record, request.prefix)
            if record.entry is None or metadata is not None:
                yield record, metadata

    def _existing(self, identifier: str | None) -> Catalogued:
        record = self._index.get(identifier or "")
        if record is None:
            raise OaiError(Problem.IDENTIFIER, "there is no such record")
        return record

    def _metadata(self, record: Catalogued, prefix: Prefix) -> etree._Element | None:
        """The record in a format; None if it has none, or is deleted."""
        if record.entry is None:
            return None
        if prefix is Prefix.METS:
            try:
                return parse(self._read_mets(record.package)) if record.package else None
            except (Damaged, NotFound, UsageError):
                return None
        made = _MAKERS[prefix](record_of(record))
        if made is None:
            return None
        root = parse(made)
        if prefix is Prefix.MODS:
            return next(root.iter(f"{{{_FORMATS[prefix][1]}}}mods"), root)
        return root

    def _record(
        self, answer: etree._Element, catalogued: Catalogued, metadata: etree._Element | None
    ) -> None:
        record = _add(answer, "record")
        self._header(record, catalogued)
        if metadata is not None:
            _add(record, "metadata").append(metadata)

    def _header(self, parent: etree._Element, record: Catalogued) -> None:
        header = _add(parent, "header")
        if record.entry is None:
            header.set("status", "deleted")
        _add(header, "identifier", record.uri)
        _add(header, "datestamp", protocol.stamp(record.changed))
        library = library_of(record.uri)
        if library:
            _add(header, "setSpec", f"{LIBRARY}:{library}")
        if record.packages:
            _add(header, "setSpec", DIGITISED)
        if record.collection:
            _add(header, "setSpec", COLLECTIONS)


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    element.text = text
    return element
