"""What every part of a PREMIS document is made of: identifiers, and terms of vocabularies."""

from __future__ import annotations

from dataclasses import dataclass

from preserva.core.eark.vocabulary import Term
from preserva.core.xml.write import XmlWriter

NAMESPACE = "http://www.loc.gov/premis/v3"


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier and the kind of it: `URI`, `local`, `UUID`."""

    type: str
    value: str


def write_term(writer: XmlWriter, name: str, term: Term | str) -> None:
    """Write a term with its authority, or other words as they are."""
    if isinstance(term, Term):
        writer.leaf(name, term.label, term.authority())
    else:
        writer.leaf(name, term)


def write_optional(writer: XmlWriter, name: str, text: str | None) -> None:
    """Write an element if there is a text for it."""
    if text is not None:
        writer.leaf(name, text)


def write_identifier(writer: XmlWriter, name: str, identifier: Identifier) -> None:
    """Write the element that holds an identifier: `name`Type and `name`Value inside `name`."""
    with writer.element(name):
        writer.leaf(f"{name}Type", identifier.type)
        writer.leaf(f"{name}Value", identifier.value)
