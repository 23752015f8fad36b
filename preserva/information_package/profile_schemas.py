"""Whether METS and PREMIS follow our profile: its grammars (RELAX NG) and rules (Schematron).

Both are files in `schemas/`. A long document is split while it is read: runs of like elements are
checked against the grammar in hundreds, so memory does not grow with the pages of a book.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from lxml import etree

from preserva.core.eark.mets import NAMESPACE as METS
from preserva.core.eark.premis import NAMESPACE as PREMIS
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.core.xml.safe import streamed
from preserva.core.xml.stream import chunks
from preserva.resources import schema_file

if TYPE_CHECKING:
    from lxml.isoschematron import Schematron

_RUN = 500
_NAMED = 20
"""The most grammar errors reported for one document."""

_DIV = f"{{{METS}}}div"
_RUNS = (
    *(f"{{{METS}}}{name}" for name in ("file", "div", "smLink")),
    *(f"{{{PREMIS}}}{name}" for name in ("object", "event", "agent", "rights")),
)
_GRAMMARS = {f"{{{METS}}}mets": "mets-profile.rng", f"{{{PREMIS}}}premis": "premis-profile.rng"}
_CONSEQUENCES = {
    f"RELAXNG_ERR_{name}" for name in ("ATTRVALID", "CONTENTVALID", "DATATYPE", "INTERSEQ")
}
_FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


def check_schemas(path: str, stream: BinaryIO) -> Iterator[Finding]:
    """The violations of the profile in a METS or PREMIS document; none for other documents.

    Raises UnsafeXMLError (a ValueError) where it is not XML that is safe to read.
    """
    parts = _parts(stream)
    grammar = _grammar(next(parts).tag)
    if grammar is None:
        return
    named = 0
    for part in parts:
        if named < _NAMED and not grammar.validate(part):
            for seen in _errors(grammar)[: _NAMED - named]:
                named += 1
                yield Finding(Code.PROFILE_GRAMMAR, path, seen=seen)
        if part.tag == f"{{{METS}}}mets":
            yield from _broken_rules(path, part)


def _errors(grammar: etree.RelaxNG) -> list[str]:
    """Message and, if libxml2 knows it, line: libxml2 repeats each for every enclosing element."""
    log = list(grammar.error_log)
    placed = [error for error in log if error.line] or log
    causes = [error for error in placed if error.type_name not in _CONSEQUENCES] or placed[:1]
    return [f"{error.line}: {error.message}" if error.line else error.message for error in causes]


def _parts(stream: BinaryIO) -> Iterator[etree._Element]:
    """The start of the root; runs of like elements, each under a copy of its parent; the rest."""
    events = streamed(chunks(stream), _RUNS)
    parent, count = None, 0
    _event, root = next(events)
    yield root
    for _event, element in events:
        above = element.getparent()
        if above is None:
            yield element
        elif _in_run(element, above):
            count = count + 1 if above is parent else 1
            parent = above
            if count % _RUN == 0:
                yield _cut(element, above)


def _in_run(element: etree._Element, parent: etree._Element) -> bool:
    """Parts of the logical map are nested, so they are kept together."""
    if element.tag == _DIV:
        return parent.get("TYPE") == "physSequence"
    return True


def _cut(element: etree._Element, parent: etree._Element) -> etree._Element:
    """Remove the like elements before this one; the last is kept because the parser needs it."""
    run = etree.Element(parent.tag)
    run.attrib.update(parent.attrib)
    run.extend(reversed(list(element.itersiblings(element.tag, preceding=True))))
    return run


def _broken_rules(path: str, mets: etree._Element) -> Iterator[Finding]:
    rules = _rules()
    if not rules.validate(mets):
        for failed in rules.validation_report.iter(_FAILED):
            rule = " ".join("".join(failed.itertext()).split())
            yield Finding(Code.PROFILE_ASSERTION, path, expected=rule)


@cache
def _grammar(root: str) -> etree.RelaxNG | None:
    name = _GRAMMARS.get(root)
    return None if name is None else etree.RelaxNG(_document(name))


@cache
def _rules() -> Schematron:
    from lxml.isoschematron import Schematron

    return Schematron(_document("mets-profile.sch"), store_report=True)


def _document(name: str) -> etree._Element:
    return etree.fromstring(schema_file(name).read_bytes(), etree.XMLParser(no_network=True))
