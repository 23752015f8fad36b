"""The book in a package: the files of each representation in the order of pages, and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from preserva.core.book.file_names import stem
from preserva.core.book.submission import Arrangement, SourceFile
from preserva.core.eark.aip import ContentFile
from preserva.core.eark.mets import Division
from preserva.core.eark.premis import Format
from preserva.core.eark.premis_read import ObjectFacts
from preserva.core.eark.stored import StoredRepresentation
from preserva.core.values.model import Observed
from preserva.core.values.report import printable


@dataclass(frozen=True, slots=True)
class StoredBook:
    """Paths of files are relative to the package. `root` has the parts; a page is its number."""

    files: Mapping[str, Sequence[ContentFile]]
    root: Division | None = None

    @property
    def count(self) -> int:
        """How many pages there are."""
        return max((file.page or 0 for files in self.files.values() for file in files), default=0)

    def arrangement(self) -> Arrangement:
        """The source as it was packaged; the `target` of a file is its path in the package.

        Each page is called by the name of its file, not by the label that it has now.
        """
        labels: dict[int, str] = {}
        representations = {}
        for name, files in sorted(self.files.items(), key=lambda item: item[0] != "master"):
            arranged = []
            for file in files:
                label = None
                if file.page is not None:
                    label = labels.setdefault(file.page, printable(stem(file.original_name)))
                source = SourceFile(
                    file.original_name, file.file.path, file.file.size, file.page, label
                )
                arranged.append(source)
            representations[name] = tuple(arranged)
        return Arrangement(representations, (), (), ())


def contents_of(
    name: str,
    representation: StoredRepresentation,
    objects: Iterable[ObjectFacts],
    seen: Mapping[str, Observed],
) -> list[ContentFile]:
    """The files of a representation as its METS and PREMIS describe them.

    `seen` has their sizes and digests by path in the package. Raises ValueError for a file that
    PREMIS does not describe or `seen` does not have.
    """
    facts = {identifier.value: item for item in objects for identifier in item.identifiers}
    files = []
    for entry in representation.files:
        path = f"representations/{name}/{entry.file.path}"
        described = facts.get(entry.id)
        if described is None or path not in seen:
            raise ValueError(f"{path} is not described as a package of preserva describes it")
        form = described.format or Format(entry.mime, entry.mime)
        files.append(
            ContentFile(
                seen[path]._replace(path=path),
                replace(form, mime=entry.mime),
                described.original_name or entry.file.path.rpartition("/")[2],
                entry.page,
                entry.label,
                described.image,
                entry.type,
                entry.created,
            )
        )
    return files
