"""What may be done with a book: from a file that someone wrote, and into its MODS and DC.

docs/reference/rights.md describes the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from preserva.core.book.rights import Rights
from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.core.xml.safe import parse
from preserva.core.xml.write import XLINK
from preserva.describe.catalogue_record import Record
from preserva.describe.record import mods_of
from preserva.describe.supplied.tables import SuppliedTable, read_toml
from preserva.describe.xml_record import DC, MODS, OAI_DC

_LICENCE = re.compile(
    r"https?://(?:www\.)?(creativecommons\.org/(?:licenses/[a-z-]{2,12}/[1-4]\.[0-9](?:/[a-z]{2})?"
    r"|publicdomain/zero/1\.0))(?![\w.])"
)


def read_rights(
    data: bytes, name: str, country: str
) -> tuple[tuple[Rights, ...], tuple[Finding, ...]]:
    """The rights in a TOML file, and what in it cannot be understood.

    `country` is the country whose law applies if a statement names none.
    """
    problems: list[Finding] = []
    table = read_toml(data, name, problems)
    tables = table.tables("rights")
    table.end()
    if not tables and not problems:
        problems.append(Finding(Code.DETAILS_MISSING, table.at("[[rights]]")))
    statements = [_rights(table, country) for table in tables]
    return tuple(statement for statement in statements if statement is not None), tuple(problems)


def _rights(table: SuppliedTable, country: str) -> Rights | None:
    basis = table.choice("basis", RightsBasis, needed=True)
    rights = Rights(
        basis or RightsBasis.OTHER,
        status=table.choice("status", CopyrightStatus),
        jurisdiction=(table.text("jurisdiction") or country).lower(),
        citation=table.text("citation"),
        terms=table.text("terms"),
        determined=table.date("determined"),
        decided_by=table.text("decided_by"),
        start=table.date("start"),
        end=table.date("end"),
        note=table.text("note"),
        uri=table.text("uri"),
        acts=table.texts("acts"),
        restrictions=table.texts("restrictions"),
    )
    table.end()
    if basis is None:
        return None
    for key in rights.missing():
        if key not in table.values:
            table.problems.append(Finding(Code.DETAILS_MISSING, table.at(key)))
    return rights


def undecided(statements: Iterable[Rights], name: str) -> Iterator[Finding]:
    """A finding for each statement in a file that does not say who decided it, and when."""
    for number, rights in enumerate(statements, 1):
        facts = {"determined": rights.determined, "decided_by": rights.decided_by}
        missing = [key for key, value in facts.items() if not value]
        if missing:
            place = f"{name}: rights {number}"
            yield Finding(Code.RIGHTS_DECISION, place, expected=", ".join(missing))


def licences_of(record: Record) -> tuple[Rights, ...]:
    """The Creative Commons licences that a record states in its accessCondition, each once.

    Dublin Core and MODS have them as addresses, in the text or an attribute.
    """
    texts: list[str] = []
    for condition in mods_of(record).iter(f"{{{MODS}}}accessCondition"):
        texts += [*map(str, condition.itertext()), *map(str, condition.attrib.values())]
    return licences_in(" ".join(texts), "the record of the catalogue")


def licences_in(text: str, source: str) -> tuple[Rights, ...]:
    """The Creative Commons licences whose addresses stand in a text, each once."""
    stated: dict[str, Rights] = {}
    for match in _LICENCE.finditer(text):
        address = f"https://{match[1]}/"
        terms = f"{source} states {match[0]}"
        stated.setdefault(address, Rights(RightsBasis.LICENSE, uri=address, terms=terms))
    return tuple(stated.values())


def with_access_conditions(mods: bytes, rights: Iterable[Rights]) -> bytes:
    """The MODS record with an accessCondition for each; the very same bytes where there is none."""
    conditions = []
    for statement in rights:
        element = etree.Element(
            f"{{{MODS}}}accessCondition", nsmap={"xlink": XLINK} if statement.uri else None
        )
        element.set("type", "use and reproduction")
        if statement.uri is not None:
            element.set(f"{{{XLINK}}}href", statement.uri)
        element.text = summary(statement)
        conditions.append(element)
    return _with(mods, f"{{{MODS}}}mods", conditions)


def with_dc_rights(dc: bytes, rights: Iterable[Rights]) -> bytes:
    """The Dublin Core with its element `rights` for each, in words and as an address."""
    elements = []
    for statement in rights:
        for text in (summary(statement), statement.uri):
            if text is not None:
                element = etree.Element(f"{{{DC}}}rights")
                element.text = text
                elements.append(element)
    return _with(dc, f"{{{OAI_DC}}}dc", elements)


def _with(document: bytes, tag: str, elements: list[etree._Element]) -> bytes:
    """The document with more elements at the end of its record."""
    if not elements:
        return document
    root = parse(document)
    record = next(root.iter(tag), root)
    for element in elements:
        if len(record):
            record[-1].tail = "\n  "
        element.tail = "\n"
        record.append(element)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def summary(rights: Rights) -> str:
    """The rights in one line, in the words of the vocabularies and of whoever stated them."""
    facts = {
        "jurisdiction": rights.jurisdiction,
        "determined": rights.determined,
        "decided by": rights.decided_by,
        "from": rights.start,
        "until": rights.end,
        "permitted": ", ".join(rights.acts),
        "restricted": ", ".join(rights.restrictions),
    }
    words = [rights.status.label if rights.status else None, rights.citation, rights.terms]
    details = ", ".join(word for word in words if word)
    parts = [f"{rights.basis.label}: {details}" if details else rights.basis.label]
    parts += [f"{name} {text}" for name, text in facts.items() if text]
    return "; ".join([*parts, rights.note] if rights.note else parts)
