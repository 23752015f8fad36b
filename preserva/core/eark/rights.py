"""Rights as PREMIS 3.0 writes them.

Source: PREMIS Data Dictionary 3.0, 4.1 (rightsStatement).
"""

from __future__ import annotations

from dataclasses import dataclass

from preserva.core.book.rights import Rights
from preserva.core.eark.premis_parts import (
    Identifier,
    write_identifier,
    write_optional,
    write_term,
)
from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis
from preserva.core.xml.write import XmlWriter


@dataclass(frozen=True, slots=True)
class RightsStatement:
    """What may be done with the objects, and on what ground. Nothing of `rights` is missing."""

    identifier: Identifier
    rights: Rights
    objects: tuple[Identifier, ...]


def write_rights(writer: XmlWriter, statement: RightsStatement) -> None:
    """Write one rights statement, in the order of the schema."""
    rights = statement.rights
    with writer.element("rights"), writer.element("rightsStatement"):
        write_identifier(writer, "rightsStatementIdentifier", statement.identifier)
        write_term(writer, "rightsBasis", rights.basis)
        match rights.basis:
            case RightsBasis.COPYRIGHT:
                _write_copyright(writer, rights)
            case RightsBasis.LICENSE:
                _write_license(writer, rights)
            case RightsBasis.STATUTE:
                _write_statute(writer, rights)
            case _:
                _write_other(writer, rights)
        for act in rights.acts:
            with writer.element("rightsGranted"):
                writer.leaf("act", act)
                for restriction in rights.restrictions:
                    writer.leaf("restriction", restriction)
        for identifier in statement.objects:
            write_identifier(writer, "linkingObjectIdentifier", identifier)


def _write_copyright(writer: XmlWriter, rights: Rights) -> None:
    with writer.element("copyrightInformation"):
        write_term(writer, "copyrightStatus", rights.status or CopyrightStatus.UNKNOWN)
        writer.leaf("copyrightJurisdiction", rights.jurisdiction)
        write_optional(writer, "copyrightStatusDeterminationDate", rights.determined)
        _write_notes(writer, "copyright", rights)
        _write_document(writer, "copyright", rights)
        _write_dates(writer, "copyright", rights)


def _write_license(writer: XmlWriter, rights: Rights) -> None:
    with writer.element("licenseInformation"):
        _write_document(writer, "license", rights)
        write_optional(writer, "licenseTerms", rights.terms)
        _write_notes(writer, "license", rights, dated=False)
        _write_dates(writer, "license", rights)


def _write_statute(writer: XmlWriter, rights: Rights) -> None:
    with writer.element("statuteInformation"):
        writer.leaf("statuteJurisdiction", rights.jurisdiction)
        writer.leaf("statuteCitation", rights.citation)
        write_optional(writer, "statuteInformationDeterminationDate", rights.determined)
        _write_notes(writer, "statute", rights)
        _write_document(writer, "statute", rights)
        _write_dates(writer, "statute", rights)


def _write_other(writer: XmlWriter, rights: Rights) -> None:
    with writer.element("otherRightsInformation"):
        _write_document(writer, "otherRights", rights)
        writer.leaf("otherRightsBasis", rights.basis.label)
        _write_dates(writer, "otherRights", rights)
        _write_notes(writer, "otherRights", rights, dated=False)


def _write_notes(writer: XmlWriter, ground: str, rights: Rights, *, dated: bool = True) -> None:
    """The note, and who decided; when, too, where the ground has no element for it."""
    write_optional(writer, f"{ground}Note", rights.note)
    if rights.determined is not None and not dated:
        writer.leaf(f"{ground}Note", f"determined: {rights.determined}")
    if rights.decided_by is not None:
        writer.leaf(f"{ground}Note", f"decided by: {rights.decided_by}")


def _write_document(writer: XmlWriter, ground: str, rights: Rights) -> None:
    if rights.uri is not None:
        name = f"{ground}DocumentationIdentifier"
        write_identifier(writer, name, Identifier("URI", rights.uri))


def _write_dates(writer: XmlWriter, ground: str, rights: Rights) -> None:
    if rights.start is not None:
        with writer.element(f"{ground}ApplicableDates"):
            writer.leaf("startDate", rights.start)
            write_optional(writer, "endDate", rights.end)
