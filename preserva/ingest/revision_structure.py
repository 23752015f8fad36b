"""A new structure for a stored package: labels of pages, parts of the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from preserva.core.book.file_names import stem
from preserva.core.book.structure import Pages, renumbered, with_facts
from preserva.core.book.submission import Arrangement, SourceFile
from preserva.core.eark.mets import FileEntry
from preserva.core.eark.stored import StoredRepresentation
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, printable
from preserva.describe.supplied.structure import structure_of
from preserva.ingest.supplied import refuse_unclear


@dataclass(frozen=True, slots=True)
class Described:
    """A representation as described by its METS, and the original names of its files by ID."""

    representation: StoredRepresentation
    names: Mapping[str, str]


def restructured(
    described: Mapping[str, Described], data: bytes, name: str, title: str
) -> dict[str, StoredRepresentation]:
    """The representations that change if this is the structure of the book.

    Everything is as if the book had been packaged with this file: a page that it does not describe
    is labelled with the name of its file. Raises PackageError with everything in it that cannot be
    used.
    """
    before = _arrangement(described)
    structure = structure_of(data, name, Pages.of(before), title)
    moved = [page for page, number in structure.order.items() if page != number]
    # pages of a stored package have the names of their numbers: a structure cannot move them
    order = (
        [Finding(Code.STATED_ORDER, name, seen=", ".join(map(str, moved[:10])))] if moved else []
    )
    refuse_unclear((*structure.findings, *order))
    after = with_facts(before, structure.pages)
    root = structure.root
    changed = {}
    for key, part in described.items():
        facts = {file.target: file for file in after.representations[key]}
        files = [_entry(file, facts[file.id]) for file in part.representation.files]
        pages = {file.page: file.page for file in files if file.page is not None}
        parts, root = (None, root) if root is None or not pages else (renumbered(root, pages), None)
        new = replace(part.representation, files=files, structure=parts)
        if new != part.representation:
            changed[key] = new
    return changed


def _entry(file: FileEntry, facts: SourceFile) -> FileEntry:
    return file if file.page is None else replace(file, label=facts.label, type=facts.type)


def _arrangement(described: Mapping[str, Described]) -> Arrangement:
    """The source as it was packaged; `target` is the ID of the file instead of its name."""
    labels: dict[int, str] = {}
    representations = {}
    for key, part in sorted(described.items(), key=lambda item: item[0] != "master"):
        files = []
        for file in part.representation.files:
            source = part.names.get(file.id, file.file.path)
            label = None
            if file.page is not None:
                label = labels.setdefault(file.page, printable(stem(source)))
            files.append(SourceFile(source, file.id, file.file.size, file.page, label))
        representations[key] = tuple(files)
    return Arrangement(representations, (), (), ())
