"""Files of a source by the names of their pages: what is alike, and what comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from preserva.core.book.file_names import natural_key, stem
from preserva.core.book.page_order import Key, PagePlace, place_by
from preserva.core.book.pairing import pair
from preserva.core.values.model import Entry

NaturalKey = tuple[tuple[int, int | str], ...]
PageKey = tuple[tuple[NaturalKey, ...], NaturalKey]
"""What files of the same page have in common: the folders of its chapter, and its name."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file and its folders below the folder of its representation."""

    entry: Entry
    folders: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """Its name without the extension."""
        return stem(self.entry.path)

    @property
    def original(self) -> str:
        """Its path below the folder of its representation."""
        return "/".join((*self.folders, self.entry.path.rpartition("/")[2]))

    @property
    def chapter(self) -> tuple[NaturalKey, ...]:
        """Its folders, without what does not distinguish names."""
        return tuple(map(natural_key, self.folders))

    @property
    def key(self) -> PageKey:
        """The key of its page."""
        return self.chapter, natural_key(self.stem)


def by_folder(files: Iterable[Placed]) -> dict[tuple[NaturalKey, ...], list[Placed]]:
    """The files of each folder."""
    folders: dict[tuple[NaturalKey, ...], list[Placed]] = {}
    for file in files:
        folders.setdefault(file.chapter, []).append(file)
    return folders


def in_order(files: Sequence[Placed]) -> list[tuple[Placed, PagePlace]]:
    """The files in page order, each with the place that its name shows.

    In a folder, its own files come before the folders in it, except for those at the back.
    """
    names: dict[tuple[NaturalKey, ...], list[str]] = {}
    subfolders: dict[tuple[NaturalKey, ...], list[str]] = {}
    for file in files:
        names.setdefault(file.chapter, []).append(file.stem)
        for depth, folder in enumerate(file.folders):
            subfolders.setdefault(file.chapter[:depth], []).append(folder)
    place_file = {folder: place_by(stems) for folder, stems in names.items()}
    place_folder = {folder: place_by(sorted(set(inside))) for folder, inside in subfolders.items()}

    def key(file: Placed) -> tuple[list[tuple[int, int, Key]], str]:
        steps: list[tuple[int, int, Key]] = []
        for depth, folder in enumerate(file.folders):
            place, order = place_folder[file.chapter[:depth]](folder)
            steps.append((place, 1, order))
        place, order = place_file[file.chapter](file.stem)
        return [*steps, (place, 0, order)], file.entry.path

    return [(file, place_file[file.chapter](file.stem)[0]) for file in sorted(files, key=key)]


def pair_pages(pages: Iterable[Placed], others: Iterable[Placed]) -> dict[PageKey, PageKey] | None:
    """The page of each of the others, by the numbers in their names; None if that is uncertain.

    Several files of one page (a text as XML and as plain text) are one name.
    """
    left, right = by_folder(pages), by_folder(others)
    if set(left) != set(right):
        return None
    pairing: dict[PageKey, PageKey] = {}
    for folder in left:
        ours, theirs = _stems(left[folder]), _stems(right[folder])
        pairs = pair(list(ours.values()), list(theirs.values()))
        if pairs is None:
            return None
        pairing |= {
            (folder, natural_key(name)): (folder, natural_key(page)) for name, page in pairs.items()
        }
    return pairing


def _stems(files: Iterable[Placed]) -> Mapping[NaturalKey, str]:
    return {natural_key(file.stem): file.stem for file in files}
